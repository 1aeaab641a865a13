//! Asks the memory for what the next segments will touch, for many segments at once.
//!
//! With thousands of connections no cache holds their states, and a core that comes upon one missing line after the other
//! waits for each in turn: a dozen waits for a segment. Here the lines of a whole batch are read first, one word of
//! each, with nothing in between that would depend on them; the memory answers such reads side by side. What is behind a
//! pointer is read in a round of its own, once the pointer has come. The words themselves are of no use.

use super::Engine;
use crate::analysis::decoded::Record;
use crate::flow::table::Place;
use crate::packet::Ends;

/// Flows of a block from which on their states are fetched: those of fewer stay in the cache by themselves.
const MANY_FLOWS: usize = 128;

impl Engine {
    /// Fetches what `records` will touch.
    #[inline]
    pub(super) fn fetch(&mut self, records: &[Record], flows: &[Ends]) {
        if flows.len() >= MANY_FLOWS {
            self.fetch_states(records, flows);
        }
        let mut fetched = 0;
        for record in records {
            if let Some(flow) = record.flow()
                && let Some(place) = self.place(flow, flows)
            {
                fetched ^= self.duplicates.fetch(&place, record.print);
            }
        }
        std::hint::black_box(fetched);
    }

    #[inline(never)]
    fn fetch_states(&mut self, records: &[Record], flows: &[Ends]) {
        let mut fetched = 0;
        let mut places = std::mem::take(&mut self.fetching);
        places.clear();
        places.extend(records.iter().filter_map(|record| self.place(record.flow()?, flows)));
        for &Place { conversation, .. } in &places {
            let state = self.conversations.get(conversation as usize);
            fetched ^= state.map_or(0, |state| state.fetch()) ^ self.migration.fetch(conversation);
        }
        for place in &places {
            let Some(conversation) = self.conversations.get(place.conversation as usize) else {
                continue;
            };
            fetched ^= conversation.tcp.as_deref().map_or(0, |state| state.fetch());
            fetched ^= self.pairs.get(conversation.pair).map_or(0, |pair| pair.fetch());
            fetched ^= self.migration.fetch_owned(place.conversation, place.direction.index());
        }
        for place in &places {
            let Some(conversation) = self.conversations.get(place.conversation as usize) else {
                continue;
            };
            fetched ^= conversation.tcp.as_deref().map_or(0, |state| state.fetch_owned());
            let pair = self.pairs.get(conversation.pair);
            fetched ^= pair.map_or(0, |pair| pair.timeline.fetch_owned());
        }
        std::hint::black_box(fetched);
        self.fetching = places;
    }
}
