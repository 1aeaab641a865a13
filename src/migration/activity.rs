//! When each side of every conversation was heard: from this the virtual machine's silence is read off once an
//! announcement has told which frames were its own.
//!
//! The announcement comes after the switchover, so that the frames before it must have been noted when nobody knew
//! yet whose they were. What is kept of a side is small: the times of its first and last frame, and its longest gaps.

use std::net::IpAddr;

use crate::packet::Mac;

/// Gaps kept for one side. Where there are more, the shorter half is forgotten and shorter ones are left out from
/// then on: a flow that is often silent for as long says nothing about a switchover anyway.
const MAX_GAPS: usize = 64;
/// Switchovers whose gap is kept whatever comes later.
const MAX_MOMENTS: usize = 32;
/// Shorter gaps are not looked at.
const SHORTEST_GAP_NS: i64 = 1_000_000;

/// Times of answers, as the gaps between them.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    /// How many.
    pub(super) count: u64,
    /// The earliest.
    pub(super) first_ns: i64,
    /// The latest.
    pub(super) last_ns: i64,
    shortest_ns: i64,
    /// In ascending order.
    gaps: Vec<(i64, i64)>,
    /// Moments whose gap is wanted, and the gaps that hold one of them.
    moments: Vec<i64>,
    wanted: Vec<(i64, i64)>,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            count: 0,
            first_ns: i64::MAX,
            last_ns: i64::MIN,
            shortest_ns: SHORTEST_GAP_NS,
            gaps: Vec::new(),
            moments: Vec::new(),
            wanted: Vec::new(),
        }
    }
}

impl Answers {
    /// Takes an answer; they need not come in order of time.
    #[inline]
    pub(super) fn at(&mut self, time_ns: i64) {
        self.count += 1;
        if time_ns >= self.last_ns {
            if self.count > 1 && time_ns.saturating_sub(self.last_ns) >= self.shortest_ns {
                self.open(self.last_ns, time_ns);
            }
            self.last_ns = time_ns;
            if self.count == 1 {
                self.first_ns = time_ns;
            }
        } else {
            self.late(time_ns);
        }
    }

    /// The gap that holds this moment is to be kept, however many others there are.
    pub(super) fn want(&mut self, moment_ns: i64) {
        if self.moments.len() < MAX_MOMENTS {
            self.moments.push(moment_ns);
            let held = self.gaps.iter().find(|gap| gap.0 <= moment_ns && moment_ns <= gap.1);
            self.wanted.extend(held);
        }
    }

    #[cold]
    fn open(&mut self, from_ns: i64, to_ns: i64) {
        if self.moments.iter().any(|moment| (from_ns..=to_ns).contains(moment)) {
            self.wanted.push((from_ns, to_ns));
        }
        if self.gaps.len() >= MAX_GAPS {
            let mut lengths: Vec<i64> = self.gaps.iter().map(|gap| gap.1.saturating_sub(gap.0)).collect();
            lengths.sort_unstable();
            self.shortest_ns = lengths[lengths.len() / 2].saturating_add(1);
            self.gaps.retain(|gap| gap.1.saturating_sub(gap.0) >= self.shortest_ns);
            if to_ns.saturating_sub(from_ns) < self.shortest_ns {
                return;
            }
        }
        self.gaps.push((from_ns, to_ns));
    }

    /// An answer from before the latest: it divides the gap that it falls in.
    #[cold]
    fn late(&mut self, time_ns: i64) {
        if time_ns < self.first_ns {
            let first = std::mem::replace(&mut self.first_ns, time_ns);
            if first.saturating_sub(time_ns) >= self.shortest_ns && self.gaps.len() < MAX_GAPS {
                self.gaps.insert(0, (time_ns, first));
            }
            return;
        }
        let index = self.gaps.partition_point(|gap| gap.1 <= time_ns);
        if let Some(gap) = self.gaps.get(index).copied()
            && gap.0 < time_ns
        {
            let halves = [(gap.0, time_ns), (time_ns, gap.1)];
            let kept = halves
                .into_iter()
                .filter(|half| half.1.saturating_sub(half.0) >= self.shortest_ns);
            self.gaps.splice(index..=index, kept);
        }
        let divided = |gap: &(i64, i64)| gap.0 < time_ns && time_ns < gap.1;
        if let Some(index) = self.wanted.iter().position(divided) {
            let gap = self.wanted.swap_remove(index);
            let halves = [(gap.0, time_ns), (time_ns, gap.1)];
            let moments = &self.moments;
            let holds = |half: &(i64, i64)| moments.iter().any(|moment| (half.0..=half.1).contains(moment));
            self.wanted.extend(halves.into_iter().filter(holds));
        }
    }

    /// The longest gap that overlaps `from_ns..=to_ns`.
    pub(super) fn longest_gap(&self, from_ns: i64, to_ns: i64) -> Option<(i64, i64)> {
        self.gaps
            .iter()
            .chain(&self.wanted)
            .filter(|gap| gap.0 <= to_ns && gap.1 >= from_ns)
            .max_by_key(|gap| (gap.1.saturating_sub(gap.0), std::cmp::Reverse(gap.0)))
            .copied()
    }

