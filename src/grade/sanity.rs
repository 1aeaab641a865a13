//! Can these figures come from one measurement? Consistency of what a paper prints, or of what was measured.
//!
//! Four relations hold whatever was captured: mean time between packets times throughput is the mean packet;
//! consecutive intervals differ by at most twice their mean; throughput times migration time is what was moved;
//! the downtime is a part of the migration. A set of figures that breaks one has a unit slip, or is not one set.

mod checks;
mod message;

use super::capacity::LinkCapacity;
use super::grader::{Figures, Grades, grade};
use super::profile::Profile;
use crate::error::{Error, ErrorKind, Result};
use crate::figure::{Figure, Reason};
use crate::language::Language;
use crate::number::{Number, NumberStyle, read_number};
use crate::summary::{Warning, Wireshark};

pub use checks::{above_capacity_warning, check, times_capacity};
pub(crate) use message::brief;
pub use message::{Shown, template};

/// A figure, and how far it may lie from what was meant.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Reading {
    /// In the unit that its field's name says; finite, 0 or more.
    pub value: f64,
    /// Half a unit of the last printed digit; 0 for a measured figure.
    pub half_step: f64,
}

impl From<f64> for Reading {
    fn from(value: f64) -> Self {
        Self { value, half_step: 0.0 }
    }
}

impl From<Number> for Reading {
    fn from(number: Number) -> Self {
        Self {
            value: number.value,
            half_step: number.half_step,
        }
    }
}

impl Reading {
    /// A number typed in, see [`read_number`].
    ///
    /// # Errors
    /// Not a number, or below 0.
    pub fn typed(text: &str) -> Result<Self> {
        let number = read_number(text)?;
        if number.value < 0.0 {
            return Err(Error::new(ErrorKind::Usage, format!("{text:?} is below 0")).advice("no figure is"));
        }
        Ok(number.into())
    }

    /// The same in a unit of which it has `factor` times as many.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self {
            value: self.value * factor,
            half_step: self.half_step * factor,
        }
    }

    /// More than `bound`, and whether that is so for everything that rounds to the two.
    fn exceeds(self, bound: Self) -> Option<Certainty> {
        if self.value <= bound.value {
            None
        } else if self.value - self.half_step > bound.value + bound.half_step {
            Some(Certainty::Certain)
        } else {
            Some(Certainty::WithinRounding)
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Certainty {
    Certain,
    WithinRounding,
}

/// Figures that claim to describe one run. `delay_ms` and `jitter_ms` are taken as a thesis computes them from
/// Wireshark: mean time between packets, and its variation. Of a measured run, give the Wireshark family's.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TypedFigures {
    /// bit/s.
    pub throughput_bps: Option<Reading>,
    /// Percent.
    pub loss_pct: Option<Reading>,
    /// Milliseconds.
    pub jitter_ms: Option<Reading>,
    /// Milliseconds.
    pub delay_ms: Option<Reading>,
    /// Milliseconds.
    pub migration_time_ms: Option<Reading>,
    /// Milliseconds.
    pub downtime_ms: Option<Reading>,
    /// What the log says was transferred, bytes.
    pub transferred_bytes: Option<Reading>,
    /// Packets that the delay is a mean over, where known: the bound on the jitter is exact with it.
    pub packets: Option<u64>,
}

impl TypedFigures {
    /// The figures of a measured run's Wireshark family: its delay is the mean time between packets. Add the
    /// migration's figures and the log's.
    pub fn measured(wireshark: &Wireshark) -> Self {
        let reading = |figure: Figure| figure.value().map(Reading::from);
        Self {
            throughput_bps: reading(wireshark.throughput_bps),
            loss_pct: reading(wireshark.loss_pct),
            jitter_ms: reading(wireshark.jitter_ms),
            delay_ms: reading(wireshark.delay_ms),
            packets: Some(wireshark.packets),
            ..Self::default()
        }
    }

    /// The four that are graded.
    pub fn figures(&self) -> Figures {
        let figure = |reading: Option<Reading>| {
            reading.map_or(Figure::Absent(Reason::NotGiven), |reading| Figure::Value(reading.value))
        };
        Figures {
            throughput_bps: figure(self.throughput_bps),
            loss_pct: figure(self.loss_pct),
            jitter_ms: figure(self.jitter_ms),
            delay_ms: figure(self.delay_ms),
        }
    }
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something to know.
    Note,
    /// Hard to believe.
    Suspect,
    /// Cannot be.
    Impossible,
}

impl Severity {
    /// Stable name.
    pub fn key(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Suspect => "suspect",
            Self::Impossible => "impossible",
        }
    }

    /// The name in a language.
    pub fn name(self, language: Language) -> &'static str {
        match self {
            Self::Note => language.pick("note", "catatan"),
            Self::Suspect => language.pick("suspect", "meragukan"),
            Self::Impossible => language.pick("impossible", "mustahil"),
        }
    }
}

