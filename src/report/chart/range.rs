//! Ranges that an axis can be drawn over, whatever came in.
//!
//! A plotting library hangs on an infinite bound and divides by zero on an empty range; here every range is made
//! finite, ordered and wide enough for its own magnitude before anything is drawn.

/// Bounds beyond this are pulled in: differences of two bounds stay finite, and no measured figure comes near.
const LARGEST: f64 = 1e60;

/// A range narrower than this share of its magnitude cannot be told from a point in an f64 with ticks on it.
const NARROWEST: f64 = 1e-9;

/// A finite, ordered range that holds `low` and `high` where they are finite, never empty and never too narrow for
/// its magnitude. Nothing finite at all gives 0 to 1.
///
/// ```
/// use migqos::report::chart::sane_range;
/// assert_eq!(sane_range(2.0, 5.0), (2.0, 5.0));
/// assert_eq!(sane_range(0.0, 0.0), (0.0, 1.0));
/// assert_eq!(sane_range(f64::INFINITY, f64::NEG_INFINITY), (0.0, 1.0));
/// assert_eq!(sane_range(100.0, 100.0), (95.0, 105.0));
/// ```
pub fn sane_range(low: f64, high: f64) -> (f64, f64) {
    let tame = |value: f64| value.is_finite().then(|| value.clamp(-LARGEST, LARGEST));
    let (low, high) = match (tame(low), tame(high)) {
        (Some(low), Some(high)) => (low.min(high), low.max(high)),
        (Some(only), None) | (None, Some(only)) => (only, only),
        (None, None) => return (0.0, 1.0),
    };
    let magnitude = low.abs().max(high.abs());
    if magnitude < 1.0 / LARGEST {
        return (0.0, 1.0);
    }
    if high - low > magnitude * NARROWEST {
        return (low, high);
    }
    let half = magnitude * 0.05;
    ((low + high) / 2.0 - half, (low + high) / 2.0 + half)
}

/// What the values on an axis are like.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Extent {
    /// Least and greatest finite value.
    pub bounds: Option<(f64, f64)>,
    /// Least value above zero.
    pub least_positive: Option<f64>,
    /// Whether zero itself occurs.
    pub has_zero: bool,
}

impl Extent {
    /// Takes `value` in; what is not finite is passed over.
    pub fn add(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        self.bounds = Some(
            self.bounds
                .map_or((value, value), |(low, high)| (low.min(value), high.max(value))),
        );
        if value > 0.0 {
            self.least_positive = Some(self.least_positive.map_or(value, |least| least.min(value)));
        }
        self.has_zero |= value == 0.0;
    }

    /// Whether the positive values span two decades or more and none is negative.
    pub fn spans_decades(&self) -> bool {
        match (self.bounds, self.least_positive) {
            (Some((low, high)), Some(least)) => low >= 0.0 && high / least >= 100.0,
            _ => false,
        }
    }
}

impl FromIterator<f64> for Extent {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut extent = Self::default();
        values.into_iter().for_each(|value| extent.add(value));
        extent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_two_numbers_give_a_finite_ordered_range_wide_enough(low: f64, high: f64) {
            let (from, to) = sane_range(low, high);
            prop_assert!(from.is_finite() && to.is_finite() && (to - from).is_finite());
            prop_assert!(to - from > from.abs().max(to.abs()) * 1e-10, "{from} {to}");
            for bound in [low, high] {
                if bound == 0.0 || (1e-59..1e59).contains(&bound.abs()) {
                    prop_assert!(from <= bound && bound <= to, "{bound} outside {from} to {to}");
                }
            }
        }

        #[test]
        fn a_tiny_range_at_a_large_magnitude_is_widened(at in 1e6f64..1e15, gap in 0.0f64..1e-5) {
            let (from, to) = sane_range(at, at + gap);
            prop_assert!(to - from > at * 1e-10);
        }
    }

    #[test]
    fn not_a_number_is_left_out() {
        assert_eq!(sane_range(f64::NAN, 3.0), (2.85, 3.15));
        assert_eq!(sane_range(f64::NAN, f64::NAN), (0.0, 1.0));
        assert_eq!(sane_range(5e-324, 5e-324), (0.0, 1.0));
    }

    #[test]
    fn decades_count_from_the_least_positive_value() {
        let extent = |values: &[f64]| values.iter().copied().collect::<Extent>();
        assert!(extent(&[0.0, 0.1, 10.0]).spans_decades());
        assert!(!extent(&[0.0, 0.2, 10.0]).spans_decades());
        assert!(!extent(&[-1.0, 0.1, 10.0]).spans_decades());
        assert!(!extent(&[]).spans_decades());
    }
}
