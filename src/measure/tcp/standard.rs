//! The standard estimators for one TCP connection, fed one segment at a time.
//!
//! Each segment gives a [`TcpSample`]: what it adds to the totals of the connection, of the second and of the run. The
//! caller adds; nothing is summed here, so that any grouping of the same samples gives the same figures.

use crate::flow::Direction;
use crate::packet::Tcp;

use super::header::PlainHeader;
use super::loss::{Resends, Side, Spurious, dsack};
use super::rtt::{DataAckRtt, TimestampRtt};
use super::sequence::{SendStamp, SequenceSpace};

/// Fills later than this after the hole was revealed count as resent where nothing else tells. Wireshark's threshold
/// for out-of-order segments.
const REORDERING_WINDOW_NS: i64 = 3_000_000;

/// One RTT sample of a half-path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RttSample {
    /// From the capture point to the half-path's end and back, nanoseconds.
    pub rtt_ns: u64,
    /// Absolute difference to the connection's sample before it, nanoseconds.
    pub change_ns: Option<u64>,
}

/// RTT of the half-path of the direction that a segment acknowledges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RttSamples {
    /// By data and this acknowledgement.
    pub data_ack: Option<RttSample>,
    /// By timestamps.
    pub timestamps: Option<RttSample>,
}

impl RttSamples {
    /// It gives none.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.data_ack.is_none() && self.timestamps.is_none()
    }
}

/// What one segment adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TcpSample {
    /// Payload bytes.
    pub payload: u64,
    /// Payload bytes not seen before.
    pub unique: u64,
    /// Bytes lost before the capture point.
    pub lost_upstream: u64,
    /// Bytes lost behind it.
    pub lost_downstream: u64,
    /// Losses that a DSACK takes back: the segment's DSACK those of the *other* direction, an earlier one the segment's
    /// own.
    pub spurious: Option<Spurious>,
    /// RTT that it gives.
    pub rtt: RttSamples,
}

impl TcpSample {
    /// Of a segment in order with `payload` bytes: all of them are new.
    pub fn in_order(payload: u64, rtt: RttSamples) -> Self {
        Self {
            payload,
            unique: payload,
            rtt,
            ..Self::default()
        }
    }
}

/// One direction. The fields stand in the order of their use, what most segments touch first, so that it lies in few
/// cache lines: with thousands of connections it is these that cost, not the work.
#[derive(Debug, Clone, Default)]
#[repr(C, align(64))]
struct Half {
    /// Highest acknowledgement received for this direction.
    acknowledged: u64,
    /// Time of this direction's last segment with payload.
    last_data_ns: Option<i64>,
    previous_data_ack_ns: Option<u64>,
    /// The window that this direction last advertised is zero.
    window_closed: bool,
    seen: bool,
    space: SequenceSpace,
    data_ack: DataAckRtt,
    timestamps: TimestampRtt,
    previous_timestamps_ns: Option<u64>,
    resends: Resends,
    /// Where the byte lies that was last pushed against the peer's closed window.
    probe: Option<u64>,
    /// One above the FIN, once it was seen.
    fin_end: Option<u64>,
    /// An acknowledgement that this direction is said to have received, too far above its data to be believed alone.
    doubtful_ack: Option<u64>,
}

/// State of one connection.
#[derive(Debug, Clone, Default)]
pub struct TcpTracker {
    halves: [Half; 2],
}

impl TcpTracker {
    /// Takes the next segment, in the file's order, with what is used of the IP header: its identification, and how much
    /// payload it leaves room for. Duplicated frames are not to be given.
    pub fn take(
        &mut self,
        direction: Direction,
        time_ns: i64,
        identification: Option<u32>,
        payload: u32,
        tcp: &Tcp,
    ) -> TcpSample {
        match PlainHeader::of(time_ns, tcp, payload).and_then(|header| self.take_in_order(direction, header)) {
            Some(rtt) => TcpSample::in_order(payload.into(), rtt),
            None => self.take_any(direction, time_ns, identification, payload, tcp),
        }
    }

