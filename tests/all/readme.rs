//! The README and some documents contain real output: their console blocks are run again, in order, as one user for each
//! document, and compared. `STAGEGATE_UPDATE=1` updates them.

use super::support::User;

/// The time at which the commands in the README ran, which digests and dates depend on.
const THEN: &str = "2026-11-20T09:00:00Z";

/// The documents with real output.
const DOCUMENTS: [&str; 4] = ["README.md", "docs/plans.md", "docs/costs.md", "docs/permissions.md"];

#[test]
fn the_output_in_the_readme_is_up_to_date() {
    let root = env!("CARGO_MANIFEST_DIR");
    let mut commands = 0;
    for document in DOCUMENTS {
        let path = format!("{root}/{document}");
        let text = std::fs::read_to_string(&path).unwrap();
        let user = User::of_sandbox().with("STAGEGATE_TEST_NOW", THEN);
        std::os::unix::fs::symlink(format!("{root}/templates"), user.folder().join("templates")).unwrap();
        record_bills(&user);
        let fresh = rerun(&text, &user);
        commands += fresh.matches("\n$ stagegate ").count();
        if std::env::var_os("STAGEGATE_UPDATE").is_some() {
            std::fs::write(path, fresh).unwrap();
            continue;
        }
        for (number, (shown, real)) in text.lines().zip(fresh.lines()).enumerate() {
            assert_eq!(shown, real, "{document}:{} is stale: run STAGEGATE_UPDATE=1 cargo test readme", number + 1);
        }
        assert_eq!(text.lines().count(), fresh.lines().count(), "{document}");
    }
    assert!(commands >= 12, "the documents walk through the main job: {commands}");
}

/// The links between the documents lead somewhere.
#[test]
fn links_between_documents_lead_to_files_and_headings() {
    let root = super::support::root();
    let docs = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let others = ["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(|name| root.join(name));
    let mut broken = Vec::new();
    for path in docs.chain(others) {
        let text = std::fs::read_to_string(&path).unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://") && !link.contains(' ')) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            let has_heading = || {
                let slug = |line: &str| {
                    let kept = line.trim_start_matches('#').trim().to_lowercase();
                    kept.chars()
                        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
                        .collect::<String>()
                        .replace(' ', "-")
                };
                let text = std::fs::read_to_string(&target).unwrap_or_default();
                text.lines().any(|line| line.starts_with('#') && slug(line) == heading)
            };
            if !target.exists() || !(heading.is_empty() || has_heading()) {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:?}");
}

/// A clock of the sandbox that stands still.
fn clock(user: &User) -> String {
    let time: jiff::Timestamp = THEN.parse().unwrap();
    user.write("../clock", &time.as_millisecond().to_string()).display().to_string()
}

/// Records the bills of October.
fn record_bills(user: &User) {
    let line = |service: &str, amount: &str| serde_json::json!({"service": service, "amount": amount});
    let dev =
        [("Amazon Simple Storage Service", "0.45"), ("Amazon Simple Email Service", "0.30"), ("AWS Lambda", "0.15")];
    let prod = [
        ("Amazon Simple Storage Service", "2.50"),
        ("Amazon Simple Email Service", "5.00"),
        ("Amazon Relational Database Service", "26.78"),
        ("AWS Lambda", "1.20"),
    ];
    for (account, lines) in [(super::support::DEV, &dev[..]), (super::support::PROD, &prod[..])] {
        let lines: Vec<_> = lines.iter().map(|(service, amount)| line(service, amount)).collect();
        let document = serde_json::json!({"lines": lines}).to_string();
        user.write(&format!("../sandbox/bills/{account}/2026-10.json"), &document);
        user.write(&format!("../sandbox/bills/{account}/2026-09.json"), &document.replace("26.78", "20.18"));
    }
}

/// Returns the README with updated output of its commands.
fn rerun(readme: &str, user: &User) -> String {
    let mut fresh = String::new();
    let mut inside = false;
    let mut digest = String::from("DIGEST");
    for line in readme.lines() {
        match (inside, line) {
            (false, "```console") => inside = true,
            (true, "```") => inside = false,
            (true, command) if command.starts_with("$ ") => {
                let command = with_digest(command.trim_start_matches("$ "), &digest);
                // Bills are read on the day of the README, also later.
                let is_review = command.starts_with("stagegate cost");
                let reviewer = is_review.then(|| user.copy().with("STAGEGATE_TEST_SANDBOX_CLOCK", &clock(user)));
                let user = reviewer.as_ref().unwrap_or(user);
                let output = without_durations(&user.paste(&format!("{command} 2>&1")).stdout);
                if let Some(found) = last_digest(&output) {
                    digest = found;
                }
                fresh.push_str(&format!("$ {command}\n{}\n\n", output.trim_end()));
                continue;
            }
            // Old output.
            (true, _) => continue,
            (false, _) => {}
        }
        if !inside && line == "```" && fresh.ends_with("\n\n") {
            fresh.pop();
        }
        fresh.push_str(line);
        fresh.push('\n');
    }
    fresh
}

/// Replaces the digest in an approving command by the last one printed.
fn with_digest(command: &str, digest: &str) -> String {
    match command.split_once("--approve ") {
        Some((head, rest)) => {
            let tail = rest.split_once(' ').map(|(_, tail)| format!(" {tail}")).unwrap_or_default();
            format!("{head}--approve {digest}{tail}")
        }
        None => command.to_owned(),
    }
}

/// Returns the digest of the last approving command: only that one has all of it.
fn last_digest(output: &str) -> Option<String> {
    let after = output.rsplit_once("--approve ")?.1;
    after.split_whitespace().next().map(str::to_owned)
}

/// Everything that the project file in the README names must exist for a reader who pastes it.
#[test]
fn the_project_file_in_the_readme_works_as_pasted() {
    let readme = std::fs::read_to_string(format!("{}/README.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let (_, rest) = readme.split_once("```yaml\nversion: 1\n").expect("the README has a project file");
    let (project, _) = rest.split_once("```").expect("the block ends");
    let user = User::of_sandbox();
    user.write("stagegate.yaml", &format!("version: 1\n{project}"));
    user.write(
        "queue.yaml",
        "Type: AWS::SQS::Queue\nProperties: { QueueName: orders-dev, SqsManagedSseEnabled: true }\n",
    );
    let context = user.json(&["context"], 0);
    assert_eq!(context["diagnostics"], serde_json::json!([]), "{context}");
    assert_eq!(context["environments"][0]["account"], "111111111111", "{context}");
    user.json(&["scan", "-f", "queue.yaml"], 0);
    let created = user.json(&["create", "-f", "queue.yaml"], 0);
    assert_eq!(created["body"]["applied"][0]["verified"], true, "{created}");
    user.write(
        "stagegate.yaml",
        &format!("version: 1\n{project}").replace("fail_on: high", "fail_on: high, dirs: [none]"),
    );
    user.json(&["scan", "-f", "queue.yaml"], 64);
}

/// Replaces durations, which differ between runs, by 47 ms.
fn without_durations(output: &str) -> String {
    let words = output.split_inclusive(' ').collect::<Vec<_>>();
    let mut text = String::new();
    for (index, word) in words.iter().enumerate() {
        let is_duration = word.trim_end().bytes().all(|byte| byte.is_ascii_digit())
            && words.get(index + 1).is_some_and(|next| next.starts_with("ms"));
        text.push_str(if is_duration { "47 " } else { word });
    }
    text
}
