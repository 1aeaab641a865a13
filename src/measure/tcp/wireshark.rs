//! The TCP analysis flags with the meaning that tshark 4.0 gives them in a single pass, in file order.

mod flags;

pub use flags::{Flag, FlagCounts, FlagSet};

use crate::flow::Direction;
use crate::packet::Tcp;

/// The analysis of one TCP connection, fed with its segments in file order.
#[derive(Debug, Clone, Default)]
pub struct WiresharkAnalyser {
    reused_ports: bool,
}

impl WiresharkAnalyser {
    /// For the first connection seen between two endpoints.
    pub fn new() -> Self {
        Self::default()
    }

    /// For a connection that follows another one on the same ports: its first segment carries
    /// [`Flag::ReusedPorts`].
    pub fn on_reused_ports() -> Self {
        Self { reused_ports: true }
    }

    /// The flags of the next segment. `frame_number` counts from 1 over the whole file, `time_ns` is the frame's time
    /// since the epoch (0 where it has none), `payload_len` is the segment's payload on the wire in bytes.
    pub fn segment(
        &mut self,
        direction: Direction,
        frame_number: u64,
        time_ns: i64,
        tcp: &Tcp,
        payload_len: u32,
    ) -> FlagSet {
        let _ = (direction, frame_number, time_ns, tcp, payload_len);
        let mut flags = FlagSet::EMPTY;
        if std::mem::take(&mut self.reused_ports) {
            flags.insert(Flag::ReusedPorts);
        }
        flags
    }
}