/// One thing that was found: a code with the figures that it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Stable code, such as `frame_too_large`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The figures by name, the unit in the name.
    pub figures: Vec<(&'static str, f64)>,
    /// What stands in the sentence's places, by the place's name.
    pub values: Vec<(&'static str, Shown)>,
}

impl Finding {
    /// The sentence.
    pub fn message(&self, language: Language, style: NumberStyle) -> String {
        message::message(self, language, style)
    }

    /// The finding as a report's warning, in English.
    pub fn warning(&self) -> Warning {
        let style = NumberStyle::default();
        let values = self
            .values
            .iter()
            .map(|(name, shown)| (*name, shown.text(Language::English, style)))
            .collect();
        Warning {
            code: self.code,
            values,
            message: self.message(Language::English, style),
            template: None,
        }
    }

    /// A remark that `text` was read as a decimal, where it may have been meant as thousands; see
    /// [`Number::ambiguous`].
    pub fn ambiguous_number(text: &str, value: f64) -> Self {
        let other: String = text.chars().filter(char::is_ascii_digit).collect();
        Self {
            code: "ambiguous_number",
            severity: Severity::Note,
            figures: vec![("value", value)],
            values: vec![
                ("text", Shown::Text(text.trim().to_owned())),
                ("value", Shown::Text(value.to_string())),
                ("other", Shown::Text(other)),
            ],
        }
    }
}

/// What came out of the figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Sanity {
    /// What was found, in order of the checks; empty where everything fits.
    pub findings: Vec<Finding>,
    /// The grades of the figures as they were given.
    pub grades: Grades,
    /// The grades with delay and jitter in the unit that a finding suggests.
    pub suggested: Option<Grades>,
}

