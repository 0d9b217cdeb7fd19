//! Local copies of plans: from them, a later run determines what has changed since an approval and what is left of an
//! interrupted plan. Marks show which plans were begun and which were completed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::domain::plan::{PlanDocument, parse_digest};
use crate::files::atomic::{self, Durability};
use crate::pipeline::gate::GatedPlan;
use crate::run::Run;

/// Saves a private copy of the plan without secrets. Returns false if it could not be written: most plans can do without.
pub fn save(run: &Run, gated: &GatedPlan) -> bool {
    let text = serde_json::to_string(gated.document()).unwrap_or_default();
    let _ = remove_old(&run.workspace().plans_folder());
    write(run, gated.digest(), "json", &text)
}

/// Returns the saved plan with this digest and its file, if there is one.
pub fn load(run: &Run, digest: &str) -> Option<(PlanDocument, PathBuf)> {
    let file = file(run, digest, "json")?;
    let text = fs::read_to_string(&file).ok()?;
    let plan = PlanDocument::parse(&text).ok().filter(|plan| plan.digest() == digest.trim())?;
    Some((plan, file))
}

/// Records that the plan with this digest was completed: its approval is used up.
pub fn mark_completed(run: &Run, digest: &str) {
    let _ = write(run, digest, "done", "");
}

/// Records that the requests with these client tokens may be sent from now on.
pub fn mark_begun(run: &Run, digest: &str, client_tokens: &[&str]) {
    if !client_tokens.is_empty() {
        let _ = write(run, digest, "begun", &client_tokens.join("\n"));
    }
}

/// Returns the client tokens of requests that runs on this machine may have sent.
pub fn begun(run: &Run) -> BTreeSet<String> {
    let files = fs::read_dir(run.workspace().plans_folder()).into_iter().flatten().flatten().map(|entry| entry.path());
    let marks = files.filter(|path| path.extension().is_some_and(|extension| extension == "begun"));
    let texts = marks.filter_map(|path| fs::read_to_string(path).ok());
    texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<String>>()).collect()
}

/// True if the plan with this digest was completed on this machine.
pub fn is_completed(run: &Run, digest: &str) -> bool {
    file(run, digest, "done").is_some_and(|file| file.exists())
}

fn write(run: &Run, digest: &str, extension: &str, text: &str) -> bool {
    file(run, digest, extension)
        .is_some_and(|file| atomic::replace(&file, text.as_bytes(), Durability::Machine).is_ok())
}

/// `None` for a text that is not a digest.
fn file(run: &Run, digest: &str, extension: &str) -> Option<PathBuf> {
    let digest = digest.trim();
    parse_digest(digest)?;
    Some(run.workspace().plans_folder().join(format!("{digest}.{extension}")))
}

/// Removes files of plans whose approvals have expired. AWS remembers requests for seven days.
fn remove_old(folder: &Path) -> std::io::Result<()> {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kept = if entry.path().extension().is_some_and(|extension| extension == "begun") { 8 } else { 2 };
        let old = entry.metadata()?.modified()?.elapsed().is_ok_and(|age| age > DAY * kept);
        if old {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
