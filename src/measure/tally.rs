//! Totals of any set of packets: of a bin, a migration, a run. Integers only, so that tallies can be added in any
//! grouping and give the same figures.

use super::tcp::loss::Side;
use super::tcp::standard::{RttSample, RttSamples, TcpSample};
use super::time_span::TimeSpan;

/// Sum of samples of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeSum {
    /// Number of samples.
    pub count: u64,
    /// Their sum, nanoseconds.
    pub sum_ns: u64,
    /// The smallest; `u64::MAX` where there is none.
    pub min_ns: u64,
    /// The largest.
    pub max_ns: u64,
}

impl Default for TimeSum {
    fn default() -> Self {
        Self {
            count: 0,
            sum_ns: 0,
            min_ns: u64::MAX,
            max_ns: 0,
        }
    }
}

impl TimeSum {
    /// Adds one sample.
    #[inline(always)]
    pub fn record(&mut self, ns: u64) {
        self.count += 1;
        self.sum_ns = self.sum_ns.saturating_add(ns);
        self.min_ns = self.min_ns.min(ns);
        self.max_ns = self.max_ns.max(ns);
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum_ns = self.sum_ns.saturating_add(other.sum_ns);
        self.min_ns = self.min_ns.min(other.min_ns);
        self.max_ns = self.max_ns.max(other.max_ns);
    }

    /// The mean, where there is a sample.
    pub fn mean_ns(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum_ns as f64 / self.count as f64)
    }
}

/// RTT samples of one half-path and one method, with their variation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RttSum {
    /// The samples.
    pub rtt: TimeSum,
    /// Number of differences of consecutive samples.
    pub changes: u64,
    /// Sum of their absolute values, nanoseconds.
    pub change_sum_ns: u64,
}

impl RttSum {
    /// Adds one sample.
    #[inline(always)]
    pub fn record(&mut self, sample: &RttSample) {
        self.rtt.record(sample.rtt_ns);
        if let Some(change_ns) = sample.change_ns {
            self.changes += 1;
            self.change_sum_ns = self.change_sum_ns.saturating_add(change_ns);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.rtt.merge(&other.rtt);
        self.changes += other.changes;
        self.change_sum_ns = self.change_sum_ns.saturating_add(other.change_sum_ns);
    }
}

/// RTP and echo, which most traffic has none of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DatagramTally {
    /// RTP packets received.
    pub rtp_received: u64,
    /// RTP packets expected by the extended sequence numbers.
    pub rtp_expected: u64,
    /// RFC 3550 jitter, sampled at each packet.
    pub rtp_jitter: TimeSum,
    /// Echo requests sent, of which it is known what became.
    pub echo_sent: u64,
    /// Of these, without a reply within the timeout.
    pub echo_lost: u64,
    /// RTT of the replies.
    pub echo_rtt: RttSum,
}

impl DatagramTally {
    fn merge(&mut self, other: &Self) {
        self.rtp_received += other.rtp_received;
        self.rtp_expected += other.rtp_expected;
        self.rtp_jitter.merge(&other.rtp_jitter);
        self.echo_sent += other.echo_sent;
        self.echo_lost += other.echo_lost;
        self.echo_rtt.merge(&other.echo_rtt);
    }
}

/// Totals of one direction, duplicated frames left out. Three cache lines: what every frame adds to, then what one adds
/// to that gives an RTT by either method.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[repr(C, align(64))]
pub struct DirectionTally {
    /// Frames.
    pub packets: u64,
    /// Bytes on the wire.
    pub wire_bytes: u64,
    /// IP bytes.
    pub ip_bytes: u64,
    /// TCP payload bytes, each time they were sent.
    pub tcp_payload: u64,
    /// Payload bytes, TCP's each once; other transports' all.
    pub unique_payload: u64,
    /// Times of the frames.
    pub time: TimeSpan,
    /// RTP and echo.
    pub datagrams: Option<Box<DatagramTally>>,
    /// RTT from the capture point to this direction's receiver, by data and acknowledgement.
    pub data_ack: RttSum,
    /// Bytes lost before the capture point.
    pub lost_upstream: u64,
    /// Bytes lost behind it.
    pub lost_downstream: u64,
    /// RTT by timestamps.
    pub timestamps: RttSum,
    /// Of `lost_upstream`, what a DSACK took back.
    pub spurious_upstream: u64,
    /// Of `lost_downstream`, what a DSACK took back.
    pub spurious_downstream: u64,
}

