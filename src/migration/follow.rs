//! The push driver that the wire formats share: elements are parsed where they lie, long contents skipped unread, and
//! a gap within a skipped content costs nothing.

use super::stream::Sink;

/// A place in a direction's stream, and when it was captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Position {
    /// Stream offset.
    pub(super) offset: u64,
    /// Time of the frame that brought the byte.
    pub(super) time_ns: i64,
}

/// What a grammar made of the bytes that it was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    /// An element of so many bytes, at least one.
    Took(usize),
    /// The same, and so many bytes of content after it that need not be looked at.
    TookThenSkip(usize, u64),
    /// Not a whole element yet.
    More,
    /// These bytes cannot be what the format says; a phrase that tells why.
    Bad(&'static str),
}

/// A wire format, read one element at a time.
pub(super) trait Grammar {
    /// No element is longer than this; where one claims to be, the stream is none of this format.
    const MAX_ELEMENT: usize;

    /// Reads the element at the start of `input`, which is not empty.
    fn element(&mut self, input: &[u8], at: Position) -> Element;

    /// Bytes that were needed were not captured. The next input is from somewhere behind.
    fn lost(&mut self, at: Position);

    /// The last byte before `at` ends a content that was skipped.
    fn skipped(&mut self, _at: Position) {}
}

/// Where a stream stopped making sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken {
    /// Stream offset of the element.
    pub(super) offset: u64,
    /// What is wrong with it.
    pub(super) why: &'static str,
}

/// Feeds a grammar.
#[derive(Debug)]
pub(super) struct Follower<G> {
    pub(super) grammar: G,
    /// Beginning of an element whose rest has not come yet.
    carry: Vec<u8>,
    carry_at: Position,
    /// Bytes of content still to be passed over.
    skip: u64,
    /// Where reading was given up.
    pub(super) broken: Option<Broken>,
}

impl<G: Grammar> Follower<G> {
    pub(super) fn new(grammar: G) -> Self {
        Self {
            grammar,
            carry: Vec::new(),
            carry_at: Position::default(),
            skip: 0,
            broken: None,
        }
    }

    /// Passes over content; how many of `available` bytes it was.
    fn pass_over(&mut self, available: u64, at: Position) -> u64 {
        let passed = self.skip.min(available);
        self.skip -= passed;
        if passed > 0 && self.skip == 0 {
            self.grammar.skipped(Position {
                offset: at.offset + passed,
                ..at
            });
        }
        passed
    }

    /// Reads one element from `input`; how many bytes it took, `None` where there is no whole one.
    fn read(&mut self, input: &[u8], at: Position) -> Option<usize> {
        match self.grammar.element(input, at) {
            Element::Took(len) => Some(len.max(1)),
            Element::TookThenSkip(len, skip) => {
                self.skip = skip;
                Some(len.max(1))
            }
            Element::More if input.len() >= G::MAX_ELEMENT => {
                self.give_up(at, "an element longer than the format allows");
                None
            }
            Element::More => None,
            Element::Bad(why) => {
                self.give_up(at, why);
                None
            }
        }
    }

    fn give_up(&mut self, at: Position, why: &'static str) {
        self.carry = Vec::new();
        self.broken.get_or_insert(Broken { offset: at.offset, why });
    }

    /// Completes the element that `carry` begins; how many bytes of `input` were used for it.
    fn read_carried(&mut self, input: &[u8]) -> usize {
        let before = self.carry.len();
        let taken = input.len().min(G::MAX_ELEMENT - before.min(G::MAX_ELEMENT));
        self.carry.extend_from_slice(&input[..taken]);
        let carry = std::mem::take(&mut self.carry);
        match self.read(&carry, self.carry_at) {
            // An element that ends within what was carried leaves the rest of it to be read again.
            Some(len) if len < before => {
                self.carry.extend_from_slice(&carry[len..before]);
                self.carry_at.offset += len as u64;
                0
            }
            Some(len) => len - before,
            None => {
                if self.broken.is_none() {
                    self.carry = carry;
                }
                taken
            }
        }
    }
}

