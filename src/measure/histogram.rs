//! A distribution in flat memory: how often each value occurred, to 0.1 %.
//!
//! Percentiles of millions of samples need no sample kept: values fall into buckets whose width grows with the value,
//! 512 to each power of two (log-linear, as HDR histograms do). The middle of a bucket is at most 1/1024 of its value
//! away from anything in it. Values under 1024 have a bucket each. Count, sum, minimum and maximum are exact.
//!
//! There may be one for each of thousands of flows, so a fresh one owns no memory, and one of few samples holds two
//! bytes for each: the number of its bucket. Only beyond [`FEW`] samples does it turn into counters, which are
//! allocated where values fall. What it answers never depends on the order in which samples came, nor on how they were
//! spread over histograms that were merged.
//!
//! ```
//! use migqos::measure::histogram::Histogram;
//! let mut rtt = Histogram::new();
//! for ms in 1..=1000_u64 {
//!     rtt.record(ms * 1_000_000);
//! }
//! assert_eq!(rtt.mean_ns(), Some(500_500_000.0));
//! let p99 = rtt.percentile(99.0).unwrap();
//! assert!(p99.abs_diff(990_000_000) <= 990_000);
//! ```

/// Buckets to a power of two, as a power of two.
const SUB_BITS: u32 = 9;
/// Buckets to a power of two.
const SUB_COUNT: u64 = 1 << SUB_BITS;
/// Buckets over the whole range of `u64`.
const BUCKETS: usize = ((64 - SUB_BITS as usize) + 1) << SUB_BITS;
/// Buckets that are allocated together.
const CHUNK: usize = 64;
/// Samples that are held as a plain list of bucket numbers, 2 bytes each, before counters take less.
pub const FEW: usize = 4096;

/// Counts of values (nanoseconds, or any other unit) by bucket.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    count: u64,
    sum: u128,
    min: u64,
    max: u64,
    /// Bucket numbers in no order, as long as `dense` is empty.
    few: Vec<u16>,
    /// Counters of the buckets `[CHUNK * i, CHUNK * (i + 1))`.
    dense: Vec<Option<Box<[u64; CHUNK]>>>,
}

/// How often values of `low..=high` occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// Least value of the bucket.
    pub low: u64,
    /// Greatest value of the bucket.
    pub high: u64,
    /// Samples in it.
    pub count: u64,
}

impl Bucket {
    /// The value that stands for the whole bucket: its middle, rounded down.
    pub fn middle(&self) -> u64 {
        self.low + (self.high - self.low) / 2
    }
}

fn bucket_of(value: u64) -> usize {
    // The position of the highest bit decides the width of the bucket: values below 2 * SUB_COUNT have width 1.
    let shift = (63 - (value | SUB_COUNT).leading_zeros()) - SUB_BITS;
    ((shift as usize) << SUB_BITS) + (value >> shift) as usize
}

fn bounds_of(bucket: usize) -> (u64, u64) {
    let bucket = bucket as u64;
    let shift = (bucket >> SUB_BITS).saturating_sub(1);
    let low = (bucket - (shift << SUB_BITS)) << shift;
    (low, low + ((1 << shift) - 1))
}

impl Histogram {
    /// An empty histogram. Allocates nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one value.
    #[inline]
    pub fn record(&mut self, value: u64) {
        if self.count == 0 {
            self.min = value;
        }
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.count = self.count.saturating_add(1);
        // Fewer than 2^64 values below 2^64: a u128 holds their sum.
        self.sum = self.sum.wrapping_add(u128::from(value));
        let bucket = bucket_of(value);
        if let Some(Some(chunk)) = self.dense.get_mut(bucket / CHUNK) {
            let count = &mut chunk[bucket % CHUNK];
            *count = count.saturating_add(1);
        } else {
            self.add(bucket, 1);
        }
    }

    /// Adds one value `times` times.
    pub fn record_many(&mut self, value: u64, times: u64) {
        if times == 0 {
            return;
        }
        self.note(times, u128::from(value) * u128::from(times), value, value);
        self.add(bucket_of(value), times);
    }