    /// Takes the next segment where it does what is expected of it, as nearly all do: payload that goes on where the
    /// sender's ended, an acknowledgement of what was seen (header prediction, Jacobson 1990). All of the payload is new
    /// then. `None` where it is another segment; nothing has changed then, and [`take`](Self::take) must have it.
    #[inline(always)]
    pub fn take_in_order(&mut self, direction: Direction, header: PlainHeader) -> Option<RttSamples> {
        let (this, peer) = direction.sides(&mut self.halves);
        let PlainHeader { time_ns, payload, .. } = header;
        let (high, peer_high) = (this.space.high()?, peer.space.high()?);
        let ack = peer.space.unwrap(header.ack);
        // A single byte may be a probe or a keep-alive.
        if ack > peer_high.max(peer.acknowledged) || payload == 1 || payload > 1 && header.seq != high as u32 {
            return None;
        }
        this.seen = true;
        if payload > 0 {
            let end = high + u64::from(payload);
            this.space.go_on(high, end);
            this.data_ack.sent(end, time_ns);
        }
        let mut rtt = RttSamples::default();
        if ack > peer.acknowledged {
            rtt.data_ack = peer.acknowledged_to(ack, time_ns);
        }
        if let Some(timestamps) = header.timestamps {
            rtt.timestamps = this.echoes(peer, timestamps, time_ns);
            this.shows(peer, timestamps, time_ns, payload > 0);
        }
        if payload > 0 {
            this.last_data_ns = Some(time_ns);
        }
        this.window_closed = header.window == 0;
        Some(rtt)
    }

    /// The same as [`take`](Self::take), whatever the segment is, and in more steps where it is in order.
    pub fn take_any(
        &mut self,
        direction: Direction,
        time_ns: i64,
        identification: Option<u32>,
        payload: u32,
        tcp: &Tcp,
    ) -> TcpSample {
        let (this, peer) = direction.sides(&mut self.halves);
        let mut sample = TcpSample {
            payload: u64::from(payload),
            ..TcpSample::default()
        };
        this.seen = true;
        if tcp.has(Tcp::RST) {
            // A reset may carry any sequence number, and text as payload.
            return sample;
        }
        let timestamp = tcp.timestamps.map(|(value, _)| value);
        let stamp = SendStamp {
            time_ns,
            timestamp,
            identification: identification.filter(|&id| id != 0).map(|id| id as u16),
        };
        this.data(tcp, payload, time_ns, stamp, peer.window_closed, &mut sample);
        if tcp.has(Tcp::ACK) {
            this.acknowledge(peer, tcp, time_ns, &mut sample);
        }
        if let Some(timestamps) = tcp.timestamps {
            if tcp.has(Tcp::ACK) {
                sample.rtt.timestamps = this.echoes(peer, timestamps, time_ns);
            }
            this.shows(peer, timestamps, time_ns, payload > 0 || tcp.has(Tcp::SYN | Tcp::FIN));
        }
        if payload > 0 {
            this.last_data_ns = Some(time_ns);
        }
        if !tcp.options_cut || tcp.has(Tcp::ACK) {
            this.window_closed = tcp.window == 0 && !tcp.has(Tcp::SYN);
        }
        sample
    }

    /// Reads a word of each cache line that the next segment will touch, one of `direction` with payload or without; see
    /// `analysis::engine::fetch`.
    #[inline]
    pub fn fetch(&self, direction: Direction, has_payload: bool) -> u64 {
        let (this, peer) = (
            &self.halves[direction.index()],
            &self.halves[direction.reversed().index()],
        );
        // Payload goes to those in flight, an acknowledgement takes them from there.
        let in_flight = if has_payload { this } else { peer };
        let ticks = u64::from(this.timestamps.fetch() ^ peer.timestamps.fetch());
        this.acknowledged ^ peer.acknowledged ^ in_flight.data_ack.in_flight() as u64 ^ ticks
    }

