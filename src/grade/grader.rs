//! Figures held against a profile's tables.

use super::band::{BandTable, Parameter, TableKind};
use super::capacity::LinkCapacity;
use super::category::{Category, OverallCategory, Scale};
use super::digits;
use super::interval::Interval;
use super::profile::Profile;
use crate::figure::{Figure, Reason};
use crate::number::NumberStyle;
use crate::summary::{Second, Standard, Wireshark};

/// The four figures, of a run or of a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// bit/s.
    pub throughput_bps: Figure,
    /// Percent.
    pub loss_pct: Figure,
    /// Milliseconds.
    pub jitter_ms: Figure,
    /// Milliseconds.
    pub delay_ms: Figure,
}

impl Figures {
    /// The figure of a parameter, in the unit of its field.
    pub fn get(&self, parameter: Parameter) -> Figure {
        match parameter {
            Parameter::Throughput => self.throughput_bps,
            Parameter::Loss => self.loss_pct,
            Parameter::Jitter => self.jitter_ms,
            Parameter::Delay => self.delay_ms,
        }
    }
}

impl From<&Second> for Figures {
    fn from(second: &Second) -> Self {
        let Second {
            throughput_bps,
            loss_pct,
            jitter_ms,
            delay_ms,
            ..
        } = *second;
        Self {
            throughput_bps,
            loss_pct,
            jitter_ms,
            delay_ms,
        }
    }
}

impl From<&Standard> for Figures {
    fn from(standard: &Standard) -> Self {
        let Standard {
            throughput_bps,
            loss_pct,
            jitter_ms,
            delay_ms,
            ..
        } = *standard;
        Self {
            throughput_bps,
            loss_pct,
            jitter_ms,
            delay_ms,
        }
    }
}

impl From<&Wireshark> for Figures {
    fn from(wireshark: &Wireshark) -> Self {
        let Wireshark {
            throughput_bps,
            loss_pct,
            jitter_ms,
            delay_ms,
            ..
        } = *wireshark;
        Self {
            throughput_bps,
            loss_pct,
            jitter_ms,
            delay_ms,
        }
    }
}

/// The grade of one figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParameterGrade {
    /// Which figure.
    pub parameter: Parameter,
    /// The figure as it was held against the table, in `unit`.
    pub value: Figure,
    /// `kbps`, `%` or `ms`. A throughput in `%` is one of the link's capacity.
    pub unit: &'static str,
    /// Which table graded it; `None` where the profile has none that applies.
    pub table: Option<TableKind>,
    /// 0 to 4, more is better. `None` where the figure or the table is absent: see `reason`.
    pub index: Option<u8>,
    /// What the index is called.
    pub category: Option<Category>,
    /// The band that the value lies in.
    pub band: Option<Interval>,
    /// The value lies beyond the last point that the literature prints.
    pub off_table: bool,
    /// Why there is no index.
    pub reason: Option<Reason>,
}

/// The grade of the figures together.
#[derive(Debug, Clone, PartialEq)]
pub struct Overall {
    /// Mean of the indices that exist, 0 to 4. `None` where none exists.
    pub index: Option<f64>,
    /// The mean index in percent of 4.
    pub percent: Option<f64>,
    /// What it is called. On a pass-or-fail profile: Fail where any figure fails.
    pub category: Option<OverallCategory>,
    /// The parameters without an index: the overall grade rests on the others alone.
    pub missing: Vec<Parameter>,
}

impl Overall {
    /// The mean index in print, with two decimals or as many more as it takes not to contradict the category.
    pub fn index_text(&self, style: NumberStyle) -> Option<String> {
        let index = self.index?;
        let same = |shown: f64| OverallCategory::of_index(shown) == OverallCategory::of_index(index);
        Some(digits::text(index, 2, style, same))
    }
}

/// The grades of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Grades {
    /// The profile's name, with what `--bands` changed.
    pub profile: String,
    /// The capacity that the throughput was held against, where the table is one of percent.
    pub capacity: Option<LinkCapacity>,
    /// Throughput's.
    pub throughput: ParameterGrade,
    /// Loss's.
    pub loss: ParameterGrade,
    /// Jitter's.
    pub jitter: ParameterGrade,
    /// Delay's.
    pub delay: ParameterGrade,
    /// All together.
    pub overall: Overall,
}

impl Grades {
    /// The grade of a parameter.
    pub fn get(&self, parameter: Parameter) -> &ParameterGrade {
        match parameter {
            Parameter::Throughput => &self.throughput,
            Parameter::Loss => &self.loss,
            Parameter::Jitter => &self.jitter,
            Parameter::Delay => &self.delay,
        }
    }

    /// The four grades in the order in which they are printed.
    pub fn parameters(&self) -> [&ParameterGrade; 4] {
        Parameter::ALL.map(|parameter| self.get(parameter))
    }
}

/// A profile's tables in force: made once, asked for every second.
#[derive(Debug, Clone, Copy)]
pub struct Grader<'a> {
    profile: &'a Profile,
    capacity: Option<LinkCapacity>,
    tables: [Result<&'a BandTable, Reason>; 4],
}

impl<'a> Grader<'a> {
    /// Chooses the tables. The throughput is graded by percent where a capacity is given and the profile has such a
    /// table, else by kbps.
    pub fn new(profile: &'a Profile, capacity: Option<LinkCapacity>) -> Self {
        let table = |kind| profile.table(kind).ok_or(Reason::NotInProfile);
        let throughput = match (
            capacity,
            table(TableKind::ThroughputPct),
            table(TableKind::ThroughputKbps),
        ) {
            (Some(_), Ok(percent), _) => Ok(percent),
            (_, _, Ok(kbps)) => Ok(kbps),
            (None, Ok(_), _) => Err(Reason::NoCapacity),
            _ => Err(Reason::NotInProfile),
        };
        Self {
            profile,
            capacity,
            tables: [
                throughput,
                table(TableKind::Loss),
                table(TableKind::Jitter),
                table(TableKind::Delay),
            ],
        }
    }

