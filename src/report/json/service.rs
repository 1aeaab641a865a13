//! The virtual machine's own traffic in the contract's form.

use serde::ser::SerializeMap;

use super::object::{Fields, Object};
use crate::grade::grades_json;
use crate::report::document::{Document, figures};
use crate::summary::{Metrics, ServiceSummary};

/// The object `service` of docs/JSON.md: the four figures and their grades, over all and for each part, and the series.
pub(super) struct Served<'a> {
    service: &'a ServiceSummary,
    document: &'a Document<'a>,
}

impl<'a> Served<'a> {
    pub(super) fn new(service: &'a ServiceSummary, document: &'a Document<'a>) -> Self {
        Self { service, document }
    }

    fn part(&self, metrics: &'a Metrics) -> Part<'a> {
        Part(metrics, self.document)
    }
}

impl Object for Served<'_> {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let to = to.set("vm", self.service.vm).set("client", self.service.client);
        let parts = [
            ("before", &self.service.before),
            ("during", &self.service.during),
            ("after", &self.service.after),
        ];
        let to = self.part(&self.service.metrics).fields(to);
        let to = parts.into_iter().fold(to, |to, (key, part)| match part {
            Ok(metrics) => to.object(key, self.part(metrics)),
            Err(reason) => to.absent(key, reason.text()),
        });
        to.array("seconds", self.service.seconds.iter())
    }
}

/// The figures of one part, and their grades.
struct Part<'a>(&'a Metrics, &'a Document<'a>);

impl Object for Part<'_> {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let Self(metrics, document) = self;
        let four = figures(metrics, document.options.family);
        to.number("start_s", metrics.span.start_s)
            .number("end_s", metrics.span.end_s)
            .figure("throughput_bps", four.throughput_bps)
            .figure("loss_pct", four.loss_pct)
            .figure("delay_ms", four.delay_ms)
            .figure("jitter_ms", four.jitter_ms)
            .figure("rtt_ms", metrics.standard.rtt_ms)
            .set("grades", grades_json(&document.grader.grade(&four)))
    }
}
