//! Which packets of an RTP stream are missing (RFC 3550 appendix A.1 and A.3).
//!
//! Sequence numbers are extended to 64 bits, so that a stream may wrap as often as it likes. The last [`WINDOW`] numbers
//! are remembered one by one: a number that comes late takes its loss back, one that comes twice is a duplicate and
//! hides no loss (the RFC's own formula, expected less received, would let it). A number beyond reason is not believed
//! until its successor follows: then the sender has started afresh, and nothing was lost in between.

use std::collections::VecDeque;

/// How far back a packet may come late and still be told from a duplicate.
pub const WINDOW: u64 = 1024;

/// The RFC's MAX_DROPOUT: a step ahead by less than this is always believed.
const MAX_DROPOUT: u64 = 3000;

/// What one packet changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Step {
    /// Sequence numbers more that are known to have been sent.
    pub expected: u64,
    /// Of these, how many have not arrived (yet).
    pub lost: u64,
    /// The packet fills a hole that was counted as lost: at which time it was counted.
    pub recovered_at_ns: Option<i64>,
    /// Its number had been seen before.
    pub duplicate: bool,
    /// It arrived after a packet of a higher number.
    pub reordered: bool,
    /// The sender started afresh: nothing can be concluded from comparing this packet with the one before.
    pub restarted: bool,
}

/// Numbers that were jumped over.
#[derive(Debug, Clone, Copy)]
struct Hole {
    first: u64,
    len: u64,
    seen_ns: i64,
}

/// The sequence numbers of one stream.
#[derive(Debug, Clone)]
pub struct Sequence {
    /// Lowest and highest extended number since the last restart.
    lowest: u64,
    highest: u64,
    highest_ns: i64,
    began_ns: i64,
    /// Bit `n % WINDOW` tells whether number `n` of the window has arrived.
    arrived: [u64; (WINDOW / 64) as usize],
    holes: VecDeque<Hole>,
    /// Successor of a packet that was too far off to be believed.
    suspect: Option<u16>,
    expected: u64,
    lost: u64,
    duplicates: u64,
    reordered: u64,
    restarts: u64,
}

impl Sequence {
    /// A stream that begins with `first`.
    pub fn new(first: u16, time_ns: i64) -> Self {
        // Far enough from 0 that earlier numbers may still come.
        let first = (1 << 32) + u64::from(first);
        let mut sequence = Self {
            lowest: first,
            highest: first,
            highest_ns: time_ns,
            began_ns: time_ns,
            arrived: [0; (WINDOW / 64) as usize],
            holes: VecDeque::new(),
            suspect: None,
            expected: 1,
            lost: 0,
            duplicates: 0,
            reordered: 0,
            restarts: 0,
        };
        sequence.mark(first);
        sequence
    }

    /// Numbers sent, as far as the numbers themselves tell.
    pub fn expected(&self) -> u64 {
        self.expected
    }

    /// Numbers that never arrived. Never more than `expected`.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Packets whose number had arrived before.
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// Packets that came after one of a higher number.
    pub fn reordered(&self) -> u64 {
        self.reordered
    }

    /// How often the sender started afresh.
    pub fn restarts(&self) -> u64 {
        self.restarts
    }

    /// Takes the next packet, in order of arrival.
    pub fn arrive(&mut self, number: u16, time_ns: i64) -> Step {
        let ahead = u64::from(number.wrapping_sub(self.highest as u16));
        let behind = 0x1_0000 - ahead;
        if ahead == 0 {
            self.suspect = None;
            self.repeated()
        } else if ahead < self.dropout_limit(time_ns) {
            self.suspect = None;
            self.advance(self.highest.saturating_add(ahead), time_ns)
        } else if behind < WINDOW {
            self.suspect = None;
            self.late(self.highest.saturating_sub(behind), time_ns)
        } else if self.suspect == Some(number) {
            self.restart(number, time_ns)
        } else {
            self.suspect = Some(number.wrapping_add(1));
            Step::default()
        }
    }

    /// A gap is believed up to twice what the stream's own rate would have sent in the time since: a stream of many
    /// packets a second may lose more than the RFC's constant in one outage.
    fn dropout_limit(&self, time_ns: i64) -> u64 {
        let elapsed = u128::from(self.highest_ns.saturating_sub(self.began_ns).max(1).unsigned_abs());
        let since = u128::from(time_ns.saturating_sub(self.highest_ns).max(0).unsigned_abs());
        let sent = u128::from(self.highest - self.lowest);
        let plausible = (2 * sent * since / elapsed).min(0x8000) as u64;
        plausible.max(MAX_DROPOUT)
    }

