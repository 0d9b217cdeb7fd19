//! US dollars, exact. Rounding happens only where an amount is shown.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Sub};

use rust_decimal::{Decimal, RoundingStrategy};

/// An amount of US dollars, exact to the last digit of the price it came from. Arithmetic
/// saturates instead of overflowing: an absurd amount stays above every threshold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usd(Decimal);

/// The error for a string that is not an amount of US dollars.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an amount of US dollars; write it like 10.00 or $10.00")]
pub struct ParseUsdError {
    /// The text as it was given.
    pub text: String,
}

impl Usd {
    /// No dollars.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// An exact amount of dollars.
    pub const fn new(amount: Decimal) -> Self {
        Self(amount)
    }

    /// The exact amount.
    pub const fn amount(self) -> Decimal {
        self.0
    }

    /// The amount as it is shown: whole cents, halves away from zero.
    pub fn rounded(self) -> Self {
        let mut cents = self.0.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        cents.rescale(2);
        Self(if cents.is_zero() { Decimal::new(0, 2) } else { cents })
    }

    /// `$0.25/month`, for display.
    pub fn per_month(self) -> String {
        format!("{self}/month")
    }

    /// `0.25 USD/month`, for tags: most services refuse `$` in a tag value.
    pub fn tag_value(self) -> String {
        format!("{} USD/month", self.rounded().0)
    }

    /// Reads `10`, `10.00`, `$10.00`, `10.00 USD`, and the last two followed by `/month`.
    ///
    /// # Errors
    /// When the rest is not a plain decimal number.
    pub fn parse(text: &str) -> Result<Self, ParseUsdError> {
        let error = || ParseUsdError { text: text.to_owned() };
        let body = text.trim();
        let body = body.strip_suffix("/month").unwrap_or(body).trim_end();
        let body = body.strip_suffix("USD").unwrap_or(body).trim_end();
        let (negative, body) = match body.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, body),
        };
        let body = body.strip_prefix('$').unwrap_or(body);
        let plain = !body.is_empty() && body.chars().all(|c| c.is_ascii_digit() || c == '.');
        let amount: Decimal = if plain {
            body.parse().map_err(|_| error())?
        } else {
            return Err(error());
        };
        Ok(Self(if negative { -amount } else { amount }))
    }
}

impl std::fmt::Display for Usd {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rounded = self.rounded().0;
        let sign = if rounded.is_sign_negative() && !rounded.is_zero() { "-" } else { "" };
        formatter.pad(&format!("{sign}${}", rounded.abs()))
    }
}

impl std::str::FromStr for Usd {
    type Err = ParseUsdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Add for Usd {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Usd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Usd {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Mul<Decimal> for Usd {
    type Output = Self;

    fn mul(self, factor: Decimal) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_shown_in_cents_rounded_half_up() {
        let shown = |text: &str| Usd::parse(text).unwrap().to_string();
        assert_eq!(shown("28.58"), "$28.58");
        assert_eq!(shown("0.285"), "$0.29");
        assert_eq!(shown("0.2849"), "$0.28");
        assert_eq!(shown("10"), "$10.00");
        assert_eq!(shown("-1.5"), "-$1.50");
        assert_eq!(shown("-0.001"), "$0.00");
    }

    #[test]
    fn every_written_form_is_read() {
        let quarter = Usd::new(Decimal::new(25, 2));
        for text in ["0.25", "$0.25", "0.25 USD", "0.25 USD/month", "$0.25/month", " .25 "] {
            assert_eq!(Usd::parse(text), Ok(quarter), "{text}");
        }
        assert_eq!(Usd::parse(&quarter.tag_value()), Ok(quarter));
        assert_eq!(Usd::parse(&quarter.per_month()), Ok(quarter));
    }

    #[test]
    fn what_is_not_an_amount_is_refused() {
        for text in ["", "$", "ten", "1,000", "1e3", "10 EUR", "--1", "1.2.3", "99999999999999999999999999999999"] {
            assert!(Usd::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sums_are_exact_and_saturate() {
        let tenth: Usd = (0..10).map(|_| Usd::parse("0.1").unwrap()).sum();
        assert_eq!(tenth, Usd::parse("1").unwrap());
        let most = Usd::new(Decimal::MAX);
        assert_eq!(most + most, most);
        assert_eq!(most * Decimal::TEN, most);
    }
}
