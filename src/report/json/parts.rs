//! The pieces that both documents share.

use serde_json::{Map, Value, json};

use crate::capture::{Compression, FileFormat};
use crate::figure::Figure;
use crate::summary::{CaptureProperties, RttFigures, Warning};

/// An object under construction, in the order in which its keys are set.
#[derive(Default)]
pub(super) struct Object(Map<String, Value>);

impl Object {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// `key: value`.
    pub(super) fn set(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// `key: number`, or `key: null` and `key_reason: "why"`.
    pub(super) fn figure(self, key: &str, figure: Figure) -> Self {
        match figure {
            Figure::Value(value) => self.set(key, number(value)),
            Figure::Absent(reason) => self.set(key, Value::Null).set(&format!("{key}_reason"), reason.text()),
        }
    }

    /// The pairs of another object.
    pub(super) fn extend(mut self, pairs: Map<String, Value>) -> Self {
        self.0.extend(pairs);
        self
    }

    pub(super) fn done(self) -> Value {
        Value::Object(self.0)
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        object.done()
    }
}

/// A double; negative zero is written as zero.
pub(super) fn number(value: f64) -> Value {
    json!(value + 0.0)
}

/// Nanoseconds as seconds.
pub(super) fn seconds(ns: i64) -> f64 {
    // Both operands are exact up to 2^53 ns (104 days), so the quotient is the double nearest to the true value.
    ns as f64 / 1e9
}

pub(super) fn capture(capture: &CaptureProperties) -> Value {
    let duration = match (capture.first_ns, capture.last_ns) {
        (Some(first), Some(last)) => json!(seconds(last.saturating_sub(first))),
        _ => Value::Null,
    };
    let interfaces: Vec<Value> = capture
        .interfaces
        .iter()
        .map(|interface| {
            Object::new()
                .set("link_type", interface.link_type.0)
                .set("snaplen", interface.snaplen)
                .set("ticks_per_second", interface.ticks_per_second)
                .set("dropped", interface.dropped)
                .set("name", interface.name.clone())
                .done()
        })
        .collect();
    let format = match capture.format {
        FileFormat::Pcap => "pcap",
        FileFormat::Pcapng => "pcapng",
    };
    Object::new()
        .set("path", capture.path.as_str())
        .set("format", format)
        .set("compression", capture.compression.map(compression))
        .set("packets", capture.packets)
        .set("captured_bytes", capture.captured_bytes)
        .set("wire_bytes", capture.wire_bytes)
        .set("first_ns", capture.first_ns)
        .set("last_ns", capture.last_ns)
        .set("duration_s", duration)
        .set("truncated_packets", capture.truncated_packets)
        .set("out_of_order_packets", capture.out_of_order_packets)
        .set("duplicate_packets", capture.duplicate_packets)
        .set("super_frames", capture.super_frames)
        .set("unknown_link_packets", capture.unknown_link_packets)
        .set("interfaces", interfaces)
        .done()
}

fn compression(compression: Compression) -> &'static str {
    match compression {
        Compression::Gzip => "gzip",
        Compression::Zstd => "zstd",
        Compression::Lz4 => "lz4",
    }
}

pub(super) fn rtt(rtt: &RttFigures) -> Value {
    Object::new()
        .set("samples", rtt.samples)
        .figure("min", rtt.min)
        .figure("mean", rtt.mean)
        .figure("median", rtt.median)
        .figure("p95", rtt.p95)
        .figure("max", rtt.max)
        .done()
}

/// The code, the sentence in English, and the sentence's values by name.
pub(super) fn warnings(warnings: &[Warning]) -> Vec<Value> {
    warnings
        .iter()
        .map(|warning| {
            let object = Object::new()
                .set("code", warning.code)
                .set("message", warning.message.as_str());
            warning
                .values
                .iter()
                .filter(|(name, _)| !matches!(*name, "code" | "message"))
                .fold(object, |object, (name, value)| match value.parse::<u64>() {
                    Ok(number) => object.set(name, number),
                    Err(_) => object.set(name, value.as_str()),
                })
                .done()
        })
        .collect()
}
