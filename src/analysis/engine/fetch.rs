//! Asks the memory for what the next segments will touch, for many segments at once.
//!
//! With thousands of connections no cache holds their states, and a core that comes upon one missing line after the other
//! waits for each in turn: a dozen waits for a segment. Here the lines of a whole batch are read first, one word of
//! each, with nothing in between that would depend on them; the memory answers such reads side by side. What is behind a
//! pointer is read in a round of its own, once the pointer has come. The words themselves are of no use.

use super::placing::Found;
use super::{Measurer, Placer};
use crate::analysis::decoded::{Placed, Record};

/// Records that are looked up together, at most.
pub(super) const BATCH: usize = 128;
/// The same in a block of many flows.
const BATCH_OF_MANY_FLOWS: usize = 32;

/// How many records of a block are looked up and their states fetched together: enough for the memory to be asked for
/// many lines at once, few enough for the lines of many flows to be still in the nearest cache when they are touched.
pub(super) fn batch(many_flows: bool) -> usize {
    if many_flows { BATCH_OF_MANY_FLOWS } else { BATCH }
}

impl Placer {
    /// Fetches what the segments `records`, which were `found`, will touch: those of few flows stay in the cache by
    /// themselves.
    #[inline]
    pub(super) fn fetch(&mut self, records: &[Record], found: &[Found], many_flows: bool) {
        let fetched = found
            .iter()
            .fold(0, |fetched, found| fetched ^ self.duplicates.fetch(found.mark));
        std::hint::black_box(fetched);
        if many_flows {
            self.fetch_states(records, found);
        }
    }

    #[inline(never)]
    fn fetch_states(&mut self, records: &[Record], found: &[Found]) {
        let mut fetched = 0;
        let known = |found: &Found| self.conversations.get(found.conversation as usize);
        for known in found.iter().filter_map(known) {
            fetched ^= known.fetch();
        }
        let states = || {
            let frames = records.iter().map(|record| record.segment.payload_len > 0).zip(found);
            frames
                .filter_map(|(has_payload, found)| Some((known(found)?.tcp.as_deref()?, found.direction, has_payload)))
        };
        for (state, direction, has_payload) in states() {
            fetched ^= state.fetch(direction, has_payload);
        }
        for (state, direction, has_payload) in states() {
            fetched ^= state.tracker.fetch_owned(direction, has_payload);
            fetched ^= state.wireshark.fetch_owned(direction, has_payload);
        }
        std::hint::black_box(fetched);
    }
}

impl Measurer {
    /// Fetches what the frames `records`, which were `placed`, will touch: those of few flows stay in the cache by
    /// themselves.
    #[inline]
    pub(super) fn fetch(&self, records: &[Record], placed: &[Placed], many_flows: bool) {
        if many_flows {
            self.fetch_states(records, placed);
        }
    }

    #[inline(never)]
    fn fetch_states(&self, records: &[Record], placed: &[Placed]) {
        let course = |placed: &Placed| self.courses.get(placed.conversation as usize);
        let mut fetched = 0;
        for placed in placed {
            fetched ^= course(placed).map_or(0, |course| u64::from(course.pair));
            fetched ^= self.migration.fetch(placed.conversation, usize::from(placed.reverse));
        }
        for placed in placed {
            let Some(course) = course(placed) else {
                continue;
            };
            fetched ^= self.pairs.get(course.pair).map_or(0, |pair| pair.fetch());
            fetched ^= self
                .migration
                .fetch_owned(placed.conversation, usize::from(placed.reverse));
        }
        let frames = records.iter().map(|record| record.segment.payload_len > 0).zip(placed);
        for (has_payload, placed) in frames {
            let Some(course) = course(placed) else {
                continue;
            };
            let direction = course.pair_direction(placed.direction().index());
            let pair = self.pairs.get(course.pair);
            fetched ^= pair.map_or(0, |pair| pair.timeline.fetch_owned(direction, has_payload));
            fetched ^= self
                .migration
                .fetch_behind(placed.conversation, usize::from(placed.reverse));
        }
        std::hint::black_box(fetched);
    }
}
