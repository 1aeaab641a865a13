//! One axis: which range it covers, where a value lies on it, and which ticks it carries.

use super::number::NumberStyle;
use super::range::{Extent, sane_range};

/// How values are spread over an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Equal steps, equal distances.
    Linear,
    /// Equal ratios, equal distances; zeros lie on a line of their own below the break.
    Log,
    /// [`Scale::Log`] where the values span two decades or more, else [`Scale::Linear`].
    #[default]
    Auto,
}

/// A labelled position on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    /// From 0 (where the axis starts) to 1 (where it ends).
    pub at: f64,
    /// The number, as the reader's language writes it.
    pub label: String,
}

/// What an axis must respect besides its values.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    /// The axis' length in pixels.
    pub length_px: f64,
    /// Room left free before the least value.
    pub pad_px: f64,
    /// Room of the strip that holds zeros on a logarithmic axis.
    pub zero_px: f64,
    /// Share of the range left free above the greatest value.
    pub headroom: f64,
    /// Whether a linear axis reaches down to 0.
    pub from_zero: bool,
    /// At most this many labels.
    pub max_ticks: usize,
    /// How the labels are written.
    pub numbers: NumberStyle,
    /// Pixels that a label takes up along the axis, with the gap to its neighbour.
    pub label_px: &'a dyn Fn(&str) -> f64,
}

/// An axis with its ticks.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    map: Map,
    /// Labelled ticks, in order.
    pub ticks: Vec<Tick>,
    /// Unlabelled ticks between them.
    pub minor: Vec<f64>,
}

#[derive(Debug, Clone, Copy)]
enum Map {
    Linear {
        low: f64,
        high: f64,
        start: f64,
    },
    // Bounds are powers of ten; `zero` is where zeros lie, where there are any.
    Log {
        low: f64,
        high: f64,
        start: f64,
        zero: Option<f64>,
    },
}

impl Axis {
    /// The axis for values of `extent`.
    pub fn fit(extent: &Extent, scale: Scale, frame: &Frame<'_>) -> Self {
        let can_be_log = extent.bounds.is_none_or(|(low, _)| low >= 0.0) && extent.least_positive.is_some();
        let is_log = match scale {
            Scale::Linear => false,
            Scale::Log => can_be_log,
            Scale::Auto => extent.spans_decades(),
        };
        let (low, high) = extent.bounds.unwrap_or((0.0, 0.0));
        let mut axis = if is_log {
            Self::log(extent.least_positive.unwrap_or(low), high, extent.has_zero, frame)
        } else {
            Self::linear(low, high, frame)
        };
        axis.thin(frame);
        axis
    }

    /// Whether equal ratios take equal distances.
    pub fn is_log(&self) -> bool {
        matches!(self.map, Map::Log { .. })
    }

    /// Where the line of zeros ends and the logarithmic part begins, where the axis has both.
    pub fn break_at(&self) -> Option<f64> {
        match self.map {
            Map::Log {
                start, zero: Some(_), ..
            } => Some(start),
            _ => None,
        }
    }

