//! The figures of both families over one span.

use serde::ser::SerializeMap;

use super::object::{Fields, Object};
use crate::figure::{Figure, Reason};
use crate::summary::{Method, Metrics, Span, SpanOf, Standard, Wireshark};

impl Object for Metrics {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        to.object("span", self.span)
            .object("standard", &self.standard)
            .object("wireshark", self.wireshark)
    }
}

impl Object for Span {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let of = match self.of {
            SpanOf::Migration => "migration",
            SpanOf::Capture => "capture",
        };
        to.set("of", of)
            .number("start_s", self.start_s)
            .number("end_s", self.end_s)
    }
}

impl Object for Standard {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let percentiles = &self.delay_ms_percentiles;
        let percentiles = [
            ("p50", percentiles.p50),
            ("p95", percentiles.p95),
            ("p99", percentiles.p99),
            ("p999", percentiles.p999),
        ];
        let method = |method: Option<Method>| method.map(Method::key);
        to.figure("throughput_bps", self.throughput_bps)
            .figure("wire_throughput_bps", self.wire_throughput_bps)
            .figure("goodput_bps", self.goodput_bps)
            .object(
                "throughput_spread_bps",
                Figures(["p5", "p50", "p95", "max"], self.throughput_spread_bps),
            )
            .figure("loss_pct", self.loss_pct)
            .figure("loss_upstream_pct", self.loss_upstream_pct)
            .figure("loss_downstream_pct", self.loss_downstream_pct)
            .figure("delay_ms", self.delay_ms)
            .figure("jitter_ms", self.jitter_ms)
            .figure("rtt_ms", self.rtt_ms)
            .object("rtt_halves_ms", Figures(["to_target", "to_source"], self.rtt_halves_ms))
            .object("rtt_data_ack_ms", self.rtt_data_ack)
            .object("rtt_timestamps_ms", self.rtt_timestamps)
            .object("delay_ms_percentiles", Figures::from(percentiles))
            .figure("pdv_ms", self.pdv_ms)
            .set("capture_missing_bytes", self.capture_missing_bytes)
            .set("spurious_bytes", self.spurious_bytes)
            .absent("transmissions", Reason::OneCapturePoint.text())
            .set("delay_method", method(self.delay_method))
            .set("jitter_method", method(self.jitter_method))
            .set("loss_method", method(self.loss_method))
            .absent("clock", Reason::OneCapturePoint.text())
            .set("ip_bytes", self.ip_bytes)
            .set("packets", self.packets)
            .number("active_s", self.active_s)
    }
}

impl Object for Wireshark {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        to.figure("throughput_bps", self.throughput_bps)
            .figure("loss_pct", self.loss_pct)
            .figure("delay_ms", self.delay_ms)
            .figure("jitter_ms", self.jitter_ms)
            .set("packets", self.packets)
            .set("lost_segments", self.lost_segments)
    }
}

/// Figures by name.
pub(super) struct Figures<const N: usize>(pub(super) [&'static str; N], pub(super) [Figure; N]);

impl<const N: usize> From<[(&'static str, Figure); N]> for Figures<N> {
    fn from(figures: [(&'static str, Figure); N]) -> Self {
        Self(figures.map(|(name, _)| name), figures.map(|(_, figure)| figure))
    }
}

impl<const N: usize> Object for Figures<N> {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let named = self.0.iter().zip(&self.1);
        named.fold(to, |to, (name, figure)| to.figure(name, *figure))
    }
}
