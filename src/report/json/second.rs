//! One bin of a series: the part of a document that grows with the capture.

use serde::ser::SerializeMap;

use super::object::{Fields, Object, seconds};
use crate::figure::{Figure, Reason};
use crate::summary::Second;

impl Object for Second {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let index = self.index.map_or(Figure::Absent(Reason::NoFigure), Figure::Value);
        to.number("start_s", seconds(self.start_ns))
            .set("packets", self.packets)
            .set("wire_bytes", self.wire_bytes)
            .set("ip_bytes", self.ip_bytes)
            .figure("throughput_bps", self.throughput_bps)
            .figure("goodput_bps", self.goodput_bps)
            .figure("loss_pct", self.loss_pct)
            .figure("jitter_ms", self.jitter_ms)
            .figure("delay_ms", self.delay_ms)
            .figure("index", index)
    }
}
