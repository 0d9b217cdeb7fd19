//! Local copies of plans, from which a later run determines what changed since an approval.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::domain::plan::{PlanDocument, explain_difference};
use crate::files::atomic::{self, Durability};
use crate::pipeline::gate::GatedPlan;
use crate::run::Run;

/// Saves a private copy of the plan without secrets, so that a later refusal can list the
/// differences. The copy is optional, so a folder that cannot be written is not an error.
pub fn save(run: &Run, gated: &GatedPlan) {
    let folder = run.workspace().plans_folder();
    let file = folder.join(format!("{}.json", gated.digest()));
    let text = serde_json::to_string(gated.document()).unwrap_or_default();
    let _ = remove_old(&folder);
    let _ = atomic::replace(&file, text.as_bytes(), Durability::Machine);
}

/// Returns the differences between a plan and the saved copy with the given digest; empty if there is no copy.
pub fn differences(run: &Run, gated: &GatedPlan, digest: &str) -> Vec<String> {
    let file = run.workspace().plans_folder().join(format!("{}.json", digest.trim()));
    let saved: Option<PlanDocument> = fs::read_to_string(file).ok().and_then(|text| PlanDocument::parse(&text).ok());
    let Some(saved) = saved else { return Vec::new() };
    explain_difference(&saved, gated.document())
}

/// Removes copies of plans whose approvals have expired.
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
