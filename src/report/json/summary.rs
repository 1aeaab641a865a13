//! `migqos analyze --format json`, and the report's summary.json.

use serde_json::{Value, json};

use super::parts::{self, Object};
use crate::figure::Reason;
use crate::grade::{grades_json, shares_json};
use crate::report::document::{Document, family_key, other};
use crate::summary::{ChosenBy, Method, Metrics, Nodes, Second, Selection, Span, SpanOf, Standard, Wireshark};

/// What other rooms add to the document, each already in the contract's form; `Default` is "nothing of it".
#[derive(Debug, Clone, Default)]
pub struct Extras {
    /// The traffic of the VM's clients: an object, or null.
    pub service: Value,
    /// Every migration found.
    pub migrations: Vec<Value>,
    /// The one chosen: an object, or null.
    pub migration: Value,
    /// What the task log says: an object, or null.
    pub log: Value,
}

/// The document of schema `migqos.summary/1`.
pub fn summary_json(document: &Document<'_>, extras: Extras) -> Value {
    let summary = document.summary;
    let target_capture = summary.target_capture.as_ref().map_or(Value::Null, parts::capture);
    let metrics_capture = summary.metrics_capture.as_ref().map_or(Value::Null, metrics);
    let seconds: Vec<Value> = summary.seconds.iter().map(second).collect();
    Object::new()
        .set("schema", "migqos.summary/1")
        .set("capture", parts::capture(&summary.capture))
        .set("target_capture", target_capture)
        .set("nodes", nodes(&summary.nodes))
        .set("selection", selection(&summary.selection))
        .set("metrics", metrics(&summary.metrics))
        .set("metrics_capture", metrics_capture)
        .set("grades", grades(document))
        .set("other_grades", other_grades(document))
        .set("interval_s", parts::seconds(summary.interval_ns))
        .set("seconds", seconds)
        .set("service", extras.service)
        .set("migrations", extras.migrations)
        .set("migration", extras.migration)
        .set("log", extras.log)
        .set("warnings", parts::warnings(&summary.warnings))
        .done()
}

/// The grades of the graded family, and the share of bins in each category.
fn grades(document: &Document<'_>) -> Value {
    let family = document.options.family;
    let shares = shares_json(&document.shares(), document.grader);
    Object::new()
        .set("method", family_key(family))
        .extend(grades_json(&document.grades(family)))
        .set("shares", shares)
        .done()
}

/// The grades of the other family, for comparison.
fn other_grades(document: &Document<'_>) -> Value {
    let family = other(document.options.family);
    Object::new()
        .set("method", family_key(family))
        .extend(grades_json(&document.grades(family)))
        .done()
}

fn nodes(nodes: &Nodes) -> Value {
    let chosen_by = match nodes.chosen_by {
        ChosenBy::Arguments => "arguments",
        ChosenBy::Content => "content",
        ChosenBy::Port => "port",
        ChosenBy::Volume => "volume",
    };
    let runner_up = match &nodes.runner_up {
        Some((pair, wire_bytes)) => json!({ "nodes": pair, "wire_bytes": wire_bytes }),
        None => Value::Null,
    };
    Object::new()
        .set("source", nodes.source.as_slice())
        .set("target", nodes.target.as_slice())
        .set("chosen_by", chosen_by)
        .set("runner_up", runner_up)
        .done()
}

fn selection(selection: &Selection) -> Value {
    let largest: Vec<Value> = selection
        .largest_left_out
        .iter()
        .map(|(conversation, wire_bytes)| json!({ "conversation": conversation, "wire_bytes": wire_bytes }))
        .collect();
    Object::new()
        .set("packets", selection.packets)
        .set("wire_bytes", selection.wire_bytes)
        .set("conversations", selection.conversations)
        .set("left_out_packets", selection.left_out_packets)
        .set("left_out_bytes", selection.left_out_bytes)
        .set("largest_left_out", largest)
        .set("display_filter", selection.display_filter.as_str())
        .done()
}