    /// The last answer known at or before a time. Exact to the shortest gap that is kept.
    pub(super) fn last_before(&self, time_ns: i64) -> Option<i64> {
        if self.count == 0 || self.first_ns > time_ns {
            return None;
        }
        let covering = self
            .gaps
            .iter()
            .chain(&self.wanted)
            .find(|gap| gap.0 <= time_ns && time_ns < gap.1);
        Some(covering.map_or(time_ns.min(self.last_ns), |gap| gap.0))
    }

    /// True where nothing was heard between the two times.
    pub(super) fn is_silent(&self, from_ns: i64, to_ns: i64) -> bool {
        self.count == 0
            || self.first_ns >= to_ns
            || self.last_ns <= from_ns
            || self
                .gaps
                .iter()
                .chain(&self.wanted)
                .any(|gap| gap.0 <= from_ns && gap.1 >= to_ns)
    }

    /// Mean interval between answers, nanoseconds, leaving out one gap.
    pub(super) fn interval_ns(&self, without: Option<(i64, i64)>) -> Option<i64> {
        let left_out = without.map_or(0, |gap| gap.1.saturating_sub(gap.0));
        let intervals = self.count.checked_sub(1 + u64::from(without.is_some()))?;
        let span = self.last_ns.saturating_sub(self.first_ns).saturating_sub(left_out);
        span.checked_div(i64::try_from(intervals).ok()?)
    }
}

/// One side of a conversation, as a sender.
#[derive(Debug, Clone, Default)]
pub(super) struct Sender {
    /// Its hardware address in its first frame.
    pub(super) mac: Option<Mac>,
    /// Its address.
    pub(super) address: Option<IpAddr>,
    /// All its frames to a single receiver, on the capture interface of the first of them and on the others.
    first_heard: Option<Heard>,
    others_heard: Vec<Heard>,
    /// Those of them that answer a client: with payload, or an echo reply.
    pub(super) answers: Answers,
}

/// Frames on one capture interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) interface: u32,
    pub(super) frames: u64,
    pub(super) first_ns: i64,
    pub(super) last_ns: i64,
}

impl Heard {
    #[inline]
    fn frame(&mut self, time_ns: i64) {
        self.frames += 1;
        self.first_ns = self.first_ns.min(time_ns);
        self.last_ns = self.last_ns.max(time_ns);
    }
}

/// Interfaces told apart per sender.
const MAX_INTERFACES: usize = 16;

impl Sender {
    /// Reads a word of each cache line that the next frame will touch.
    #[inline]
    pub(super) fn fetch(&self) -> u64 {
        let heard = self.first_heard.map_or(0, |heard| heard.frames ^ heard.last_ns as u64);
        heard ^ u64::from(self.address.is_some()) ^ self.answers.count ^ self.answers.last_ns as u64
    }

    /// The same for what it owns elsewhere.
    #[inline]
    pub(super) fn fetch_owned(&self) -> u64 {
        let gap = self.answers.gaps.last().map_or(0, |gap| gap.0);
        gap as u64
    }

    /// Takes a frame of this side.
    #[inline]
    pub(super) fn frame(&mut self, interface: u32, time_ns: i64, is_answer: bool) {
        match &mut self.first_heard {
            Some(heard) if heard.interface == interface => heard.frame(time_ns),
            _ => self.on_another(interface, time_ns),
        }
        if is_answer {
            self.answers.at(time_ns);
        }
    }

    #[cold]
    fn on_another(&mut self, interface: u32, time_ns: i64) {
        let heard = Heard {
            interface,
            frames: 1,
            first_ns: time_ns,
            last_ns: time_ns,
        };
        if self.first_heard.is_none() {
            self.first_heard = Some(heard);
        } else if let Some(known) = self.others_heard.iter_mut().find(|known| known.interface == interface) {
            known.frame(time_ns);
        } else if self.others_heard.len() + 1 < MAX_INTERFACES {
            self.others_heard.push(heard);
        }
    }

    /// Its frames to a single receiver, per capture interface.
    pub(super) fn heard(&self) -> impl Iterator<Item = &Heard> {
        self.first_heard.iter().chain(&self.others_heard)
    }
}

/// Both sides of a conversation.
pub(super) type Pair = [Sender; 2];

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(times: &[i64]) -> Answers {
        let mut answers = Answers::default();
        for &time in times {
            answers.at(time * 1_000_000);
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
        assert!(answers.gaps.len() <= MAX_GAPS);
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
    fn a_wanted_gap_stays_among_thousands_of_longer_ones() {
        let mut answers = answers(&[0, 10, 20]);
        answers.want(25_000_000);
        for time in [40, 50, 60] {
            answers.at(time * 1_000_000);
        }
        answers.want(55_000_000);
        for second in 1..5000 {
            answers.at(second * 1_000_000_000);
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
        answers.at(30_000_000);
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
