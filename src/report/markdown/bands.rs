//! The grading table in force, with every edge of every band.

use super::page::{Grid, Page, escape};
use crate::grade::{Parameter, Scale, TableKind, TableModel, overall_model};
use crate::report::document::Document;

pub(super) fn write(document: &Document<'_>, page: &mut Page<'_>) {
    let (style, grader) = (document.style, document.grader);
    let profile = grader.profile();
    page.heading(3, style.text("method.bands_heading"));
    let model = grader.table_model(style.language, style.numbers());
    let caption = style.say("method.bands_caption", &[("profile", &escape(&profile.label()))]);
    page.table(&caption, &grid(&model));
    if profile.scale() == Scale::Quality {
        let overall = overall_model(style.language, style.numbers());
        page.table(style.text("method.overall_caption"), &grid(&overall));
    } else {
        page.paragraph(style.text("method.overall_pass"));
    }
    match (
        grader.table(Parameter::Throughput).map(|table| table.kind()),
        grader.capacity(),
    ) {
        (Ok(TableKind::ThroughputPct), Some(capacity)) => {
            let capacity = style.rate(capacity.bps() as f64);
            page.paragraph(&style.say("method.capacity", &[("capacity", &capacity)]));
        }
        (Ok(TableKind::ThroughputKbps), None) => page.paragraph(style.text("method.no_capacity")),
        _ => {}
    }
    let remarks: Vec<String> = profile
        .remarks(style.language, style.numbers())
        .into_iter()
        .map(|(place, text)| format!("{}: {}", escape(&place), escape(&text)))
        .collect();
    page.bullets(&remarks);
    if profile.name().starts_with("tiphon") && profile.origin().is_none() {
        // Says what the source says, and more.
        page.paragraph(style.text("method.attribution"));
    } else if let Some(source) = profile.source(style.language) {
        let source = escape(source.trim_end_matches('.'));
        page.paragraph(&style.say("method.source", &[("source", &source)]));
    }
}

fn grid(model: &TableModel) -> Grid {
    let digits = |cell: &String| cell.bytes().all(|b| b.is_ascii_digit());
    let mut grid = model.header.iter().enumerate().fold(Grid::new(), |grid, (at, title)| {
        // The column of indices.
        if model.rows.iter().all(|row| row.get(at).is_some_and(digits)) {
            grid.number(title)
        } else {
            grid.text(title)
        }
    });
    for row in &model.rows {
        grid.row(row.iter().map(|cell| escape(cell)).collect());
    }
    grid
}
