//! Passes over the memory, told by the addresses: where they restart, a new pass began.

use super::super::follow::Position;
use super::super::model::{Pages, Round};
use super::ram::Sent;

/// Passes kept one by one. Further ones are counted, and added to the last.
const MAX_KEPT: usize = 10_000;

/// Counts pages and passes.
#[derive(Debug, Default)]
pub(in super::super) struct Rounds {
    pages: Pages,
    count: u64,
    kept: Vec<Round>,
    /// Offset where the running pass began.
    began: u64,
    /// Block and address of the page before.
    last: Option<(usize, u64)>,
    /// Passes are no longer told apart: the target asks for pages in any order.
    closed: bool,
}

impl Rounds {
    /// A page of the block with this place in the list.
    pub(super) fn page(&mut self, block: usize, address: u64, sent: Sent, at: Position) {
        count(&mut self.pages, sent);
        if self.closed {
            return;
        }
        let key = (block, address);
        if self.last.is_none_or(|last| key <= last) {
            self.restart(at);
        }
        self.last = Some(key);
        if let Some(round) = self.kept.last_mut() {
            count(&mut round.pages, sent);
            round.end_ns = round.end_ns.max(at.time_ns);
        }
    }

    fn restart(&mut self, at: Position) {
        self.end_round(at);
        self.count += 1;
        if self.kept.len() < MAX_KEPT {
            self.kept.push(Round {
                start_ns: at.time_ns,
                end_ns: at.time_ns,
                bytes: 0,
                pages: Pages::default(),
            });
            self.began = at.offset;
        }
    }

    fn end_round(&mut self, at: Position) {
        let began = self.began;
        if let Some(round) = self.kept.last_mut() {
            round.bytes = at.offset.saturating_sub(began);
        }
    }

    /// A RAM section ends here.
    pub(super) fn section_end(&mut self, at: Position) {
        if !self.closed {
            self.end_round(at);
            if let Some(round) = self.kept.last_mut() {
                round.end_ns = round.end_ns.max(at.time_ns);
            }
        }
    }

    /// From here on pages come in the order in which the target asks for them.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    /// All pages.
    pub(in super::super) fn pages(&self) -> Pages {
        self.pages
    }

    /// Number of passes.
    pub(in super::super) fn count(&self) -> u64 {
        self.count
    }

    /// The passes one by one.
    pub(in super::super) fn kept(&self) -> &[Round] {
        &self.kept
    }
}

fn count(pages: &mut Pages, sent: Sent) {
    match sent {
        Sent::Normal => pages.normal += 1,
        Sent::Zero => pages.zero += 1,
        Sent::Xbzrle => pages.xbzrle += 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_ends_where_the_addresses_restart() {
        let mut rounds = Rounds::default();
        let pages = [(0, 0), (0, 0x1000), (1, 0), (0, 0x1000), (0, 0x5000), (0, 0x5000)];
        for (index, (block, address)) in (0..).zip(pages) {
            let at = Position {
                offset: index * 100,
                time_ns: index as i64,
            };
            rounds.page(block, address, Sent::Normal, at);
        }
        rounds.section_end(Position {
            offset: 650,
            time_ns: 9,
        });
        let kept: Vec<_> = rounds
            .kept()
            .iter()
            .map(|round| (round.bytes, round.pages.normal))
            .collect();
        assert_eq!(kept, [(300, 3), (200, 2), (150, 1)]);
        assert_eq!(rounds.count(), 3);
    }
}
