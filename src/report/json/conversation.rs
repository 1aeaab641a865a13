//! What talked to what: a conversation, an RTP stream, an echo pair.

use serde::ser::SerializeMap;

use super::metrics::Figures;
use super::object::{Fields, Object};
use crate::summary::{ConversationRow, EchoRow, RtpRow, TcpDirection, TcpSummary};

impl Object for ConversationRow {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        to.set("protocol", self.protocol.as_str())
            .set("a", self.a.as_str())
            .set("b", self.b.as_str())
            .number("start_s", self.start_s)
            .number("duration_s", self.duration_s)
            .set("packets_ab", self.packets_ab)
            .set("bytes_ab", self.bytes_ab)
            .set("packets_ba", self.packets_ba)
            .set("bytes_ba", self.bytes_ba)
            .optional("tcp", self.tcp.as_ref())
    }
}

impl Object for TcpSummary {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        to.object("flags", Flags(&self.flags))
            .object("ab", &self.ab)
            .object("ba", &self.ba)
    }
}

/// Wireshark's flags and how often each was raised.
struct Flags<'a>(&'a [(&'static str, u64)]);

impl Object for Flags<'_> {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        self.0.iter().fold(to, |to, (name, count)| to.set(name, count))
    }
}

impl Object for TcpDirection {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        to.set("payload_bytes", self.payload_bytes)
            .set("unique_bytes", self.unique_bytes)
            .set("retransmitted_segments", self.retransmitted_segments)
            .set("retransmitted_bytes", self.retransmitted_bytes)
            .set("out_of_order_segments", self.out_of_order_segments)
            .set("window_probes", self.window_probes)
            .object("rtt_ms", Acknowledged(self))
    }
}

/// The round trips, and the acknowledgements that gave none.
struct Acknowledged<'a>(&'a TcpDirection);

impl Object for Acknowledged<'_> {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let Self(direction) = self;
        direction
            .rtt
            .fields(to)
            .set("ambiguous_acks", direction.ambiguous_acks)
            .set("post_loss_acks", direction.post_loss_acks)
    }
}

impl Object for RtpRow {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let jitter = Figures(["mean", "max"], [self.jitter_mean_ms, self.jitter_max_ms]);
        to.set("src", self.src.as_str())
            .set("dst", self.dst.as_str())
            .set("ssrc", self.ssrc)
            .set("payload_type", self.payload_type)
            .set("packets", self.packets)
            .set("expected", self.expected)
            .set("lost", self.lost)
            .object("jitter_ms", jitter)
            .figure("max_delta_ms", self.max_delta_ms)
    }
}

impl Object for EchoRow {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let rtt = Figures(
            ["mean", "min", "max"],
            [self.rtt_mean_ms, self.rtt_min_ms, self.rtt_max_ms],
        );
        to.set("kind", self.kind)
            .set("client", self.client.as_str())
            .set("server", self.server.as_str())
            .set("sent", self.sent)
            .set("lost", self.lost)
            .object("rtt_ms", rtt)
            .figure("longest_gap_ms", self.longest_gap_ms)
    }
}
