//! The table of one parameter: bands that leave no hole and do not overlap.

use std::fmt;

use super::category::Category;
use super::digits;
use super::interval::Interval;
use super::order;
use crate::language::Language;
use crate::number::NumberStyle;

/// The four figures that are graded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Parameter {
    /// Throughput.
    Throughput,
    /// Packet loss.
    Loss,
    /// Jitter.
    Jitter,
    /// Delay.
    Delay,
}

impl Parameter {
    /// All four, in the order in which they are printed.
    pub const ALL: [Self; 4] = [Self::Throughput, Self::Loss, Self::Jitter, Self::Delay];

    /// Stable name, as in the JSON and in `--bands`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Throughput => "throughput",
            Self::Loss => "loss",
            Self::Jitter => "jitter",
            Self::Delay => "delay",
        }
    }

    /// The name in a language. Indonesian theses use the English terms.
    pub fn name(self, language: Language) -> &'static str {
        match self {
            Self::Throughput => language.pick("Throughput", "Throughput"),
            Self::Loss => language.pick("Packet loss", "Packet loss"),
            Self::Jitter => language.pick("Jitter", "Jitter"),
            Self::Delay => language.pick("Delay", "Delay"),
        }
    }

    /// Its place in [`Parameter::ALL`].
    pub(crate) fn position(self) -> usize {
        self as usize
    }
}

/// Which of a profile's tables it is; the throughput has two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TableKind {
    /// Throughput in percent of the link's capacity.
    ThroughputPct,
    /// Throughput in kbit/s, for want of a capacity.
    ThroughputKbps,
    /// Loss in percent.
    Loss,
    /// Jitter in milliseconds.
    Jitter,
    /// Delay in milliseconds.
    Delay,
}

impl TableKind {
    /// All of them, in the order in which they are printed.
    pub const ALL: [Self; 5] = [
        Self::ThroughputPct,
        Self::ThroughputKbps,
        Self::Loss,
        Self::Jitter,
        Self::Delay,
    ];

    /// Its name in a profile's file.
    pub fn key(self) -> &'static str {
        match self {
            Self::ThroughputPct => "throughput_pct",
            Self::ThroughputKbps => "throughput_kbps",
            Self::Loss => "loss",
            Self::Jitter => "jitter",
            Self::Delay => "delay",
        }
    }

    /// The figure that it grades.
    pub fn parameter(self) -> Parameter {
        match self {
            Self::ThroughputPct | Self::ThroughputKbps => Parameter::Throughput,
            Self::Loss => Parameter::Loss,
            Self::Jitter => Parameter::Jitter,
            Self::Delay => Parameter::Delay,
        }
    }

    /// The unit of its edges and of the values that are held against them, in short: `kbps`, `%`, `ms`.
    pub fn unit(self) -> &'static str {
        match self {
            Self::ThroughputPct | Self::Loss => "%",
            Self::ThroughputKbps => "kbps",
            Self::Jitter | Self::Delay => "ms",
        }
    }

    /// The unit in words where the short form does not say enough: `% of capacity`.
    pub fn unit_text(self, language: Language) -> &'static str {
        match self {
            Self::ThroughputPct => language.pick("% of capacity", "% kapasitas"),
            other => other.unit(),
        }
    }

    /// True where more is better.
    pub fn more_is_better(self) -> bool {
        self.parameter() == Parameter::Throughput
    }

    /// Where a table may end with a closed edge: there is no more than 100 percent.
    pub(super) fn domain_end(self) -> Option<f64> {
        match self {
            Self::ThroughputPct | Self::Loss => Some(100.0),
            _ => None,
        }
    }

    /// Its place in [`TableKind::ALL`].
    pub(crate) fn position(self) -> usize {
        self as usize
    }
}

/// One row of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// The values that it takes in.
    pub range: Interval,
    /// 0 to 4, more is better.
    pub index: u8,
    /// What the index is called here.
    pub category: Category,
    /// The part of the range that lies beyond the last point that the literature prints.
    pub off_table: Option<Interval>,
    /// A remark for the reader, in English and Indonesian.
    pub note: Option<[String; 2]>,
}

/// Where a value lies in a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placement<'a> {
    /// The band.
    pub band: &'a Band,
    /// The value lies beyond the last printed point.
    pub off_table: bool,
}

/// A table: every finite value of 0 or more lies in exactly one band.
#[derive(Debug, Clone, PartialEq)]
pub struct BandTable {
    kind: TableKind,
    bands: Vec<Band>,
    /// The band with the greatest values.
    top: usize,
}

