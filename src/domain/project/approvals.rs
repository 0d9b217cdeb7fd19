//! Who may approve plans.

use std::collections::BTreeSet;

/// Who may approve plans, beside the rules of the gate about which plans require an approval.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApprovalSettings {
    /// The environments in which the identity that made a plan may not approve it.
    pub not_by_planner: BTreeSet<String>,
}