    /// Where `value` lies, from 0 to 1; values outside the range lie on its ends.
    pub fn position(&self, value: f64) -> f64 {
        let share = match self.map {
            Map::Linear { low, high, start } => start + (1.0 - start) * ((value - low) / (high - low)),
            Map::Log { zero: Some(zero), .. } if value <= 0.0 => zero,
            Map::Log { low, high, start, .. } => {
                let share = (value.max(f64::MIN_POSITIVE).log10() - low) / (high - low);
                start + (1.0 - start) * share.max(0.0)
            }
        };
        if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) }
    }

    /// Whether `value` lies inside what the axis shows.
    pub fn shows(&self, value: f64) -> bool {
        match self.map {
            Map::Linear { low, high, start } => {
                let pad = (high - low) * start / (1.0 - start);
                value >= low - pad && value <= high
            }
            Map::Log { zero, .. } if value <= 0.0 => value == 0.0 && zero.is_some(),
            Map::Log { low, high, .. } => (low..=high).contains(&value.log10()),
        }
    }

    fn linear(low: f64, high: f64, frame: &Frame<'_>) -> Self {
        let (low, high) = if frame.from_zero && low.is_finite() && high.is_finite() {
            let (low, high) = (low.min(0.0), high.max(0.0));
            sane_range(low - (0.0 - low) * frame.headroom, high + (high - low) * frame.headroom)
        } else {
            let (low, high) = sane_range(low, high);
            let room = (high - low) * frame.headroom;
            (low - if frame.from_zero { 0.0 } else { room }, high + room)
        };
        let start = (frame.pad_px / frame.length_px).clamp(0.0, 0.4);
        let mut axis = Self {
            map: Map::Linear { low, high, start },
            ticks: Vec::new(),
            minor: Vec::new(),
        };
        for target in (1..=frame.max_ticks.max(2) + 1).rev() {
            axis.ticks = axis.label(&multiples(low, high, target), frame);
            if axis.ticks.len() <= frame.max_ticks + 1 && axis.fits(frame) {
                break;
            }
        }
        axis
    }

    fn log(least: f64, greatest: f64, has_zero: bool, frame: &Frame<'_>) -> Self {
        let (low, high) = (least.clamp(1e-60, 1e60).log10(), greatest.clamp(1e-60, 1e60).log10());
        // A single value gets half a decade on either side.
        let room = if high - low < 0.3 {
            0.5
        } else {
            (high - low) * frame.headroom
        };
        let (low, high) = (low - room, high + room);
        let zero = has_zero.then(|| (frame.pad_px / frame.length_px).clamp(0.0, 0.4));
        let start = zero.map_or(0.0, |zero| (zero + frame.zero_px / frame.length_px).min(0.6));
        let mut axis = Self {
            map: Map::Log { low, high, start, zero },
            ticks: Vec::new(),
            minor: Vec::new(),
        };
        let mut minor = true;
        for candidates in log_candidates(low, high) {
            let mut values = candidates.values;
            if has_zero {
                values.insert(0, (0.0, 1.0));
            }
            minor = candidates.minor;
            axis.ticks = axis.label(&values, frame);
            if axis.ticks.len() <= frame.max_ticks.max(3) + usize::from(has_zero) && axis.fits(frame) {
                break;
            }
        }
        if minor && high - low <= 8.0 {
            axis.minor = powers(low, high)
                .flat_map(|exponent| (1..10).map(move |digit| f64::from(digit) * 10f64.powi(exponent)))
                .filter(|value| (low..=high).contains(&value.log10()))
                .map(|value| axis.position(value))
                .filter(|at| axis.ticks.iter().all(|tick| (tick.at - at).abs() > 1e-9))
                .collect();
        }
        axis
    }

    /// Labels `values`, each with the step that says how many digits it needs.
    fn label(&self, values: &[(f64, f64)], frame: &Frame<'_>) -> Vec<Tick> {
        let largest = values
            .iter()
            .fold(0.0, |largest: f64, (value, _)| largest.max(value.abs()));
        let tick = |&(value, step): &(f64, f64)| Tick {
            at: self.position(value),
            label: frame.numbers.tick(value, step, largest),
        };
        values.iter().map(tick).collect()
    }

    /// Leaves out ticks whose labels would touch the one before, where no set of ticks fitted.
    fn thin(&mut self, frame: &Frame<'_>) {
        let mut end = f64::NEG_INFINITY;
        self.ticks.retain(|tick| {
            let half = (frame.label_px)(&tick.label) / 2.0;
            let middle = tick.at * frame.length_px;
            let fits = middle - half >= end - 1e-6;
            if fits {
                end = middle + half;
            }
            fits
        });
    }

    /// Whether no label touches its neighbour.
    fn fits(&self, frame: &Frame<'_>) -> bool {
        self.ticks.windows(2).all(|pair| match pair {
            [one, two] => {
                let apart = (two.at - one.at) * frame.length_px;
                apart >= ((frame.label_px)(&one.label) + (frame.label_px)(&two.label)) / 2.0
            }
            _ => true,
        })
    }
}

/// Multiples of 1, 2 or 5 times a power of ten from `low` to `high`, about `target` of them, with their step.
fn multiples(low: f64, high: f64, target: usize) -> Vec<(f64, f64)> {
    let rough = (high - low) / target.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= rough * 0.999);
    let step = step.unwrap_or(10.0 * power);
    let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
    if !(step > 0.0 && first.is_finite() && last.is_finite()) || last - first > 100.0 {
        return Vec::new();
    }
    // The index is a whole number: a product with the step has no creeping error.
    (0..=(last - first).max(-1.0) as i64)
        .map(|index| ((first + index as f64) * step, step))
        .collect()
}

struct LogCandidates {
    values: Vec<(f64, f64)>,
    minor: bool,
}

/// Sets of tick values for a logarithmic axis, the densest first.
fn log_candidates(low: f64, high: f64) -> impl Iterator<Item = LogCandidates> {
    let pick = move |digits: &[f64], every: i32| {
        powers(low, high)
            .filter(|exponent| exponent.rem_euclid(every) == 0)
            .flat_map(|exponent| {
                digits
                    .iter()
                    .map(move |digit| (digit * 10f64.powi(exponent), 10f64.powi(exponent)))
            })
            .filter(|(value, _)| (low..=high).contains(&value.log10()))
            .collect::<Vec<_>>()
    };
    let dense = (high - low <= 2.5).then(|| LogCandidates {
        values: pick(&[1.0, 2.0, 5.0], 1),
        minor: true,
    });
    let sparse = (1..=60).map(move |every| LogCandidates {
        values: pick(&[1.0], every),
        minor: every == 1,
    });
    let even = |target| {
        let values = multiples(10f64.powf(low), 10f64.powf(high), target);
        values.into_iter().filter(|(value, _)| *value > 0.0).collect::<Vec<_>>()
    };
    let within = LogCandidates {
        values: (4..12).map(even).find(|values| values.len() >= 2).unwrap_or_default(),
        minor: false,
    };
    dense
        .into_iter()
        .chain(sparse)
        .filter(|set| set.values.len() >= 2)
        .chain([within])
}