/// What is wrong with a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableError {
    /// The band, counted from 1 as they stand in the file.
    pub band: Option<usize>,
    /// What was found, a phrase.
    pub found: String,
    /// What to do.
    pub advice: String,
}

impl TableError {
    /// An error in a band, counted from 1.
    pub(crate) fn band(number: usize, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            band: Some(number),
            found: found.into(),
            advice: advice.into(),
        }
    }
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.band {
            Some(number) => write!(f, "band {number}: {} ({})", self.found, self.advice),
            None => write!(f, "{} ({})", self.found, self.advice),
        }
    }
}

impl BandTable {
    /// A table of bands in order of their values, rising or falling.
    ///
    /// # Errors
    /// Bands out of order, a hole or an overlap between two, a table that does not begin at 0 or does not reach
    /// infinity (percent: 100), an index above 4, indices that contradict the order, a mark outside its band.
    pub fn new(kind: TableKind, bands: Vec<Band>) -> Result<Self, TableError> {
        if bands.is_empty() {
            let advice = "give its bands, or leave the table out";
            return Err(TableError {
                band: None,
                found: "no bands".to_owned(),
                advice: advice.to_owned(),
            });
        }
        for (at, band) in bands.iter().enumerate() {
            if band.index > 4 {
                return Err(TableError::band(
                    at + 1,
                    format!("index {}", band.index),
                    "an index is 0, 1, 2, 3 or 4",
                ));
            }
            if let Some(off) = band.off_table.filter(|off| !band.range.covers(off)) {
                let found = format!("off_table {off} reaches out of {}", band.range);
                return Err(TableError::band(
                    at + 1,
                    found,
                    "the mark covers a part of its own band",
                ));
            }
        }
        let top = order::check(kind, &bands)?;
        Ok(Self { kind, bands, top })
    }

    /// Which table it is.
    pub fn kind(&self) -> TableKind {
        self.kind
    }

    /// The bands in the order of the file.
    pub fn bands(&self) -> &[Band] {
        &self.bands
    }

