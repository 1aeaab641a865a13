//! Throughput, loss, jitter and delay, interval by interval, with what the migration did at the time.

use super::bands::{bands, bps_of_table_unit};
use super::numbers;
use super::spans::{Seen, spans};
use crate::figure::{Figure, Reason};
use crate::grade::{Figures, Parameter};
use crate::report::chart::{Chart, RateUnit, Scale, TimeUnit, Timeline, TimelinePanel, TimelineSeries};
use crate::report::document::{Document, figures};
use crate::summary::{Metrics, Second};

/// The traffic between the nodes.
pub(super) fn nodes(document: &Document<'_>) -> Chart {
    let traffic = Traffic {
        seconds: &document.summary.seconds,
        metrics: &document.summary.metrics,
    };
    let description = document.style.text("series.timeline_alt");
    traffic.chart(document, description, Seen::ByNodes)
}

/// The virtual machine's own traffic; `None` where there is none.
pub(super) fn service(document: &Document<'_>) -> Option<Chart> {
    let service = document.service?;
    let traffic = Traffic {
        seconds: &service.seconds,
        metrics: &service.metrics,
    };
    let description = document.style.text("service.timeline_alt");
    Some(traffic.chart(document, description, Seen::ByClients))
}

/// A series, and the figures over all of it.
struct Traffic<'a> {
    seconds: &'a [Second],
    metrics: &'a Metrics,
}

impl Traffic<'_> {
    fn chart(&self, document: &Document<'_>, description: &str, seen: Seen) -> Chart {
        let style = document.style;
        let interval_s = document.summary.interval_ns as f64 / 1e9;
        let starts_s: Vec<f64> = self.seconds.iter().map(|second| second.start_ns as f64 / 1e9).collect();
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
            description: description.to_owned(),
            numbers: numbers(document),
            log_note: style.text("chart.log_scale").to_owned(),
            time_label: style.say("chart.time", &[("unit", unit)]),
            time_unit,
            interval_s,
            starts_s,
            panels: Parameter::ALL.map(|parameter| self.panel(document, parameter)).to_vec(),
            spans: spans(document, span_s, seen),
        }
        .chart()
    }

    fn panel(&self, document: &Document<'_>, parameter: Parameter) -> TimelinePanel {
        let style = document.style;
        let values = || {
            self.seconds
                .iter()
                .map(|second| Figures::from(second).get(parameter).value())
        };
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
            absent: style.say(
                "chart.absent",
                &[("reason", style.reason(self.why_absent(document, parameter)))],
            ),
        }
    }

    /// Why no interval has a value: the reason of the whole, or that of the first interval.
    fn why_absent(&self, document: &Document<'_>, parameter: Parameter) -> Reason {
        let whole = figures(self.metrics, document.options.family).get(parameter);
        let first = self.seconds.first();
        let first = first.map(|second| Figures::from(second).get(parameter));
        whole
            .reason()
            .or(first.and_then(Figure::reason))
            .unwrap_or(Reason::NoPackets)
    }
}
