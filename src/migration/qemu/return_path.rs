//! What the target sends back: answers to pings, requests for pages in post-copy, and how it ended.

use super::super::follow::{Element, Grammar, Position};

const SHUT: u16 = 1;
const PONG: u16 = 2;
const REQUEST_PAGES_OF_BLOCK: u16 = 3;
const REQUEST_PAGES: u16 = 4;
const LAST_KIND: u16 = 8;

/// The ping that post-copy's package ends with: its answer means that the target is about to run.
const PING_BEFORE_RUN: u32 = 3;

/// Follows the target's messages.
#[derive(Debug, Default)]
pub(in super::super) struct ReturnPath {
    /// The beginning was not captured, or bytes are missing.
    unsure: bool,
    /// The target closed the path; 0 where all went well.
    pub(in super::super) shut: Option<(u32, Position)>,
    /// The target answered the ping that precedes the order to run.
    pub(in super::super) about_to_run: Option<Position>,
    /// Requests for pages.
    pub(in super::super) requests: u64,
    /// The first of them.
    pub(in super::super) first_request: Option<Position>,
}

impl ReturnPath {
    /// A path whose beginning was not captured.
    pub(in super::super) fn from_middle() -> Self {
        Self {
            unsure: true,
            ..Self::default()
        }
    }
}

impl Grammar for ReturnPath {
    const MAX_ELEMENT: usize = 8;

    fn element(&mut self, input: &[u8], at: Position) -> Element {
        let Some(&[kind_high, kind_low, len_high, len_low]) = input.first_chunk::<4>() else {
            return Element::More;
        };
        let kind = u16::from_be_bytes([kind_high, kind_low]);
        let len = u16::from_be_bytes([len_high, len_low]);
        let fits = match kind {
            SHUT | PONG => len == 4,
            REQUEST_PAGES => len == 12,
            REQUEST_PAGES_OF_BLOCK => len > 12,
            _ => kind != 0 && kind <= LAST_KIND,
        };
        if !fits {
            return if self.unsure {
                Element::Took(1)
            } else {
                Element::Bad("a message that the target never sends")
            };
        }
        match kind {
            SHUT | PONG => {
                let Some(value) = input.get(4..8).and_then(|bytes| bytes.first_chunk()) else {
                    return Element::More;
                };
                let value = u32::from_be_bytes(*value);
                if kind == SHUT {
                    self.shut = Some((value, at));
                } else if value == PING_BEFORE_RUN {
                    self.about_to_run.get_or_insert(at);
                }
                Element::Took(8)
            }
            REQUEST_PAGES | REQUEST_PAGES_OF_BLOCK => {
                self.requests += 1;
                self.first_request.get_or_insert(at);
                Element::TookThenSkip(4, u64::from(len))
            }
            _ => Element::TookThenSkip(4, u64::from(len)),
        }
    }

    fn lost(&mut self, _: Position) {
        self.unsure = true;
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::follow::Follower;
    use super::super::super::stream::Sink;
    use super::*;

    #[test]
    fn a_postcopy_return_path_is_read() {
        // From 04 of the lab: pongs, a request by block name, one without, and the end.
        let messages = [
            "0002000400000001",
            "0002000400000002",
            "0002000400000004000300130000000005707000000010000670632e72616d",
            "0002000400000003",
            "0004000c000000000570600000001000",
            "0001000400000000",
        ];
        let mut follower = Follower::new(ReturnPath::default());
        let mut offset = 0;
        for (time_ns, message) in (0..).zip(messages) {
            let bytes: Vec<u8> = (0..message.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&message[at..at + 2], 16).unwrap())
                .collect();
            follower.bytes(offset, &bytes, time_ns);
            offset += bytes.len() as u64;
        }
        assert_eq!(follower.broken, None);
        let path = follower.grammar;
        assert_eq!((path.requests, path.shut.map(|shut| shut.0)), (2, Some(0)));
        assert_eq!(path.first_request.map(|at| at.time_ns), Some(2));
        assert_eq!(path.about_to_run.map(|at| at.time_ns), Some(3));
    }
}
