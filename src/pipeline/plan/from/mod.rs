//! Front ends of the planner: each determines the desired resources and their origins, but not the actions.

pub mod change;
pub mod deletion;
pub mod promotion;
pub mod resumed;
pub mod tag_fix;
pub mod template;
