//! Conversations: who talks with whom, and in which direction a packet goes.

pub mod duplicates;
pub mod ends;
pub mod stream;
pub mod table;

/// Direction of a packet within its conversation; a is the endpoint that sent the first captured frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From a to b.
    Ab,
    /// From b to a.
    Ba,
}

impl Direction {
    /// 0 for a to b, 1 for b to a.
    pub fn index(self) -> usize {
        match self {
            Self::Ab => 0,
            Self::Ba => 1,
        }
    }

    /// The other direction.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::Ab => Self::Ba,
            Self::Ba => Self::Ab,
        }
    }

    /// Of two things that are kept by direction, the sender's and then the receiver's.
    #[inline(always)]
    pub fn sides<T>(self, [a, b]: &mut [T; 2]) -> (&mut T, &mut T) {
        match self {
            Self::Ab => (a, b),
            Self::Ba => (b, a),
        }
    }
}