fn metrics(metrics: &Metrics) -> Value {
    Object::new()
        .set("span", span(&metrics.span))
        .set("standard", standard(&metrics.standard))
        .set("wireshark", wireshark(&metrics.wireshark))
        .done()
}

fn span(span: &Span) -> Value {
    let of = match span.of {
        SpanOf::Migration => "migration",
        SpanOf::Capture => "capture",
    };
    Object::new()
        .set("of", of)
        .set("start_s", parts::number(span.start_s))
        .set("end_s", parts::number(span.end_s))
        .done()
}

fn standard(standard: &Standard) -> Value {
    let [p5, p50, p95, max] = standard.throughput_spread_bps;
    let [to_target, to_source] = standard.rtt_halves_ms;
    let spread = Object::new()
        .figure("p5", p5)
        .figure("p50", p50)
        .figure("p95", p95)
        .figure("max", max);
    let halves = Object::new()
        .figure("to_target", to_target)
        .figure("to_source", to_source);
    let percentiles = Object::new()
        .figure("p50", standard.delay_ms_percentiles.p50)
        .figure("p95", standard.delay_ms_percentiles.p95)
        .figure("p99", standard.delay_ms_percentiles.p99)
        .figure("p999", standard.delay_ms_percentiles.p999);
    let method = |method: Option<Method>| method.map(Method::key);
    Object::new()
        .figure("throughput_bps", standard.throughput_bps)
        .figure("wire_throughput_bps", standard.wire_throughput_bps)
        .figure("goodput_bps", standard.goodput_bps)
        .set("throughput_spread_bps", spread)
        .figure("loss_pct", standard.loss_pct)
        .figure("loss_upstream_pct", standard.loss_upstream_pct)
        .figure("loss_downstream_pct", standard.loss_downstream_pct)
        .figure("delay_ms", standard.delay_ms)
        .figure("jitter_ms", standard.jitter_ms)
        .figure("rtt_ms", standard.rtt_ms)
        .set("rtt_halves_ms", halves)
        .set("rtt_data_ack_ms", parts::rtt(&standard.rtt_data_ack))
        .set("rtt_timestamps_ms", parts::rtt(&standard.rtt_timestamps))
        .set("delay_ms_percentiles", percentiles)
        .figure("pdv_ms", standard.pdv_ms)
        .set("capture_missing_bytes", standard.capture_missing_bytes)
        .set("spurious_bytes", standard.spurious_bytes)
        .set("transmissions", Value::Null)
        .set("transmissions_reason", Reason::OneCapturePoint.text())
        .set("delay_method", method(standard.delay_method))
        .set("jitter_method", method(standard.jitter_method))
        .set("loss_method", method(standard.loss_method))
        .set("clock", Value::Null)
        .set("clock_reason", Reason::OneCapturePoint.text())
        .set("ip_bytes", standard.ip_bytes)
        .set("packets", standard.packets)
        .set("active_s", parts::number(standard.active_s))
        .done()
}

fn wireshark(wireshark: &Wireshark) -> Value {
    Object::new()
        .figure("throughput_bps", wireshark.throughput_bps)
        .figure("loss_pct", wireshark.loss_pct)
        .figure("delay_ms", wireshark.delay_ms)
        .figure("jitter_ms", wireshark.jitter_ms)
        .set("packets", wireshark.packets)
        .set("lost_segments", wireshark.lost_segments)
        .done()
}

fn second(second: &Second) -> Value {
    let object = Object::new()
        .set("start_s", parts::seconds(second.start_ns))
        .set("packets", second.packets)
        .set("wire_bytes", second.wire_bytes)
        .set("ip_bytes", second.ip_bytes)
        .figure("throughput_bps", second.throughput_bps)
        .figure("goodput_bps", second.goodput_bps)
        .figure("loss_pct", second.loss_pct)
        .figure("jitter_ms", second.jitter_ms)
        .figure("delay_ms", second.delay_ms);
    match second.index {
        Some(index) => object.set("index", parts::number(index)),
        None => object
            .set("index", Value::Null)
            .set("index_reason", Reason::NoFigure.text()),
    }
    .done()
}
