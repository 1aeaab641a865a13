//! The link's capacity, as `--link-capacity` takes it.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind};
use crate::number::parse_number;

/// Capacity of the link in bit/s; never 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkCapacity(u64);

impl LinkCapacity {
    /// A capacity of so many bit/s; `None` for 0.
    pub fn from_bps(bps: u64) -> Option<Self> {
        (bps > 0).then_some(Self(bps))
    }

    /// Bits per second.
    pub fn bps(self) -> u64 {
        self.0
    }

    /// A throughput in percent of it.
    pub fn percent(self, throughput_bps: f64) -> f64 {
        // Multiplied first: 750 Mbit/s of 1 Gbit/s is 75 to the last bit, on the edge of a band.
        throughput_bps * 100.0 / self.0 as f64
    }
}

/// A number with a unit of bits: `1Gbit`, `100 Mbit/s`, `10G`, `2,5 Gbps`, `950000kbps`. `k`, `M`, `G`, `T` are
/// powers of 1000; bytes and bare numbers are refused, since that is where capacities go wrong.
impl FromStr for LinkCapacity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let fail = |why: &str, advice: &str| {
            Err(Error::new(ErrorKind::Usage, format!("not a link capacity: {text:?}{why}")).advice(advice.to_owned()))
        };
        let example = "as in 1Gbit, 100Mbit/s or 2.5G";
        let trimmed = text.trim();
        let split = trimmed.find(|c: char| c.is_alphabetic()).unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(split);
        let Ok(number) = parse_number(number) else {
            return fail("", example);
        };

        let mut letters = unit.chars();
        let prefix = letters.clone().next().unwrap_or(' ');
        let factor = match prefix {
            'k' | 'K' => 1e3,
            'm' | 'M' => 1e6,
            'g' | 'G' => 1e9,
            't' | 'T' => 1e12,
            _ => 1.0,
        };
        if factor > 1.0 {
            letters.next();
        }
        let rest = letters.as_str();
        if rest.starts_with('B') || rest.to_ascii_lowercase().starts_with("byte") {
            return fail(" counts bytes", "a capacity counts bits: 1Gbit, not 125MB/s");
        }
        match rest.to_ascii_lowercase().as_str() {
            "" if factor > 1.0 => {}
            "" => return fail(" has no unit", example),
            "bit" | "bits" | "bps" | "b" | "b/s" | "bit/s" | "bits/s" | "bitps" => {}
            _ => return fail(": unknown unit", example),
        }
        let bps = (number * factor).round();
        if !(1.0..=1e18).contains(&bps) {
            return fail("", "from 1bit to 1000000T");
        }
        Ok(Self(bps as u64))
    }
}

/// In the largest unit that needs three decimals at most: `2.5 Gbit/s`.
impl fmt::Display for LinkCapacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [
            (1_000_000_000_000, "Tbit/s"),
            (1_000_000_000, "Gbit/s"),
            (1_000_000, "Mbit/s"),
            (1000, "kbit/s"),
        ];
        for (size, unit) in units {
            if self.0 >= size && self.0.is_multiple_of(size / 1000) {
                let (whole, thousandths) = (self.0 / size, self.0 % size / (size / 1000));
                if thousandths == 0 {
                    return write!(f, "{whole} {unit}");
                }
                let fraction = format!("{thousandths:03}");
                return write!(f, "{whole}.{} {unit}", fraction.trim_end_matches('0'));
            }
        }
        write!(f, "{} bit/s", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capacity_is_read_in_all_common_spellings() {
        for (text, bps) in [
            ("1Gbit", 1_000_000_000),
            ("1 Gbit/s", 1_000_000_000),
            ("1gbps", 1_000_000_000),
            ("10G", 10_000_000_000),
            ("100Mbit/s", 100_000_000),
            ("100M", 100_000_000),
            ("2,5Gbit", 2_500_000_000),
            ("2.5 Gbps", 2_500_000_000),
            ("950000kbps", 950_000_000),
            ("64 kb/s", 64_000),
            ("1Tbit", 1_000_000_000_000),
            ("1000000000 bit/s", 1_000_000_000),
        ] {
            assert_eq!(text.parse::<LinkCapacity>().unwrap().bps(), bps, "{text}");
        }
    }

    #[test]
    fn bytes_bare_numbers_and_nothing_are_refused() {
        for (text, found) in [
            ("1000", "no unit"),
            ("125MB/s", "bytes"),
            ("1GByte", "bytes"),
            ("0Gbit", "not a link capacity"),
            ("0.0001bit", "not a link capacity"),
            ("-1G", "not a link capacity"),
            ("fast", "not a link capacity"),
            ("", "not a link capacity"),
            ("1Gibit", "unknown unit"),
            ("1e300G", "not a link capacity"),
        ] {
            let error = text.parse::<LinkCapacity>().expect_err(text).to_string();
            assert!(error.contains(found), "{text}: {error}");
        }
    }

    #[test]
    fn a_capacity_prints_in_its_natural_unit() {
        for (bps, text) in [
            (1_000_000_000, "1 Gbit/s"),
            (2_500_000_000, "2.5 Gbit/s"),
            (950_000_000, "950 Mbit/s"),
            (1_234_567, "1234.567 kbit/s"),
            (10, "10 bit/s"),
        ] {
            assert_eq!(LinkCapacity(bps).to_string(), text);
        }
    }

    #[test]
    fn percents_on_an_edge_are_exact() {
        let gbit = LinkCapacity(1_000_000_000);
        assert_eq!(gbit.percent(750_000_000.0), 75.0);
        assert_eq!(gbit.percent(500_000_000.0), 50.0);
        assert_eq!(LinkCapacity(300_000_000).percent(75_000_000.0), 25.0);
    }
}
