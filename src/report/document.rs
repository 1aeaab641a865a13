//! One run's answer, with what its reports must know about the question: the input of every renderer.

use crate::figure::Figure;
use crate::grade::{Figures, Grader, Grades, Parameter, Shares, TableKind};
use crate::migration::Moves;
use crate::options::{AnalysisOptions, Family, GradedDirection};
use crate::report::locale::{Style, rate_unit, significant_decimals};
use crate::summary::{Metrics, Second, ServiceSummary, Summary};

/// What a report is made from.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    /// What was measured.
    pub summary: &'a Summary,
    /// What the migrations did.
    pub moves: &'a Moves,
    /// The virtual machine's own traffic.
    pub service: Option<&'a ServiceSummary>,
    /// What was asked for.
    pub options: &'a AnalysisOptions,
    /// The tables in force.
    pub grader: &'a Grader<'a>,
    /// Language, decimal mark, time zone.
    pub style: &'a Style,
    /// The command line that makes this report again.
    pub command: &'a str,
    /// The charts that lie beside the report.
    pub pictures: &'a [Picture],
}

/// A chart beside the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What it shows.
    pub kind: PictureKind,
    /// Its file name, a PNG.
    pub file: String,
}

/// What a chart shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureKind {
    /// The four figures over time.
    Timeline,
    /// The distribution of delay.
    DelayDistribution,
    /// The four figures of the virtual machine's own traffic over time.
    Service,
}

/// The four figures of one family.
pub fn figures(metrics: &Metrics, family: Family) -> Figures {
    match family {
        Family::Standard => Figures::from(&metrics.standard),
        Family::Wireshark => Figures::from(&metrics.wireshark),
    }
}

/// The family that is not this one.
pub fn other(family: Family) -> Family {
    match family {
        Family::Standard => Family::Wireshark,
        Family::Wireshark => Family::Standard,
    }
}

/// Stable name of a family, as `--method` takes it.
pub fn family_key(family: Family) -> &'static str {
    match family {
        Family::Standard => "standard",
        Family::Wireshark => "wireshark",
    }
}

impl<'a> Document<'a> {
    /// How many of the four figures the overall grade rests on, where it is not all of them.
    pub fn graded_of_four(&self, grades: &Grades) -> Option<String> {
        let missing = grades.overall.missing.len() as u64;
        (missing > 0).then(|| self.style.count(4_u64.saturating_sub(missing)))
    }

    /// The title of the overall grade, with the number of figures that it rests on where it is not all of them.
    pub fn overall_name(&self, grades: &Grades) -> String {
        match self.graded_of_four(grades) {
            None => self.style.text("name.overall").to_owned(),
            Some(n) => self.style.say("name.overall_partly", &[("n", &n)]),
        }
    }

    /// The grades of a family's figures over the graded span.
    pub fn grades(&self, family: Family) -> Grades {
        self.grader.grade(&figures(&self.summary.metrics, family))
    }

    /// The bins that the overall figures cover, in part at least: those of the migration where one is graded.
    pub fn graded_seconds(&self) -> impl Iterator<Item = &'a Second> + use<'a> {
        let summary = self.summary;
        let (span, interval_ns) = (summary.metrics.span, summary.interval_ns);
        let reaches = move |second: &&Second| {
            let start_s = second.start_ns as f64 / 1e9;
            start_s <= span.end_s && start_s + interval_ns as f64 / 1e9 > span.start_s
        };
        summary.seconds.iter().filter(reaches)
    }

    /// How many of these bins lie in each category.
    pub fn shares(&self) -> Shares {
        let mut shares = Shares::default();
        for second in self.graded_seconds() {
            shares.add(self.grader, &Figures::from(second));
        }
        shares
    }