/// Checks figures against each other and grades them.
pub fn sanity(figures: &TypedFigures, profile: &Profile, capacity: Option<LinkCapacity>) -> Sanity {
    let findings = check(figures, capacity);
    let value_of = |code: &str, name: &str| {
        let finding = findings.iter().find(|finding| finding.code == code)?;
        finding
            .figures
            .iter()
            .find(|(figure, _)| *figure == name)
            .map(|(_, value)| *value)
    };
    let given = figures.figures();
    let suggested = value_of("unit_delay", "suggested_delay_ms").map(|delay_ms| {
        let jitter_ms = value_of("unit_jitter", "suggested_jitter_ms").map_or(given.jitter_ms, Figure::Value);
        grade(
            &Figures {
                delay_ms: Figure::Value(delay_ms),
                jitter_ms,
                ..given
            },
            profile,
            capacity,
        )
    });
    Sanity {
        grades: grade(&given, profile, capacity),
        suggested,
        findings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grade::{Category, OverallCategory};

    fn typed(kbps: &str, loss: &str, jitter: &str, delay: &str) -> TypedFigures {
        let read = |text: &str| Some(Reading::typed(text).unwrap());
        TypedFigures {
            throughput_bps: read(kbps).map(|kbps| kbps.times(1000.0)),
            loss_pct: read(loss),
            jitter_ms: read(jitter),
            delay_ms: read(delay),
            ..TypedFigures::default()
        }
    }

    fn codes(findings: &[Finding]) -> Vec<&'static str> {
        findings.iter().map(|finding| finding.code).collect()
    }

    fn english(finding: &Finding) -> String {
        finding.message(Language::English, NumberStyle::default())
    }

    fn of<'s>(findings: &'s [Finding], code: &str) -> &'s Finding {
        findings.iter().find(|finding| finding.code == code).unwrap()
    }

    #[test]
    fn the_first_scenario_has_a_unit_slip() {
        // By hand: 403,694,930 bit/s * 0.43446 s / 8 = 21,923,662.4109750 bytes a packet.
        let tiphon = Profile::named("tiphon").unwrap();
        let sanity = sanity(&typed("403694.93", "0.12", "261.7", "434.46"), &tiphon, None);
        assert_eq!(
            codes(&sanity.findings),
            ["frame_too_large", "unit_delay", "unit_jitter", "unit_throughput"]
        );
        let slip = &sanity.findings[0];
        assert_eq!(slip.severity, Severity::Impossible);
        assert_eq!(slip.figures[2].0, "mean_packet_bytes");
        assert_eq!(slip.figures[2].1, 21_923_662.410_975);
        let unit = &sanity.findings[1];
        assert_eq!(
            unit.figures,
            [
                ("suggested_delay_ms", 0.434_46),
                ("suggested_mean_packet_bytes", 21_923.662_410_975)
            ]
        );
        assert!(
            english(slip).starts_with(
                "A throughput of 403,694.93 kbps with a mean time between packets of 434.46 ms makes 21.9 MB \
                 (21,923,662 bytes) a packet"
            ),
            "{}",
            english(slip)
        );
        assert_eq!(
            english(&sanity.findings[1]),
            "Were the delay in microseconds, that is 0.43446 ms, a packet would have 21.9 kB: a plausible offload \
             super-frame. Check the unit of the delay."
        );
        let comma = NumberStyle { decimal_comma: true };
        let indonesian = sanity.findings[1].message(Language::Indonesian, comma);
        assert!(
            indonesian.contains("mikrodetik, yaitu 0,43446 ms, satu paket berukuran 21,9 kB"),
            "{indonesian}"
        );

        // docs/GRADING.md, tiphon: 403,694.93 kbps (2100,inf); 0.12 % (0,3]; 261.7 ms (125,inf), off above 225; 434.46 [300,450).
        let grades = &sanity.grades;
        assert_eq!(
            grades.parameters().map(|grade| grade.index),
            [Some(4), Some(3), Some(1), Some(2)]
        );
        assert_eq!(
            grades.parameters().map(|grade| grade.off_table),
            [false, false, true, false]
        );
        assert_eq!(grades.overall.index, Some(2.5));
        assert_eq!(grades.overall.percent, Some(62.5));
        assert_eq!(grades.overall.category, Some(OverallCategory::LessSatisfying));
        // In microseconds: 0.2617 ms of jitter (0,75], 0.43446 ms of delay [0,150).
        let suggested = sanity.suggested.unwrap();
        assert_eq!(
            suggested.parameters().map(|grade| grade.index),
            [Some(4), Some(3), Some(3), Some(4)]
        );
    }

    #[test]
    fn the_second_scenario_has_an_impossible_jitter() {
        // 720,247,460 * 0.00046 / 8 = 41,414.22895 bytes a packet: possible with offload. 4.74 > 2 * 0.46 = 0.92.
        let tiphon = Profile::named("tiphon").unwrap();
        let sanity = sanity(
            &typed("720247,46", "0,05", "4,74", "0,46"),
            &tiphon,
            Some("1Gbit".parse().unwrap()),
        );
        assert_eq!(codes(&sanity.findings), ["frame_above_mtu", "jitter_impossible"]);
        assert_eq!(sanity.findings[0].figures[2].1, 41_414.228_95);
        let jitter = &sanity.findings[1];
        assert_eq!(jitter.severity, Severity::Impossible);
        assert_eq!(
            jitter.figures,
            [("jitter_ms", 4.74), ("delay_ms", 0.46), ("largest_jitter_ms", 0.92)]
        );
        let text = english(jitter);
        assert!(text.contains("jitter of 4.74 ms") && text.contains("0.46 ms apart") && text.contains("here 0.92 ms"));
        assert_eq!(sanity.suggested, None);
        // 72.0 % of 1 Gbit/s (50,75]; 0.05 % (0,3]; 4.74 ms (0,75]; 0.46 ms [0,150).
        assert_eq!(
            sanity.grades.parameters().map(|grade| grade.index),
            [Some(3), Some(3), Some(3), Some(4)]
        );
        assert_eq!(sanity.grades.throughput.category, Some(Category::Good));
        assert_eq!(sanity.grades.overall.index, Some(3.25));
        assert_eq!(sanity.grades.overall.category, Some(OverallCategory::Satisfying));
    }

    #[test]
    fn a_measured_throughput_above_the_capacity_is_told() {
        // 1.12 Gbit/s over 100 Mbit/s is 11.2 times; a link carries its capacity each way.
        let warn = |bps, ways| above_capacity_warning(Figure::Value(bps), "100Mbit".parse().unwrap(), ways);
        assert_eq!(
            warn(1.12e9, 1).unwrap().message,
            "throughput is 11.2 times the capacity given: check --link-capacity"
        );
        assert_eq!(warn(1e8, 1), None);
        assert_eq!(warn(1.5e8, 2), None);
        assert!(warn(1.5e8, 1).is_some() && warn(2.1e8, 2).is_some());
    }

    #[test]
    fn figures_of_one_set_of_samples_raise_nothing() {
        // 1,000,000 bit/s and 8 ms: 1000 bytes a packet; jitter exactly at its bound.
        assert_eq!(check(&typed("1000", "0", "16", "8"), None), []);
    }

    #[test]
    fn a_jitter_that_rounding_may_explain_is_suspect_only() {
        // 0.93 stands for 0.925 and more, twice 0.46 for up to 0.93: it may be.
        let findings = check(&typed("1", "0", "0.93", "0.46"), None);
        let jitter = of(&findings, "jitter_impossible");
        assert_eq!(jitter.severity, Severity::Suspect);
        assert!(codes(&findings).contains(&"within_rounding"));
        // Measured, the same is impossible.
        let measured = TypedFigures {
            jitter_ms: Some(0.93.into()),
            delay_ms: Some(0.46.into()),
            ..TypedFigures::default()
        };
        assert_eq!(check(&measured, None)[0].severity, Severity::Impossible);
        // With three packets, jitter's sum over 2 and delay's over 3: up to 2 * 3 / 2 = 3 times.
        assert_eq!(
            check(
                &TypedFigures {
                    packets: Some(3),
                    ..measured
                },
                None
            ),
            []
        );
    }

    #[test]
    fn a_packet_smaller_than_its_headers_suggests_seconds() {
        // 1,000,000 bit/s and 0.008 ms: 1 byte. In seconds: 1000 bytes.
        let findings = check(&typed("1000", "0", "0.01", "0.008"), None);
        assert_eq!(
            codes(&findings),
            ["frame_too_small", "unit_delay", "unit_jitter", "unit_throughput"]
        );
        assert!(english(&findings[1]).contains("seconds, that is 8 ms, a packet would have 1 kB: an ordinary packet"));
        assert!(english(&findings[3]).contains("1,000,000 kbps"));
    }

    #[test]
    fn throughput_times_time_is_held_against_the_log() {
        let run = |kbps: f64, ms: f64, bytes: f64| TypedFigures {
            throughput_bps: Some(Reading::from(kbps * 1000.0)),
            migration_time_ms: Some(ms.into()),
            transferred_bytes: Some(bytes.into()),
            ..TypedFigures::default()
        };
        // 800,000 kbps for 10 s: 1,000,000,000 bytes.
        assert_eq!(check(&run(800_000.0, 10_000.0, 1_000_000_000.0), None), []);
        assert_eq!(check(&run(800_000.0, 10_000.0, 950_000_000.0), None), []);
        let more = check(&run(800_000.0, 10_000.0, 400_000_000.0), None);
        assert_eq!(codes(&more), ["more_than_transferred"]);
        assert!(
            english(&more[0]).contains("is 1 GB, 2.5 times the 400 MB"),
            "{}",
            english(&more[0])
        );
        let less = check(&run(800_000.0, 10_000.0, 8_000_000_000.0), None);
        assert_eq!(codes(&less), ["less_than_transferred", "ratio_bits_bytes"]);
        let slip = check(&run(800_000.0, 10_000_000.0, 1_000_000_000.0), None);
        assert_eq!(codes(&slip), ["more_than_transferred", "ratio_thousands"]);
        assert!(english(&slip[1]).contains("factor of 1,000 "));
    }

    #[test]
    fn a_log_that_confirms_the_throughput_leaves_the_delay_to_blame() {
        let mut figures = typed("403694.93", "0.12", "261.7", "434.46");
        figures.migration_time_ms = Some(10_000.0.into());
        figures.transferred_bytes = Some(500_000_000.0.into());
        assert_eq!(
            codes(&check(&figures, None)),
            ["frame_too_large", "unit_delay", "unit_jitter"]
        );
    }

    #[test]
    fn a_downtime_is_a_part_of_the_migration() {
        let figures = TypedFigures {
            migration_time_ms: Some(Reading::typed("12.500,5").unwrap()),
            downtime_ms: Some(Reading::typed("13000").unwrap()),
            ..TypedFigures::default()
        };
        let findings = check(&figures, None);
        assert_eq!(codes(&findings), ["downtime_above_migration_time"]);
        assert!(english(&findings[0]).starts_with("A downtime of 13,000 ms is longer than the migration, 12,500.5 ms"));
        let report = crate::report::locale::Style {
            language: Language::Indonesian,
            ..Default::default()
        };
        assert!(
            report
                .warning(&findings[0].warning())
                .starts_with("Downtime 13,000 ms lebih lama daripada waktu migrasi")
        );
        let equal = TypedFigures {
            downtime_ms: figures.migration_time_ms,
            ..figures
        };
        assert_eq!(check(&equal, None), []);
    }

    #[test]
    fn more_than_there_can_be_is_found() {
        let findings = check(&typed("2000000", "101", "0", "0.004"), Some("1Gbit".parse().unwrap()));
        assert_eq!(codes(&findings), ["loss_above_100", "throughput_above_capacity"]);
        assert!(english(&findings[1]).contains("2,000,000 kbps is more than the link's 1 Gbit/s"));
        assert_eq!(codes(&check(&typed("1000", "0", "0", "0"), None)), ["delay_zero"]);
        assert_eq!(
            codes(&check(&typed("1000", "0", "8", "8"), None)),
            ["jitter_equals_delay"]
        );
    }

    #[test]
    fn every_finding_has_a_sentence_without_empty_places() {
        let mut all = check(
            &typed("403694.93", "120", "999999", "434.46"),
            Some("1Mbit".parse().unwrap()),
        );
        all.extend(check(&typed("1000", "100.4", "0.93", "0.46"), None));
        all.extend(check(&typed("1000", "0", "8", "8"), None));
        all.extend(check(&typed("1000", "0", "0", "0"), None));
        all.push(Finding::ambiguous_number("1.234", 1.234));
        for finding in &all {
            for language in [Language::English, Language::Indonesian] {
                assert!(template(finding.code, language).is_some(), "{}", finding.code);
                let text = finding.message(language, NumberStyle::default());
                assert!(!text.contains(['{', '}']), "{text}");
            }
            let warning = finding.warning();
            assert_eq!((warning.code, warning.message), (finding.code, english(finding)));
        }
        assert_eq!(
            english(all.last().unwrap()).split(". ").next().unwrap(),
            "1.234 was read as 1.234, the separator as the decimal one"
        );
    }
}
