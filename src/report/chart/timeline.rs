//! The timeline of a run: one panel for each figure, bin by bin, on one time axis.

use super::axis::Scale;
use super::model::{Band, Chart, Panel, Series, Span, Values, XAxis, XKind};
use super::number::NumberStyle;
use super::unit::TimeUnit;

/// What a timeline shows. Words are in the reader's language.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// What the picture shows, for those who cannot see it.
    pub description: String,
    /// How numbers are written.
    pub numbers: NumberStyle,
    /// What follows the label of a logarithmic axis: "log scale".
    pub log_note: String,
    /// Label of the time axis, in `time_unit`.
    pub time_label: String,
    /// The unit of the time axis; times below are in seconds all the same.
    pub time_unit: TimeUnit,
    /// Width of a bin, seconds.
    pub interval_s: f64,
    /// Starts of the bins, seconds, ascending. Bins without frames may be left out: a step longer than `interval_s`
    /// is a gap.
    pub starts_s: Vec<f64>,
    /// The figures, from the top panel down.
    pub panels: Vec<TimelinePanel>,
    /// Phases of the migration and its downtime, seconds.
    pub spans: Vec<Span>,
}

/// One figure of a timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelinePanel {
    /// Name and unit: "Throughput (Mbit/s)".
    pub label: String,
    /// How the axis is spread.
    pub scale: Scale,
    /// One value for each bin, in the label's unit; `None` is a gap. Several series need names.
    pub series: Vec<TimelineSeries>,
    /// Grading bands, in the label's unit.
    pub bands: Vec<Band>,
    /// What stands in the panel when no bin has a value: the reason.
    pub absent: String,
}

/// Values of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineSeries {
    /// Shown where the panel has several series.
    pub name: String,
    /// One for each bin.
    pub values: Vec<Option<f64>>,
}

/// Height of a panel: four of them with their labels make a figure of some 14 cm.
const PANEL_PX: f64 = 285.0;

impl Timeline {
    /// The chart of this timeline. A bin's value stands at the middle of the bin.
    pub fn chart(&self) -> Chart {
        let unit_s = self.time_unit.seconds();
        let interval_s = if self.interval_s.is_finite() && self.interval_s > 0.0 {
            self.interval_s
        } else {
            1.0
        };
        let first = self.starts_s.first().copied().unwrap_or(0.0);
        let last = self.starts_s.last().copied().unwrap_or(0.0) + interval_s;
        let panels = self.panels.iter().map(|panel| Panel {
            label: panel.label.clone(),
            height_px: PANEL_PX,
            scale: panel.scale,
            series: panel
                .series
                .iter()
                .map(|series| Series {
                    name: series.name.clone(),
                    values: Values::Line(points(&self.starts_s, &series.values, interval_s, unit_s)),
                })
                .collect(),
            bands: panel.bands.clone(),
            absent: panel.absent.clone(),
        });
        let spans = self.spans.iter().map(|span| Span {
            from: span.from / unit_s,
            to: span.to / unit_s,
            ..span.clone()
        });
        Chart {
            description: self.description.clone(),
            numbers: self.numbers,
            log_note: self.log_note.clone(),
            x: XAxis {
                label: self.time_label.clone(),
                kind: XKind::Numbers {
                    scale: Scale::Linear,
                    range: Some((first / unit_s, last / unit_s)),
                },
            },
            spans: spans.collect(),
            panels: panels.collect(),
            note: String::new(),
        }
    }
}

/// Points at the middles of bins, with a break where bins are left out.
fn points(starts_s: &[f64], values: &[Option<f64>], interval_s: f64, unit_s: f64) -> Vec<(f64, Option<f64>)> {
    let mut points = Vec::with_capacity(starts_s.len());
    let mut previous: Option<f64> = None;
    for (start, value) in starts_s.iter().zip(values) {
        if previous.is_some_and(|previous| start - previous > interval_s * 1.5) {
            points.push((start / unit_s, None));
        }
        points.push(((start + interval_s / 2.0) / unit_s, *value));
        previous = Some(*start);
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_the_middle_of_their_bins_and_missing_bins_are_gaps() {
        let found = points(&[0.0, 1.0, 60.0], &[Some(1.0), None, Some(2.0)], 1.0, 60.0);
        assert_eq!(
            found,
            [
                (0.5 / 60.0, Some(1.0)),
                (1.5 / 60.0, None),
                (1.0, None),
                (60.5 / 60.0, Some(2.0))
            ]
        );
    }
}