    /// The profile.
    pub fn profile(&self) -> &'a Profile {
        self.profile
    }

    /// The capacity that was given.
    pub fn capacity(&self) -> Option<LinkCapacity> {
        self.capacity
    }

    /// The table that grades a parameter, or the reason why none does.
    pub fn table(&self, parameter: Parameter) -> Result<&'a BandTable, Reason> {
        self.tables
            .get(parameter.position())
            .copied()
            .unwrap_or(Err(Reason::NotInProfile))
    }

    /// A figure in the unit of the table that grades it: a throughput in percent of the capacity or in kbps.
    pub fn in_table_unit(&self, parameter: Parameter, value: f64) -> f64 {
        if parameter != Parameter::Throughput {
            return value;
        }
        match (self.table(parameter), self.capacity) {
            (Ok(table), Some(capacity)) if table.kind() == TableKind::ThroughputPct => capacity.percent(value),
            _ => value / 1000.0,
        }
    }

    /// The index of one figure. Costs a few comparisons.
    pub fn index(&self, parameter: Parameter, figure: Figure) -> Option<u8> {
        let value = self.in_table_unit(parameter, figure.value()?);
        self.table(parameter)
            .ok()?
            .place(value)
            .map(|placement| placement.band.index)
    }

    /// The mean of the indices that exist, as the series gives it for each second. Allocates nothing.
    pub fn mean_index(&self, figures: &Figures) -> Option<f64> {
        let indices = Parameter::ALL.map(|parameter| self.index(parameter, figures.get(parameter)));
        mean(&indices).map(|(index, _)| index)
    }

    /// The grade of one figure.
    pub fn grade_parameter(&self, parameter: Parameter, figure: Figure) -> ParameterGrade {
        let value = figure.map(|value| self.in_table_unit(parameter, value));
        let table = self.table(parameter);
        let placement = match (value, table) {
            (Figure::Absent(reason), _) => Err(reason),
            (_, Err(reason)) => Err(reason),
            (Figure::Value(value), Ok(table)) => table.place(value).ok_or(Reason::Negative),
        };
        let placed = placement.ok();
        let unit = match (table, parameter) {
            (Ok(table), _) => table.kind().unit(),
            (Err(_), Parameter::Throughput) => TableKind::ThroughputKbps.unit(),
            (Err(_), Parameter::Loss) => TableKind::Loss.unit(),
            (Err(_), Parameter::Jitter | Parameter::Delay) => TableKind::Delay.unit(),
        };
        ParameterGrade {
            parameter,
            value,
            unit,
            table: table.ok().map(BandTable::kind),
            index: placed.map(|placed| placed.band.index),
            category: placed.map(|placed| placed.band.category),
            band: placed.map(|placed| placed.band.range),
            off_table: placed.is_some_and(|placed| placed.off_table),
            reason: placement.err(),
        }
    }

    /// The value of a grade in print, without its unit: `at_least` so many decimals, and as many more as it takes not
    /// to show it in another band. `None` where it is absent.
    pub fn value_text(&self, grade: &ParameterGrade, at_least: usize, style: NumberStyle) -> Option<String> {
        let value = grade.value.value()?;
        Some(match self.table(grade.parameter) {
            Ok(table) => table.text(value, at_least, style),
            Err(_) => style.write(value, at_least),
        })
    }

    /// The grades of the figures and of all together.
    pub fn grade(&self, figures: &Figures) -> Grades {
        let [throughput, loss, jitter, delay] =
            Parameter::ALL.map(|parameter| self.grade_parameter(parameter, figures.get(parameter)));
        let graded = [&throughput, &loss, &jitter, &delay];
        let means = mean(&graded.map(|grade| grade.index));
        let category = means.map(|(index, _)| match self.profile.scale() {
            Scale::Quality => OverallCategory::of_index(index),
            Scale::PassFail if graded.iter().any(|grade| grade.category == Some(Category::Fail)) => {
                OverallCategory::Fail
            }
            Scale::PassFail => OverallCategory::Pass,
        });
        let overall = Overall {
            index: means.map(|(index, _)| index),
            percent: means.map(|(_, percent)| percent),
            category,
            missing: graded
                .iter()
                .filter(|grade| grade.index.is_none())
                .map(|grade| grade.parameter)
                .collect(),
        };
        let by_percent = throughput.table == Some(TableKind::ThroughputPct);
        Grades {
            profile: self.profile.label(),
            capacity: self.capacity.filter(|_| by_percent),
            throughput,
            loss,
            jitter,
            delay,
            overall,
        }
    }
}

/// The grades of four figures by a profile.
pub fn grade(figures: &Figures, profile: &Profile, capacity: Option<LinkCapacity>) -> Grades {
    Grader::new(profile, capacity).grade(figures)
}

/// Mean of the indices that exist, and the same in percent of 4; each one division of an exact sum.
fn mean(indices: &[Option<u8>; 4]) -> Option<(f64, f64)> {
    let (sum, count) = indices
        .iter()
        .flatten()
        .fold((0u32, 0u32), |(sum, count), &index| (sum + u32::from(index), count + 1));
    (count > 0).then(|| {
        (
            f64::from(sum) / f64::from(count),
            f64::from(sum * 100) / f64::from(count * 4),
        )
    })
}