    /// The same for what it owns elsewhere.
    #[inline]
    pub fn fetch_owned(&self, direction: Direction, has_payload: bool) -> u64 {
        let whose = if has_payload { direction } else { direction.reversed() };
        let ticks = self.halves[direction.reversed().index()].timestamps.fetch_owned();
        self.halves[whose.index()].data_ack.fetch(has_payload) ^ u64::from(ticks)
    }

    /// Payload bytes of `direction` that were acknowledged but not captured.
    pub fn missing_bytes(&self, direction: Direction) -> u64 {
        let half = &self.halves[direction.index()];
        half.space.missing_bytes(half.acknowledged_data())
    }

    /// Both directions were captured.
    pub fn both_directions(&self) -> bool {
        self.halves.iter().all(|half| half.seen)
    }

    /// Items held in memory: holes, segments in flight, retransmissions, timestamps.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        let halves = self.halves.iter().map(|half| {
            half.space.remembered() + half.data_ack.in_flight() + half.resends.remembered() + half.timestamps.waiting()
        });
        halves.sum()
    }

    /// How often a bound of the tracker's memory was hit.
    pub fn bounds_hit(&self) -> u64 {
        self.halves
            .iter()
            .map(|half| half.space.given_up_holes() + half.data_ack.forgotten + half.resends.forgotten)
            .sum()
    }
}

impl Half {
    /// The highest acknowledgement of payload. A FIN counts as a byte of the sequence space (RFC 9293 section 3.4) and
    /// is none; a single byte above everything seen is taken for a FIN that was not captured.
    fn acknowledged_data(&self) -> u64 {
        let of_fin = self.fin_end == Some(self.acknowledged)
            || self.fin_end.is_none() && self.space.high().is_some_and(|high| self.acknowledged == high + 1);
        self.acknowledged - u64::from(of_fin)
    }

    fn data(
        &mut self,
        tcp: &Tcp,
        payload: u32,
        time_ns: i64,
        stamp: SendStamp,
        receiver_closed: bool,
        sample: &mut TcpSample,
    ) {
        if tcp.has(Tcp::SYN) {
            let first = self.space.high().is_none();
            self.space.begin(tcp.seq.wrapping_add(1));
            let end = self.space.unwrap(tcp.seq.wrapping_add(1));
            if first {
                self.data_ack.sent(end, time_ns);
            } else {
                self.data_ack.sent_again(end - 1, end);
            }
        }
        if payload > 0 {
            let start = self.space.unwrap(tcp.seq.wrapping_add(u32::from(tcp.has(Tcp::SYN))));
            self.payload((start, start + u64::from(payload)), tcp, stamp, receiver_closed, sample);
        } else if tcp.has(Tcp::ACK) && self.space.high().is_none() {
            // A pure ACK tells where the sender's data goes on, so that a hole before its first data is seen.
            self.space.begin(tcp.seq);
        }
        if tcp.has(Tcp::FIN) {
            let syn = u32::from(tcp.has(Tcp::SYN));
            self.fin_end = Some(self.space.unwrap(tcp.seq.wrapping_add(syn)) + u64::from(payload) + 1);
        }
    }

    fn payload(
        &mut self,
        (start, end): (u64, u64),
        tcp: &Tcp,
        stamp: SendStamp,
        receiver_closed: bool,
        sample: &mut TcpSample,
    ) {
        let (payload, time_ns) = (end - start, stamp.time_ns);
        if payload == 1 && self.space.high() == Some(end) && !tcp.has(Tcp::SYN | Tcp::FIN) && self.acknowledged >= end {
            // A keep-alive repeats one acknowledged byte (RFC 9293 section 3.8.4).
            return;
        }
        let coverage = self.space.cover(start, end, stamp, REORDERING_WINDOW_NS);
        sample.unique = coverage.new + coverage.late;
        if coverage.doubtful {
            // Whatever answers it is not known.
        } else if coverage.new > 0 && coverage.repeated == 0 && self.space.high() == Some(end) {
            self.data_ack.sent(end, time_ns);
        } else if coverage.new > 0 {
            self.data_ack.sent_again(start, end);
        }
        if coverage.late > 0 || coverage.repeated > 0 {
            self.data_ack.sent_again(start, end);
        }
        if coverage.late > 0 && coverage.late_is_resent {
            sample.lost_upstream = coverage.late;
            sample.spurious = self.resends.push(start, end, time_ns, Side::Upstream, coverage.late);
        }
        // A byte pushed against a closed window is refused by the receiver, not lost by the network: neither when it
        // is pushed again nor when it comes with the rest.
        let probe = receiver_closed && payload == 1;
        let refused = probe || self.probe == Some(start) && self.acknowledged <= start;
        let lost = coverage.repeated - u64::from(refused && coverage.repeated > 0);
        self.probe = probe.then_some(start).or(self.probe);
        if lost > 0 {
            sample.lost_downstream = lost;
            let early = self.resends.push(start, end, time_ns, Side::Downstream, lost);
            sample.spurious = sample.spurious.or(early);
        }
    }

