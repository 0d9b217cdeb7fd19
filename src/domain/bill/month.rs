//! Calendar months.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// A calendar month, in UTC as in bills of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(Date);

impl Month {
    /// The month of a time.
    pub fn of(time: Timestamp) -> Self {
        Self(day_of(time).first_of_month())
    }

    /// Reads `2025-11`.
    pub fn parse(text: &str) -> Option<Self> {
        let is_form = text.len() == 7 && text.as_bytes()[4] == b'-';
        let date: Date = is_form.then(|| format!("{text}-01").parse().ok())??;
        Some(Self(date))
    }

    /// The first day.
    pub fn first(self) -> Date {
        self.0
    }

    /// The first day of the next month, which is the exclusive end in requests.
    pub fn end(self) -> Date {
        self.plus(1).0
    }

    /// The month before.
    pub fn previous(self) -> Self {
        self.plus(-1)
    }

    /// Another month, so many later.
    pub fn plus(self, months: i32) -> Self {
        Self(self.0.checked_add(Span::new().months(months)).unwrap_or(self.0))
    }

    /// The number of its days.
    pub fn days(self) -> i64 {
        i64::from(self.0.days_in_month())
    }

    /// The number of its days that have begun at a time, today included.
    pub fn days_begun(self, now: Timestamp) -> i64 {
        days_between(self.0, self.end().min(after(day_of(now))))
    }

    /// `November 2025`.
    pub fn title(self) -> String {
        self.0.strftime("%B %Y").to_string()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0.strftime("%Y-%m").to_string())
    }
}

/// The day of a time, in UTC.
pub fn day_of(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

/// The day after.
pub fn after(day: Date) -> Date {
    day.tomorrow().unwrap_or(day)
}

/// The number of days from one to before another; 0 if there are none.
pub fn days_between(from: Date, until: Date) -> i64 {
    from.until(until).map_or(0, |span| i64::from(span.get_days())).max(0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_days_and_neighbors() {
        let month = Month::parse("2024-02").unwrap();
        assert_eq!(
            (month.days(), month.title().as_str(), month.to_string().as_str()),
            (29, "February 2024", "2024-02")
        );
        assert_eq!(month.previous().to_string(), "2024-01");
        assert_eq!(month.end().to_string(), "2024-03-01");
        assert_eq!(Month::parse("2025-12").unwrap().end().to_string(), "2026-01-01");
        let begun = |now: &str| month.days_begun(now.parse().unwrap());
        assert_eq!(begun("2024-02-01T00:00:00Z"), 1);
        assert_eq!(begun("2024-02-20T23:59:59Z"), 20);
        assert_eq!(begun("2024-07-01T00:00:00Z"), 29);
        assert_eq!(begun("2023-07-01T00:00:00Z"), 0);
    }

    #[test]
    fn other_texts_are_no_months() {
        for text in ["", "2024", "2024-13", "2024-00", "2024-2", "24-02-01", "2024-02-01", "2024/02", "ü024-1"] {
            assert_eq!(Month::parse(text), None, "{text}");
        }
    }
}
