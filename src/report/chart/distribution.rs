//! The distribution of a figure: a histogram, and below it the cumulative share of the samples.

use super::axis::Scale;
use super::model::{Chart, Column, Panel, Series, Span, Values, XAxis, XKind};
use super::number::NumberStyle;
use super::range::Extent;

/// What a distribution shows. Words are in the reader's language.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    /// What the picture shows, for those who cannot see it.
    pub description: String,
    /// How numbers are written.
    pub numbers: NumberStyle,
    /// What follows the label of a logarithmic axis: "log scale".
    pub log_note: String,
    /// Label of the value's axis: "Delay (ms)".
    pub value_label: String,
    /// How the value's axis is spread.
    pub scale: Scale,
    /// Label of the histogram's vertical axis: "Share of samples (%)".
    pub share_label: String,
    /// Label of the lower panel's: "Samples at or below (%)".
    pub cumulative_label: String,
    /// Low edge, high edge and count of each bucket, ascending, in the label's unit.
    pub buckets: Vec<(f64, f64, u64)>,
    /// Percentiles ([`super::SpanKind::Mark`]) and grading bands ([`super::SpanKind::Band`]) along the value's axis.
    pub spans: Vec<Span>,
    /// What stands in the panels when there is no sample: the reason.
    pub absent: String,
}

/// About so many columns make up the histogram.
const COLUMNS: usize = 80;

impl Distribution {
    /// The chart of this distribution.
    pub fn chart(&self) -> Chart {
        let buckets: Vec<(f64, f64, u64)> = self
            .buckets
            .iter()
            .copied()
            .filter(|(low, high, count)| low.is_finite() && high.is_finite() && low <= high && *count > 0)
            .collect();
        let panel = |label: &str, height_px, values| Panel {
            label: label.to_owned(),
            height_px,
            scale: Scale::Linear,
            series: vec![Series {
                name: String::new(),
                values,
            }],
            bands: Vec::new(),
            absent: self.absent.clone(),
        };
        Chart {
            description: self.description.clone(),
            numbers: self.numbers,
            log_note: self.log_note.clone(),
            x: XAxis {
                label: self.value_label.clone(),
                kind: XKind::Numbers {
                    scale: self.scale,
                    range: range(&buckets, self.scale),
                },
            },
            // Bands and percentiles of nothing say nothing.
            spans: if buckets.is_empty() {
                Vec::new()
            } else {
                self.spans.clone()
            },
            panels: vec![
                panel(&self.share_label, 400.0, Values::Columns(columns(&buckets, self.scale))),
                panel(&self.cumulative_label, 330.0, Values::Curve(cumulative(&buckets))),
            ],
            note: String::new(),
        }
    }
}

/// The share of samples, in percent, below each bucket's high edge.
fn cumulative(buckets: &[(f64, f64, u64)]) -> Vec<(f64, f64)> {
    let total: u128 = buckets.iter().map(|bucket| u128::from(bucket.2)).sum();
    let mut below: u128 = 0;
    let mut points = Vec::with_capacity(buckets.len() + 1);
    for (low, high, count) in buckets {
        let share = |below: u128| below as f64 / total as f64 * 100.0;
        points.push((*low, share(below)));
        below += u128::from(*count);
        points.push((*high, share(below)));
    }
    points
}

/// Whether the values' axis is logarithmic, as [`super::axis::Axis`] decides it.
fn is_log(extent: &Extent, scale: Scale) -> bool {
    match scale {
        Scale::Linear => false,
        Scale::Log => extent.bounds.is_some_and(|(low, _)| low >= 0.0) && extent.least_positive.is_some(),
        Scale::Auto => extent.spans_decades(),
    }
}

fn extent(buckets: &[(f64, f64, u64)]) -> Extent {
    buckets.iter().flat_map(|bucket| [bucket.0, bucket.1]).collect()
}

/// What the axis must reach: somewhat more than the samples, and at least a tenth of their magnitude, so that a
/// handful of equal samples is not blown up to the full width.
fn range(buckets: &[(f64, f64, u64)], scale: Scale) -> Option<(f64, f64)> {
    const ROOM: f64 = 0.02;
    let extent = extent(buckets);
    let (low, high) = extent.bounds?;
    if is_log(&extent, scale) {
        let least = extent.least_positive?;
        let room = (high / least).powf(ROOM);
        return Some((if low > 0.0 { low / room } else { low }, high * room));
    }
    let narrow = (low.abs().max(high.abs()) * 0.1 - (high - low)).max(0.0) / 2.0;
    let room = narrow + (high - low) * ROOM;
    Some((if low >= 0.0 { (low - room).max(0.0) } else { low - room }, high + room))
}

