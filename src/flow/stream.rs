//! When a pair of TCP endpoints starts a new connection on the same ports.

use super::Direction;
use crate::packet::Tcp;

/// What the current connection of a pair of endpoints has shown so far, as far as telling the next one needs it.
#[derive(Debug, Clone, Copy, Default)]
pub struct StreamTracker {}

impl StreamTracker {
    /// A pair of endpoints without a segment.
    pub fn new() -> Self {
        Self::default()
    }

    /// True where `tcp` belongs to a new connection on the same ports. Ask before [`StreamTracker::note`]; the flow
    /// table then begins a new conversation with a fresh tracker and an analyser that was told so.
    pub fn opens_new_stream(&self, direction: Direction, tcp: &Tcp) -> bool {
        let _ = (direction, tcp);
        false
    }

    /// Takes a segment of the connection into account.
    pub fn note(&mut self, direction: Direction, tcp: &Tcp, payload_len: u32) {
        let _ = (direction, tcp, payload_len);
    }
}
