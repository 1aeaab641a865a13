//! A grading table as the bands of an axis.

use crate::grade::{Parameter, TableKind};
use crate::report::chart::Band;
use crate::report::document::Document;

/// The bands of the table in force, their edges multiplied by `scale`; none where no table grades the parameter.
pub(super) fn bands(document: &Document<'_>, parameter: Parameter, scale: f64) -> Vec<Band> {
    let Ok(table) = document.grader.table(parameter) else {
        return Vec::new();
    };
    let language = document.style.language;
    let band = |band: &crate::grade::Band| Band {
        from: band.range.low() * scale,
        to: band.range.high() * scale,
        index: band.index,
        label: band.category.name(language).to_owned(),
    };
    table.bands().iter().map(band).collect()
}

/// Bit/s in one unit of the table that grades throughput.
pub(super) fn bps_of_table_unit(document: &Document<'_>) -> f64 {
    let kind = document.grader.table(Parameter::Throughput).map(|table| table.kind());
    match (kind, document.grader.capacity()) {
        (Ok(TableKind::ThroughputPct), Some(capacity)) => capacity.bps() as f64 / 100.0,
        _ => 1000.0,
    }
}
