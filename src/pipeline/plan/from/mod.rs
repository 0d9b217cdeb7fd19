//! Front ends of the planner: each says which resources are desired, and why. None decides what is done.

pub mod promotion;
pub mod template;