    fn repeated(&mut self) -> Step {
        self.duplicates += 1;
        Step {
            duplicate: true,
            ..Step::default()
        }
    }

    fn advance(&mut self, number: u64, time_ns: i64) -> Step {
        let expected = number - self.highest;
        let lost = expected - 1;
        for skipped in (self.highest + 1..number).rev().take(WINDOW as usize) {
            self.clear(skipped);
        }
        if lost > 0 {
            self.holes.push_back(Hole {
                first: self.highest + 1,
                len: lost,
                seen_ns: time_ns,
            });
        }
        self.highest = number;
        self.highest_ns = time_ns;
        self.mark(number);
        while (self.holes.front()).is_some_and(|hole| hole.first + hole.len + WINDOW <= number) {
            self.holes.pop_front();
        }
        self.expected += expected;
        self.lost += lost;
        Step {
            expected,
            lost,
            ..Step::default()
        }
    }

    fn late(&mut self, number: u64, time_ns: i64) -> Step {
        if number < self.lowest {
            // The stream began before its first packet here: that one had overtaken this.
            let expected = self.lowest - number;
            let lost = expected - 1;
            for skipped in number + 1..self.lowest {
                self.clear(skipped);
            }
            if lost > 0 {
                self.holes.push_front(Hole {
                    first: number + 1,
                    len: lost,
                    seen_ns: time_ns,
                });
            }
            self.lowest = number;
            self.mark(number);
            self.expected += expected;
            self.lost += lost;
            self.reordered += 1;
            return Step {
                expected,
                lost,
                reordered: true,
                ..Step::default()
            };
        }
        if self.has(number) {
            return self.repeated();
        }
        self.mark(number);
        self.lost = self.lost.saturating_sub(1);
        self.reordered += 1;
        let after = self.holes.partition_point(|hole| hole.first <= number);
        let hole = after.checked_sub(1).and_then(|index| self.holes.get(index));
        Step {
            recovered_at_ns: Some(hole.map_or(time_ns, |hole| hole.seen_ns)),
            reordered: true,
            ..Step::default()
        }
    }

    /// The second packet of a new start: both are counted now.
    fn restart(&mut self, number: u16, time_ns: i64) -> Step {
        let fresh = Self::new(number.wrapping_sub(1), time_ns);
        let old = std::mem::replace(self, fresh);
        self.expected += old.expected;
        self.lost = old.lost;
        self.duplicates = old.duplicates;
        self.reordered = old.reordered;
        self.restarts = old.restarts + 1;
        let step = self.advance(self.highest + 1, time_ns);
        Step {
            expected: step.expected + 1,
            restarted: true,
            ..step
        }
    }

    fn mark(&mut self, number: u64) {
        let (word, bit) = place(number);
        self.arrived[word] |= bit;
    }

    fn clear(&mut self, number: u64) {
        let (word, bit) = place(number);
        self.arrived[word] &= !bit;
    }

    fn has(&self, number: u64) -> bool {
        let (word, bit) = place(number);
        self.arrived[word] & bit != 0
    }
}

