//! The charts of a report: what they show, in the reader's words; how they look is [`super::chart`]'s business.

use super::chart::{
    Band, Distribution, NumberStyle, RateUnit, Scale, Span, SpanKind, TimeUnit, Timeline, TimelinePanel,
    TimelineSeries, layout,
};
use super::document::{Document, Picture, PictureKind, figures};
use super::files::Drawn;
use super::locale::Style;
use crate::error::Result;
use crate::figure::Figure;
use crate::grade::{BandTable, Parameter, TableKind};
use crate::migration::{Migration, PhaseName};
use crate::summary::Second;

/// Draws the charts: the timeline, and the distribution of delay where there are samples of it. Each as PNG and SVG.
///
/// # Errors
/// A chart that cannot be drawn.
pub fn draw(document: &Document<'_>) -> Result<Vec<Drawn>> {
    let mut drawn = vec![drawing(PictureKind::Timeline, "timeline", &timeline(document).chart())?];
    if !document.summary.delay_buckets_ns.is_empty() {
        let chart = distribution(document).chart();
        drawn.push(drawing(PictureKind::DelayDistribution, "delay", &chart)?);
    }
    Ok(drawn)
}

fn drawing(kind: PictureKind, stem: &str, chart: &super::chart::Chart) -> Result<Drawn> {
    let scene = layout(chart);
    let (png, svg) = (format!("{stem}.png"), format!("{stem}.svg"));
    Ok(Drawn {
        picture: Picture {
            kind,
            file: png.clone(),
        },
        files: vec![(png, scene.png()?), (svg, scene.svg()?.into_bytes())],
    })
}

fn numbers(style: &Style) -> NumberStyle {
    if style.decimal_comma {
        NumberStyle::COMMA
    } else {
        NumberStyle::POINT
    }
}

fn timeline(document: &Document<'_>) -> Timeline {
    let (style, summary) = (document.style, document.summary);
    let interval_s = summary.interval_ns as f64 / 1e9;
    let starts_s: Vec<f64> = summary.seconds.iter().map(|s| s.start_ns as f64 / 1e9).collect();
    let length = starts_s
        .last()
        .zip(starts_s.first())
        .map_or(0.0, |(last, first)| last - first);
    let time_unit = TimeUnit::for_span(length + interval_s);
    let largest_bps = values(summary.seconds.iter(), |s| s.throughput_bps)
        .flatten()
        .fold(0.0, f64::max);
    let rate = RateUnit::for_max(largest_bps);
    let unit = format!("{}bit/s", rate.prefix());
    // The figure's unit over the label's, and the label.
    let panel = |parameter: Parameter, get: fn(&Second) -> Figure| {
        let (size, label) = match parameter {
            Parameter::Throughput => (rate.bps(), style.say("column.throughput", &[("unit", &unit)])),
            Parameter::Loss => (1.0, style.text("column.loss").to_owned()),
            Parameter::Jitter => (1.0, style.text("column.jitter").to_owned()),
            Parameter::Delay => (1.0, style.text("column.delay").to_owned()),
        };
        let overall = figures(&summary.metrics, document.options.family).get(parameter);
        TimelinePanel {
            label,
            // The eye compares amounts of data and shares on an even axis; times may span decades.
            scale: match parameter {
                Parameter::Throughput | Parameter::Loss => Scale::Linear,
                Parameter::Jitter | Parameter::Delay => Scale::Auto,
            },
            series: vec![TimelineSeries {
                name: String::new(),
                values: values(summary.seconds.iter(), get)
                    .map(|v| v.map(|v| v / size))
                    .collect(),
            }],
            bands: bands(document, parameter, size),
            absent: match overall.reason() {
                Some(reason) => format!("{}: {}", style.text("name.absent"), style.reason(reason)),
                None => style.text("name.absent").to_owned(),
            },
        }
    };
    Timeline {
        description: style.text("series.timeline_alt").to_owned(),
        numbers: numbers(style),
        log_note: style.text("chart.log").to_owned(),
        time_label: match time_unit {
            TimeUnit::Second => style.text("chart.time_s"),
            TimeUnit::Minute => style.text("chart.time_min"),
            TimeUnit::Hour => style.text("chart.time_h"),
            TimeUnit::Day => style.text("chart.time_d"),
        }
        .to_owned(),
        time_unit,
        interval_s,
        starts_s,
        panels: vec![
            panel(Parameter::Throughput, |s| s.throughput_bps),
            panel(Parameter::Loss, |s| s.loss_pct),
            panel(Parameter::Jitter, |s| s.jitter_ms),
            panel(Parameter::Delay, |s| s.delay_ms),
        ],
        spans: document.migration.map(|m| phases(document, m)).unwrap_or_default(),
    }
}

