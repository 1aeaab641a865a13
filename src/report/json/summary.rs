//! `migqos analyze --format json`, and the report's summary.json.

use serde::Serialize;
use serde::ser::SerializeMap;

use super::log::Logged;
use super::migration::Moved;
use super::object::{Fields, Object, Written, seconds};
use super::service::Served;
use crate::figure::Reason;
use crate::grade::{grades_json, shares_json};
use crate::report::document::{Document, family_key, other};

/// The document of schema `migqos.summary/1`.
pub fn summary_json<'a>(document: &'a Document<'_>) -> impl Serialize + 'a {
    Written(document)
}

impl Object for Document<'_> {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let summary = self.summary;
        let start_ns = summary.capture.start_ns.unwrap_or(0);
        let moved = |migration| Moved::new(migration, self.moves, start_ns);
        let to = to
            .set("schema", "migqos.summary/1")
            .object("capture", &summary.capture)
            .optional_or(
                "target_capture",
                summary.target_capture.as_ref(),
                "no capture of the target node was given",
            )
            .object("nodes", &summary.nodes)
            .object("selection", &summary.selection)
            .object("metrics", &summary.metrics)
            .optional("metrics_capture", summary.metrics_capture.as_ref())
            .object("grades", Grades(self))
            .object("other_grades", OtherGrades(self))
            .number("interval_s", seconds(summary.interval_ns))
            .array("seconds", summary.seconds.iter())
            .optional_or(
                "service",
                self.service.map(|service| Served::new(service, self)),
                no_service(self),
            )
            .array("migrations", self.moves.migrations.iter().map(moved))
            .optional_or("migration", self.moves.chosen().map(moved), Reason::NoMigration.text());
        match &summary.log {
            Ok(beside) => to.object("log", Logged::new(beside, start_ns)),
            Err(reason) => to.absent("log", reason.text()),
        }
        .array("warnings", summary.warnings.iter())
    }
}

/// Why nothing is said of the virtual machine's own traffic.
fn no_service(document: &Document<'_>) -> &'static str {
    match document.options.vm.is_some() || document.moves.chosen().is_some() {
        true => "no traffic of the virtual machine was captured",
        false => "no virtual machine is known: --vm names it",
    }
}

/// The grades of the graded family, and the share of bins in each category.
struct Grades<'a>(&'a Document<'a>);

impl Object for Grades<'_> {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let family = self.0.options.family;
        to.set("method", family_key(family))
            .extend(grades_json(&self.0.grades(family)))
            .set("shares", shares_json(&self.0.shares(), self.0.grader))
    }
}

/// The grades of the other family, for comparison.
struct OtherGrades<'a>(&'a Document<'a>);

impl Object for OtherGrades<'_> {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let family = other(self.0.options.family);
        to.set("method", family_key(family))
            .extend(grades_json(&self.0.grades(family)))
    }
}