impl DirectionTally {
    /// Adds another direction's or bin's totals.
    pub fn merge(&mut self, other: &Self) {
        self.packets += other.packets;
        self.wire_bytes += other.wire_bytes;
        self.ip_bytes += other.ip_bytes;
        self.tcp_payload += other.tcp_payload;
        self.unique_payload += other.unique_payload;
        self.lost_upstream += other.lost_upstream;
        self.lost_downstream += other.lost_downstream;
        self.spurious_upstream += other.spurious_upstream;
        self.spurious_downstream += other.spurious_downstream;
        self.time.merge(&other.time);
        self.data_ack.merge(&other.data_ack);
        self.timestamps.merge(&other.timestamps);
        if let Some(other) = &other.datagrams {
            self.datagrams.get_or_insert_default().merge(other);
        }
    }

    /// Bytes of TCP payload sent: what was seen, and what was lost before it could be seen.
    pub fn tcp_sent(&self) -> u64 {
        self.tcp_payload + self.lost_upstream
    }

    /// Bytes lost on `side`, without those proven spurious.
    pub fn lost(&self, side: Side) -> u64 {
        match side {
            Side::Upstream => self.lost_upstream.saturating_sub(self.spurious_upstream),
            Side::Downstream => self.lost_downstream.saturating_sub(self.spurious_downstream),
        }
    }
}

/// What nearly every frame adds, and most no more than that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlainSample {
    /// Nanoseconds since the epoch.
    pub time_ns: i64,
    /// 0 or 1: the pair's direction.
    pub direction: usize,
    /// Bytes on the wire.
    pub wire_bytes: u64,
    /// IP bytes.
    pub ip_bytes: u64,
    /// TCP payload.
    pub tcp_payload: u64,
    /// Payload bytes, TCP's where they were not seen before.
    pub unique_payload: u64,
    /// Flagged `tcp.analysis.lost_segment`.
    pub lost_segment: bool,
    /// RTT of the half-path of the other direction.
    pub rtt: RttSamples,
}

/// What one frame adds, put together by the engine.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FrameSample {
    /// What every frame adds.
    pub plain: PlainSample,
    /// A second copy of a frame: counts in the Wireshark family alone.
    pub duplicate: bool,
    /// Bytes lost before the capture point.
    pub lost_upstream: u64,
    /// Bytes lost behind it.
    pub lost_downstream: u64,
    /// The RTP part.
    pub rtp: Option<RtpPart>,
}

impl FrameSample {
    /// Takes the TCP part over.
    pub fn set_tcp(&mut self, tcp: &TcpSample) {
        self.plain.tcp_payload = tcp.payload;
        self.plain.unique_payload = tcp.unique;
        self.plain.rtt = tcp.rtt;
        self.lost_upstream = tcp.lost_upstream;
        self.lost_downstream = tcp.lost_downstream;
    }
}

/// What a packet adds to its RTP stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RtpPart {
    /// Packets more that are known to have been sent.
    pub expected: u64,
    /// Packets more that arrived.
    pub received: u64,
    /// Jitter after this packet, nanoseconds.
    pub jitter_ns: Option<u64>,
}

/// The Wireshark family's sums over frames in the file's order, both directions. One cache line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C, align(64))]
pub struct WiresharkTally {
    /// Frames, copies included.
    pub packets: u64,
    /// Their bytes on the wire.
    pub wire_bytes: u64,
    /// Frames flagged `tcp.analysis.lost_segment`.
    pub lost_segments: u64,
    /// Time of the first frame in the file's order.
    pub first_ns: i64,
    /// Time of the last.
    pub last_ns: i64,
    /// From the first frame to the second; of two frames at least, as the next two.
    first_delta_ns: i64,
    /// From the last but one to the last.
    last_delta_ns: i64,
    /// Sum of |d(i+1) - d(i)|.
    pub abs_change_ns: u64,
}

impl WiresharkTally {
    /// Adds the next frame.
    #[inline(always)]
    pub fn record(&mut self, time_ns: i64, wire_bytes: u64, lost_segment: bool) {
        let delta = time_ns.saturating_sub(self.last_ns);
        match self.packets {
            0 => self.first_ns = time_ns,
            1 => (self.first_delta_ns, self.last_delta_ns) = (delta, delta),
            _ => {
                let change = delta.abs_diff(self.last_delta_ns);
                self.abs_change_ns = self.abs_change_ns.saturating_add(change);
                self.last_delta_ns = delta;
            }
        }
        self.last_ns = time_ns;
        self.packets += 1;
        self.wire_bytes += wire_bytes;
        self.lost_segments += u64::from(lost_segment);
    }

