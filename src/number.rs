//! Numbers as people type and read them: decimal comma or point, thousands apart.
//!
//! A paper prints 403.694,93 or 403,694.93 and means the same. Where a number holds one separator only, it is the
//! decimal one: `1.234` and `1,234` are both one and a bit. [`Number::ambiguous`] says that it could have been
//! meant as 1234.

use crate::error::{Error, ErrorKind, Result};

/// A number read from text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number {
    /// Finite.
    pub value: f64,
    /// Half a unit of the last digit that was typed: the value stands for anything that rounds to it.
    pub half_step: f64,
    /// The text has one separator with three digits behind it, which was read as the decimal one: `1.234`.
    pub ambiguous: bool,
}

/// The value of a number in either notation, see [`read_number`].
///
/// ```
/// use migqos::number::parse_number;
/// assert_eq!(parse_number("403.694,93").unwrap(), 403694.93);
/// assert_eq!(parse_number("403,694.93").unwrap(), 403694.93);
/// assert_eq!(parse_number("0,12").unwrap(), 0.12);
/// ```
///
/// # Errors
/// As [`read_number`].
pub fn parse_number(text: &str) -> Result<f64> {
    read_number(text).map(|number| number.value)
}

/// Reads a number: digits, a decimal comma or point, thousands set apart by the other one, by spaces, apostrophes or
/// underscores, an optional sign and exponent. The same separator twice or more sets thousands apart; one alone is
/// the decimal one.
///
/// # Errors
/// Anything else: no digits, thousands not in groups of three, units, NaN, infinity, beyond the range of a double.
pub fn read_number(text: &str) -> Result<Number> {
    let wrong = |why: &str, advice: &str| {
        Err(Error::new(ErrorKind::Usage, format!("not a number: {text:?}{why}")).advice(advice.to_owned()))
    };
    let advice = "digits with a decimal comma or point, without a unit";
    let trimmed = text.trim();
    let (negative, unsigned) = match trimmed.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest),
        None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => match exponent.parse::<i32>() {
            Ok(exponent) => (mantissa, exponent),
            Err(_) => return wrong("", advice),
        },
        None => (unsigned, 0),
    };

    let count = |separator| mantissa.matches(separator).count();
    let decimal = match (count('.'), count(',')) {
        (0, 0) => None,
        (1, 0) => Some('.'),
        (0, 1) => Some(','),
        (_, 0) | (0, _) => None,
        (points, commas) => {
            let last = if mantissa.rfind('.') > mantissa.rfind(',') {
                '.'
            } else {
                ','
            };
            if (if last == '.' { points } else { commas }) > 1 {
                return wrong("", "one decimal separator, the other between thousands");
            }
            Some(last)
        }
    };
    let (whole, fraction) = match decimal {
        Some(separator) => mantissa.split_once(separator).unwrap_or((mantissa, "")),
        None => (mantissa, ""),
    };
    if !whole.chars().all(|c| c.is_ascii_digit() || SEPARATORS.contains(&c)) {
        return wrong("", advice);
    }
    let Some(digits) = ungrouped(whole) else {
        return wrong(": thousands are not in groups of three digits", advice);
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(&digits) || !all_digits(fraction) || (digits.is_empty() && fraction.is_empty()) {
        return wrong("", advice);
    }

    let sign = if negative { "-" } else { "" };
    // An assembled decimal goes through one correctly rounded conversion: 403694.93 is the double nearest to it.
    let value: f64 = match format!("{sign}0{digits}.{fraction}0e{exponent}").parse() {
        Ok(value) => value,
        Err(_) => return wrong("", advice),
    };
    if !value.is_finite() {
        return wrong(": too large", advice);
    }
    let places = i32::try_from(fraction.len()).unwrap_or(i32::MAX);
    let ambiguous = decimal.is_some()
        && whole.len() == digits.len()
        && exponent == 0
        && fraction.len() == 3
        && (1..=3).contains(&digits.len())
        && !digits.starts_with('0');
    Ok(Number {
        value,
        half_step: 0.5 * 10f64.powi(exponent.saturating_sub(places)),
        ambiguous,
    })
}

/// What may stand between thousands.
const SEPARATORS: [char; 8] = ['.', ',', ' ', '\u{a0}', '\u{202f}', '\'', '\u{2019}', '_'];

/// Takes the separators out of a whole number, if each stands before a group of three digits and all are the same.
fn ungrouped(whole: &str) -> Option<String> {
    let Some(separator) = whole.chars().find(|c| SEPARATORS.contains(c)) else {
        return Some(whole.to_owned());
    };
    let mut groups = whole.split(separator);
    let first = groups.next()?;
    let well_formed = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    well_formed.then(|| whole.replace(separator, ""))
}

