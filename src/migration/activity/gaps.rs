//! The gaps between a sender's answers: the longest, and those that hold a switchover.

use super::Sender;

/// Gaps kept for one side. Where there are more, the shorter half is forgotten and shorter ones are left out from
/// then on: a flow that is often silent for as long says nothing about a switchover anyway.
const MAX_GAPS: usize = 64;
/// Answers that stand late in the file may divide these further, into no more than this.
const MAX_DIVIDED: usize = 2 * MAX_GAPS;
/// Switchovers whose gap is kept whatever comes later.
const MAX_MOMENTS: usize = 32;
/// Shorter gaps are not looked at.
const SHORTEST_GAP_NS: u64 = 1_000_000;

/// From one answer to the next, nanoseconds.
pub(super) type Gap = (i64, i64);

/// Moments whose gap is wanted, and the gaps that hold one of them.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    moments: Vec<i64>,
    gaps: Vec<Gap>,
}

impl Wanted {
    fn is_within(&self, gap: Gap) -> bool {
        self.moments.iter().any(|moment| (gap.0..=gap.1).contains(moment))
    }
}

/// How long a gap is; its end is no earlier than its beginning.
fn length(gap: Gap) -> u64 {
    // What is shorter than i64::MAX is exact, and nothing longer is told apart.
    gap.1.saturating_sub(gap.0) as u64
}

impl Sender {
    /// The gap that holds this moment is to be kept, however many others there are.
    pub(in super::super) fn want(&mut self, moment_ns: i64) {
        let held = self
            .kept()
            .iter()
            .find(|gap| gap.0 <= moment_ns && moment_ns <= gap.1)
            .copied();
        let Some(rest) = &mut self.rest else {
            return;
        };
        let wanted = rest.wanted.get_or_insert_default();
        if wanted.moments.len() < MAX_MOMENTS {
            wanted.moments.push(moment_ns);
            wanted.gaps.extend(held);
            self.wants = true;
        }
    }

    /// An answer that is the first, or comes after a gap, or stands late in the file.
    #[inline(never)]
    pub(super) fn distant_answer(&mut self, time_ns: i64) {
        if self.shortest_ns == 0 {
            self.shortest_ns = SHORTEST_GAP_NS;
            self.last_ns = time_ns;
            if let Some(rest) = &mut self.rest {
                rest.first_answer_ns = time_ns;
                rest.first_ns = rest.first_ns.min(time_ns);
            }
        } else if time_ns >= self.last_ns {
            self.open((self.last_ns, time_ns));
            self.last_ns = time_ns;
        } else {
            self.late(time_ns);
        }
    }

    fn open(&mut self, gap: Gap) {
        if self.wants
            && let Some(wanted) = self.rest.as_mut().and_then(|rest| rest.wanted.as_mut())
            && wanted.is_within(gap)
        {
            wanted.gaps.push(gap);
        }
        if usize::from(self.used) >= MAX_GAPS {
            self.edit(forget_the_shorter_half);
            if length(gap) < self.shortest_ns {
                return;
            }
        }
        if let Some(place) = self.gaps.get_mut(usize::from(self.used)) {
            *place = gap;
            self.used += 1;
        } else {
            self.edit(|gaps, _| gaps.push(gap));
        }
    }

    /// Changes the gaps that are kept, and the length from which on they are.
    fn edit(&mut self, change: impl FnOnce(&mut Vec<Gap>, &mut u64)) {
        let mut gaps = std::mem::take(&mut self.gaps).into_vec();
        gaps.truncate(self.used.into());
        change(&mut gaps, &mut self.shortest_ns);
        if gaps.len() > MAX_DIVIDED {
            forget_the_shorter_half(&mut gaps, &mut self.shortest_ns);
        }
        if gaps.len() <= MAX_GAPS {
            gaps.shrink_to(MAX_GAPS);
        }
        self.used = gaps.len() as u8;
        // A slice that is as long as what was allocated is not copied.
        gaps.resize(gaps.capacity(), Gap::default());
        self.gaps = gaps.into_boxed_slice();
    }

