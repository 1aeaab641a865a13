//! `migqos inspect --format json`.

use serde_json::{Value, json};

use super::parts::{self, Object};
use crate::summary::{ConversationRow, EchoRow, Inspection, RtpRow, TcpDirection, TcpSummary};

/// The document of schema `migqos.inspect/1`; `migrations` are already in the contract's form.
pub fn inspection_json(inspection: &Inspection, migrations: Vec<Value>) -> Value {
    let conversations: Vec<Value> = inspection.conversations.iter().map(conversation).collect();
    let rtp_streams: Vec<Value> = inspection.rtp_streams.iter().map(rtp).collect();
    let echo: Vec<Value> = inspection.echo.iter().map(echo_pair).collect();
    let seconds: Vec<Value> = inspection
        .seconds
        .iter()
        .map(|&(start_ns, packets, wire_bytes)| {
            Object::new()
                .set("start_s", parts::seconds(start_ns))
                .set("packets", packets)
                .set("wire_bytes", wire_bytes)
                .done()
        })
        .collect();
    Object::new()
        .set("schema", "migqos.inspect/1")
        .set("capture", parts::capture(&inspection.capture))
        .set("conversations", conversations)
        .set("rtp_streams", rtp_streams)
        .set("seconds", seconds)
        .set("echo", echo)
        .set("migrations", migrations)
        .set("warnings", parts::warnings(&inspection.warnings))
        .done()
}

fn conversation(row: &ConversationRow) -> Value {
    Object::new()
        .set("protocol", row.protocol.as_str())
        .set("a", row.a.as_str())
        .set("b", row.b.as_str())
        .set("start_s", parts::number(row.start_s))
        .set("duration_s", parts::number(row.duration_s))
        .set("packets_ab", row.packets_ab)
        .set("bytes_ab", row.bytes_ab)
        .set("packets_ba", row.packets_ba)
        .set("bytes_ba", row.bytes_ba)
        .set("tcp", row.tcp.as_ref().map_or(Value::Null, tcp))
        .done()
}

fn tcp(tcp: &TcpSummary) -> Value {
    let flags = tcp
        .flags
        .iter()
        .fold(Object::new(), |object, &(name, count)| object.set(name, count));
    json!({ "flags": flags.done(), "ab": direction(&tcp.ab), "ba": direction(&tcp.ba) })
}

fn direction(direction: &TcpDirection) -> Value {
    Object::new()
        .set("payload_bytes", direction.payload_bytes)
        .set("unique_bytes", direction.unique_bytes)
        .set("retransmitted_segments", direction.retransmitted_segments)
        .set("retransmitted_bytes", direction.retransmitted_bytes)
        .set("out_of_order_segments", direction.out_of_order_segments)
        .set("rtt_ms", parts::rtt(&direction.rtt))
        .done()
}

fn rtp(row: &RtpRow) -> Value {
    let jitter = Object::new()
        .figure("mean", row.jitter_mean_ms)
        .figure("max", row.jitter_max_ms);
    Object::new()
        .set("src", row.src.as_str())
        .set("dst", row.dst.as_str())
        .set("ssrc", row.ssrc)
        .set("payload_type", row.payload_type)
        .set("packets", row.packets)
        .set("expected", row.expected)
        .set("lost", row.lost)
        .set("jitter_ms", jitter)
        .figure("max_delta_ms", row.max_delta_ms)
        .done()
}

fn echo_pair(row: &EchoRow) -> Value {
    let rtt = Object::new()
        .figure("mean", row.rtt_mean_ms)
        .figure("min", row.rtt_min_ms)
        .figure("max", row.rtt_max_ms);
    Object::new()
        .set("kind", row.kind)
        .set("client", row.client.as_str())
        .set("server", row.server.as_str())
        .set("sent", row.sent)
        .set("lost", row.lost)
        .set("rtt_ms", rtt)
        .figure("longest_gap_ms", row.longest_gap_ms)
        .done()
}