    /// An acknowledgement far above everything that was sent or acknowledged counts when another one confirms it.
    fn believes(&mut self, ack: u64, high: u64) -> bool {
        let known = high.max(self.acknowledged);
        if SequenceSpace::is_plausible(ack, known) {
            return true;
        }
        let before = self.doubtful_ack.replace(ack);
        before.is_some_and(|before| SequenceSpace::is_plausible(ack.max(before), ack.min(before)))
    }

    /// More of this direction's data was acknowledged.
    #[inline(always)]
    fn acknowledged_to(&mut self, ack: u64, time_ns: i64) -> Option<RttSample> {
        self.acknowledged = ack;
        self.space.acknowledge(ack);
        let rtt_ns = self.data_ack.acknowledged(ack, time_ns)?;
        Some(sample_of(rtt_ns, &mut self.previous_data_ack_ns))
    }

    /// A segment to `peer` echoes one of its timestamps.
    #[inline(always)]
    fn echoes(&self, peer: &mut Self, (_, echo): (u32, u32), time_ns: i64) -> Option<RttSample> {
        let rtt_ns = peer.timestamps.echoed(echo, time_ns, self.last_data_ns)?;
        Some(sample_of(rtt_ns, &mut peer.previous_timestamps_ns))
    }

    /// A segment to `peer` shows a timestamp.
    #[inline(always)]
    fn shows(&mut self, peer: &Self, (value, _): (u32, u32), time_ns: i64, demands_ack: bool) {
        let peer_in_flight = peer.space.high().is_some_and(|high| high > peer.acknowledged);
        self.timestamps.sent(value, time_ns, demands_ack, peer_in_flight);
    }

    /// `self` acknowledges `peer`'s data.
    fn acknowledge(&mut self, peer: &mut Self, tcp: &Tcp, time_ns: i64, sample: &mut TcpSample) {
        let Some(high) = peer.space.high() else {
            return;
        };
        let ack = peer.space.unwrap(tcp.ack);
        if ack > peer.acknowledged && peer.believes(ack, high) {
            sample.rtt.data_ack = peer.acknowledged_to(ack, time_ns);
        }
        if let Some((left, right)) = dsack(tcp) {
            let (left, right) = (peer.space.unwrap(left), peer.space.unwrap(right));
            let reported = peer.resends.duplicate_reported(left, right);
            sample.spurious = reported.or(sample.spurious);
        } else if tcp.sack_blocks > 0 {
            // The first block holds the segment that prompted this ACK (RFC 2018 section 4).
            let (left, right) = (peer.space.unwrap(tcp.sack[0].0), peer.space.unwrap(tcp.sack[0].1));
            let rtt_ns = peer.data_ack.sacked(left, right, time_ns);
            if let (None, Some(rtt_ns)) = (sample.rtt.data_ack, rtt_ns) {
                sample.rtt.data_ack = Some(sample_of(rtt_ns, &mut peer.previous_data_ack_ns));
            }
        }
    }
}

#[inline(always)]
fn sample_of(rtt_ns: u64, previous: &mut Option<u64>) -> RttSample {
    let change_ns = previous.replace(rtt_ns).map(|before| before.abs_diff(rtt_ns));
    RttSample { rtt_ns, change_ns }
}