    /// The name of a family in the reader's language.
    pub fn family_name(&self, family: Family) -> &'static str {
        match family {
            Family::Standard => self.style.text("name.standard"),
            Family::Wireshark => self.style.text("name.wireshark"),
        }
    }

    /// The same as a column's title.
    pub fn family_title(&self, family: Family) -> &'static str {
        match family {
            Family::Standard => self.style.text("column.standard"),
            Family::Wireshark => self.style.text("column.wireshark"),
        }
    }

    /// A value in the unit of the table that grades it, without the unit: a throughput in percent of the capacity or
    /// in kbit/s. With digits enough not to contradict its band.
    pub fn graded_text(&self, parameter: Parameter, value: f64) -> String {
        let graded = self.grader.in_table_unit(parameter, value);
        match self.grader.table(parameter) {
            Ok(table) => table.text(graded, significant_decimals(graded), self.style.numbers()),
            Err(_) => self.style.significant(graded),
        }
    }

    /// The graded direction in the reader's language.
    pub fn direction(&self) -> &'static str {
        match self.options.direction {
            GradedDirection::Forward => self.style.text("name.forward"),
            GradedDirection::Reverse => self.style.text("name.reverse"),
            GradedDirection::Both => self.style.text("name.both"),
        }
    }

    /// A figure in print, with digits enough not to contradict the band that it lies in. A throughput that is graded
    /// in percent of the capacity gives the percent too.
    pub fn shown(&self, parameter: Parameter, figure: Figure) -> String {
        let Figure::Value(value) = figure else {
            return self.style.text("name.absent").to_owned();
        };
        let style = self.style;
        let graded = self.graded_text(parameter, value);
        match parameter {
            Parameter::Throughput => match self.grader.table(parameter) {
                Ok(table) if table.kind() == TableKind::ThroughputPct => {
                    let rate = style.rate(value);
                    style.say("answer.of_capacity", &[("rate", &rate), ("value", &graded)])
                }
                Ok(table) => {
                    // The table counts in kbit/s.
                    let (size, unit) = rate_unit(value);
                    let (scaled, size_kbps) = (value / size, size / 1000.0);
                    let decimals = table.decimals(value / 1000.0, size_kbps, significant_decimals(scaled));
                    format!("{} {unit}", style.number(scaled, decimals))
                }
                Err(_) => style.rate(value),
            },
            Parameter::Loss => style.say("unit.percent", &[("value", &graded)]),
            Parameter::Jitter | Parameter::Delay => format!("{graded} ms"),
        }
    }

    /// The figure alone, without the capacity.
    pub fn shown_short(&self, parameter: Parameter, figure: Figure) -> String {
        match (parameter, figure) {
            (Parameter::Throughput, Figure::Value(bps)) if self.grades_by_capacity() => self.style.rate(bps),
            _ => self.shown(parameter, figure),
        }
    }

    fn grades_by_capacity(&self) -> bool {
        let table = self.grader.table(Parameter::Throughput);
        table.is_ok_and(|table| table.kind() == TableKind::ThroughputPct)
    }

    /// The name of a parameter in the reader's language.
    pub fn name(&self, parameter: Parameter) -> &'static str {
        parameter.name(self.style.language)
    }

    /// A time of the capture as seconds from its first frame.
    pub fn at_s(&self, ns: i64) -> f64 {
        ns.saturating_sub(self.summary.capture.start_ns.unwrap_or(0)) as f64 / 1e9
    }

    /// The width of a bin in print: `1 s`, `500 ms`.
    pub fn interval(&self) -> String {
        duration(self.style, self.summary.interval_ns)
    }
}

/// A duration that somebody typed, in the unit in which it is a short number.
pub fn duration(style: &Style, ns: i64) -> String {
    let (size, unit) = match ns {
        n if n % 1_000_000_000 == 0 => (1_000_000_000, "s"),
        n if n % 1_000_000 == 0 => (1_000_000, "ms"),
        _ => (1_000, "µs"),
    };
    format!("{} {unit}", style.count(ns.unsigned_abs() / size))
}

#[cfg(test)]
mod tests {
    use crate::report::locale::Style;
    use crate::report::sample;

    #[test]
    fn seconds_that_the_overall_figures_do_not_reach_are_not_graded() {
        // The sample's migration lasts from 0.29 s to 31.2 s.
        let starts = sample::with_document(40, &Style::default(), |document| {
            let starts = document.graded_seconds().map(|second| second.start_ns / 1_000_000_000);
            starts.collect::<Vec<_>>()
        });
        assert_eq!(starts, (0..=31).collect::<Vec<_>>());
    }

    #[test]
    fn overhead_is_what_a_byte_of_memory_cost_on_the_wire() {
        let moves = sample::moves();
        let overhead = moves.overhead(&moves.migrations[0]).value().unwrap();
        // 236.99 MB on the wire for 229 MB of memory.
        assert!((overhead - 1.034_89).abs() < 1e-5, "{overhead}");
    }
}