fn powers(low: f64, high: f64) -> std::ops::RangeInclusive<i32> {
    low.floor() as i32..=high.ceil() as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LABEL_PX: &dyn Fn(&str) -> f64 = &|label| label.chars().count() as f64 * 18.0 + 20.0;

    fn frame() -> Frame<'static> {
        Frame {
            length_px: 300.0,
            pad_px: 10.0,
            zero_px: 40.0,
            headroom: 0.05,
            from_zero: true,
            max_ticks: 5,
            numbers: NumberStyle::POINT,
            label_px: &|_| 44.0,
        }
    }

    fn labels(values: &[f64], scale: Scale) -> Vec<String> {
        let axis = Axis::fit(&values.iter().copied().collect(), scale, &frame());
        axis.ticks.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn linear_axes_start_at_zero_and_step_by_one_two_or_five() {
        assert_eq!(labels(&[3.0, 941.0], Scale::Linear), ["0", "200", "400", "600", "800"]);
        assert_eq!(
            labels(&[0.0, 0.0], Scale::Auto),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(labels(&[], Scale::Auto), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(
            labels(&[100.0, 100.0003], Scale::Auto),
            ["0", "20", "40", "60", "80", "100"]
        );
    }

    #[test]
    fn decades_make_a_logarithmic_axis_with_zeros_on_their_own_line() {
        assert_eq!(labels(&[0.002, 12.0], Scale::Auto), ["0.01", "0.1", "1", "10"]);
        assert_eq!(labels(&[0.0, 0.01, 40.0], Scale::Auto), ["0", "0.01", "0.1", "1", "10"]);
        assert_eq!(labels(&[3.0, 400.0], Scale::Auto), ["10", "100"]);
        assert_eq!(labels(&[7.0, 7.0], Scale::Log), ["5", "10", "20"]);
    }

    #[test]
    fn positions_run_from_the_start_to_the_end() {
        let axis = Axis::fit(&[0.0, 0.01, 10.0].into_iter().collect(), Scale::Log, &frame());
        let order: Vec<f64> = [0.0, 0.01, 0.1, 1.0, 10.0]
            .iter()
            .map(|value| axis.position(*value))
            .collect();
        assert!(
            order.is_sorted() && order.iter().all(|at| (0.0..=1.0).contains(at)),
            "{order:?}"
        );
        assert!((axis.position(1.0) - axis.position(0.1) - (axis.position(0.1) - axis.position(0.01))).abs() < 1e-9);
        assert!(axis.break_at().unwrap() > axis.position(0.0));
    }

    proptest! {
        #[test]
        fn ticks_are_few_ordered_inside_and_apart(
            values in proptest::collection::vec(any::<f64>(), 0..6), scale in 0..3, length_px in 200.0f64..1600.0,
        ) {
            let scale = [Scale::Linear, Scale::Log, Scale::Auto][scale as usize];
            let frame = Frame { length_px, label_px: LABEL_PX, max_ticks: 8, ..frame() };
            let axis = Axis::fit(&values.iter().copied().collect(), scale, &frame);
            prop_assert!(axis.ticks.len() <= 10, "{:?}", axis.ticks);
            for pair in axis.ticks.windows(2) {
                let room = (LABEL_PX(&pair[0].label) + LABEL_PX(&pair[1].label)) / 2.0;
                prop_assert!((pair[1].at - pair[0].at) * length_px >= room - 1e-3, "{:?}", axis.ticks);
            }
            for at in axis.ticks.iter().map(|tick| tick.at).chain(axis.minor.iter().copied()) {
                prop_assert!((0.0..=1.0).contains(&at));
            }
            for value in values {
                prop_assert!((0.0..=1.0).contains(&axis.position(value)));
            }
        }

        #[test]
        fn usual_values_always_get_two_labels(low in 0.0f64..1e6, span in 1e-6f64..1e6, scale in 0..3) {
            let scale = [Scale::Linear, Scale::Log, Scale::Auto][scale as usize];
            let axis = Axis::fit(&[low, low + span].into_iter().collect(), scale, &frame());
            prop_assert!(axis.ticks.len() >= 2, "{:?}", axis.ticks);
        }
    }
}