    /// Appends the frames that came after these.
    pub fn append(&mut self, later: &Self) {
        if later.packets == 0 {
            return;
        }
        if self.packets == 0 {
            *self = *later;
            return;
        }
        let between = later.first_ns.saturating_sub(self.last_ns);
        self.abs_change_ns = self.abs_change_ns.saturating_add(later.abs_change_ns);
        if self.packets == 1 {
            self.first_delta_ns = between;
        } else {
            self.abs_change_ns = self.abs_change_ns.saturating_add(between.abs_diff(self.last_delta_ns));
        }
        self.last_delta_ns = between;
        if later.packets > 1 {
            self.abs_change_ns = self
                .abs_change_ns
                .saturating_add(later.first_delta_ns.abs_diff(between));
            self.last_delta_ns = later.last_delta_ns;
        }
        self.last_ns = later.last_ns;
        self.packets += later.packets;
        self.wire_bytes += later.wire_bytes;
        self.lost_segments += later.lost_segments;
    }

    /// Sum of d(i), nanoseconds.
    pub fn delta_sum_ns(&self) -> i64 {
        self.last_ns.saturating_sub(self.first_ns)
    }

    /// First and last inter-packet time, nanoseconds, where there are two frames.
    pub fn end_deltas_ns(&self) -> Option<(i64, i64)> {
        (self.packets > 1).then_some((self.first_delta_ns, self.last_delta_ns))
    }
}

/// Totals of a set of packets of one pair of hosts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Tally {
    /// The Wireshark family.
    pub wireshark: WiresharkTally,
    /// The pair's two directions.
    pub directions: [DirectionTally; 2],
}

impl Tally {
    /// Adds one frame.
    pub fn record(&mut self, sample: &FrameSample) {
        if sample.duplicate {
            let plain = &sample.plain;
            self.wireshark
                .record(plain.time_ns, plain.wire_bytes, plain.lost_segment);
            return;
        }
        self.record_plain(&sample.plain);
        let this = &mut self.directions[sample.plain.direction];
        this.lost_upstream += sample.lost_upstream;
        this.lost_downstream += sample.lost_downstream;
        if let Some(rtp) = &sample.rtp {
            let datagrams = this.datagrams.get_or_insert_default();
            datagrams.rtp_expected += rtp.expected;
            datagrams.rtp_received += rtp.received;
            if let Some(jitter_ns) = rtp.jitter_ns {
                datagrams.rtp_jitter.record(jitter_ns);
            }
        }
    }

    /// Adds a frame that adds no more than that.
    #[inline(always)]
    pub fn record_plain(&mut self, sample: &PlainSample) {
        self.wireshark
            .record(sample.time_ns, sample.wire_bytes, sample.lost_segment);
        let [first, second] = &mut self.directions;
        let (this, peer) = if sample.direction == 0 {
            (first, second)
        } else {
            (second, first)
        };
        this.packets += 1;
        this.wire_bytes += sample.wire_bytes;
        this.ip_bytes += sample.ip_bytes;
        this.tcp_payload += sample.tcp_payload;
        this.unique_payload += sample.unique_payload;
        this.time.record(sample.time_ns);
        if let Some(rtt) = &sample.rtt.data_ack {
            peer.data_ack.record(rtt);
        }
        if let Some(rtt) = &sample.rtt.timestamps {
            peer.timestamps.record(rtt);
        }
    }

    /// Appends the totals of packets that came after these.
    pub fn append(&mut self, later: &Self) {
        for (mine, theirs) in self.directions.iter_mut().zip(&later.directions) {
            mine.merge(theirs);
        }
        self.wireshark.append(&later.wireshark);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames at 0, 10, 15, 35, 36: d = 10, 5, 20, 1; |dd| = 5 + 15 + 19 = 39.
    #[test]
    fn inter_packet_variation_is_the_same_however_the_frames_are_cut_into_bins() {
        let times = [0, 10, 15, 35, 36];
        for cut in 0..=times.len() {
            for second_cut in cut..=times.len() {
                let mut whole = WiresharkTally::default();
                for part in [&times[..cut], &times[cut..second_cut], &times[second_cut..]] {
                    let mut tally = WiresharkTally::default();
                    part.iter().for_each(|&time| tally.record(time, 100, false));
                    whole.append(&tally);
                }
                assert_eq!((whole.abs_change_ns, whole.delta_sum_ns(), whole.packets), (39, 36, 5));
                assert_eq!(whole.end_deltas_ns(), Some((10, 1)));
            }
        }
    }
}
