//! Private copies of plans, which tell a later run what differs from what was approved.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::domain::plan::{PlanDocument, explain_difference};
use crate::files::atomic::{self, Durability};
use crate::pipeline::gate::GatedPlan;
use crate::run::Run;

/// Keeps a private copy of the plan, secrets hidden, so that a later refusal can say what
/// differs. Nothing depends on it, so a folder that cannot be written is no error.
pub fn keep(run: &Run, gated: &GatedPlan) {
    let folder = run.workspace().plans_folder();
    let file = folder.join(format!("{}.json", gated.plan().digest()));
    let text = serde_json::to_string(&gated.plan().document()).unwrap_or_default();
    let _ = forget_old(&folder);
    let _ = atomic::replace(&file, text.as_bytes(), Durability::Machine);
}

/// What differs between a plan and the copy of the one that a digest names; nothing where there is none.
pub fn differences(run: &Run, gated: &GatedPlan, digest: &str) -> Vec<String> {
    let file = run.workspace().plans_folder().join(format!("{}.json", digest.trim()));
    let kept: Option<PlanDocument> = fs::read_to_string(file).ok().and_then(|text| serde_json::from_str(&text).ok());
    let Some(kept) = kept else { return Vec::new() };
    let differences = explain_difference(&kept, &gated.plan().document());
    if differences.is_empty() { vec!["a sensitive value".to_owned()] } else { differences }
}

/// Removes copies of plans whose approval has long expired.
fn forget_old(folder: &Path) -> std::io::Result<()> {
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