    /// The band of a value in the table's unit. `None` where the value is negative or not finite: such a value is
    /// no measurement. Above 100 where a table of percent ends there, the last band holds, off the table.
    pub fn place(&self, value: f64) -> Option<Placement<'_>> {
        if !value.is_finite() || value < 0.0 {
            return None;
        }
        match self.bands.iter().find(|band| band.range.contains(value)) {
            Some(band) => Some(Placement {
                band,
                off_table: band.off_table.is_some_and(|off| off.contains(value)),
            }),
            None => self.bands.get(self.top).map(|band| Placement { band, off_table: true }),
        }
    }

    /// How many decimals, `at_least` some, keep a printed value in the band of the exact one, where it is printed in
    /// a unit of `unit_size` of the table's: 1000 where a table in kbps is printed in Mbit/s.
    pub fn decimals(&self, value: f64, unit_size: f64, at_least: usize) -> usize {
        let exact = self.place(value);
        digits::decimals_that_keep(value / unit_size, at_least, |shown| {
            let back = shown * unit_size;
            // Going to the other unit and back may cost the last bit.
            (back - value).abs() <= value * 4.0 * f64::EPSILON || self.place(back) == exact
        })
    }

    /// The value in print: with `at_least` so many decimals, and as many more as it takes not to show it in another
    /// band than the one it is graded in. 2.9996 is `2.9996` where 3.00 would be a band worse.
    pub fn text(&self, value: f64, at_least: usize, style: NumberStyle) -> String {
        let exact = self.place(value);
        digits::text(value, at_least, style, |shown| self.place(shown) == exact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(kind: TableKind, rows: &[(&str, u8)]) -> Result<BandTable, TableError> {
        let bands = rows
            .iter()
            .map(|&(range, index)| Band {
                range: range.parse().unwrap(),
                index,
                category: Category::Fair,
                off_table: None,
                note: None,
            })
            .collect();
        BandTable::new(kind, bands)
    }

    #[test]
    fn bands_may_rise_or_fall() {
        assert!(table(TableKind::Loss, &[("0", 4), ("(0,3]", 3), ("(3,inf)", 1)]).is_ok());
        assert!(table(TableKind::Loss, &[("(3,inf)", 1), ("(0,3]", 3), ("0", 4)]).is_ok());
        assert!(table(TableKind::ThroughputPct, &[("(75,100]", 4), ("[0,75]", 1)]).is_ok());
        assert!(table(TableKind::Delay, &[("[0,inf)", 4)]).is_ok());
    }

    #[test]
    fn a_table_that_is_wrong_says_which_band_and_what_to_do() {
        let loss = TableKind::Loss;
        for (kind, rows, band, found) in [
            (loss, &[("[0,3)", 4), ("(3,inf)", 3)][..], Some(2), "hole at 3"),
            (loss, &[("[0,3]", 4), ("[3,inf)", 3)], Some(2), "overlap at 3"),
            (loss, &[("[0,3)", 4), ("[4,inf)", 3)], Some(2), "hole from 3 to 4"),
            (loss, &[("[0,3)", 4), ("[2,inf)", 3)], Some(2), "overlap from 2 to 3"),
            (loss, &[("(0,3)", 4), ("[3,inf)", 3)], Some(1), "hole at 0"),
            (loss, &[("[1,3)", 4), ("[3,inf)", 3)], Some(1), "hole from 0 to 1"),
            (loss, &[("[0,3)", 4), ("[3,25)", 3)], Some(2), "hole from 25 to 100"),
            (loss, &[("[0,3)", 4), ("[3,100)", 3)], Some(2), "hole at 100"),
            (
                TableKind::Delay,
                &[("[0,3)", 4), ("[3,100]", 3)],
                Some(2),
                "hole from 100 to infinity",
            ),
            (
                loss,
                &[("[0,3)", 4), ("[15,inf)", 2), ("[3,15)", 3)],
                Some(3),
                "out of order",
            ),
            (
                loss,
                &[("[0,3)", 3), ("[3,inf)", 4)],
                Some(2),
                "index 4 for [3, inf) but 3 for [0, 3)",
            ),
            (
                TableKind::ThroughputKbps,
                &[("[0,3)", 3), ("[3,inf)", 1)],
                Some(2),
                "index 1",
            ),
            (loss, &[("[0,3)", 5), ("[3,inf)", 4)], Some(1), "index 5"),
            (loss, &[("[0,3)", 4), ("[0,3)", 4)], Some(2), "overlap from 0 to 3"),
            (loss, &[("[0,9)", 4), ("[2,5)", 3)], Some(2), "overlap from 2 to 5"),
            (loss, &[("[3,inf)", 1), ("[0,2)", 4)], Some(2), "hole from 2 to 3"),
            (loss, &[], None, "no bands"),
        ] {
            let error = table(kind, rows).expect_err(found);
            assert_eq!(error.band, band, "{error}");
            assert!(error.found.contains(found), "{found}: {error}");
            assert!(!error.advice.is_empty());
        }
    }

    #[test]
    fn above_100_percent_the_last_band_holds_off_the_table() {
        let range = table(TableKind::Loss, &[("[0,25)", 4), ("[25,100]", 1)]).unwrap();
        assert!(!range.place(100.0).unwrap().off_table);
        let above = range.place(100f64.next_up()).unwrap();
        assert_eq!((above.band.index, above.off_table), (1, true));
    }

    #[test]
    fn what_is_no_measurement_has_no_band() {
        let delay = table(TableKind::Delay, &[("[0,150)", 4), ("[150,inf)", 3)]).unwrap();
        for value in [-0.1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(delay.place(value).is_none(), "{value}");
        }
        assert_eq!(delay.place(-0.0).unwrap().band.index, 4);
    }

    #[test]
    fn a_printed_value_stays_in_its_band() {
        let range = table(TableKind::Loss, &[("[0,3)", 4), ("[3,inf)", 3)]).unwrap();
        let point = NumberStyle::default();
        assert_eq!(range.text(2.9996, 2, point), "2.9996");
        assert_eq!(range.text(2.99951, 2, point), "2.9995");
        assert_eq!(range.text(2.994, 2, point), "2.99");
        assert_eq!(range.text(3.0, 2, point), "3.00");
        let strict = table(TableKind::Loss, &[("0", 4), ("(0,inf)", 3)]).unwrap();
        assert_eq!(strict.text(0.0, 2, point), "0.00");
        assert_eq!(strict.text(0.00004, 2, point), "0.00004");
        assert_eq!(strict.text(4e-300, 2, point), "4e-300");
        assert_eq!(strict.text(0.0004, 2, NumberStyle { decimal_comma: true }), "0,0004");
        let kbps = table(TableKind::ThroughputKbps, &[("[0,2100]", 3), ("(2100,inf)", 4)]).unwrap();
        // 2,100.004 kbps printed in Mbit/s: 2.10 and 2.1000 are a band below, 2.100004 is not.
        assert_eq!(kbps.decimals(2100.004, 1000.0, 2), 6);
        assert_eq!(kbps.decimals(2100.0, 1000.0, 2), 2);
    }
}
