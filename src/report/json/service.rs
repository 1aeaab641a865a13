//! The virtual machine's own traffic in the contract's form.

use serde_json::Value;

use super::parts::Object;
use crate::grade::{Grader, grades_json};
use crate::options::Family;
use crate::report::document::figures;
use crate::summary::{Metrics, ServiceSummary};

/// The object of DESIGN's `service`: the four figures and their grades, over all and for each part.
pub fn service_json(service: &ServiceSummary, grader: &Grader<'_>, family: Family) -> Value {
    let part = |metrics: &Option<Metrics>| match metrics {
        Some(metrics) => measured(Object::new(), metrics, grader, family).done(),
        None => Value::Null,
    };
    let object = Object::new()
        .set("vm", service.vm.to_string())
        .set("client", service.client.to_string());
    measured(object, &service.metrics, grader, family)
        .set("before", part(&service.before))
        .set("during", part(&service.during))
        .set("after", part(&service.after))
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
