//! Amounts of money.

use std::iter::Sum;
use std::ops::Mul;

use crate::pages::language::Language;

/// An amount of money, in euro cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price(u64);

impl Price {
    /// Creates an amount from a number of cents.
    pub const fn cents(cents: u64) -> Self {
        Self(cents)
    }

    /// Returns the amount as that language writes it.
    pub fn display(self, language: Language) -> String {
        let (euros, cents) = (self.0 / 100, self.0 % 100);
        match language {
            Language::English => format!("€{euros}.{cents:02}"),
            Language::German => format!("{euros},{cents:02}\u{a0}€"),
        }
    }
}

impl Mul<u32> for Price {
    type Output = Self;

    fn mul(self, quantity: u32) -> Self {
        Self(self.0.saturating_mul(quantity.into()))
    }
}

impl Sum for Price {
    fn sum<I: Iterator<Item = Self>>(prices: I) -> Self {
        Self(prices.fold(0, |sum, Self(price)| sum.saturating_add(price)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_written_in_the_way_of_the_language() {
        assert_eq!(Price::cents(1_405).display(Language::English), "€14.05");
        assert_eq!(Price::cents(90).display(Language::German), "0,90\u{a0}€");
    }

    #[test]
    fn the_sum_of_prices_is_exact() {
        let sum: Price = [Price::cents(10) * 3, Price::cents(5)].into_iter().sum();
        assert_eq!(sum, Price::cents(35));
    }
}