    /// An answer from before the latest: it divides the gap that it falls in.
    #[cold]
    fn late(&mut self, time_ns: i64) {
        let Some(rest) = &mut self.rest else {
            return;
        };
        rest.first_ns = rest.first_ns.min(time_ns);
        if time_ns < rest.first_answer_ns {
            let first = std::mem::replace(&mut rest.first_answer_ns, time_ns);
            if length((time_ns, first)) >= self.shortest_ns && usize::from(self.used) < MAX_GAPS {
                self.edit(|gaps, _| gaps.insert(0, (time_ns, first)));
            }
            return;
        }
        if let Some(wanted) = &mut rest.wanted {
            let divided = |gap: &Gap| gap.0 < time_ns && time_ns < gap.1;
            if let Some(index) = wanted.gaps.iter().position(divided) {
                let gap = wanted.gaps.swap_remove(index);
                for half in [(gap.0, time_ns), (time_ns, gap.1)] {
                    if wanted.is_within(half) {
                        wanted.gaps.push(half);
                    }
                }
            }
        }
        let index = self.kept().partition_point(|gap| gap.1 <= time_ns);
        if let Some(gap) = self.kept().get(index).copied()
            && gap.0 < time_ns
        {
            self.edit(|gaps, shortest_ns| {
                let halves = [(gap.0, time_ns), (time_ns, gap.1)];
                let kept = halves.into_iter().filter(|half| length(*half) >= *shortest_ns);
                gaps.splice(index..=index, kept);
            });
        }
    }

    fn kept(&self) -> &[Gap] {
        self.gaps.get(..self.used.into()).unwrap_or_default()
    }

    /// All gaps that are known.
    fn known(&self) -> impl Iterator<Item = Gap> {
        let wanted = self.rest.as_ref().and_then(|rest| rest.wanted.as_ref());
        let wanted = wanted.map_or(&[][..], |wanted| &wanted.gaps);
        self.kept().iter().chain(wanted).copied()
    }

    /// The earliest answer.
    pub(in super::super) fn first_answer_ns(&self) -> Option<i64> {
        let first = self.rest.as_ref().map(|rest| rest.first_answer_ns);
        first.filter(|_| self.answers() > 0)
    }

    /// The longest gap that overlaps `from_ns..=to_ns`.
    pub(in super::super) fn longest_gap(&self, from_ns: i64, to_ns: i64) -> Option<Gap> {
        self.known()
            .filter(|gap| gap.0 <= to_ns && gap.1 >= from_ns)
            .max_by_key(|gap| (length(*gap), std::cmp::Reverse(gap.0)))
    }

    /// The last answer known at or before a time. Exact to the shortest gap that is kept.
    pub(in super::super) fn last_before(&self, time_ns: i64) -> Option<i64> {
        self.first_answer_ns().filter(|&first| first <= time_ns)?;
        let covering = self.known().find(|gap| gap.0 <= time_ns && time_ns < gap.1);
        Some(covering.map_or(time_ns.min(self.last_ns), |gap| gap.0))
    }

    /// True where nothing was heard between the two times.
    pub(in super::super) fn is_silent(&self, from_ns: i64, to_ns: i64) -> bool {
        self.first_answer_ns().is_none_or(|first| first >= to_ns)
            || self.last_ns <= from_ns
            || self.known().any(|gap| gap.0 <= from_ns && gap.1 >= to_ns)
    }

    /// Mean interval between answers, nanoseconds, leaving out one gap.
    pub(in super::super) fn interval_ns(&self, without: Option<Gap>) -> Option<i64> {
        let left_out = without.map_or(0, |gap| gap.1.saturating_sub(gap.0));
        let intervals = self.answers().checked_sub(1 + u64::from(without.is_some()))?;
        let span = self.last_ns.saturating_sub(self.first_answer_ns()?);
        span.saturating_sub(left_out)
            .checked_div(i64::try_from(intervals).ok()?)
    }
}

