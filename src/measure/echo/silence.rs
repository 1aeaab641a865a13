//! Times without a reply, and what became of the requests that were sent in them.
//!
//! Which silence matters is known only at the end of a capture, when it has told that a server changed hosts: the
//! longest are kept.

/// Silences kept for one flow. Where there are more, the shorter half is forgotten and shorter ones are left out from
/// then on.
const MAX_KEPT: usize = 64;
/// Shorter ones are not looked at.
const SHORTEST_NS: i64 = 1_000_000;

/// A stretch of time in which requests were sent and nothing came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// The reply before it.
    pub from_ns: i64,
    /// The reply that ended it.
    pub to_ns: i64,
    /// Requests sent in it that were never answered.
    pub lost: u64,
    /// Requests sent in it that were answered when it was over, the one whose reply ended it among them.
    pub late: u64,
}

impl Silence {
    fn holds(&self, time_ns: i64) -> bool {
        self.from_ns <= time_ns && time_ns < self.to_ns
    }
}

/// The longest silences of a flow, in order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Silences {
    kept: Vec<Silence>,
    shortest_ns: i64,
    /// Requests lost in a silence that no reply has ended yet.
    lost_in_open: u64,
}

impl Default for Silences {
    fn default() -> Self {
        Self {
            kept: Vec::new(),
            shortest_ns: SHORTEST_NS,
            lost_in_open: 0,
        }
    }
}

impl Silences {
    /// A reply ended a silence.
    pub(super) fn end(&mut self, from_ns: i64, to_ns: i64) {
        let lost = std::mem::take(&mut self.lost_in_open);
        if to_ns.saturating_sub(from_ns) < self.shortest_ns {
            return;
        }
        if self.kept.len() >= MAX_KEPT {
            let mut lengths: Vec<i64> = self.kept.iter().map(|one| one.to_ns - one.from_ns).collect();
            lengths.sort_unstable();
            self.shortest_ns = lengths[lengths.len() / 2].saturating_add(1);
            self.kept.retain(|one| one.to_ns - one.from_ns >= self.shortest_ns);
            if to_ns - from_ns < self.shortest_ns {
                return;
            }
        }
        self.kept.push(Silence {
            from_ns,
            to_ns,
            lost,
            late: 0,
        });
    }

    /// A request of that time was answered; the silence that its reply ended is known already.
    pub(super) fn answered(&mut self, sent_ns: i64) {
        if let Some(silence) = self.holding(sent_ns) {
            silence.late += 1;
        }
    }

    /// A request of that time was lost; `since_ns` is when the silence began that still lasts.
    pub(super) fn lost(&mut self, sent_ns: i64, since_ns: Option<i64>) {
        if since_ns.is_some_and(|since_ns| sent_ns >= since_ns) {
            self.lost_in_open += 1;
        } else if let Some(silence) = self.holding(sent_ns) {
            silence.lost += 1;
        }
    }

    /// The silence that a time lies in.
    pub(super) fn at(&self, time_ns: i64) -> Option<Silence> {
        self.kept.iter().find(|silence| silence.holds(time_ns)).copied()
    }

    fn holding(&mut self, time_ns: i64) -> Option<&mut Silence> {
        // What is asked for lies among the newest.
        let recent = self.kept.iter_mut().rev().take_while(|silence| time_ns < silence.to_ns);
        recent.into_iter().find(|silence| silence.from_ns <= time_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    #[test]
    fn requests_of_a_silence_are_counted_by_their_fate() {
        let mut silences = Silences::default();
        // Replies at 0 and 300; requests at 10, 20, ..., 290, of which the last two were answered.
        silences.end(0, 300 * MS);
        silences.answered(280 * MS);
        silences.answered(290 * MS);
        for sent in 1..=27 {
            silences.lost(sent * 10 * MS, Some(300 * MS));
        }
        let expected = Silence {
            from_ns: 0,
            to_ns: 300 * MS,
            lost: 27,
            late: 2,
        };
        assert_eq!(silences.at(150 * MS), Some(expected));
        assert_eq!(silences.at(300 * MS), None);
    }

    #[test]
    fn what_is_lost_while_the_silence_lasts_counts_when_it_ends() {
        let mut silences = Silences::default();
        for sent in 1..=5 {
            silences.lost(sent * 1000 * MS, Some(0));
        }
        silences.end(0, 9000 * MS);
        assert_eq!(silences.at(MS).map(|silence| silence.lost), Some(5));
    }

    #[test]
    fn the_longest_stay_however_many_follow() {
        let mut silences = Silences::default();
        silences.end(0, 300 * MS);
        for number in 0..5000 {
            let from = 300 * MS + number * 10 * MS;
            silences.end(from, from + 10 * MS);
            silences.answered(from + MS);
        }
        assert!(silences.kept.len() <= MAX_KEPT);
        assert!(silences.at(150 * MS).is_some());
    }
}
