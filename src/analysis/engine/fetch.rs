//! Asks the memory for what the next segments will touch, for many segments at once.
//!
//! With thousands of connections no cache holds their states, and a core that comes upon one missing line after the other
//! waits for each in turn: a dozen waits for a segment. Here the lines of a whole batch are read first, one word of
//! each, with nothing in between that would depend on them; the memory answers such reads side by side. What is behind a
//! pointer is read in a round of its own, once the pointer has come. The words themselves are of no use.

use super::{Measurer, Placer};
use crate::analysis::decoded::{Placed, Record};
use crate::packet::Ends;

/// Flows of a block from which on their states are fetched: those of fewer stay in the cache by themselves.
const MANY_FLOWS: usize = 128;

impl Placer {
    /// Fetches what `records` will touch, the records themselves among it: another core may have written them.
    #[inline]
    pub(super) fn fetch(&mut self, records: &[Record], flows: &[Ends]) {
        let mut fetched = 0;
        for record in records {
            if let Some(flow) = record.flow()
                && let Some(place) = self.place(flow, flows)
            {
                fetched ^= self.duplicates.fetch(&place, record.print);
            }
        }
        std::hint::black_box(fetched);
        if flows.len() >= MANY_FLOWS {
            self.fetch_states(records, flows);
        }
    }

    #[inline(never)]
    fn fetch_states(&mut self, records: &[Record], flows: &[Ends]) {
        let mut fetched = 0;
        for record in records {
            if let Some(flow) = record.flow()
                && let Some(place) = self.place(flow, flows)
                && let Some(known) = self.conversations.get(place.conversation as usize)
            {
                fetched ^= known.fetch();
            }
        }
        for round in 0..2 {
            for record in records {
                let Some(place) = record.flow().and_then(|flow| self.place(flow, flows)) else {
                    continue;
                };
                let known = self.conversations.get(place.conversation as usize);
                if let Some(judged) = known.and_then(|known| known.tcp.as_deref()) {
                    fetched ^= if round == 0 {
                        judged.wireshark.fetch()
                    } else {
                        judged.wireshark.fetch_owned()
                    };
                }
            }
        }
        std::hint::black_box(fetched);
    }
}

impl Measurer {
    /// Fetches what the frames `placed` will touch; `flows` are those of the block.
    #[inline]
    pub(super) fn fetch(&self, placed: &[Placed], flows: usize) {
        if flows >= MANY_FLOWS {
            self.fetch_states(placed);
        }
    }

    #[inline(never)]
    fn fetch_states(&self, placed: &[Placed]) {
        let mut fetched = 0;
        for placed in placed {
            let course = self.courses.get(placed.conversation as usize);
            fetched ^= course.map_or(0, |course| u64::from(course.pair));
            fetched ^= self.migration.fetch(placed.conversation, usize::from(placed.reverse));
        }
        for placed in placed {
            let Some(course) = self.courses.get(placed.conversation as usize) else {
                continue;
            };
            fetched ^= course.tcp.as_deref().map_or(0, |tracked| tracked.fetch());
            fetched ^= self.pairs.get(course.pair).map_or(0, |pair| pair.fetch());
            fetched ^= self
                .migration
                .fetch_owned(placed.conversation, usize::from(placed.reverse));
        }
        for placed in placed {
            let Some(course) = self.courses.get(placed.conversation as usize) else {
                continue;
            };
            fetched ^= course.tcp.as_deref().map_or(0, |tracked| tracked.tracker.fetch_owned());
            fetched ^= self
                .pairs
                .get(course.pair)
                .map_or(0, |pair| pair.timeline.fetch_owned());
        }
        std::hint::black_box(fetched);
    }
}
