//! Properties of the capture itself, counted frame by frame.

use crate::capture::Frame;
use crate::packet::{Network, Packet};

/// An Ethernet frame of an MTU of 1500 with headroom for VLAN tags; a TCP frame above it is a jumbo frame or offload's.
const LARGEST_PLAIN_FRAME: u32 = 1522;

/// Frames and wire bytes of one bin of the whole capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaptureBin {
    /// Number of the bin, from the first frame.
    pub bin: i64,
    /// Frames.
    pub packets: u64,
    /// Bytes on the wire.
    pub wire_bytes: u64,
}

/// Counts over all frames.
#[derive(Debug, Clone, Default)]
pub struct Quality {
    /// Frames.
    pub packets: u64,
    /// Captured bytes.
    pub captured_bytes: u64,
    /// Bytes on the wire.
    pub wire_bytes: u64,
    /// Time of the first frame in the file that has one.
    pub start_ns: Option<i64>,
    /// Earliest and latest time.
    pub time: Option<(i64, i64)>,
    /// Frames cut by the snap length.
    pub truncated: u64,
    /// Frames earlier than the one before them.
    pub out_of_order: u64,
    /// Second copies.
    pub duplicates: u64,
    /// Frames above the MTU.
    pub super_frames: u64,
    /// Frames of an unknown link type.
    pub unknown_link: u64,
    /// All frames along time.
    bins: Vec<CaptureBin>,
    previous_ns: i64,
}

impl Quality {
    /// Counts a frame and says which bin it falls into.
    pub fn record(&mut self, frame: &Frame, packet: &Packet, interval_ns: i64) -> i64 {
        self.packets += 1;
        self.captured_bytes += u64::from(frame.captured_len);
        self.wire_bytes += u64::from(frame.wire_len);
        self.truncated += u64::from(frame.captured_len < frame.wire_len);
        match packet.network {
            Network::UnknownLink => self.unknown_link += 1,
            Network::Ip(_) => self.super_frames += u64::from(frame.wire_len > LARGEST_PLAIN_FRAME),
            _ => {}
        }
        let time_ns = match frame.time_ns {
            None => self.previous_ns,
            Some(time_ns) => {
                match &mut self.time {
                    None => self.time = Some((time_ns, time_ns)),
                    Some((first, last)) => {
                        *first = (*first).min(time_ns);
                        *last = (*last).max(time_ns);
                        self.out_of_order += u64::from(time_ns < self.previous_ns);
                    }
                }
                self.start_ns.get_or_insert(time_ns);
                self.previous_ns = time_ns;
                time_ns
            }
        };
        let bin = self.bin(time_ns, interval_ns);
        match self.bins.last_mut() {
            // As in tshark's io,stat, an interval that is over does not come back: a frame out of order counts in the
            // one that is open.
            Some(last) if last.bin >= bin => {
                last.packets += 1;
                last.wire_bytes += u64::from(frame.wire_len);
            }
            _ => self.bins.push(CaptureBin {
                bin,
                packets: 1,
                wire_bytes: u64::from(frame.wire_len),
            }),
        }
        bin
    }

    /// Time of the last frame that had one.
    pub fn latest_ns(&self) -> i64 {
        self.previous_ns
    }

    /// The bin of a time; what is earlier than the first frame falls into bin 0.
    pub fn bin(&self, time_ns: i64, interval_ns: i64) -> i64 {
        let since = time_ns.saturating_sub(self.start_ns.unwrap_or(time_ns));
        since.max(0) / interval_ns.max(1)
    }

    /// The bins with frames, in order of time, each once.
    pub fn bins(&self) -> &[CaptureBin] {
        &self.bins
    }
}
