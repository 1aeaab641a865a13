//! From packets to conversations.

pub mod stream;

/// Which way a packet goes within its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// From endpoint `a`, which sent the conversation's first captured packet, to endpoint `b`.
    Ab,
    /// From endpoint `b` to endpoint `a`.
    Ba,
}

impl Direction {
    /// 0 for [`Direction::Ab`], 1 for [`Direction::Ba`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// The opposite way.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::Ab => Self::Ba,
            Self::Ba => Self::Ab,
        }
    }
}
