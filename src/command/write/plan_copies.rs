//! Local copies of plans: from them, a later run determines what has changed since an approval and what is left of an
//! interrupted plan. A mark shows that a plan was completed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::domain::plan::{PlanDocument, parse_digest};
use crate::files::atomic::{self, Durability};
use crate::pipeline::gate::GatedPlan;
use crate::run::Run;

/// Saves a private copy of the plan without secrets. The copy is optional, so a folder that cannot be written is not an
/// error.
pub fn save(run: &Run, gated: &GatedPlan) {
    let text = serde_json::to_string(gated.document()).unwrap_or_default();
    let _ = remove_old(&run.workspace().plans_folder());
    write(run, gated.digest(), "json", &text);
}

/// Returns the saved plan with this digest, if there is one.
pub fn load(run: &Run, digest: &str) -> Option<PlanDocument> {
    let text = fs::read_to_string(file(run, digest, "json")?).ok()?;
    PlanDocument::parse(&text).ok().filter(|plan| plan.digest() == digest.trim())
}

/// Records that the plan with this digest was completed: its approval is used up.
pub fn mark_completed(run: &Run, digest: &str) {
    write(run, digest, "done", "");
}

/// True if the plan with this digest was completed on this machine.
pub fn is_completed(run: &Run, digest: &str) -> bool {
    file(run, digest, "done").is_some_and(|file| file.exists())
}

fn write(run: &Run, digest: &str, extension: &str, text: &str) {
    if let Some(file) = file(run, digest, extension) {
        let _ = atomic::replace(&file, text.as_bytes(), Durability::Machine);
    }
}

/// `None` for a text that is not a digest.
fn file(run: &Run, digest: &str, extension: &str) -> Option<PathBuf> {
    let digest = digest.trim();
    parse_digest(digest)?;
    Some(run.workspace().plans_folder().join(format!("{digest}.{extension}")))
}

/// Removes files of plans whose approvals have expired.
fn remove_old(folder: &Path) -> std::io::Result<()> {
    const TWO_DAYS: Duration = Duration::from_secs(2 * 24 * 60 * 60);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let old = entry.metadata()?.modified()?.elapsed().is_ok_and(|age| age > TWO_DAYS);
        if old {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