/// The buckets gathered into columns of equal width on the axis, in percent of all samples. Buckets are divided
/// among the columns they touch by width; where they are wider than a column they stand as they are. Zeros, which a
/// logarithmic axis shows apart, have a column of their own there.
fn columns(buckets: &[(f64, f64, u64)], scale: Scale) -> Vec<Column> {
    let total: u128 = buckets.iter().map(|bucket| u128::from(bucket.2)).sum();
    let percent = |count: f64| count / total as f64 * 100.0;
    let stand = |bucket: &(f64, f64, u64)| Column {
        from: bucket.0,
        to: bucket.1,
        value: percent(bucket.2 as f64),
    };
    let is_log = is_log(&extent(buckets), scale);
    let (zeros, rest): (Vec<_>, Vec<_>) = buckets.iter().copied().partition(|bucket| is_log && bucket.0 <= 0.0);
    let mut columns: Vec<Column> = zeros.iter().map(stand).collect();
    let Some((low, high)) = extent(&rest).bounds else {
        return columns;
    };
    let along = |value: f64| if is_log { value.ln() } else { value };
    let back = |place: f64| if is_log { place.exp() } else { place };
    let (start, end) = (along(low), along(high));
    let step = (end - start) / COLUMNS as f64;
    if step.is_nan() || step <= 0.0 || rest.iter().any(|bucket| along(bucket.1) - along(bucket.0) > step) {
        columns.extend(rest.iter().map(stand));
        return columns;
    }
    let mut counts = [0.0; COLUMNS];
    for (low, high, count) in &rest {
        let (from, to) = ((along(*low) - start) / step, (along(*high) - start) / step);
        let first = (from.floor().max(0.0) as usize).min(COLUMNS - 1);
        let last = (to.floor().max(0.0) as usize).min(COLUMNS - 1);
        for (index, sum) in counts.iter_mut().enumerate().take(last + 1).skip(first) {
            let inside = to.min(index as f64 + 1.0) - from.max(index as f64);
            let share = if to > from {
                (inside / (to - from)).clamp(0.0, 1.0)
            } else {
                1.0
            };
            *sum += share * *count as f64;
        }
    }
    columns.extend(counts.into_iter().enumerate().map(|(index, count)| Column {
        from: back(start + index as f64 * step),
        to: back(start + (index + 1) as f64 * step),
        value: percent(count),
    }));
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_hold_every_sample_once() {
        let fine: Vec<(f64, f64, u64)> = (0..1000)
            .map(|index| (f64::from(index), f64::from(index + 1), 3))
            .collect();
        for scale in [Scale::Linear, Scale::Log] {
            let sum: f64 = columns(&fine, scale).iter().map(|column| column.value).sum();
            assert!((sum - 100.0).abs() < 1e-6, "{scale:?} {sum}");
        }
        // 1000 equal buckets in 80 equal columns: 1.25 % each.
        assert!(
            columns(&fine, Scale::Linear)
                .iter()
                .all(|column| (column.value - 1.25).abs() < 1e-9)
        );
    }

    #[test]
    fn few_wide_buckets_stand_as_they_are() {
        let found = columns(&[(0.0, 1.0, 1), (1.0, 2.0, 3)], Scale::Linear);
        let expected = [(0.0, 1.0, 25.0), (1.0, 2.0, 75.0)];
        assert_eq!(
            found
                .iter()
                .map(|column| (column.from, column.to, column.value))
                .collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn the_cumulative_share_ends_at_a_hundred() {
        let found = cumulative(&[(1.0, 2.0, 1), (5.0, 6.0, 3)]);
        assert_eq!(found, [(1.0, 0.0), (2.0, 25.0), (5.0, 25.0), (6.0, 100.0)]);
        assert!(cumulative(&[]).is_empty());
    }

    #[test]
    fn zeros_stand_apart_on_a_logarithmic_axis() {
        let found = columns(&[(0.0, 0.0, 1), (0.1, 0.1001, 1), (50.0, 50.05, 2)], Scale::Auto);
        assert_eq!((found[0].from, found[0].to, found[0].value), (0.0, 0.0, 25.0));
        assert!(found[1..].iter().all(|column| column.from > 0.09));
    }
}
