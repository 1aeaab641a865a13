//! What is in the file: its conversations with the TCP analysis of each.

use super::conversation::{Conversation, TcpState};
use super::run::Observed;
use super::service::requests_in_gaps;
use crate::figure::{Figure, Reason};
use crate::flow::Direction;
use crate::measure::echo::{EchoFlow, EchoKind};
use crate::measure::rtp::{RtpStream, RtpTracker};
use crate::measure::tcp::tcptrace::{Figures, TcptraceTracker};
use crate::migration::Moves;
use crate::summary::{ConversationRow, EchoRow, Inspection, RtpRow, RttFigures, TcpDirection, TcpSummary, Warning};

/// Longest list that includes empty bins.
const MAX_BINS_LISTED: i64 = 100_000;

/// Lists what was observed.
pub fn inspection(observed: Observed, interval_ns: i64) -> (Inspection, Moves) {
    let Observed {
        mut engine,
        capture,
        mut warnings,
    } = observed;
    let mut findings = std::mem::take(&mut engine.migration).finish();
    requests_in_gaps(&mut findings.migrations, engine.echo.flows());
    let start_ns = engine.quality.start_ns.unwrap_or(0);
    let bins = engine.quality.bins();
    let last = bins.last().map_or(0, |bin| bin.bin);
    let seconds = if last < MAX_BINS_LISTED {
        let mut dense = vec![(0, 0); if bins.is_empty() { 0 } else { last as usize + 1 }];
        for bin in bins {
            if let Some(slot) = dense.get_mut(bin.bin as usize) {
                *slot = (bin.packets, bin.wire_bytes);
            }
        }
        let rows = dense.into_iter().enumerate();
        rows.map(|(bin, (packets, bytes))| (bin as i64 * interval_ns, packets, bytes))
            .collect()
    } else {
        warnings.push(Warning::new(
            "sparse_seconds",
            "the capture spans more than 100,000 intervals: only those with frames are listed",
            Vec::new(),
        ));
        bins.iter()
            .map(|bin| (bin.bin.saturating_mul(interval_ns), bin.packets, bin.wire_bytes))
            .collect()
    };
    warnings.extend(bounds(&engine.conversations));
    let conversations = engine
        .conversations
        .iter()
        .map(|conversation| row(conversation, start_ns))
        .collect();
    let inspection = Inspection {
        capture,
        conversations,
        rtp_streams: engine.rtp.iter().flat_map(RtpTracker::streams).map(rtp_row).collect(),
        seconds,
        echo: engine.echo.flows().iter().map(echo_row).collect(),
        warnings,
    };
    (inspection, engine.moves(findings.migrations, None))
}

/// What was forgotten of conversations, by any of the analyses.
fn bounds(conversations: &[Conversation]) -> Option<Warning> {
    let states = conversations
        .iter()
        .filter_map(|conversation| conversation.tcp.as_deref());
    let hits = states.map(|state| {
        let tcptrace = state.tcptrace.as_deref().map_or(0, TcptraceTracker::bounds_hit);
        state.tracker.bounds_hit() + state.wireshark.bounds_hit() + tcptrace
    });
    let count = hits.fold(0, u64::saturating_add);
    (count > 0).then(|| {
        Warning::new(
            "conversation_bounds",
            "bounds on a conversation's memory that were hit: {count}; where so much is unacknowledged or missing, retransmissions, flags and RTT may be incomplete",
            vec![("count", count.to_string())],
        )
    })
}

fn row(conversation: &Conversation, start_ns: i64) -> ConversationRow {
    let (first, last) = conversation.time.get().unwrap_or((start_ns, start_ns));
    ConversationRow {
        protocol: conversation.protocol_name(),
        a: conversation.endpoint(conversation.a),
        b: conversation.endpoint(conversation.b),
        start_s: first.saturating_sub(start_ns) as f64 / 1e9,
        duration_s: last.saturating_sub(first) as f64 / 1e9,
        packets_ab: conversation.packets[0],
        bytes_ab: conversation.wire_bytes[0],
        packets_ba: conversation.packets[1],
        bytes_ba: conversation.wire_bytes[1],
        tcp: conversation.tcp.as_deref().map(|state| TcpSummary {
            flags: state.flags.iter().map(|(flag, count)| (flag.name(), count)).collect(),
            ab: direction(state, Direction::Ab),
            ba: direction(state, Direction::Ba),
        }),
    }
}

