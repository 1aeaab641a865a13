//! The capture: what capinfos would say of it.

use serde::ser::SerializeMap;

use super::object::{Fields, Object, seconds};
use crate::capture::{Compression, FileFormat, Interface};
use crate::summary::CaptureProperties;

impl Object for CaptureProperties {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let format = match self.format {
            FileFormat::Pcap => "pcap",
            FileFormat::Pcapng => "pcapng",
        };
        let times = self.first_ns.zip(self.last_ns);
        let duration_s = times.map(|(first, last)| seconds(last.saturating_sub(first)));
        to.set("path", self.path.as_str())
            .set("format", format)
            .set("compression", self.compression.map(compression))
            .set("packets", self.packets)
            .set("captured_bytes", self.captured_bytes)
            .set("wire_bytes", self.wire_bytes)
            .set("first_ns", self.first_ns)
            .set("last_ns", self.last_ns)
            .set("duration_s", duration_s)
            .set("truncated_packets", self.truncated_packets)
            .set("out_of_order_packets", self.out_of_order_packets)
            .set("duplicate_packets", self.duplicate_packets)
            .set("super_frames", self.super_frames)
            .set("unknown_link_packets", self.unknown_link_packets)
            .array("interfaces", self.interfaces.iter())
    }
}

impl Object for Interface {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        to.set("link_type", self.link_type.0)
            .set("snaplen", self.snaplen)
            .set("ticks_per_second", self.ticks_per_second)
            .set("dropped", self.dropped)
            .set("name", self.name.as_deref())
    }
}

fn compression(compression: Compression) -> &'static str {
    match compression {
        Compression::Gzip => "gzip",
        Compression::Zstd => "zstd",
        Compression::Lz4 => "lz4",
    }
}
