//! Numbers as a reader of the report's language writes them.

/// The two marks that differ between languages: the decimal sign and the mark between thousands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberStyle {
    /// Between the integer and the fraction.
    pub decimal: char,
    /// Between groups of three integer digits.
    pub thousands: char,
}

impl NumberStyle {
    /// `12,345.6`
    pub const POINT: Self = Self {
        decimal: '.',
        thousands: ',',
    };
    /// `12.345,6`
    pub const COMMA: Self = Self {
        decimal: ',',
        thousands: '.',
    };

    /// `value` with exactly `decimals` digits after the decimal sign, thousands grouped, a true minus sign.
    /// What is not finite is a dash.
    ///
    /// ```
    /// use migqos::report::chart::NumberStyle;
    /// assert_eq!(NumberStyle::POINT.fixed(-1234.56, 1), "\u{2212}1,234.6");
    /// assert_eq!(NumberStyle::COMMA.fixed(1234567.0, 0), "1.234.567");
    /// ```
    pub fn fixed(self, value: f64, decimals: usize) -> String {
        if !value.is_finite() {
            return "\u{2013}".to_owned();
        }
        let plain = format!("{:.*}", decimals.min(20), value.abs());
        let (integer, fraction) = plain.split_once('.').unwrap_or((plain.as_str(), ""));
        let mut text = String::with_capacity(plain.len() + plain.len() / 3 + 3);
        let is_zero = plain.bytes().all(|byte| matches!(byte, b'0' | b'.'));
        if value < 0.0 && !is_zero {
            text.push('\u{2212}');
        }
        for (index, digit) in integer.chars().enumerate() {
            if index > 0 && (integer.len() - index).is_multiple_of(3) {
                text.push(self.thousands);
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push(self.decimal);
            text.push_str(fraction);
        }
        text
    }

    /// A tick's label: `value`, a multiple of `step`, with as many decimals as the step has. An axis whose `largest`
    /// value or whose step would need a long row of digits is written in powers of ten.
    pub(super) fn tick(self, value: f64, step: f64, largest: f64) -> String {
        let exponent = decade(step);
        if exponent < -6 || decade(largest) > 6 {
            return self.scientific(value, exponent);
        }
        self.fixed(value, usize::try_from(-exponent).unwrap_or(0))
    }

    /// `2.5e9`, the mantissa given to the decade `finest`. (Raised digits would be finer, but the embedded font has
    /// neither a raised zero nor a raised minus.)
    fn scientific(self, value: f64, finest: i32) -> String {
        if value == 0.0 || !value.is_finite() {
            return self.fixed(value, 0);
        }
        let exponent = decade(value);
        let decimals = usize::try_from(exponent.saturating_sub(finest)).unwrap_or(0).min(4);
        let sign = if exponent < 0 { "\u{2212}" } else { "" };
        format!(
            "{}e{sign}{}",
            self.fixed(value / 10f64.powi(exponent), decimals),
            exponent.unsigned_abs()
        )
    }
}

/// The power of ten of the first significant digit: 2 for 250, -3 for 0.001. 0 for what has none.
pub(super) fn decade(value: f64) -> i32 {
    let value = value.abs();
    if value == 0.0 || !value.is_finite() {
        return 0;
    }
    // log10 of 0.001 or 1000 may fall a hair short of the integer.
    (value.log10() + 1e-9).floor() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_and_decimals_follow_the_language() {
        assert_eq!(NumberStyle::POINT.fixed(999.0, 0), "999");
        assert_eq!(NumberStyle::POINT.fixed(1000.0, 0), "1,000");
        assert_eq!(NumberStyle::COMMA.fixed(1234567.891, 2), "1.234.567,89");
        assert_eq!(NumberStyle::COMMA.fixed(0.05, 2), "0,05");
        assert_eq!(NumberStyle::POINT.fixed(-0.001, 1), "0.0");
        assert_eq!(NumberStyle::POINT.fixed(f64::NAN, 1), "–");
    }

    #[test]
    fn ticks_carry_the_digits_of_their_step() {
        let style = NumberStyle::POINT;
        assert_eq!(style.tick(0.3, 0.1, 0.5), "0.3");
        assert_eq!(style.tick(1500.0, 500.0, 2e3), "1,500");
        assert_eq!(style.tick(0.0005, 0.0005, 0.001), "0.0005");
        assert_eq!(style.tick(2e-9, 1e-9, 3e-9), "2e−9");
        assert_eq!(style.tick(1e9, 1e9, 2e9), "1e9");
        assert_eq!(style.tick(2.5e9, 5e8, 3e9), "2.5e9");
        assert_eq!(style.tick(0.0, 1e9, 3e9), "0");
    }

    #[test]
    fn decades_are_those_of_the_first_digit() {
        for (value, expected) in [(1000.0, 3), (999.0, 2), (0.001, -3), (0.0099, -3), (0.0, 0), (1.0, 0)] {
            assert_eq!(decade(value), expected, "{value}");
        }
    }
}