    /// Adds all that `other` holds.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        self.note(other.count, other.sum, other.min, other.max);
        for &bucket in &other.few {
            self.add(usize::from(bucket), 1);
        }
        for (bucket, count) in other.dense_counts() {
            self.add(bucket, count);
        }
    }

    /// Number of samples.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Sum of all samples, exact.
    pub fn sum(&self) -> u128 {
        self.sum
    }

    /// Least sample, exact; `None` while empty.
    pub fn min(&self) -> Option<u64> {
        (self.count > 0).then_some(self.min)
    }

    /// Greatest sample, exact; `None` while empty.
    pub fn max(&self) -> Option<u64> {
        (self.count > 0).then_some(self.max)
    }

    /// Arithmetic mean of the samples themselves, not of their buckets, in the samples' unit; `None` while empty.
    pub fn mean_ns(&self) -> Option<f64> {
        // Whole part and remainder apart: a sum beyond 2^53 loses nothing that a mean can show.
        let count = u128::from(self.count);
        let (whole, rest) = (self.sum.checked_div(count)?, self.sum.checked_rem(count)?);
        Some(whole as f64 + rest as f64 / self.count as f64)
    }

    /// The value below or at which `percent` of the samples lie, by nearest rank: the `ceil(percent / 100 * count)`-th
    /// sample in ascending order (the first for 0), rounded to the middle of its bucket. 0 and 100 give the exact
    /// minimum and maximum. `None` while empty, or where `percent` is not within 0 to 100.
    ///
    /// `percent` is taken to four decimals, so that 99.9 % of 1000 samples is the 999th, whatever 99.9 is in binary.
    pub fn percentile(&self, percent: f64) -> Option<u64> {
        const PARTS: u128 = 1_000_000;
        if self.count == 0 || !(0.0..=100.0).contains(&percent) {
            return None;
        }
        let parts = (percent * 10_000.0).round() as u128;
        let rank = (parts * u128::from(self.count)).div_ceil(PARTS).max(1);
        if rank >= u128::from(self.count) {
            return Some(self.max);
        }
        if parts == 0 {
            return Some(self.min);
        }
        let mut seen = 0;
        self.buckets().find_map(|bucket| {
            seen += u128::from(bucket.count);
            (seen >= rank).then(|| bucket.middle().clamp(self.min, self.max))
        })
    }

    /// The buckets that hold anything, in ascending order.
    pub fn buckets(&self) -> impl Iterator<Item = Bucket> + '_ {
        let mut few = self.few.clone();
        few.sort_unstable();
        let mut at = 0;
        let few = std::iter::from_fn(move || {
            let bucket = *few.get(at)?;
            let end = at + few[at..].partition_point(|&other| other == bucket);
            let count = (end - at) as u64;
            at = end;
            Some((usize::from(bucket), count))
        });
        few.chain(self.dense_counts()).map(|(bucket, count)| {
            let (low, high) = bounds_of(bucket);
            Bucket { low, high, count }
        })
    }

    /// Counts in the intervals `[edges[i], edges[i + 1])`, for a chart: one fewer than there are edges, the last
    /// interval closed. Each bucket goes where its middle lies; what lies outside all intervals is left out. `edges`
    /// ascend.
    pub fn rebin(&self, edges: &[u64]) -> Vec<u64> {
        let mut counts = vec![0; edges.len().saturating_sub(1)];
        let Some(&last) = edges.last() else {
            return counts;
        };
        for bucket in self.buckets() {
            let value = bucket.middle().clamp(self.min, self.max);
            let above = edges.partition_point(|&edge| edge <= value);
            let index = if value == last { edges.len() - 1 } else { above };
            if let Some(count) = index.checked_sub(1).and_then(|index| counts.get_mut(index)) {
                *count += bucket.count;
            }
        }
        counts
    }

    fn note(&mut self, count: u64, sum: u128, min: u64, max: u64) {
        if self.count == 0 {
            (self.min, self.max) = (min, max);
        } else {
            self.min = self.min.min(min);
            self.max = self.max.max(max);
        }
        self.count = self.count.saturating_add(count);
        self.sum = self.sum.saturating_add(sum);
    }

    fn add(&mut self, bucket: usize, times: u64) {
        if self.dense.is_empty() {
            if times == 1 && self.few.len() < FEW {
                self.few.push(bucket as u16);
                return;
            }
            self.dense.resize_with(BUCKETS / CHUNK, || None);
            for bucket in std::mem::take(&mut self.few) {
                self.add_dense(usize::from(bucket), 1);
            }
        }
        self.add_dense(bucket, times);
    }

    fn add_dense(&mut self, bucket: usize, times: u64) {
        if let Some(chunk) = self.dense.get_mut(bucket / CHUNK) {
            let chunk = chunk.get_or_insert_with(|| Box::new([0; CHUNK]));
            let count = &mut chunk[bucket % CHUNK];
            *count = count.saturating_add(times);
        }
    }

    fn dense_counts(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        self.dense.iter().enumerate().flat_map(|(index, chunk)| {
            let counts = chunk.as_deref().map_or(&[][..], |counts| &counts[..]);
            let first = index * CHUNK;
            counts
                .iter()
                .enumerate()
                .filter(|(_, count)| **count > 0)
                .map(move |(offset, count)| (first + offset, *count))
        })
    }
}