fn place(number: u64) -> (usize, u64) {
    let position = number % WINDOW;
    ((position / 64) as usize, 1 << (position % 64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Feeds numbers 20 ms apart.
    fn fed(numbers: impl IntoIterator<Item = u16>) -> Sequence {
        let mut numbers = numbers.into_iter();
        let mut sequence = Sequence::new(numbers.next().unwrap(), 0);
        for (i, number) in (1..).zip(numbers) {
            sequence.arrive(number, i * 20_000_000);
        }
        sequence
    }

    fn totals(s: &Sequence) -> (u64, u64, u64, u64) {
        (s.expected(), s.lost(), s.duplicates(), s.reordered())
    }

    #[test]
    fn a_whole_stream_has_lost_nothing_over_any_number_of_wraps() {
        let s = fed((0..200_000_u32).map(|n| (n + 65_000) as u16));
        assert_eq!(totals(&s), (200_000, 0, 0, 0));
    }

    #[test]
    fn a_hole_is_lost_and_a_late_packet_takes_its_loss_back_where_it_was_counted() {
        let mut s = Sequence::new(10, 100);
        assert_eq!((s.arrive(13, 200).expected, s.lost()), (3, 2));
        assert_eq!((s.arrive(16, 300).lost, s.lost()), (2, 4));
        let late = s.arrive(12, 400);
        assert_eq!((late.recovered_at_ns, late.reordered, s.lost()), (Some(200), true, 3));
        assert_eq!((s.arrive(14, 500).recovered_at_ns, s.lost()), (Some(300), 2));
        assert!(s.arrive(12, 600).duplicate, "the second copy of a late packet");
        assert_eq!(totals(&s), (7, 2, 1, 2));
    }

    #[test]
    fn a_stream_captured_twice_has_duplicates_and_no_negative_loss() {
        let s = fed((0..1000_u16).filter(|n| n % 10 != 3).flat_map(|n| [n, n]));
        assert_eq!(totals(&s), (1000, 100, 900, 0));
    }

    #[test]
    fn numbers_that_come_before_the_first_one_belong_to_the_stream() {
        // 1 is missing for good; 3 overtook 0 and 2.
        assert_eq!(totals(&fed([3, 0, 2, 4])), (5, 1, 0, 2));
        assert_eq!(totals(&fed([1, 65_535, 0, 2])), (4, 0, 0, 2), "over the wrap");
    }

    #[test]
    fn a_single_packet_out_of_reason_is_not_believed() {
        let s = fed([100, 101, 40_000, 102, 103]);
        assert_eq!(totals(&s), (4, 0, 0, 0));
    }

    #[test]
    fn two_in_sequence_elsewhere_are_a_new_start_without_loss() {
        let mut s = fed(100..200);
        assert_eq!(s.arrive(40_000, 3_000_000_000), Step::default());
        let step = s.arrive(40_001, 3_020_000_000);
        assert_eq!((step.expected, step.lost, step.restarted), (2, 0, true));
        assert_eq!((totals(&s), s.restarts()), ((102, 0, 0, 0), 1));
    }

    #[test]
    fn a_fast_stream_may_lose_more_than_the_constant_of_the_rfc() {
        // 20,000 packets a second, half a second of outage: 10,000 lost.
        let mut s = Sequence::new(0, 0);
        for n in 1..20_000_u16 {
            s.arrive(n, i64::from(n) * 50_000);
        }
        let step = s.arrive(30_000, 30_000 * 50_000);
        assert_eq!((step.lost, s.lost()), (10_000, 10_000));
    }

    proptest! {
        /// Any loss, duplication and reordering within the window, against a set of numbers.
        #[test]
        fn totals_agree_with_a_set_of_what_was_sent(
            start in any::<u16>(),
            fates in prop::collection::vec((0..10_u8, 0..200_usize), 2..3000),
        ) {
            let mut arrivals: Vec<(usize, u64)> = Vec::new();
            for (n, (fate, delay)) in fates.iter().enumerate() {
                match fate {
                    0 => {}
                    1 => arrivals.extend([(n, n as u64), (n + delay, n as u64)]),
                    2 => arrivals.push((n + delay, n as u64)),
                    _ => arrivals.push((n, n as u64)),
                }
            }
            arrivals.sort_by_key(|&(at, _)| at);
            prop_assume!(!arrivals.is_empty());
            let s = fed(arrivals.iter().map(|&(_, n)| start.wrapping_add(n as u16)));
            let seen: std::collections::BTreeSet<u64> = arrivals.iter().map(|&(_, n)| n).collect();
            let sent = seen.last().unwrap() - seen.first().unwrap() + 1;
            prop_assert_eq!(s.expected(), sent);
            prop_assert_eq!(s.lost(), sent - seen.len() as u64);
            prop_assert_eq!(s.duplicates(), (arrivals.len() - seen.len()) as u64);
        }

        #[test]
        fn no_input_makes_lost_exceed_expected(numbers in prop::collection::vec(any::<u16>(), 1..500), times in prop::collection::vec(any::<i64>(), 500)) {
            let mut s = Sequence::new(numbers[0], times[0]);
            let (mut expected, mut lost, mut recovered) = (1, 0, 0);
            for (&number, &time) in numbers.iter().zip(&times).skip(1) {
                let step = s.arrive(number, time);
                expected += step.expected;
                lost += step.lost;
                recovered += u64::from(step.recovered_at_ns.is_some());
                prop_assert!(s.lost() <= s.expected());
            }
            prop_assert_eq!((s.expected(), s.lost() + recovered), (expected, lost));
        }
    }
}
