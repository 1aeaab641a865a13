//! Numbers with their units.

use super::Style;
use crate::number::NumberStyle;

/// Digits that a figure is printed with, where nothing asks for more.
const SIGNIFICANT: i32 = 4;

/// Units of a rate, largest first.
const RATES: [(f64, &str); 4] = [(1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s"), (1.0, "bit/s")];

impl Style {
    /// How digits are set.
    pub fn numbers(&self) -> NumberStyle {
        NumberStyle {
            decimal_comma: self.decimal_comma,
        }
    }

    /// A count.
    pub fn count(&self, n: u64) -> String {
        self.numbers().set(&n.to_string())
    }

    /// A number with so many decimals.
    pub fn number(&self, value: f64, decimals: usize) -> String {
        // A value that rounds to zero is written without a sign.
        let zero = format!("{value:.decimals$}")
            .bytes()
            .all(|b| !b.is_ascii_digit() || b == b'0');
        self.numbers().write(if zero { 0.0 } else { value }, decimals)
    }

    /// A number with four significant digits, and no more decimals than that takes.
    pub fn significant(&self, value: f64) -> String {
        self.number(value, significant_decimals(value))
    }

    /// A number in a column of so many decimals; what would round to zero is `<0.001`.
    pub fn column(&self, value: f64, decimals: usize) -> String {
        let least = 10_f64.powi(-i32::try_from(decimals).unwrap_or(i32::MAX));
        if value > 0.0 && value < least / 2.0 {
            format!("<{}", self.number(least, decimals))
        } else {
            self.number(value, decimals)
        }
    }

    /// `12.34 %`, or as the language sets it.
    pub fn percent(&self, value: f64) -> String {
        self.say("unit.percent", &[("value", &self.significant(value))])
    }

    /// `1.234 ms`.
    pub fn ms(&self, value: f64) -> String {
        format!("{} ms", self.milliseconds(value))
    }

    /// The same without the unit. A whole number of microseconds has three decimals at most, whatever clock it was read
    /// from: zeros behind them would claim what a capture in microseconds does not know.
    pub fn milliseconds(&self, value: f64) -> String {
        let us = value * 1e3;
        let whole = (us - us.round()).abs() < 1e-6;
        let decimals = significant_decimals(value);
        self.number(value, if whole { decimals.min(3) } else { decimals })
    }

    /// `10 ms`, `0.53 ms`: two digits, for what says how well another figure is known.
    pub fn rough_ms(&self, value: f64) -> String {
        // To two digits before its decimals are counted: 9.98 is 10, not 10.0.
        let rounded: f64 = format!("{value:.1e}").parse().unwrap_or(value);
        format!("{} ms", self.number(rounded, rough_decimals(rounded, 1)))
    }

    /// `186 ms` where it is known to some tens of ms: no decimals that the resolution does not carry.
    pub fn ms_within(&self, value: f64, resolution_ms: f64) -> String {
        let decimals = rough_decimals(resolution_ms, 0).min(significant_decimals(value));
        format!("{} ms", self.number(value, decimals))
    }

    /// `31.20 s`; below a tenth of one in milliseconds.
    pub fn seconds(&self, value: f64) -> String {
        if value != 0.0 && value.abs() < 0.1 {
            return self.ms(value * 1e3);
        }
        format!("{} s", self.significant(value))
    }

    /// `403.7 Mbit/s`.
    pub fn rate(&self, bps: f64) -> String {
        let (size, unit) = rate_unit(bps);
        format!("{} {unit}", self.significant(bps / size))
    }

    /// `234.5 MB`; whole bytes below a kilobyte.
    pub fn bytes(&self, bytes: u64) -> String {
        let units = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
        match units.into_iter().find(|&(size, _)| bytes as f64 >= size) {
            Some((size, unit)) => format!("{} {unit}", self.significant(bytes as f64 / size)),
            None => self.plural("unit.bytes", bytes),
        }
    }
}

/// The unit in which a rate has one to three digits before the mark: its size in bit/s, and its name.
pub fn rate_unit(bps: f64) -> (f64, &'static str) {
    // What rounds up to 1000 of a unit is one of the next.
    RATES
        .into_iter()
        .find(|&(size, _)| bps.abs() >= size * 0.99995)
        .unwrap_or((1.0, "bit/s"))
}

/// The decimals that give four significant digits, nine at most; a whole number has none.
pub fn significant_decimals(value: f64) -> usize {
    if value == 0.0 || !value.is_finite() || (value.fract() == 0.0 && value.abs() < 1e4) {
        return 0;
    }
    usize::try_from((SIGNIFICANT - 1 - magnitude(value)).clamp(0, 9)).unwrap_or(0)
}

/// The decimals of a column whose typical value is this: three significant digits of it, one to three decimals.
pub fn column_decimals(typical: f64) -> usize {
    if typical == 0.0 || !typical.is_finite() {
        return 1;
    }
    usize::try_from((SIGNIFICANT - 2 - magnitude(typical)).clamp(1, 3)).unwrap_or(1)
}

/// The decimals that reach so many digits behind the first; none for what is 10 or more.
fn rough_decimals(value: f64, more: i32) -> usize {
    if value == 0.0 || !value.is_finite() {
        return 0;
    }
    usize::try_from((more - magnitude(value)).clamp(0, 6)).unwrap_or(0)
}

/// The power of ten of a value's first digit.
fn magnitude(value: f64) -> i32 {
    // The exponent after rounding: 0.99999 has the four digits of 1.000.
    let rounded = format!("{value:.3e}");
    let exponent = rounded.split_once('e').map(|(_, exponent)| exponent);
    exponent.and_then(|exponent| exponent.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn numbers_have_four_significant_digits_in_either_notation() {
        let point = Style::default();
        let comma = Style {
            decimal_comma: true,
            ..Style::default()
        };
        assert_eq!(point.significant(403_694.93), "403,695");
        assert_eq!(comma.significant(403_694.93), "403.695");
        assert_eq!(comma.significant(0.123_456), "0,1235");
        assert_eq!(point.significant(12.0), "12");
        assert_eq!(point.significant(0.000_012_345), "0.00001234");
        assert_eq!(point.significant(0.0), "0");
        assert_eq!(point.number(-0.0001, 2), "0.00");
    }

    #[test]
    fn a_downtime_has_no_more_digits_than_its_resolution() {
        let style = Style::default();
        assert_eq!(style.rough_ms(9.986), "10 ms");
        assert_eq!(style.rough_ms(0.653), "0.65 ms");
        assert_eq!(style.rough_ms(205.4), "210 ms");
        assert_eq!(style.ms_within(185.66, 205.4), "186 ms");
        assert_eq!(style.ms_within(259.49, 9.9), "259 ms");
        assert_eq!(style.ms_within(184.23, 0.653), "184.2 ms");
        assert_eq!(style.seconds(0.002), "2 ms");
        assert_eq!(style.seconds(0.6513), "0.6513 s");
    }

    #[test]
    fn whole_microseconds_have_three_decimals() {
        let style = Style::default();
        assert_eq!(style.ms(0.003), "0.003 ms");
        assert_eq!(style.ms(0.222), "0.222 ms");
        assert_eq!(style.ms(0.018_000_000_000_000_002), "0.018 ms");
        assert_eq!(style.ms(0.003_25), "0.003250 ms");
        assert_eq!(style.ms(5.1594), "5.159 ms");
        assert_eq!(style.ms(12.0), "12 ms");
    }

    #[test]
    fn a_small_value_in_a_column_is_not_shown_as_zero() {
        let style = Style {
            decimal_comma: true,
            ..Style::default()
        };
        assert_eq!(style.column(0.0, 2), "0,00");
        assert_eq!(style.column(0.004, 2), "<0,01");
        assert_eq!(style.column(0.005, 2), "0,01");
        assert_eq!(style.column(12.345, 1), "12,3");
    }

    #[test]
    fn units_are_those_of_the_magnitude() {
        let style = Style::default();
        assert_eq!(style.rate(403_694_930.0), "403.7 Mbit/s");
        assert_eq!(style.rate(999_999.0), "1.000 Mbit/s");
        assert_eq!(style.rate(12.0), "12 bit/s");
        assert_eq!(style.rate(0.0), "0 bit/s");
        assert_eq!(style.bytes(234_512_345), "234.5 MB");
        assert_eq!(style.bytes(999), "999 bytes");
        assert_eq!(style.bytes(1), "1 byte");
        let indonesian = Style {
            language: Language::Indonesian,
            decimal_comma: true,
            ..Style::default()
        };
        assert_eq!(indonesian.bytes(999), "999 byte");
        assert_eq!(indonesian.percent(12.5), "12,50%");
    }
}