impl<G: Grammar> Sink for Follower<G> {
    fn bytes(&mut self, offset: u64, bytes: &[u8], time_ns: i64) {
        let mut position = 0;
        while self.broken.is_none() && position < bytes.len() {
            let input = &bytes[position..];
            let at = Position {
                offset: offset + position as u64,
                time_ns,
            };
            if self.skip > 0 {
                // No slice is longer than a u64 can say.
                position += self.pass_over(input.len() as u64, at) as usize;
            } else if !self.carry.is_empty() {
                position += self.read_carried(input);
            } else if let Some(len) = self.read(input, at) {
                position += len;
            } else {
                if self.broken.is_none() {
                    self.carry.extend_from_slice(input);
                    self.carry_at = at;
                }
                return;
            }
        }
    }

    fn gap(&mut self, offset: u64, len: u64, time_ns: i64) {
        if self.broken.is_some() {
            return;
        }
        let at = Position { offset, time_ns };
        let passed = self.pass_over(len, at);
        if passed < len {
            self.skip = 0;
            self.carry.clear();
            self.grammar.lost(Position {
                offset: offset + passed,
                time_ns,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A length byte, then so many bytes of content; 255 is no length, 254 announces 300 bytes in the element itself.
    #[derive(Default)]
    struct Lengths {
        seen: Vec<(u64, u8)>,
        lost: Vec<u64>,
    }

    impl Grammar for Lengths {
        const MAX_ELEMENT: usize = 256;

        fn element(&mut self, input: &[u8], at: Position) -> Element {
            match input[0] {
                255 => Element::Bad("255"),
                254 => Element::More,
                // Two bytes, to have elements that can be torn.
                len => match input.get(1) {
                    Some(_) => {
                        self.seen.push((at.offset, len));
                        Element::TookThenSkip(2, u64::from(len))
                    }
                    None => Element::More,
                },
            }
        }

        fn lost(&mut self, at: Position) {
            self.lost.push(at.offset);
        }
    }

    const STREAM: &[u8] = &[3, 0, 9, 9, 9, 0, 0, 1, 0, 9, 2, 0, 9, 9];

    #[test]
    fn cutting_the_input_anywhere_changes_nothing() {
        for first in 0..STREAM.len() {
            for second in first..STREAM.len() {
                let mut follower = Follower::new(Lengths::default());
                for (from, to) in [(0, first), (first, second), (second, STREAM.len())] {
                    follower.bytes(from as u64, &STREAM[from..to], 0);
                }
                assert_eq!(follower.grammar.seen, [(0, 3), (5, 0), (7, 1), (10, 2)]);
            }
        }
    }

    #[test]
    fn a_gap_within_a_content_is_no_loss_and_one_beyond_it_is() {
        let mut follower = Follower::new(Lengths::default());
        follower.bytes(0, &[3, 0, 9], 0);
        follower.gap(3, 2, 0);
        follower.bytes(5, &[1, 0], 0);
        assert!(follower.grammar.lost.is_empty());
        follower.gap(7, 2, 0);
        assert_eq!(follower.grammar.lost, [8]);
    }

    #[test]
    fn nonsense_ends_the_reading_at_its_byte() {
        let mut follower = Follower::new(Lengths::default());
        follower.bytes(0, &[1, 0, 9, 255, 1, 0], 0);
        assert_eq!(follower.broken, Some(Broken { offset: 3, why: "255" }));
        follower.bytes(6, &[1, 0], 0);
        assert_eq!(follower.grammar.seen.len(), 1);
    }

    #[test]
    fn an_element_without_an_end_is_given_up_at_the_formats_bound() {
        let mut follower = Follower::new(Lengths::default());
        for offset in 0..300 {
            follower.bytes(offset, &[254], 0);
        }
        assert_eq!(follower.broken.map(|broken| broken.offset), Some(0));
    }
}
