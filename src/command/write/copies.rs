//! Private copies of plans, which tell a later run what differs from what was approved.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::domain::plan::{PlanDocument, explain_difference};
use crate::pipeline::gate::GatedPlan;
use crate::run::Run;

/// Keeps a private copy of the plan, secrets hidden, so that a later refusal can say what
/// differs. Nothing depends on it, so a folder that cannot be written is no error.
pub fn keep(run: &Run, gated: &GatedPlan) {
    let folder = run.workspace().plans_folder();
    let file = folder.join(format!("{}.json", gated.plan().digest()));
    let text = serde_json::to_string(&gated.plan().document()).unwrap_or_default();
    let _ = private_folder(&folder).and_then(|()| forget_old(&folder)).and_then(|()| write_private(&file, &text));
}

/// What differs between a plan and the copy of the one that a digest names; nothing where there is none.
pub fn differences(run: &Run, gated: &GatedPlan, digest: &str) -> Vec<String> {
    let file = run.workspace().plans_folder().join(format!("{}.json", digest.trim()));
    let kept: Option<PlanDocument> = fs::read_to_string(file).ok().and_then(|text| serde_json::from_str(&text).ok());
    let Some(kept) = kept else { return Vec::new() };
    let differences = explain_difference(&kept, &gated.plan().document());
    if differences.is_empty() { vec!["a sensitive value".to_owned()] } else { differences }
}

fn private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Writes a file that only its owner can read, whole or not at all.
fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let unfinished = file.with_extension(format!("{}.tmp", std::process::id()));
    let mut handle = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    handle.write_all(text.as_bytes())?;
    handle.sync_all()?;
    fs::rename(unfinished, file)
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
