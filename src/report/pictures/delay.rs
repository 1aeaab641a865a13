//! The distribution of delay, with its percentiles and the bands of the grading table.

use super::bands::bands;
use super::numbers;
use crate::figure::Reason;
use crate::grade::Parameter;
use crate::options::Family;
use crate::report::chart::{Band, Chart, Distribution, Scale, Span, SpanKind};
use crate::report::document::Document;

pub(super) fn chart(document: &Document<'_>) -> Chart {
    let style = document.style;
    let standard = &document.summary.metrics.standard;
    let ms = |ns: u64| ns as f64 / 1e6;
    let buckets = document.summary.delay_buckets_ns.iter();
    let reason = standard.delay_ms.reason().unwrap_or(Reason::NoRttSamples);
    Distribution {
        description: style.text("distribution.alt").to_owned(),
        numbers: numbers(document),
        log_note: style.text("chart.log_scale").to_owned(),
        value_label: style.text("column.delay").to_owned(),
        scale: Scale::Auto,
        share_label: style.text("chart.share").to_owned(),
        cumulative_label: style.text("chart.cumulative").to_owned(),
        buckets: buckets.map(|&(low, high, count)| (ms(low), ms(high), count)).collect(),
        spans: percentiles(document).into_iter().chain(tints(document)).collect(),
        absent: style.say("chart.absent", &[("reason", style.reason(reason))]),
    }
    .chart()
}

fn percentiles(document: &Document<'_>) -> Vec<Span> {
    let style = document.style;
    let percentiles = document.summary.metrics.standard.delay_ms_percentiles;
    let samples: u64 = document.summary.delay_buckets_ns.iter().map(|(_, _, n)| n).sum();
    // Of fewer samples than that, the percentile is the greatest of them.
    let marks = [
        (style.text("chart.median"), percentiles.p50, 2),
        ("p95", percentiles.p95, 20),
        ("p99", percentiles.p99, 100),
    ];
    let mark = |(name, figure, least): (&str, crate::figure::Figure, u64)| {
        let value = figure.value().filter(|_| samples >= least)?;
        Some(Span {
            from: value,
            to: value,
            label: format!("{name} {}", style.ms(value)),
            kind: SpanKind::Mark,
        })
    };
    marks.into_iter().filter_map(mark).collect()
}

/// The table grades this distribution's figure only where the standard family is graded.
fn tints(document: &Document<'_>) -> Vec<Span> {
    if document.options.family != Family::Standard {
        return Vec::new();
    }
    let span = |band: Band| Span {
        from: band.from,
        to: band.to,
        label: band.label,
        kind: SpanKind::Band(band.index),
    };
    bands(document, Parameter::Delay, 1.0).into_iter().map(span).collect()
}
