//! Both families side by side, and the standard one in detail.

use super::answer::graded_cells;
use super::page::{Grid, Page};
use crate::figure::Figure;
use crate::grade::{Parameter, Scale};
use crate::options::Family;
use crate::report::document::Document;
use crate::summary::{Metrics, RttFigures};

pub(super) fn write(document: &Document<'_>, page: &mut Page<'_>) {
    let style = document.style;
    page.heading(2, style.text("families.heading"));
    page.paragraph(style.text("families.text"));
    let mut grid = Grid::new()
        .text(style.text("column.parameter"))
        .number(style.text("column.standard"))
        .text(style.text("column.grade"))
        .number(style.text("column.wireshark"))
        .text(style.text("column.grade"));
    for parameter in Parameter::ALL {
        let [standard, standard_grade] = graded_cells(document, Family::Standard, parameter);
        let [wireshark, wireshark_grade] = graded_cells(document, Family::Wireshark, parameter);
        let name = document.name(parameter).to_owned();
        grid.row(vec![name, standard, standard_grade, wireshark, wireshark_grade]);
    }
    let overall = |family| {
        let overall = document.grades(family).overall;
        match (overall.index, overall.category) {
            (Some(index), Some(category)) if document.grader.profile().scale() == Scale::Quality => {
                format!("{}, {}", style.number(index, 2), category.name(style.language))
            }
            (_, Some(category)) => category.name(style.language).to_owned(),
            _ => "–".to_owned(),
        }
    };
    grid.row(vec![
        style.text("name.overall").to_owned(),
        String::new(),
        overall(Family::Standard),
        String::new(),
        overall(Family::Wireshark),
    ]);
    let family = document.family_name(document.options.family);
    page.table(&style.say("families.caption", &[("family", family)]), &grid);

    let metrics = &document.summary.metrics;
    page.table(style.text("families.details_caption"), &details(document, metrics));
    if let Some(whole) = &document.summary.metrics_capture {
        page.paragraph(style.text("families.whole_capture"));
        let length = style.seconds(whole.span.end_s - whole.span.start_s);
        let caption = style.say("families.whole_caption", &[("length", &length)]);
        page.table(&caption, &whole_capture(document, whole));
    }
}

fn whole_capture(document: &Document<'_>, whole: &Metrics) -> Grid {
    let style = document.style;
    let mut grid = Grid::new()
        .text(style.text("column.parameter"))
        .number(style.text("column.standard"))
        .number(style.text("column.wireshark"));
    for parameter in Parameter::ALL {
        let cell = |family| {
            let figure = crate::report::document::figures(whole, family).get(parameter);
            document.shown_short(parameter, figure)
        };
        grid.row(vec![
            document.name(parameter).to_owned(),
            cell(Family::Standard),
            cell(Family::Wireshark),
        ]);
    }
    grid
}

fn details(document: &Document<'_>, metrics: &Metrics) -> Grid {
    let (style, standard) = (document.style, &metrics.standard);
    let cell = |figure: Figure, write: &dyn Fn(f64) -> String| figure.value().map_or("–".to_owned(), write);
    let several = |figures: &[Figure], write: &dyn Fn(f64) -> String| {
        figures.iter().map(|f| cell(*f, write)).collect::<Vec<_>>().join(" / ")
    };
    let rate = |bps: f64| style.rate(bps);
    let percent = |value: f64| style.percent(value);
    let ms = |value: f64| style.ms(value);
    let rtt = |rtt: &RttFigures| {
        let samples = style.plural("unit.samples", rtt.samples);
        match rtt.samples {
            0 => "–".to_owned(),
            _ => format!("{} ({samples})", several(&[rtt.min, rtt.mean, rtt.max], &ms)),
        }
    };
    let percentiles = standard.delay_ms_percentiles;
    let percentiles = [percentiles.p50, percentiles.p95, percentiles.p99, percentiles.p999];
    let rows = [
        ("detail.throughput", cell(standard.throughput_bps, &rate)),
        ("detail.spread", several(&standard.throughput_spread_bps, &rate)),
        ("detail.wire_throughput", cell(standard.wire_throughput_bps, &rate)),
        ("detail.goodput", cell(standard.goodput_bps, &rate)),
        ("detail.loss", cell(standard.loss_pct, &percent)),
        ("detail.loss_upstream", cell(standard.loss_upstream_pct, &percent)),
        ("detail.loss_downstream", cell(standard.loss_downstream_pct, &percent)),
        ("detail.spurious", style.bytes(standard.spurious_bytes)),
        ("detail.capture_missing", style.bytes(standard.capture_missing_bytes)),
        ("detail.rtt", cell(standard.rtt_ms, &ms)),
        ("detail.rtt_halves", several(&standard.rtt_halves_ms, &ms)),
        ("detail.rtt_data_ack", rtt(&standard.rtt_data_ack)),
        ("detail.rtt_timestamps", rtt(&standard.rtt_timestamps)),
        ("detail.percentiles", several(&percentiles, &ms)),
        ("detail.pdv", cell(standard.pdv_ms, &ms)),
        ("detail.packets", style.count(standard.packets)),
        ("detail.ip_bytes", style.bytes(standard.ip_bytes)),
        ("detail.active", style.seconds(standard.active_s)),
    ];
    let mut grid = Grid::new()
        .text(style.text("column.figure"))
        .number(style.text("column.value"));
    for (key, value) in rows {
        grid.row(vec![style.text(key).to_owned(), value]);
    }
    grid
}
