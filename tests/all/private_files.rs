//! Nothing is kept where others can write or read.

use std::os::unix::fs::PermissionsExt;

use super::support::{User, messages};

const QUEUE: &str = "Resources:\n  Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs-dev } }\n";

/// A user without a home folder, and the folder that would be shared with others.
fn homeless() -> (User, std::path::PathBuf) {
    let user = User::of_aws();
    let shared = user.folder().join("tmp");
    std::fs::create_dir(&shared).unwrap();
    let text = shared.display().to_string();
    let user = user.with("HOME", "nowhere").with("XDG_STATE_HOME", "").with("XDG_CACHE_HOME", "").with("TMPDIR", &text);
    (user, shared)
}

#[test]
fn without_a_home_folder_nothing_is_kept_in_a_shared_one() {
    let (user, shared) = homeless();
    user.write("queue.yaml", QUEUE);
    let refused = user.json(&["--sandbox", "create", "-f", "queue.yaml"], 1);
    let said = messages(&refused);
    assert!(said.contains("cannot create the sandbox folder") && said.contains("XDG_STATE_HOME"), "{said}");
    // What needs no state works.
    user.json(&["estimate", "-f", "queue.yaml", "--offline"], 0);
    assert_eq!(std::fs::read_dir(&shared).unwrap().count(), 0, "{}", shared.display());
}

#[test]
fn the_files_of_the_sandbox_are_for_their_owner_alone() {
    let user = User::of_sandbox();
    user.write("queue.yaml", QUEUE);
    user.approve(&["create", "-f", "queue.yaml"]);
    let folder = user.folder().parent().unwrap().join("sandbox");
    let mut files = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
        files += 1;
    }
    assert!(files > 0, "{}", folder.display());
}
