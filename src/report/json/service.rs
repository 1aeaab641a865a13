//! The virtual machine's own traffic in the contract's form.

use serde_json::Value;

use super::parts::{Object, seconds};
use crate::grade::{Figures, Grader, grades_json};
use crate::options::Family;
use crate::report::document::figures;
use crate::summary::{Metrics, ServiceSummary};

/// The object of DESIGN's `service`: the four figures and their grades, over all and for each part.
pub fn service_json(service: &ServiceSummary, grader: &Grader<'_>, family: Family) -> Value {
    let part = |metrics: &Option<Metrics>| match metrics {
        Some(metrics) => measured(Object::new(), metrics, grader, family).done(),
        None => Value::Null,
    };
    let rows: Vec<Value> = service
        .seconds
        .iter()
        .map(|second| {
            Object::new()
                .set("start_s", seconds(second.start_ns))
                .set("packets", second.packets)
                .set("wire_bytes", second.wire_bytes)
                .figure("throughput_bps", second.throughput_bps)
                .figure("loss_pct", second.loss_pct)
                .figure("jitter_ms", second.jitter_ms)
                .figure("delay_ms", second.delay_ms)
                .set("index", grader.mean_index(&Figures::from(second)))
                .done()
        })
        .collect();
    let object = Object::new()
        .set("vm", service.vm.to_string())
        .set("client", service.client.to_string());
    measured(object, &service.metrics, grader, family)
        .set("before", part(&service.before))
        .set("during", part(&service.during))
        .set("after", part(&service.after))
        .set("seconds", rows)
        .done()
}

fn measured(object: Object, metrics: &Metrics, grader: &Grader<'_>, family: Family) -> Object {
    let four = figures(metrics, family);
    object
        .set("start_s", metrics.span.start_s)
        .set("end_s", metrics.span.end_s)
        .figure("throughput_bps", four.throughput_bps)
        .figure("loss_pct", four.loss_pct)
        .figure("delay_ms", four.delay_ms)
        .figure("jitter_ms", four.jitter_ms)
        .figure("rtt_ms", metrics.standard.rtt_ms)
        .set("grades", Value::Object(grades_json(&grader.grade(&four))))
}
