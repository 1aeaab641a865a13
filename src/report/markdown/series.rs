//! The figures over time: the pictures, the share of each category, the intervals one by one or the worst of them.

use super::page::{Grid, Page};
use crate::figure::Figure;
use crate::grade::{Category, Figures, Parameter, Scale};
use crate::report::document::{Document, PictureKind};
use crate::report::locale::{column_decimals, rate_unit};
use crate::report::movement::downtimes;
use crate::summary::Second;

/// Up to so many intervals are listed one by one.
const ALL_LISTED: usize = 60;

/// Of longer captures, so many of the worst.
const WORST_LISTED: usize = 20;

pub(super) fn write(document: &Document<'_>, page: &mut Page<'_>) {
    let style = document.style;
    let interval = [("interval", document.interval())];
    let interval = interval.each_ref().map(|(n, v)| (*n, v.as_str()));
    page.heading(2, style.text("series.heading"));
    for picture in document.pictures.iter().filter(|p| p.kind == PictureKind::Timeline) {
        let interval = document.interval();
        let family = document.family_name(document.options.family);
        let mut caption = style.say("series.timeline", &[("interval", &interval), ("family", family)]);
        caption.push_str(&timeline_legend(document));
        page.picture(&picture.file, style.text("series.timeline_alt"), &caption);
    }
    page.table(&style.say("series.shares", &interval), &shares(document));
    intervals(document, page);
    distribution(document, page);
}

/// What the shades and the mark on a time axis are, in sentences led by a space.
pub(super) fn timeline_legend(document: &Document<'_>) -> String {
    let style = document.style;
    let Some(migration) = document.moves.chosen() else {
        return String::new();
    };
    let is_known = downtimes(migration)
        .iter()
        .any(|downtime| downtime.length_ms.value().is_some());
    let sentences = [
        (!migration.phases.is_empty()).then(|| style.text("series.timeline_phases")),
        is_known.then(|| style.text("series.timeline_downtime")),
    ];
    sentences.into_iter().flatten().collect()
}

fn shares(document: &Document<'_>) -> Grid {
    let style = document.style;
    let scale = document.grader.profile().scale();
    let categories: Vec<Category> = Category::ALL.into_iter().filter(|c| c.scale() == scale).collect();
    let mut grid = Grid::new().text(style.text("column.parameter"));
    for category in &categories {
        grid = grid.number(category.name(style.language));
    }
    grid = grid.number(style.text("column.not_graded"));
    let shares = document.shares();
    for parameter in Parameter::ALL {
        let of_parameter = shares.get(parameter);
        let mut row = vec![document.name(parameter).to_owned()];
        row.extend(categories.iter().map(|&category| {
            of_parameter.category_share(category).map_or("–".to_owned(), |share| {
                style.say("unit.percent", &[("value", &style.column(share * 100.0, 1))])
            })
        }));
        row.push(style.plural("unit.intervals", of_parameter.absent));
        grid.row(row);
    }
    grid
}

fn intervals(document: &Document<'_>, page: &mut Page<'_>) {
    let style = document.style;
    let seconds: Vec<&Second> = document.graded_seconds().collect();
    let outside = document.summary.seconds.len() - seconds.len();
    let flagged = flagged(document).len();
    let (interval, total) = (document.interval(), style.count(seconds.len() as u64));
    let are_few = seconds.len() <= ALL_LISTED;
    let listed: Vec<&Second> = if are_few {
        seconds
    } else {
        let mut worst = worst_first(seconds);
        worst.truncate(WORST_LISTED);
        worst.sort_by_key(|second| second.start_ns);
        worst
    };
    let n = style.count(listed.len() as u64);
    let values = [
        ("interval", interval.as_str()),
        ("total", total.as_str()),
        ("n", n.as_str()),
    ];
    let caption = match (are_few, flagged > 0) {
        (true, true) => style.say("series.all_flagged", &values),
        (true, false) => style.say("series.all", &values),
        (false, _) => style.say("series.worst", &values),
    };
    if flagged > 0 {
        page.paragraph(&style.plural("series.flagged", flagged as u64));
    } else {
        page.paragraph(style.text("series.none_flagged"));
    }
    page.table(&caption, &rows(document, &listed));
    if !are_few {
        page.paragraph(&style.say("series.rest_in_csv", &values));
    }
    if outside > 0 {
        page.paragraph(&style.plural("series.outside", outside as u64));
    }
    if listed
        .iter()
        .any(|second| second.loss_pct.value().is_none() || second.delay_ms.value().is_none())
    {
        page.paragraph(style.text("series.empty"));
    }
}

