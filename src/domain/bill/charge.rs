//! The charges of a bill.

use rust_decimal::Decimal;

use super::services;

/// What a charge is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChargeKind {
    /// Usage, also of what is covered by a commitment: it grows with the days of the month.
    Usage,
    /// Fees, support, commitments and discounts, which do not grow with the days.
    Other,
    /// Tax.
    Tax,
    /// A credit of AWS.
    Credit,
    /// A refund.
    Refund,
}

impl ChargeKind {
    /// The kind of a record type of Cost Explorer.
    pub fn of_record(record_type: &str) -> Self {
        match record_type {
            "Credit" => Self::Credit,
            "Refund" => Self::Refund,
            "Tax" => Self::Tax,
            usage if usage.contains("Usage") => Self::Usage,
            _ => Self::Other,
        }
    }

    /// The line of a bill that has all charges of this kind, whatever they are for.
    pub fn own_line(self) -> Option<&'static str> {
        match self {
            Self::Usage | Self::Other => None,
            Self::Tax => Some("Tax"),
            Self::Credit => Some("Credits"),
            Self::Refund => Some("Refunds"),
        }
    }
}

/// What the lines of a bill are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// Services.
    Service,
    /// Values of the tag `Project`.
    Project,
    /// Stacks, which are in the tag `StackResource`.
    Stack,
}

impl Grouping {
    /// All groupings.
    pub const ALL: [Self; 3] = [Self::Service, Self::Project, Self::Stack];

    /// The word on the command line and in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Project => "project",
            Self::Stack => "stack",
        }
    }

    /// The cost allocation tag.
    pub fn tag(self) -> Option<&'static str> {
        match self {
            Self::Service => None,
            Self::Project => Some(crate::domain::tags::PROJECT),
            Self::Stack => Some(crate::domain::tags::STACK_RESOURCE),
        }
    }

    /// The group of a key of Cost Explorer: the name of a service, or `TAG$value`.
    pub fn group_of_key(self, key: &str) -> String {
        match self {
            Self::Service => key.to_owned(),
            Self::Project | Self::Stack => self.group_of_value(key.split_once('$').map_or("", |(_, value)| value)),
        }
    }

    /// The group of a value of the tag; empty without one.
    pub fn group_of_value(self, value: &str) -> String {
        match self {
            Self::Service | Self::Project => value.to_owned(),
            Self::Stack => value.split('/').next().unwrap_or_default().to_owned(),
        }
    }

    /// The text of a group in a line.
    pub fn label(self, group: &str) -> String {
        match self {
            Self::Service => services::label(group),
            Self::Project | Self::Stack if group.is_empty() => format!("(no {})", self.as_str()),
            Self::Project | Self::Stack => group.to_owned(),
        }
    }

    /// The place of a group among the lines of a bill.
    pub fn rank(self, group: &str) -> usize {
        match self {
            Self::Service => services::rank(group),
            Self::Project | Self::Stack => usize::from(group.is_empty()),
        }
    }
}

/// A charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The service, project or stack that it is for.
    pub group: String,
    /// What it is for.
    pub kind: ChargeKind,
    /// The currency, such as `USD`.
    pub currency: String,
    /// The amount; negative for credits and refunds.
    pub amount: Decimal,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_types_have_kinds() {
        for (record_type, expected) in [
            ("Usage", ChargeKind::Usage),
            ("DiscountedUsage", ChargeKind::Usage),
            ("SavingsPlanCoveredUsage", ChargeKind::Usage),
            ("Credit", ChargeKind::Credit),
            ("Refund", ChargeKind::Refund),
            ("Tax", ChargeKind::Tax),
            ("Support", ChargeKind::Other),
            ("Recurring", ChargeKind::Other),
        ] {
            assert_eq!(ChargeKind::of_record(record_type), expected, "{record_type}");
        }
    }

    #[test]
    fn keys_of_tags_are_groups() {
        assert_eq!(Grouping::Project.group_of_key("Project$shop"), "shop");
        assert_eq!(Grouping::Project.label(&Grouping::Project.group_of_key("Project$")), "(no project)");
        assert_eq!(Grouping::Stack.group_of_key("StackResource$web/Queue"), "web");
        assert_eq!(Grouping::Service.group_of_key("AWS Lambda"), "AWS Lambda");
    }
}
