//! The segments that nearly all are.

use crate::packet::{Segment, Tcp};

/// The header of a segment that acknowledges, with neither SYN nor FIN nor RST, and with no option that is used but timestamps.
///
/// Where such a segment goes on in order, little of a connection's state is looked at and changed: header prediction
/// (Jacobson 1990), which the estimators and Wireshark's rules each have a short way for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlainHeader {
    /// Nanoseconds since the epoch.
    pub time_ns: i64,
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgement number.
    pub ack: u32,
    /// Window, unscaled.
    pub window: u16,
    /// Payload bytes.
    pub payload: u32,
    /// TSval and TSecr.
    pub timestamps: Option<(u32, u32)>,
}

impl PlainHeader {
    /// The header of a segment where it is such a one.
    #[inline]
    pub fn of(time_ns: i64, tcp: &Tcp, payload: u32) -> Option<Self> {
        let control = tcp.flags & (Tcp::SYN | Tcp::FIN | Tcp::RST | Tcp::ACK);
        let plain = control == Tcp::ACK && tcp.sack_blocks == 0 && tcp.window_scale.is_none() && !tcp.options_cut;
        plain.then_some(Self {
            time_ns,
            seq: tcp.seq,
            ack: tcp.ack,
            window: tcp.window,
            payload,
            timestamps: tcp.timestamps,
        })
    }

    /// The same of a segment in short form, which has none of those flags and options.
    #[inline(always)]
    pub fn of_segment(segment: &Segment) -> Option<Self> {
        (segment.flags & Tcp::ACK != 0).then(|| Self {
            time_ns: segment.time_ns,
            seq: segment.seq,
            ack: segment.ack,
            window: segment.window,
            payload: segment.payload_len.into(),
            timestamps: segment.timestamps(),
        })
    }
}
