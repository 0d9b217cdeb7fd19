//! The expression language of the cost model: quantities, conditions and strings computed from a
//! resource's properties.
//!
//! ```text
//! Size ?? 8                         property, with a value to use when it is absent
//! Ebs.VolumeSize, Architectures.0   nested property, array item
//! hours, storage_gb                 variable (lower case): `hours`, usage keys, `let` names
//! + - * /   == != < <= > >=   and or not   if C then A else B
//! max(a, b, ...)  min(a, b, ...)  ceil(a)
//! count(List)  count(List, condition)  sum(List, expression)     properties of each item
//! present(Property)                 absent, null and empty values are not present
//! switch(x, 'a', value, 'b', value, [otherwise])
//! part(text, '.', 1)  lower(text)  starts_with(a, b)  ends_with(a, b)  contains(a, b)
//! of(Reference, 'AWS::A::Type', expression)      of the resource of that type that a property refers to
//! referrers('AWS::A::Type', Property[, condition])   how many of that type refer to this resource by it
//! known(expression)                 false where the value is absent or not known
//! ```
//!
//! Numbers are decimal. A value that is not known before apply makes everything unknown that
//! depends on it; a missing property is an error wherever its value is needed, and false as a
//! condition. A text template is literal text with embedded `{expression}`s.

mod evaluate;
mod parse;
pub(super) mod syntax;
mod template;

pub use evaluate::{Scope, Variables};
pub use parse::{ParseError, parse};
pub use syntax::Expression;
pub use template::{Template, parse_template};