/// Two histograms are equal when they hold the same samples, however these came in.
impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        (self.count, self.sum, self.min, self.max) == (other.count, other.sum, other.min, other.max)
            && self.buckets().eq(other.buckets())
    }
}

/// `bins + 1` edges from `low` to `high` at equal ratios, for [`Histogram::rebin`] and a logarithmic axis. Edges that
/// would coincide (few units between `low` and `high`) are given once. Empty where `bins` is 0 or `high < low`.
pub fn log_edges(low: u64, high: u64, bins: usize) -> Vec<u64> {
    if bins == 0 || high < low {
        return Vec::new();
    }
    let first = low.max(1);
    let ratio = (high.max(1) as f64 / first as f64).ln() / bins as f64;
    let mut edges = vec![low];
    edges.extend((1..bins).map(|i| (first as f64 * (ratio * i as f64).exp()).round() as u64));
    edges.push(high);
    edges.dedup();
    edges
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filled(values: &[u64]) -> Histogram {
        let mut histogram = Histogram::new();
        values.iter().for_each(|&value| histogram.record(value));
        histogram
    }

    #[test]
    fn an_empty_histogram_says_nothing_and_owns_nothing() {
        let empty = Histogram::new();
        assert_eq!((empty.count(), empty.sum()), (0, 0));
        assert_eq!((empty.min(), empty.max(), empty.mean_ns()), (None, None, None));
        assert_eq!(empty.percentile(50.0), None);
        assert_eq!(empty.buckets().count(), 0);
        assert_eq!((empty.few.capacity(), empty.dense.capacity()), (0, 0));
    }

    #[test]
    fn values_below_1024_have_a_bucket_each_and_wider_ones_follow_without_a_hole() {
        for value in 0..1024 {
            assert_eq!(bounds_of(bucket_of(value)), (value, value));
        }
        assert_eq!(bounds_of(bucket_of(1024)), (1024, 1025));
        let mut expected = 0_u64;
        for bucket in 0..BUCKETS {
            let (low, high) = bounds_of(bucket);
            assert_eq!(low, expected);
            assert_eq!((bucket_of(low), bucket_of(high)), (bucket, bucket));
            expected = high.wrapping_add(1);
        }
        assert_eq!(expected, 0, "the last bucket ends at the greatest u64");
    }

    #[test]
    fn percentiles_are_by_nearest_rank() {
        // The textbook example: 15, 20, 35, 40, 50; 5 % -> 15, 30 % -> 20, 40 % -> 20, 50 % -> 35, 100 % -> 50.
        let h = filled(&[35, 15, 50, 40, 20]);
        let of = |p| h.percentile(p).unwrap();
        assert_eq!(
            [of(0.0), of(5.0), of(30.0), of(40.0), of(50.0), of(100.0)],
            [15, 15, 20, 20, 35, 50]
        );
        assert_eq!(
            (h.percentile(-1.0), h.percentile(100.1), h.percentile(f64::NAN)),
            (None, None, None)
        );
    }

    #[test]
    fn the_999th_of_1000_is_the_99_9th_percentile() {
        let h = filled(&(1..=1000).collect::<Vec<_>>());
        assert_eq!(h.percentile(99.9), Some(999));
        assert_eq!(h.percentile(99.0), Some(990));
        assert_eq!(h.percentile(95.0), Some(950));
    }

    #[test]
    fn rebinning_keeps_every_sample_within_the_edges() {
        let h = filled(&[1, 9, 10, 99, 100, 1000]);
        assert_eq!(h.rebin(&[1, 10, 100, 1000]), [2, 2, 2]);
        assert_eq!(h.rebin(&[10, 100]), [3], "the last interval is closed");
        assert_eq!(h.rebin(&[]), [0_u64; 0]);
    }

    #[test]
    fn logarithmic_edges_are_a_decade_apart() {
        assert_eq!(log_edges(1, 1000, 3), [1, 10, 100, 1000]);
        assert_eq!(log_edges(5, 5, 3), [5]);
        assert_eq!(log_edges(0, 2, 4), [0, 1, 2]);
        assert_eq!(log_edges(2, 1, 4), [0_u64; 0]);
    }

    #[test]
    fn extreme_values_do_not_overflow() {
        let mut h = filled(&[u64::MAX, u64::MAX, 0]);
        h.record_many(u64::MAX, u64::MAX);
        h.merge(&h.clone());
        assert_eq!(
            (h.min(), h.max(), h.percentile(100.0)),
            (Some(0), Some(u64::MAX), Some(u64::MAX))
        );
        assert!(h.percentile(50.0).unwrap() > u64::MAX / 1000 * 999);
    }

    fn values() -> impl Strategy<Value = Vec<u64>> {
        // Any magnitude: a number of significant bits, then the bits.
        let value = (0..=64_u32, any::<u64>()).prop_map(|(bits, v)| v.checked_shr(64 - bits).unwrap_or(0));
        prop_oneof![
            9 => prop::collection::vec(value.clone(), 1..300),
            1 => prop::collection::vec(value, FEW..FEW + 500),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn figures_agree_with_the_sorted_samples(values in values(), percent in 0.0..=100.0_f64) {
            let h = filled(&values);
            let mut sorted = values.clone();
            sorted.sort_unstable();
            prop_assert_eq!(h.count(), sorted.len() as u64);
            prop_assert_eq!(h.min(), sorted.first().copied());
            prop_assert_eq!(h.max(), sorted.last().copied());
            prop_assert_eq!(h.sum(), sorted.iter().map(|&v| u128::from(v)).sum::<u128>());
            let percent = (percent * 100.0).round() / 100.0;
            let rank = ((percent * 100.0).round() as usize * sorted.len()).div_ceil(10_000).max(1);
            let exact = sorted[rank - 1];
            let found = h.percentile(percent).unwrap();
            prop_assert!(u128::from(found.abs_diff(exact)) * 1000 <= u128::from(exact), "{} for {}", found, exact);
        }

        #[test]
        fn neither_order_nor_merging_matters(values in values(), cut in any::<prop::sample::Index>()) {
            let whole = filled(&values);
            let (left, right) = values.split_at(cut.index(values.len()));
            let mut reversed: Vec<_> = right.to_vec();
            reversed.reverse();
            let mut merged = filled(&reversed);
            merged.merge(&filled(left));
            prop_assert_eq!(&merged, &whole);
            for percent in [0.0, 1.0, 50.0, 95.0, 99.9, 100.0] {
                prop_assert_eq!(merged.percentile(percent), whole.percentile(percent));
            }
        }

        #[test]
        fn buckets_ascend_and_hold_every_sample(values in values()) {
            let h = filled(&values);
            let buckets: Vec<_> = h.buckets().collect();
            prop_assert!(buckets.windows(2).all(|pair| pair[0].high < pair[1].low));
            for bucket in &buckets {
                let inside = values.iter().filter(|v| (bucket.low..=bucket.high).contains(v)).count() as u64;
                prop_assert_eq!(inside, bucket.count);
            }
            let edges = log_edges(h.min().unwrap(), h.max().unwrap(), 20);
            if edges.len() > 1 {
                prop_assert_eq!(h.rebin(&edges).iter().sum::<u64>(), h.count());
            }
        }
    }
}
