//! What must hold, and whether it does.

use super::contest::Outcome;
use super::sections::*;

/// A figure with its limit.
pub struct Target {
    pub what: String,
    pub limit: Limit,
    pub figure: f64,
    /// Decimal places.
    pub places: usize,
}

#[derive(Debug, Clone, Copy)]
pub enum Limit {
    AtLeast(f64),
    AtMost(f64),
}

impl Target {
    pub fn is_met(&self) -> bool {
        match self.limit {
            Limit::AtLeast(least) => self.figure >= least,
            Limit::AtMost(most) => self.figure <= most,
        }
    }
}

/// Every target whose figures were measured.
pub fn targets(sections: &[Section]) -> Vec<Target> {
    let mut found = Vec::new();
    let mut ratio = |what: &str, letter: &str, over: &str, under: &str, limit: Limit| {
        let wall = |name| outcome(sections, letter, name).map(|outcome| outcome.wall_s);
        if let (Some(over), Some(under)) = (wall(over), wall(under)) {
            found.push(Target {
                what: format!("({letter}) {what}"),
                limit,
                figure: over / under,
                places: 2,
            });
        }
    };
    use Limit::{AtLeast, AtMost};
    ratio("time of tcptrace / time of migqos", "a", TCPTRACE, GIVEN, AtLeast(5.0));
    ratio("time of tshark / time of migqos", "a", TSHARK, GIVEN, AtLeast(100.0));
    ratio("time of capinfos / time of migqos", "a", CAPINFOS, GIVEN, AtLeast(10.0));
    ratio("time of migqos / time of the walk", "a", GIVEN, WALK, AtMost(3.0));
    ratio("time of migqos / time of the walk", "b", GIVEN, WALK, AtMost(3.0));
    ratio("time of tcptrace / time of migqos", "c", TCPTRACE, GIVEN, AtLeast(5.0));
    ratio("time of migqos / time of the walk", "d", GIVEN, WALK, AtMost(3.0));
    ratio("time of migqos / time of gzip -dc", "e, gzip", GIVEN, GZIP, AtMost(1.3));
    ratio("time of migqos / time of zstd -dc", "e, zstd", GIVEN, ZSTD, AtMost(1.3));
    for letter in ["a", "c"] {
        ratio("nodes not given / nodes given", letter, FOUND, GIVEN, AtMost(1.5));
        ratio("four times the packets / once", letter, GIVEN, QUARTER, AtMost(4.2));
        ratio("one core / two cores", letter, ONE_THREAD, TWO_THREADS, AtLeast(1.6));
    }
    for section in sections {
        let ours = section
            .outcomes
            .iter()
            .filter(|outcome| outcome.name.starts_with("migqos"));
        let peak = ours.map(|outcome| outcome.peak_mib).fold(0.0, f64::max);
        let limit = match section.letter {
            "a" | "b" | "d" | "e, gzip" | "e, zstd" => 150.0,
            "c" => 600.0,
            _ => continue,
        };
        found.push(Target {
            what: format!("({}) peak memory, MiB, the highest of all runs", section.letter),
            limit: AtMost(limit),
            figure: peak,
            places: 0,
        });
    }
    if let Some(many) = outcome(sections, "g", REPORT) {
        found.push(Target {
            what: "(g) 60 captures of 5,000 packets, with their reports, s".to_owned(),
            limit: AtMost(3.0),
            figure: many.wall_s,
            places: 2,
        });
    }
    if let (Some(with), Some(without)) = (outcome(sections, "h", REPORT), outcome(sections, "h", NO_REPORT)) {
        found.push(Target {
            what: "(h) the report with its charts, s".to_owned(),
            limit: AtMost(0.5),
            figure: with.wall_s - without.wall_s,
            places: 3,
        });
    }
    found
}

/// One program's figures on one file.
pub fn outcome<'a>(sections: &'a [Section], letter: &str, name: &str) -> Option<&'a Outcome> {
    let section = sections.iter().find(|section| section.letter == letter)?;
    section.outcomes.iter().find(|outcome| outcome.name == name)
}
