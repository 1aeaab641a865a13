//! Properties of the capture itself, counted frame by frame.

use crate::capture::Frame;
use crate::measure::time_span::TimeSpan;
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
    /// Times of all frames.
    pub time: TimeSpan,
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
    /// From when to when the last of `bins` lasts.
    open: (i64, i64),
    previous_ns: i64,
}

/// The bin of a time where the capture starts at `start_ns`; what is earlier falls into bin 0.
pub fn bin_of(time_ns: i64, start_ns: Option<i64>, interval_ns: i64) -> i64 {
    let since = time_ns.saturating_sub(start_ns.unwrap_or(time_ns));
    since.max(0) / interval_ns.max(1)
}

/// Counts over the frames of a block, which do not depend on their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FrameCounts {
    captured_bytes: u64,
    wire_bytes: u64,
    truncated: u64,
    super_frames: u64,
    unknown_link: u64,
}

impl FrameCounts {
    /// Counts a frame.
    #[inline]
    pub fn frame(&mut self, frame: &Frame) {
        self.captured_bytes += u64::from(frame.captured_len);
        self.wire_bytes += u64::from(frame.wire_len);
        self.truncated += u64::from(frame.captured_len < frame.wire_len);
    }

    /// Counts what it carries: an IP packet.
    #[inline]
    pub fn ip(&mut self, wire_len: u32) {
        self.super_frames += u64::from(wire_len > LARGEST_PLAIN_FRAME);
    }

    /// Counts what it carries.
    pub fn network(&mut self, packet: &Packet) {
        match packet.network {
            Network::UnknownLink => self.unknown_link += 1,
            Network::Ip(_) => self.ip(packet.wire_len),
            _ => {}
        }
    }
}

impl Quality {
    /// Adds the counts of the next `packets` frames.
    pub fn count(&mut self, packets: usize, counts: &FrameCounts) {
        self.packets += packets as u64;
        self.captured_bytes += counts.captured_bytes;
        self.wire_bytes += counts.wire_bytes;
        self.truncated += counts.truncated;
        self.super_frames += counts.super_frames;
        self.unknown_link += counts.unknown_link;
    }

    /// Takes the time of the next frame and says which bin it falls into.
    #[inline]
    pub fn at(&mut self, time_ns: Option<i64>, wire_len: u32, interval_ns: i64) -> i64 {
        let time_ns = match time_ns {
            None => self.previous_ns,
            Some(time_ns) => {
                self.time.record(time_ns);
                match self.start_ns {
                    None => self.start_ns = Some(time_ns),
                    Some(_) => self.out_of_order += u64::from(time_ns < self.previous_ns),
                }
                self.previous_ns = time_ns;
                time_ns
            }
        };
        if let Some(last) = self.bins.last_mut()
            && self.open.0 <= time_ns
            && time_ns < self.open.1
        {
            last.packets += 1;
            last.wire_bytes += u64::from(wire_len);
            return last.bin;
        }
        self.turn(time_ns, wire_len, interval_ns)
    }

    /// The same where the frame does not fall into the bin of the one before it.
    #[cold]
    fn turn(&mut self, time_ns: i64, wire_len: u32, interval_ns: i64) -> i64 {
        let bin = self.bin(time_ns, interval_ns);
        match self.bins.last_mut() {
            // As in tshark's io,stat, an interval that is over does not come back: a frame out of order counts in the
            // one that is open.
            Some(last) if last.bin >= bin => {
                last.packets += 1;
                last.wire_bytes += u64::from(wire_len);
            }
            _ => {
                self.bins.push(CaptureBin {
                    bin,
                    packets: 1,
                    wire_bytes: u64::from(wire_len),
                });
                let start = bin
                    .saturating_mul(interval_ns)
                    .saturating_add(self.start_ns.unwrap_or(time_ns));
                self.open = (start, start.saturating_add(interval_ns));
            }
        }
        bin
    }

    /// Time of the last frame that had one.
    pub fn latest_ns(&self) -> i64 {
        self.previous_ns
    }

    fn bin(&self, time_ns: i64, interval_ns: i64) -> i64 {
        bin_of(time_ns, self.start_ns, interval_ns)
    }

    /// The bins with frames, in order of time, each once.
    pub fn bins(&self) -> &[CaptureBin] {
        &self.bins
    }
}
