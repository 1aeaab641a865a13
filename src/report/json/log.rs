//! A log beside the capture, in the contract's form.

use jiff::civil::DateTime;
use serde::ser::SerializeMap;

use super::object::{Fields, Object, seconds};
use crate::figure::{Figure, Reason};
use crate::migration::log::{Beside, Compared, LogDrive, LogEvent, LogOutcome, LogProgress};

/// The object `log` of docs/JSON.md; times are seconds from the capture's first frame at `start_ns`.
#[derive(Clone, Copy)]
pub(super) struct Logged<'a> {
    beside: &'a Beside,
    start_ns: i64,
}

impl<'a> Logged<'a> {
    pub(super) fn new(beside: &'a Beside, start_ns: i64) -> Self {
        Self { beside, start_ns }
    }

    fn at(&self, local: Option<DateTime>) -> Figure {
        said(
            self.beside
                .utc_ns(local)
                .map(|ns| seconds(ns.saturating_sub(self.start_ns))),
        )
    }
}

/// What the log says, or that it does not.
fn said(value: Option<f64>) -> Figure {
    value.map_or(Figure::Absent(Reason::NotInLog), Figure::Value)
}

fn text<M: SerializeMap>(to: Fields<M>, key: &str, value: Option<&str>) -> Fields<M> {
    match value {
        Some(value) => to.set(key, value),
        None => to.figure(key, Figure::Absent(Reason::NotInLog)),
    }
}

impl Object for Logged<'_> {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let Self { beside, .. } = *self;
        let run = &beside.run;
        let outcome = match run.outcome {
            LogOutcome::Completed => "completed",
            LogOutcome::Aborted => "aborted",
            LogOutcome::Unknown => "unknown",
        };
        let to = to
            .set("kind", beside.kind.as_str())
            .set("path", beside.path.as_str())
            .set("outcome", outcome)
            .figure("migration_time_ms", run.migration_time_ms)
            .figure("task_time_ms", run.task_time_ms)
            .figure("downtime_ms", run.downtime_ms)
            .figure("transferred_bytes", run.transferred_bytes)
            .figure("transferred_resolution_bytes", run.transferred_resolution_bytes)
            .figure("memory_bytes", run.memory_bytes)
            .figure("average_bytes_per_s", run.average_bytes_per_s)
            .whole("dirty_syncs", run.dirty_syncs);
        let to = text(to, "error", run.error.as_deref());
        let to = text(to, "vm", run.vm.map(|vm| vm.to_string()).as_deref());
        let to = text(to, "target_node", run.target_node.as_deref());
        let to = text(to, "target", run.target.map(|target| target.to_string()).as_deref());
        let to = text(to, "channel", run.channel.as_deref());
        let aligned = beside.alignment;
        to.set("run", beside.number)
            .set("runs", beside.runs)
            .figure("utc_offset_s", said(aligned.map(|fit| f64::from(fit.offset_s))))
            .figure(
                "clock_difference_s",
                said(aligned.map(|fit| seconds(fit.difference_ns))),
            )
            .figure("start_s", self.at(run.start))
            .figure("end_s", self.at(run.end))
            .array("compared", beside.compared.iter())
            .array("events", run.events.iter().map(|event| Placed(*self, event)))
            .array("progress", run.progress.iter().map(|line| Placed(*self, line)))
            .array("drives", run.drives.iter())
    }
}

impl Object for Compared {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let why = self.capture.reason().or(self.log.reason()).unwrap_or(Reason::NoFigure);
        to.set("figure", self.quantity.key())
            .figure("capture", self.capture)
            .figure("log", self.log)
            .figure(
                "difference",
                self.difference().map_or(Figure::Absent(why), Figure::Value),
            )
    }
}

/// A line of the log on the capture's time.
struct Placed<'a, T>(Logged<'a>, &'a T);

impl Object for Placed<'_, LogEvent> {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let Self(log, event) = self;
        to.figure("at_s", log.at(event.at)).set("text", event.text.as_str())
    }
}

impl Object for Placed<'_, LogProgress> {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let Self(log, line) = self;
        to.figure("at_s", log.at(line.at))
            .number("transferred_bytes", line.transferred_bytes)
            .figure("remaining_bytes", said(line.remaining_bytes))
            .figure("bytes_per_s", said(line.bytes_per_s))
    }
}

impl Object for LogDrive {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        to.set("name", self.name.as_str())
            .number("transferred_bytes", self.transferred_bytes)
            .number("total_bytes", self.total_bytes)
    }
}
