//! An inventory across accounts: the accounts, the resources in them, and what selects and shows them.

mod accounts;
mod field;
mod member_role;
mod row;

pub use accounts::{
    AccountAccess, AccountState, DEFAULT_ROLE, KnownAccount, OrganizationAccount, known_accounts, select_accounts,
    source_environment,
};
pub use field::{Condition, FieldPath, InvalidField};
pub use member_role::{MemberRole, TooManyTypes};
pub use row::{AccountResult, AccountStatus, InventoryGap, InventoryRow, InventorySource, RegionResult};
