//! How the lines of an example become files and commands.

/// The keys of a template.
const TEMPLATE: [&str; 9] =
    ["Conditions", "Mappings", "Outputs", "Parameters", "Properties", "Resource", "Resources", "Transform", "Type"];

/// The keys of a project file.
const PROJECT: [&str; 10] =
    ["accounts", "approvals", "cost", "environments", "naming", "policies", "project", "promotion", "tags", "version"];

/// The parts of a project file that an example may leave out.
const DEFAULTS: [(&str, &str); 3] = [
    ("version", "version: 1\n"),
    ("project", "project: sandbox\n"),
    (
        "environments",
        "environments:\n  dev: {account: \"111111111111\", region: us-east-1}\n  \
         prod: {account: \"222222222222\", region: us-east-1, protected: true}\n",
    ),
];

/// An example of input.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Example {
    /// The files, by name.
    pub files: Vec<(String, String)>,
    /// The commands; `None` for lines of output.
    pub commands: Option<String>,
}

impl Example {
    /// Reads the lines of an example.
    pub fn of(lines: &[&str]) -> Self {
        let commands: Vec<String> = lines.iter().filter_map(|line| command(line)).collect();
        let content: Vec<&str> = lines.iter().copied().filter(|line| command(line).is_none()).collect();
        if content.first().is_some_and(|line| ["error[", "warning[", "note["].iter().any(|at| line.starts_with(at))) {
            return Self::default();
        }
        if content.is_empty() {
            return Self { files: Vec::new(), commands: Some(commands.join("\n")) };
        }
        let named = commands.iter().find_map(|command| {
            let after = command.split(" -f ").nth(1).or_else(|| command.split(" --desired ").nth(1))?;
            after.split(' ').next()
        });
        let (name, text, default) = file(&content, named);
        let commands = if commands.is_empty() { default } else { commands.join("\n") };
        Self { files: vec![(name, text)], commands: Some(commands) }
    }
}

/// The command in a line, if it is one. `DIGEST` and `…` stand for values that the setup knows.
fn command(line: &str) -> Option<String> {
    let line = line.strip_prefix("# ").or_else(|| line.strip_prefix("$ ")).unwrap_or(line);
    let at = line.find("stagegate ")?;
    let before = &line[..at];
    let is_command = before.is_empty()
        || before.ends_with("; ")
        || before.ends_with("&& ")
        || before.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'));
    is_command.then(|| line.replace("DIGEST", "\"$DIGEST\"").replace('…', "\"$REST\""))
}

/// The key at the beginning of a line.
fn key(line: &str) -> Option<&str> {
    let key = line.split_once(": ").map(|(key, _)| key).or_else(|| line.strip_suffix(':'))?;
    key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_').then_some(key)
}

/// The name and text of the file with these lines, and the command that reads it.
fn file(lines: &[&str], named: Option<&str>) -> (String, String, String) {
    let text = format!("{}\n", lines.join("\n"));
    let keys: Vec<&str> = lines.iter().filter_map(|line| key(line)).collect();
    let only = |known: &[&str]| !keys.is_empty() && keys.iter().all(|key| known.contains(key));
    if lines[0].starts_with("# METADATA") {
        return ("policies/own.rego".into(), text, "stagegate scan -f queue.yaml --policies policies".into());
    }
    if only(&["waivers"]) {
        return ("waivers.yaml".into(), text, "stagegate scan -f template.yaml --waivers waivers.yaml".into());
    }
    if only(&["ignore"]) {
        return ("ignore.yaml".into(), text, "stagegate drift --ignore ignore.yaml".into());
    }
    if only(&["types"]) || only(&["resources"]) {
        return ("usage.yaml".into(), text, "stagegate estimate -f template.yaml --usage usage.yaml".into());
    }
    if only(&PROJECT) {
        let missing = DEFAULTS.iter().filter(|(key, _)| !keys.contains(key)).map(|(_, part)| *part);
        let text = missing.collect::<String>() + &text;
        return ("stagegate.yaml".into(), text, "stagegate context".into());
    }
    let name = named.unwrap_or("template.yaml").to_owned();
    let is_section = keys.iter().any(|key| TEMPLATE.contains(key));
    let has_types = lines.iter().any(|line| line.starts_with("  Type:") || line.contains(": {Type:"));
    let text = if !is_section && has_types {
        let indented = lines.iter().map(|line| format!("  {line}\n"));
        format!("Resources:\n{}", indented.collect::<String>())
    } else if is_section && !keys.iter().any(|key| ["Resource", "Resources", "Type"].contains(key)) {
        text + "Resources:\n  Example: {Type: AWS::SQS::Queue}\n"
    } else {
        text
    };
    let default = format!("stagegate create -f {name} --plan-only");
    (name, text, default)
}

/// The lines of an output with single spaces, and each with the next one or two, because long lines are wrapped.
pub fn printed(output: &str) -> impl Iterator<Item = String> {
    let lines: Vec<String> = output.lines().map(one_spaced).collect();
    let wrapped = |length| lines.windows(length).map(|part| part.join(" ")).collect::<Vec<_>>();
    [wrapped(1), wrapped(2), wrapped(3)].concat().into_iter()
}

/// A line with single spaces.
fn one_spaced(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// True if a printed line is that of an example, in which `…` stands for any text.
pub fn is_printed(example: &str, printed: &str) -> bool {
    let example = one_spaced(example);
    let mut parts = example.split('…');
    let Some(mut rest) = parts.next().and_then(|first| printed.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

#[test]
fn lines_of_input_become_files_and_commands() {
    let of = |lines: &[&str]| Example::of(lines);
    assert_eq!(of(&["error[aws-busy]: dev: …"]), Example::default());
    assert_eq!(of(&["stagegate drift --form dev"]).commands.unwrap(), "stagegate drift --form dev");
    assert_eq!(of(&["cd shared && stagegate drift"]).commands.unwrap(), "cd shared && stagegate drift");
    assert_eq!(of(&["a --approve b"]).files[0].0, "template.yaml");
    let approving = of(&["stagegate create -f queue.yaml --approve DIGEST"]).commands.unwrap();
    assert_eq!(approving, "stagegate create -f queue.yaml --approve \"$DIGEST\"");
    let project = of(&["project: \"\""]);
    assert_eq!(project.files[0].0, "stagegate.yaml");
    assert_eq!(project.files[0].1.matches("project:").count(), 1);
    let resource = of(&["A: {Type: AWS::SQS::Queue}"]);
    assert_eq!(resource.files[0].1, "Resources:\n  A: {Type: AWS::SQS::Queue}\n");
    let both = of(&["Parameters:", "  Size: {Type: String}", "# stagegate create -f t.yaml --param Size=s"]);
    assert_eq!(both.files[0].0, "t.yaml");
    assert!(both.files[0].1.contains("\nResources:\n"));
    assert_eq!(both.commands.unwrap(), "stagegate create -f t.yaml --param Size=s");
}

#[test]
fn printed_lines_match_with_any_text_for_what_varies() {
    assert!(is_printed("a … c", "a b c") && is_printed("a  b", "a b") && is_printed("…", "anything"));
    assert!(!is_printed("a … c", "a b d") && !is_printed("a b", "a b c") && !is_printed("b", "a b"));
}
