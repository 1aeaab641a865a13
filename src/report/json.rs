//! The JSON that scripts rely on: keys fixed, in a fixed order, and never renamed.
//!
//! Numbers are SI base units as the key says. An absent figure is `null`, with its reason under `<key>_reason`. Floats
//! are written in the shortest form that reads back as the same double, so that equal answers are equal bytes.
//!
//! A document is a view of what was measured, not a copy of it: [`write`] makes the text as it goes, whatever the number
//! of seconds.

mod capture;
mod conversation;
mod inspection;
mod log;
mod metrics;
mod migration;
mod object;
mod rtt;
mod second;
mod selection;
mod service;
mod summary;
mod warning;

use std::io::{self, Write};

use serde::Serialize;

pub use inspection::inspection_json;
pub use summary::summary_json;

/// Writes a document, or an array of documents, as indented text that ends with a line's end.
///
/// # Errors
/// What `out` says.
pub fn write(document: &impl Serialize, mut out: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, document)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::object::{Fields, Object, Written};
    use super::*;
    use crate::migration::Moves;
    use crate::report::locale::Style;
    use crate::report::sample;

    /// The keys of the contract stand in the object, in the contract's order; others may stand between.
    fn holds_in_order(value: &Value, keys: &[&str]) {
        let mut found = value.as_object().unwrap().keys();
        for key in keys {
            assert!(
                found.any(|k| k == key),
                "{key} is not there, or not in its place: {value:#}"
            );
        }
    }

    /// No null without its reason, but for what is not a figure.
    fn absent_figures_say_why(value: &Value) {
        const NO_FIGURES: [&str; 10] = [
            "compression",
            "dropped",
            "name",
            "runner_up",
            "metrics_capture",
            "delay_method",
            "jitter_method",
            "loss_method",
            "link_capacity_bps",
            "band",
        ];
        match value {
            Value::Object(object) => {
                for (key, value) in object {
                    let excused = NO_FIGURES.contains(&key.as_str()) || key == "tcp";
                    if value.is_null() && !excused {
                        assert!(object.contains_key(&format!("{key}_reason")), "{key} in {object:?}");
                    }
                    absent_figures_say_why(value);
                }
            }
            Value::Array(items) => items.iter().for_each(absent_figures_say_why),
            _ => {}
        }
    }

    fn summary() -> Value {
        let mut summary = sample::with_document(19, &Style::default(), |document| {
            serde_json::to_value(summary_json(document)).unwrap()
        });
        // The rows from the gap on tell as much as all.
        let seconds = summary["seconds"].as_array_mut().unwrap();
        seconds.drain(..17);
        summary
    }

    const CAPTURE: [&str; 13] = [
        "path",
        "format",
        "compression",
        "packets",
        "captured_bytes",
        "wire_bytes",
        "first_ns",
        "last_ns",
        "duration_s",
        "truncated_packets",
        "out_of_order_packets",
        "duplicate_packets",
        "interfaces",
    ];

    #[test]
    fn the_summary_keeps_the_contract() {
        let summary = summary();
        holds_in_order(
            &summary,
            &[
                "schema",
                "capture",
                "target_capture",
                "nodes",
                "selection",
                "metrics",
                "grades",
                "seconds",
                "service",
                "migrations",
                "migration",
                "log",
                "warnings",
            ],
        );
        holds_in_order(&summary["capture"], &CAPTURE);
        holds_in_order(&summary["nodes"], &["source", "target", "chosen_by"]);
        holds_in_order(
            &summary["selection"],
            &[
                "packets",
                "wire_bytes",
                "conversations",
                "left_out_packets",
                "left_out_bytes",
            ],
        );
        holds_in_order(
            &summary["metrics"]["standard"],
            &[
                "throughput_bps",
                "goodput_bps",
                "loss_pct",
                "loss_upstream_pct",
                "loss_downstream_pct",
                "delay_ms",
                "jitter_ms",
                "rtt_ms",
                "delay_ms_percentiles",
                "pdv_ms",
                "capture_missing_bytes",
                "transmissions",
                "delay_method",
                "jitter_method",
                "loss_method",
                "clock",
            ],
        );
        holds_in_order(
            &summary["metrics"]["standard"]["delay_ms_percentiles"],
            &["p50", "p95", "p99", "p999"],
        );
        holds_in_order(
            &summary["metrics"]["wireshark"],
            &["throughput_bps", "loss_pct", "delay_ms", "jitter_ms"],
        );
        holds_in_order(
            &summary["grades"],
            &[
                "method",
                "profile",
                "throughput",
                "loss",
                "jitter",
                "delay",
                "overall",
                "shares",
            ],
        );
        holds_in_order(
            &summary["grades"]["throughput"],
            &["value", "unit", "index", "category", "off_table"],
        );
        holds_in_order(&summary["grades"]["overall"], &["index", "percent", "category"]);
        holds_in_order(
            &summary["seconds"][0],
            &[
                "start_s",
                "packets",
                "wire_bytes",
                "ip_bytes",
                "throughput_bps",
                "goodput_bps",
                "loss_pct",
                "jitter_ms",
                "delay_ms",
                "index",
            ],
        );
        let served = &summary["service"];
        holds_in_order(
            served,
            &[
                "vm",
                "client",
                "throughput_bps",
                "grades",
                "before",
                "during",
                "after",
                "seconds",
            ],
        );
        assert!(
            served["seconds"][0]
                .as_object()
                .unwrap()
                .keys()
                .eq(summary["seconds"][0]
                    .as_object()
                    .unwrap()
                    .keys()
                    .filter(|key| !key.ends_with("_reason")))
        );
        absent_figures_say_why(&summary);
        assert_eq!(summary["seconds"][0]["loss_pct_reason"], "no packets");
        insta::assert_snapshot!(format!("{summary:#}"));
    }

    #[test]
    fn the_text_is_that_of_the_values_and_ends_with_its_line() {
        sample::with_document(3, &Style::default(), |document| {
            let mut text = Vec::new();
            write(&summary_json(document), &mut text).unwrap();
            let values = serde_json::to_value(summary_json(document)).unwrap();
            assert_eq!(String::from_utf8(text).unwrap(), format!("{values:#}\n"));
        });
    }

    #[test]
    fn the_inspection_keeps_the_contract() {
        let inspection = sample::inspection();
        let inspection = serde_json::to_value(inspection_json(&inspection, &Moves::default())).unwrap();
        holds_in_order(
            &inspection,
            &[
                "schema",
                "capture",
                "conversations",
                "rtp_streams",
                "seconds",
                "echo",
                "migrations",
                "warnings",
            ],
        );
        holds_in_order(&inspection["capture"], &CAPTURE);
        holds_in_order(
            &inspection["capture"]["interfaces"][0],
            &["link_type", "snaplen", "ticks_per_second", "dropped"],
        );
        let tcp = &inspection["conversations"][0]["tcp"];
        holds_in_order(
            &tcp["flags"],
            &[
                "retransmission",
                "fast_retransmission",
                "spurious_retransmission",
                "out_of_order",
                "lost_segment",
                "ack_lost_segment",
                "duplicate_ack",
                "keep_alive",
                "keep_alive_ack",
                "zero_window",
                "window_full",
                "window_update",
                "zero_window_probe",
                "zero_window_probe_ack",
                "reused_ports",
            ],
        );
        holds_in_order(
            &tcp["ab"],
            &[
                "payload_bytes",
                "unique_bytes",
                "retransmitted_segments",
                "retransmitted_bytes",
                "out_of_order_segments",
                "window_probes",
                "rtt_ms",
            ],
        );
        holds_in_order(
            &tcp["ab"]["rtt_ms"],
            &[
                "samples",
                "min",
                "mean",
                "median",
                "p95",
                "max",
                "ambiguous_acks",
                "post_loss_acks",
            ],
        );
        holds_in_order(
            &inspection["rtp_streams"][0],
            &[
                "src",
                "dst",
                "ssrc",
                "payload_type",
                "packets",
                "expected",
                "lost",
                "jitter_ms",
                "max_delta_ms",
            ],
        );
        holds_in_order(
            &inspection["echo"][0],
            &["kind", "client", "server", "sent", "lost", "rtt_ms", "longest_gap_ms"],
        );
        absent_figures_say_why(&inspection);
        insta::assert_snapshot!(format!("{inspection:#}"));
    }

    struct Number(f64);

    impl Object for Number {
        fn fields<M: serde::ser::SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
            to.number("is", self.0)
        }
    }

    #[test]
    fn floats_read_back_as_the_same_doubles_and_zero_has_no_sign() {
        let text = |value| serde_json::to_string(&Written(Number(value))).unwrap();
        for value in [0.1 + 0.2, 1e-7, 1e22, 403_694_930.0, f64::MIN_POSITIVE] {
            let text = text(value);
            let digits = text.trim_start_matches("{\"is\":").trim_end_matches('}');
            assert_eq!(digits.parse::<f64>().unwrap(), value, "{text}");
        }
        assert_eq!(text(-0.0), "{\"is\":0.0}");
    }
}
