//! What tcptrace 6.6.7 says of a TCP connection, fed one segment at a time.

mod length;
mod segments;

use crate::flow::Direction;
use crate::measure::histogram::Histogram;
use crate::packet::Tcp;
pub use length::announced_payload_len;
use segments::{Acknowledged, Segments};

/// tcptrace's figures of one direction of a connection.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Payload bytes, each time they were seen.
    pub payload_bytes: u64,
    /// Payload bytes that were not seen before, without those sent into a closed window.
    pub unique_bytes: u64,
    /// Segments of which some was seen before; a SYN or FIN counts like a byte of payload.
    pub retransmitted_segments: u64,
    /// Bytes seen before, SYN and FIN included.
    pub retransmitted_bytes: u64,
    /// Segments that filled a gap.
    pub out_of_order_segments: u64,
    /// Segments sent into a closed window.
    pub window_probes: u64,
    /// Round-trip times, nanoseconds, of this direction's segments and the acknowledgements that end where they end.
    pub rtt_ns: Histogram,
    /// Acknowledgements of segments that were sent more than once: no sample (Karn's rule).
    pub ambiguous_acks: u64,
    /// Acknowledgements of segments before which another was sent later: no sample.
    pub post_loss_acks: u64,
}

#[derive(Debug, Clone, Default)]
struct Half {
    figures: Figures,
    segments: Segments,
    window: Window,
    syn_sent: bool,
    fin_sent: bool,
}

/// The window that a direction advertised last. tcptrace reads it as 0 where a segment has neither ACK nor SYN, and
/// before the first that says anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Window {
    /// Nothing was seen of this direction.
    #[default]
    Unseen,
    Closed,
    Open,
}

/// One connection.
#[derive(Debug, Clone, Default)]
pub struct TcptraceTracker {
    halves: [Half; 2],
}

impl TcptraceTracker {
    /// Takes the next segment, with `payload_len` bytes of payload, in the file's order; copies too. The length is
    /// what [`announced_payload_len`] says.
    pub fn segment(&mut self, direction: Direction, time_ns: i64, payload_len: u32, tcp: &Tcp) {
        let (this, peer) = direction.sides(&mut self.halves);
        let payload = u64::from(payload_len);
        this.figures.payload_bytes += payload;
        if payload > 0 || tcp.has(Tcp::SYN | Tcp::FIN) {
            if peer.window == Window::Closed && !tcp.has(Tcp::SYN) {
                this.figures.window_probes += 1;
                this.fin_sent |= tcp.has(Tcp::FIN);
            } else {
                this.sent(tcp, payload, time_ns);
            }
        }
        if tcp.has(Tcp::ACK) {
            peer.acknowledged(tcp.ack, time_ns);
        }
        if !tcp.has(Tcp::RST) {
            this.window = if tcp.window != 0 && tcp.has(Tcp::ACK | Tcp::SYN) {
                Window::Open
            } else {
                Window::Closed
            };
        } else if this.window == Window::Unseen {
            this.window = Window::Closed;
        }
    }

    /// The figures of what was sent in `direction`.
    pub fn figures(&self, direction: Direction) -> &Figures {
        &self.halves[direction.index()].figures
    }

    /// Segments held in memory.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.halves.iter().map(|half| half.segments.len()).sum()
    }

    /// How often a bound of the tracker's memory was hit.
    pub fn bounds_hit(&self) -> u64 {
        self.halves.iter().map(|half| half.segments.forgotten).sum()
    }
}

impl Half {
    fn sent(&mut self, tcp: &Tcp, payload: u64, time_ns: i64) {
        let (syn, fin) = (u64::from(tcp.has(Tcp::SYN)), u64::from(tcp.has(Tcp::FIN)));
        let sent = self.segments.sent(tcp.seq, payload + syn + fin, time_ns);
        self.figures.out_of_order_segments += u64::from(sent.out_of_order);
        self.figures.retransmitted_segments += u64::from(sent.repeated > 0);
        self.figures.retransmitted_bytes += sent.repeated;
        // The number of a SYN or FIN that is sent again is no byte of payload.
        let controls = if self.syn_sent { syn } else { 0 } + if self.fin_sent { fin } else { 0 };
        self.figures.unique_bytes += payload.saturating_sub(sent.repeated.saturating_sub(controls));
        self.syn_sent |= syn > 0;
        self.fin_sent |= fin > 0;
    }

    fn acknowledged(&mut self, ack: u32, time_ns: i64) {
        match self.segments.acknowledged(ack, time_ns) {
            Some(Acknowledged::Sample(rtt_ns)) => self.figures.rtt_ns.record(rtt_ns),
            Some(Acknowledged::Ambiguous) => self.figures.ambiguous_acks += 1,
            Some(Acknowledged::PostLoss) => self.figures.post_loss_acks += 1,
            None => {}
        }
    }
}