fn values<'s>(
    seconds: impl Iterator<Item = &'s Second>,
    get: fn(&Second) -> Figure,
) -> impl Iterator<Item = Option<f64>> {
    seconds.map(move |second| get(second).value())
}

/// The bands of the table in force, in a label's unit of so many bit/s.
fn bands(document: &Document<'_>, parameter: Parameter, unit_size: f64) -> Vec<Band> {
    let Ok(table) = document.grader.table(parameter) else {
        return Vec::new();
    };
    let factor = factor(document, table, unit_size);
    let bands = table.bands().iter().map(|band| Band {
        from: band.range.low() * factor,
        to: band.range.high() * factor,
        index: band.index,
        label: band.category.name(document.style.language).to_owned(),
    });
    bands.collect()
}

/// One of the table's unit, in the label's.
fn factor(document: &Document<'_>, table: &BandTable, unit_size: f64) -> f64 {
    match (table.kind(), document.grader.capacity()) {
        (TableKind::ThroughputPct, Some(capacity)) => capacity.bps() as f64 / 100.0 / unit_size,
        (TableKind::ThroughputKbps, _) => 1000.0 / unit_size,
        _ => 1.0,
    }
}

/// The migration's phases as shades, what was sent while the machine stood still as an outage.
fn phases(document: &Document<'_>, migration: &Migration) -> Vec<Span> {
    let style = document.style;
    let Some(start_ns) = document.summary.capture.start_ns else {
        return Vec::new();
    };
    let at = |ns: i64| ns.saturating_sub(start_ns) as f64 / 1e9;
    let span = |phase: &crate::migration::Phase| {
        let (from, to) = (at(phase.start_ns), at(phase.end_ns));
        let outage = phase.name == PhaseName::StopAndCopy;
        let length = style.ms((to - from) * 1e3);
        Span {
            from,
            to,
            label: match phase.name {
                PhaseName::Storage => style.text("phase.storage").to_owned(),
                PhaseName::Setup => style.text("phase.setup").to_owned(),
                PhaseName::Precopy => style.text("phase.precopy").to_owned(),
                PhaseName::StopAndCopy => style.say("phase.stop_and_copy", &[("length", &length)]),
                PhaseName::Postcopy => style.text("phase.postcopy").to_owned(),
                _ => style.text("phase.transfer").to_owned(),
            },
            kind: if outage { SpanKind::Outage } else { SpanKind::Phase },
        }
    };
    let shown = migration.phases.iter().filter(|phase| phase.name != PhaseName::Setup);
    shown.map(span).collect()
}

fn distribution(document: &Document<'_>) -> Distribution {
    let (style, summary) = (document.style, document.summary);
    let ms = |ns: u64| ns as f64 / 1e6;
    let percentiles = summary.metrics.standard.delay_ms_percentiles;
    let mut spans: Vec<Span> = bands(document, Parameter::Delay, 1.0)
        .into_iter()
        .map(|band| Span {
            from: band.from,
            to: band.to,
            label: band.label,
            kind: SpanKind::Band(band.index),
        })
        .collect();
    let marks = [
        ("p50", percentiles.p50),
        ("p95", percentiles.p95),
        ("p99", percentiles.p99),
    ];
    spans.extend(marks.into_iter().filter_map(|(label, figure)| {
        let at = figure.value()?;
        Some(Span {
            from: at,
            to: at,
            label: label.to_owned(),
            kind: SpanKind::Mark,
        })
    }));
    Distribution {
        description: style.text("distribution.alt").to_owned(),
        numbers: numbers(style),
        log_note: style.text("chart.log").to_owned(),
        value_label: style.text("column.delay").to_owned(),
        scale: Scale::Auto,
        share_label: style.text("chart.share").to_owned(),
        cumulative_label: style.text("chart.cumulative").to_owned(),
        buckets: summary
            .delay_buckets_ns
            .iter()
            .map(|&(low, high, n)| (ms(low), ms(high), n))
            .collect(),
        spans,
        absent: style.text("name.absent").to_owned(),
    }
}