fn forget_the_shorter_half(gaps: &mut Vec<Gap>, shortest_ns: &mut u64) {
    let mut lengths = [0; MAX_DIVIDED + 1];
    for (place, gap) in lengths.iter_mut().zip(gaps.iter()) {
        *place = length(*gap);
    }
    let used = gaps.len().min(lengths.len());
    let (_, median, _) = lengths[..used].select_nth_unstable(used / 2);
    *shortest_ns = *median + 1;
    gaps.retain(|gap| length(*gap) >= *shortest_ns);
}

#[cfg(test)]
mod tests {
    use super::super::tests::sender;
    use super::*;

    fn answers(times: &[i64]) -> Sender {
        let mut answers = sender(times[0] * 1_000_000);
        for &time in times {
            answers.frame(0, time * 1_000_000, true);
        }
        answers
    }

    #[test]
    fn the_gap_around_a_moment_is_found_whatever_the_order() {
        for times in [[0, 10, 20, 180, 190], [0, 10, 180, 20, 190], [180, 190, 0, 20, 10]] {
            let answers = answers(&times);
            assert_eq!(
                answers.longest_gap(100_000_000, 100_000_000),
                Some((20_000_000, 180_000_000)),
                "{times:?}"
            );
            assert_eq!(answers.last_before(100_000_000), Some(20_000_000));
        }
    }

    #[test]
    fn many_gaps_keep_the_longest() {
        let mut times: Vec<i64> = (0..5000).map(|index| index * 10).collect();
        times.extend((0..5000).map(|index| 50_300 + index * 10));
        let answers = answers(&times);
        assert!(answers.kept().len() <= MAX_GAPS);
        assert_eq!(
            answers.longest_gap(50_100_000_000, 50_200_000_000),
            Some((49_990_000_000, 50_300_000_000))
        );
        assert_eq!(
            answers.interval_ns(answers.longest_gap(50_100_000_000, 50_200_000_000)),
            Some(10_000_000)
        );
    }

    #[test]
    fn answers_late_in_the_file_do_not_make_ever_more_gaps() {
        // As where one capture was put behind a later one: all of the second lies in one gap of the first.
        let mut times = vec![0, 10_000_000];
        times.extend((1..5000).map(|index| index * 10));
        times.extend((1..5000).map(|index| 60_000 + index * 10));
        let answers = answers(&times);
        assert!(answers.kept().len() <= MAX_DIVIDED);
        assert_eq!(
            answers.longest_gap(55_000_000_000, 55_000_000_000),
            Some((49_990_000_000, 60_010_000_000))
        );
    }

    #[test]
    fn a_wanted_gap_stays_among_thousands_of_longer_ones() {
        let mut answers = answers(&[0, 10, 20]);
        answers.want(25_000_000);
        for time in [40, 50, 60] {
            answers.frame(0, time * 1_000_000, true);
        }
        answers.want(55_000_000);
        for second in 1..5000 {
            answers.frame(0, second * 1_000_000_000, true);
        }
        assert_eq!(
            answers.longest_gap(24_000_000, 25_000_000),
            Some((20_000_000, 40_000_000))
        );
        assert_eq!(
            answers.longest_gap(54_000_000, 55_000_000),
            Some((50_000_000, 60_000_000))
        );
        // An answer that stands late in the file divides it.
        answers.frame(0, 30_000_000, true);
        assert_eq!(
            answers.longest_gap(24_000_000, 25_000_000),
            Some((20_000_000, 30_000_000))
        );
    }

    #[test]
    fn before_the_first_and_after_the_last_answer_there_is_silence() {
        let answers = answers(&[100, 110]);
        assert!(answers.is_silent(0, 90_000_000));
        assert!(answers.is_silent(120_000_000, 500_000_000));
        assert!(!answers.is_silent(90_000_000, 105_000_000));
        assert_eq!(answers.last_before(50_000_000), None);
        assert_eq!(answers.last_before(500_000_000), Some(110_000_000));
    }
}
