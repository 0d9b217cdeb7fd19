//! The completion scripts in real shells: Bash, and Zsh and Fish where they are installed.

use std::path::Path;

use super::support::{DEV, PROD, User};

/// A user whose project has the environments `dev` and `production`.
fn user() -> User {
    let user = User::of_aws();
    let environment =
        |name: &str, account: &str| format!("  {name}: {{ account: \"{account}\", region: us-east-1 }}\n");
    let environments = environment("dev", DEV) + &environment("production", PROD);
    user.write("stagegate.yaml", &format!("version: 1\nproject: shop\nenvironments:\n{environments}"));
    user
}

/// The words of a line as Bash splits them, with the candidates for the last one.
const CASES: &[(&[&str], &[&str])] = &[
    (&["drift", "--from", "p"], &["production"]),
    (&["schema", "AWS", "::", "SQS", "::", "QueueP"], &["QueuePolicy"]),
    (&["schema", "AWS", "::", "SQS", "::"], &["Queue", "QueueInlinePolicy", "QueuePolicy"]),
    (&["explain", "critical_"], &["critical_findings"]),
    (&["explain", "s3-encryption-"], &["s3-encryption-kms"]),
    (&["templates", "new", "rds"], &["rds-postgres"]),
    (&["tag-au"], &["tag-audit"]),
    (&["drift", "--fail"], &["--fail-on"]),
];

#[test]
fn bash_completes_values() {
    let user = user();
    user.write("completions.bash", &user.run(&["completions", "bash"]).expect(0).stdout);
    for (words, expected) in CASES {
        let all: Vec<String> = std::iter::once(&"stagegate").chain(*words).map(|word| format!("'{word}'")).collect();
        // After a colon, the current word is empty.
        let last = words.last().unwrap().trim_matches(':');
        let script = format!(
            "source completions.bash; COMP_WORDS=({}); COMP_CWORD={}; COMP_TYPE=9; \
             _clap_complete_stagegate stagegate '{last}' x; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            all.join(" "),
            words.len()
        );
        let run = user.paste(&format!("bash --noprofile --norc -c {}", shlex::try_quote(&script).unwrap())).expect(0);
        assert_eq!(run.stdout.lines().collect::<Vec<_>>(), *expected, "{run}");
    }
}

/// Returns the words as a person types them.
fn line(words: &[&str]) -> String {
    format!("stagegate {}", words.join(" ").replace(" :: ", "::").replace(" ::", "::"))
}

#[test]
fn fish_completes_values() {
    assert!(Path::new("/usr/bin/fish").exists(), "fish is not installed: tests/run installs it where it may");
    let user = user();
    user.write("completions.fish", &user.run(&["completions", "fish"]).expect(0).stdout);
    for (words, expected) in CASES {
        let script = format!("source completions.fish; complete -C '{}'", line(words));
        let run = user.paste(&format!("fish --no-config -c {}", shlex::try_quote(&script).unwrap())).expect(0);
        let found: Vec<&str> = run.stdout.lines().map(|line| line.split('\t').next().unwrap()).collect();
        assert_eq!(found.len(), expected.len(), "{run}");
        assert!(found.iter().zip(*expected).all(|(found, expected)| found.ends_with(expected)), "{run}");
    }
}

#[test]
fn zsh_completes_values() {
    assert!(Path::new("/usr/bin/zsh").exists(), "zsh is not installed: tests/run installs it where it may");
    let user = user();
    user.write("_stagegate", &user.run(&["completions", "zsh"]).expect(0).stdout);
    for (words, expected) in CASES {
        let words: Vec<String> = line(words).split(' ').map(|word| format!("'{word}'")).collect();
        // `_describe` shows candidates at a terminal only; here it prints them.
        let script = format!(
            "compdef() {{ :; }}; _describe() {{ local name=$3; print -rl -- ${{(P)name}}; }}; source ./_stagegate; \
             words=({}); CURRENT={}; _clap_dynamic_completer_stagegate",
            words.join(" "),
            words.len()
        );
        let run = user.paste(&format!("zsh -f -c {}", shlex::try_quote(&script).unwrap()));
        // A description follows the first colon that is not escaped.
        let value = |line: &str| line.replace("\\:", "\0").split(':').next().unwrap().replace('\0', ":");
        let found: Vec<String> = run.stdout.lines().map(value).collect();
        assert_eq!(found.len(), expected.len(), "{run}");
        assert!(found.iter().zip(*expected).all(|(found, expected)| found.ends_with(expected)), "{run}");
    }
}