/// Bytes from text: a number, then nothing, `B`, a decimal unit (`kB`, `MB`, `GB`, `TB`) or a binary one (`KiB`,
/// `MiB`, `GiB`, `TiB`), whatever the case of its letters.
///
/// # Errors
/// Not a number, negative, or another unit.
pub fn parse_bytes(text: &str) -> Result<f64> {
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(split);
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "b" | "byte" | "bytes" => 1.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        "tb" => 1e12,
        "kib" => 1024.0,
        "mib" => 1_048_576.0,
        "gib" => 1_073_741_824.0,
        "tib" => 1_099_511_627_776.0,
        _ => {
            return Err(
                Error::new(ErrorKind::Usage, format!("unknown unit {unit:?} in {text:?}"))
                    .advice("B, kB, MB, GB, TB, KiB, MiB, GiB or TiB"),
            );
        }
    };
    let bytes = parse_number(number)? * factor;
    if bytes < 0.0 || !bytes.is_finite() {
        return Err(Error::new(ErrorKind::Usage, format!("not an amount of data: {text:?}")).advice("0 or more bytes"));
    }
    Ok(bytes)
}

/// How numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NumberStyle {
    /// 1.234,5 instead of 1,234.5.
    pub decimal_comma: bool,
}

impl NumberStyle {
    /// `value` with `decimals` digits behind the separator, thousands apart.
    pub fn write(self, value: f64, decimals: usize) -> String {
        self.set(&format!("{value:.decimals$}"))
    }

    /// Sets a number that was written with a decimal point in this style.
    pub fn set(self, plain: &str) -> String {
        let (thousands, point) = if self.decimal_comma { ('.', ',') } else { (',', '.') };
        let (sign, unsigned) = match plain.strip_prefix('-') {
            Some(rest) => ("-", rest),
            None => ("", plain),
        };
        let digits = unsigned.find(|c: char| !c.is_ascii_digit()).unwrap_or(unsigned.len());
        let (whole, rest) = unsigned.split_at(digits);
        let mut set = String::from(sign);
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at) % 3 == 0 {
                set.push(thousands);
            }
            set.push(digit);
        }
        match rest.strip_prefix('.') {
            Some(fraction) => {
                set.push(point);
                set.push_str(fraction);
            }
            None => set.push_str(rest),
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_notations_give_the_same_number() {
        for (text, value) in [
            ("403694.93", 403_694.93),
            ("403694,93", 403_694.93),
            ("403.694,93", 403_694.93),
            ("403,694.93", 403_694.93),
            ("403 694,93", 403_694.93),
            ("403\u{a0}694,93", 403_694.93),
            ("403'694.93", 403_694.93),
            ("1.234.567", 1_234_567.0),
            ("1,234,567", 1_234_567.0),
            ("1.234.567,5", 1_234_567.5),
            ("0,12", 0.12),
            (" 261.7 ", 261.7),
            (",5", 0.5),
            ("5,", 5.0),
            ("1e3", 1000.0),
            ("2,5E-3", 0.0025),
            ("-4.74", -4.74),
            ("+4.74", 4.74),
            ("007", 7.0),
        ] {
            assert_eq!(parse_number(text).unwrap(), value, "{text}");
        }
    }

    #[test]
    fn one_separator_alone_is_the_decimal_one_and_said_to_be_ambiguous() {
        for text in ["1.234", "1,234", "12.345", "123,456"] {
            let number = read_number(text).unwrap();
            assert!(number.ambiguous, "{text}");
            assert!(number.value < 124.0, "{text}");
        }
        for text in [
            "1.23",
            "1.2345",
            "0.123",
            "1234.567",
            "1.234,5",
            "1.234.567",
            "1 234.567",
            "1.234e1",
        ] {
            assert!(!read_number(text).unwrap().ambiguous, "{text}");
        }
    }

    #[test]
    fn the_last_typed_digit_bounds_what_was_meant() {
        assert_eq!(read_number("434.46").unwrap().half_step, 0.005);
        assert_eq!(read_number("12").unwrap().half_step, 0.5);
        assert_eq!(read_number("1,5e3").unwrap().half_step, 50.0);
    }

    #[test]
    fn what_is_no_number_is_refused_with_advice() {
        for text in [
            "",
            " ",
            "-",
            ".",
            ",",
            "abc",
            "12 ms",
            "1.2.3",
            "12.34.567",
            "1,23,456.7",
            "1.234,567.8",
            "NaN",
            "inf",
            "1e999",
            "0x10",
            "1e",
            "e5",
            "1..2",
            "4,5,",
            "١٢",
        ] {
            let error = read_number(text).expect_err(text);
            assert_eq!(error.kind(), ErrorKind::Usage);
            assert!(error.to_string().contains('('), "no advice: {error}");
        }
    }

    #[test]
    fn amounts_of_data_take_decimal_and_binary_units() {
        assert_eq!(parse_bytes("1,5 GiB").unwrap(), 1_610_612_736.0);
        assert_eq!(parse_bytes("2MB").unwrap(), 2_000_000.0);
        assert_eq!(parse_bytes("1234567").unwrap(), 1_234_567.0);
        assert!(parse_bytes("3 Mbit").is_err());
        assert!(parse_bytes("-3 MB").is_err());
    }

    #[test]
    fn numbers_are_set_with_thousands_apart() {
        let (point, comma) = (NumberStyle::default(), NumberStyle { decimal_comma: true });
        assert_eq!(point.write(403_694.93, 2), "403,694.93");
        assert_eq!(comma.write(403_694.93, 2), "403.694,93");
        assert_eq!(comma.write(-1234.0, 0), "-1.234");
        assert_eq!(point.write(999.0, 0), "999");
        assert_eq!(comma.set("1.5e-30"), "1,5e-30");
    }
}