fn echo_row(flow: &EchoFlow) -> EchoRow {
    let ms = |ns: Option<f64>| ns.map_or(Figure::Absent(Reason::NoPackets), |ns| Figure::Value(ns / 1e6));
    EchoRow {
        kind: match flow.kind {
            EchoKind::Icmp => "icmp",
            EchoKind::Udp => "udp",
        },
        client: flow.client.to_string(),
        server: flow.server.to_string(),
        sent: flow.sent,
        lost: flow.lost,
        rtt_mean_ms: ms(flow.rtt_ns.mean_ns()),
        rtt_min_ms: ms(flow.rtt_ns.min().map(|ns| ns as f64)),
        rtt_max_ms: ms(flow.rtt_ns.max().map(|ns| ns as f64)),
        longest_gap_ms: ms(flow.longest_gap.map(|gap| gap.len_ns() as f64)),
    }
}

/// The figures as tshark gives them, so that anybody can hold them against Wireshark's window.
fn rtp_row(stream: RtpStream) -> RtpRow {
    let figure = |value: Option<f64>, why: Reason| value.map_or(Figure::Absent(why), Figure::Value);
    // Packets that count for the delta count for the jitter too, where their type has a clock.
    let no_jitter = match stream.wireshark.max_delta_ms {
        Some(_) => Reason::UnknownClock,
        None => Reason::TooFewSamples,
    };
    RtpRow {
        src: stream.src.to_string(),
        dst: stream.dst.to_string(),
        ssrc: stream.ssrc,
        payload_type: stream.payload_type,
        packets: stream.wireshark.packets,
        expected: stream.wireshark.expected.max(0) as u64,
        lost: stream.wireshark.lost,
        jitter_mean_ms: figure(stream.wireshark.jitter_mean_ms, no_jitter),
        jitter_max_ms: figure(stream.wireshark.jitter_max_ms, no_jitter),
        max_delta_ms: figure(stream.wireshark.max_delta_ms, Reason::TooFewSamples),
    }
}

/// One direction as tcptrace describes it.
fn direction(state: &TcpState, direction: Direction) -> TcpDirection {
    let reason = if state.tracker.both_directions() {
        Reason::NoRttSamples
    } else {
        Reason::OneDirectionOnly
    };
    let none = Figures::default();
    let figures = state
        .tcptrace
        .as_deref()
        .map_or(&none, |tcptrace| tcptrace.figures(direction));
    let rtt = &figures.rtt_ns;
    let ms = |ns: Option<f64>| ns.map_or(Figure::Absent(reason), |ns| Figure::Value(ns / 1e6));
    let whole_ms = |ns: Option<u64>| ms(ns.map(|ns| ns as f64));
    TcpDirection {
        payload_bytes: figures.payload_bytes,
        unique_bytes: figures.unique_bytes,
        retransmitted_segments: figures.retransmitted_segments,
        retransmitted_bytes: figures.retransmitted_bytes,
        out_of_order_segments: figures.out_of_order_segments,
        window_probes: figures.window_probes,
        rtt: RttFigures {
            samples: rtt.count(),
            min: whole_ms(rtt.min()),
            mean: ms(rtt.mean_ns()),
            median: whole_ms(rtt.percentile(50.0)),
            p95: whole_ms(rtt.percentile(95.0)),
            max: whole_ms(rtt.max()),
        },
        ambiguous_acks: figures.ambiguous_acks,
        post_loss_acks: figures.post_loss_acks,
    }
}
