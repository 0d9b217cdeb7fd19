//! `approvals`: who may approve plans, by environment.

use crate::domain::diagnostic::Code;
use crate::domain::project::{ApprovalSettings, Environment};
use crate::files::suggestion;

use super::fields::{Fields, Problems};

const KEYS: &[&str] = &["not_by_planner"];

/// Reads `approvals`.
pub(super) fn read(fields: &Fields<'_>, environments: &[Environment], problems: &mut Problems) -> ApprovalSettings {
    let mut settings = ApprovalSettings::default();
    let section = fields.entry("approvals").and_then(|entry| Fields::open(&entry.value, "approvals", problems));
    let Some(section) = section else { return settings };
    for entry in section.entries() {
        if !environments.iter().any(|environment| environment.name == entry.key) {
            let hint = suggestion::hint(&entry.key, environments.iter().map(|environment| environment.name.as_str()));
            let message = format!("`approvals` refers to `{}`, which is not an environment", entry.key);
            problems.add(Code::UnknownKey, message, hint, &entry.key_location);
            continue;
        }
        let Some(rules) = Fields::known(&entry.value, &section.name(&entry.key), KEYS, problems) else { continue };
        if rules.flag("not_by_planner", problems) == Some(true) {
            settings.not_by_planner.insert(entry.key.clone());
        }
    }
    settings
}