fn rows(document: &Document<'_>, listed: &[&Second]) -> Grid {
    let style = document.style;
    let values = |get: fn(&Second) -> Figure| -> Vec<f64> { listed.iter().filter_map(|s| get(s).value()).collect() };
    let (size, unit) = rate_unit(values(|s| s.throughput_bps).into_iter().fold(0.0, f64::max));
    // One number of decimals for a whole column, so that its digits stand below each other.
    let bps = column_decimals(typical(values(|s| s.throughput_bps)) / size);
    let loss = column_decimals(typical(values(|s| s.loss_pct)));
    let jitter = column_decimals(typical(values(|s| s.jitter_ms)));
    let delay = column_decimals(typical(values(|s| s.delay_ms)));
    let mut grid = Grid::new()
        .number(style.text("column.start_s"))
        .text(style.text("column.time"))
        .number(&style.say("column.throughput", &[("unit", unit)]))
        .number(style.text("column.loss"))
        .number(style.text("column.jitter"))
        .number(style.text("column.delay"))
        .number(style.text("column.index"));
    let cell = |value: Option<f64>, decimals| value.map_or("–".to_owned(), |v| style.column(v, decimals));
    for second in listed {
        let mark = if is_flagged(document, second) { "▸ " } else { "" };
        grid.row(vec![
            format!("{mark}{}", start(document, second)),
            clock(document, second).unwrap_or_else(|| "–".to_owned()),
            cell(second.throughput_bps.value().map(|v| v / size), bps),
            cell(second.loss_pct.value(), loss),
            cell(second.jitter_ms.value(), jitter),
            cell(second.delay_ms.value(), delay),
            cell(second.index, 2),
        ]);
    }
    grid
}

/// The median of what is above zero; zero where nothing is.
fn typical(values: Vec<f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().filter(|v| *v > 0.0).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Decimals that tell the intervals' starts apart.
fn start_decimals(document: &Document<'_>) -> usize {
    match document.summary.interval_ns {
        n if n % 1_000_000_000 == 0 => 0,
        n if n % 100_000_000 == 0 => 1,
        n if n % 10_000_000 == 0 => 2,
        _ => 3,
    }
}

/// When an interval begins, seconds from the capture's first frame.
pub(super) fn start(document: &Document<'_>, second: &Second) -> String {
    document
        .style
        .number(second.start_ns as f64 / 1e9, start_decimals(document))
}

/// When an interval begins, time of day; `None` where the file gives no times.
pub(super) fn clock(document: &Document<'_>, second: &Second) -> Option<String> {
    let ns = document.summary.capture.start_ns?.saturating_add(second.start_ns);
    Some(document.style.clock(ns, start_decimals(document)))
}

/// The intervals that hold a figure of the worst category, the worst first.
pub(super) fn flagged<'d>(document: &Document<'d>) -> Vec<&'d Second> {
    let flagged = document.graded_seconds().filter(|second| is_flagged(document, second));
    worst_first(flagged.collect())
}

fn is_flagged(document: &Document<'_>, second: &Second) -> bool {
    let four = Figures::from(second);
    let worst = match document.grader.profile().scale() {
        Scale::Quality => Category::Poor,
        Scale::PassFail => Category::Fail,
    };
    Parameter::ALL
        .into_iter()
        .any(|p| document.grader.grade_parameter(p, four.get(p)).category == Some(worst))
}

/// By index, then by loss, then by time; what has no index comes last.
fn worst_first(mut seconds: Vec<&Second>) -> Vec<&Second> {
    let loss = |second: &Second| second.loss_pct.value().unwrap_or(0.0);
    let index = |second: &Second| second.index.unwrap_or(f64::INFINITY);
    seconds.sort_by(|a, b| {
        let by_index = index(a).total_cmp(&index(b));
        by_index
            .then(loss(b).total_cmp(&loss(a)))
            .then(a.start_ns.cmp(&b.start_ns))
    });
    seconds
}

fn distribution(document: &Document<'_>, page: &mut Page<'_>) {
    let style = document.style;
    let Some(picture) = document
        .pictures
        .iter()
        .find(|p| p.kind == PictureKind::DelayDistribution)
    else {
        return;
    };
    let count: u64 = document.summary.delay_buckets_ns.iter().map(|(_, _, n)| n).sum();
    page.heading(3, style.text("distribution.heading"));
    let samples = style.plural("unit.samples", count);
    let caption = style.say("distribution.caption", &[("samples", &samples)]);
    page.picture(&picture.file, style.text("distribution.alt"), &caption);
    let percentiles = document.summary.metrics.standard.delay_ms_percentiles;
    // Of fewer samples the 99th percentile is the greatest.
    if count < 100 {
        return;
    }
    if let (Some(p50), Some(p95), Some(p99)) = (
        percentiles.p50.value(),
        percentiles.p95.value(),
        percentiles.p99.value(),
    ) {
        page.paragraph(&style.say(
            "distribution.text",
            &[
                ("p50", &style.ms(p50)),
                ("p95", &style.ms(p95)),
                ("p99", &style.ms(p99)),
            ],
        ));
    }
}
