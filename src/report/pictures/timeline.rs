//! Throughput, loss, jitter and delay, interval by interval, with what the migration did at the time.

use super::bands::{bands, bps_of_table_unit};
use super::{numbers, spans};
use crate::figure::{Figure, Reason};
use crate::grade::Parameter;
use crate::report::chart::{Chart, RateUnit, Scale, TimeUnit, Timeline, TimelinePanel, TimelineSeries};
use crate::report::document::{Document, figures};
use crate::summary::Second;

pub(super) fn chart(document: &Document<'_>) -> Chart {
    let style = document.style;
    let seconds = &document.summary.seconds;
    let interval_s = document.summary.interval_ns as f64 / 1e9;
    let starts_s: Vec<f64> = seconds.iter().map(|second| second.start_ns as f64 / 1e9).collect();
    let span_s = match (starts_s.first(), starts_s.last()) {
        (Some(first), Some(last)) => last - first + interval_s,
        _ => 0.0,
    };
    let time_unit = TimeUnit::for_span(span_s);
    let unit = match time_unit {
        TimeUnit::Second => style.text("chart.second"),
        TimeUnit::Minute => style.text("chart.minute"),
        TimeUnit::Hour => style.text("chart.hour"),
        TimeUnit::Day => style.text("chart.day"),
    };
    Timeline {
        description: style.text("series.timeline_alt").to_owned(),
        numbers: numbers(document),
        log_note: style.text("chart.log_scale").to_owned(),
        time_label: style.say("chart.time", &[("unit", unit)]),
        time_unit,
        interval_s,
        starts_s,
        panels: Parameter::ALL.map(|parameter| panel(document, parameter)).to_vec(),
        spans: spans::spans(document, span_s),
    }
    .chart()
}

fn panel(document: &Document<'_>, parameter: Parameter) -> TimelinePanel {
    let style = document.style;
    let seconds = &document.summary.seconds;
    let get = |second: &Second| match parameter {
        Parameter::Throughput => second.throughput_bps,
        Parameter::Loss => second.loss_pct,
        Parameter::Jitter => second.jitter_ms,
        Parameter::Delay => second.delay_ms,
    };
    let values = || seconds.iter().map(|second| get(second).value());
    let rate = RateUnit::for_max(values().flatten().fold(0.0, f64::max));
    let (size, table_unit, label) = match parameter {
        Parameter::Throughput => {
            let unit = format!("{}bit/s", rate.prefix());
            let label = style.say("column.throughput", &[("unit", &unit)]);
            (rate.bps(), bps_of_table_unit(document), label)
        }
        Parameter::Loss => (1.0, 1.0, style.text("column.loss").to_owned()),
        Parameter::Jitter => (1.0, 1.0, style.text("column.jitter").to_owned()),
        Parameter::Delay => (1.0, 1.0, style.text("column.delay").to_owned()),
    };
    TimelinePanel {
        label,
        // Rates are compared by their distance from zero; the others may span decades.
        scale: match parameter {
            Parameter::Throughput => Scale::Linear,
            _ => Scale::Auto,
        },
        series: vec![TimelineSeries {
            name: String::new(),
            values: values().map(|value| value.map(|value| value / size)).collect(),
        }],
        bands: bands(document, parameter, table_unit / size),
        absent: style.say("chart.absent", &[("reason", style.reason(why_absent(document, parameter)))]),
    }
}

/// Why no interval has a value: the reason of the whole, or that of the first interval.
fn why_absent(document: &Document<'_>, parameter: Parameter) -> Reason {
    let whole = figures(&document.summary.metrics, document.options.family).get(parameter);
    let first = document.summary.seconds.first();
    let first = first.map(|second| crate::grade::Figures::from(second).get(parameter));
    whole
        .reason()
        .or(first.and_then(Figure::reason))
        .unwrap_or(Reason::NoPackets)
}
