//! How to get the same figures again, and how to see the same frames in Wireshark.

use super::page::{Page, code};
use super::series;
use crate::report::document::Document;
use crate::summary::Second;

/// So many intervals get a filter of their own.
const FILTERS: usize = 20;

pub(super) fn write(document: &Document<'_>, page: &mut Page<'_>) {
    let style = document.style;
    page.heading(2, style.text("repeat.heading"));
    page.paragraph(&style.say("repeat.text", &[("version", env!("CARGO_PKG_VERSION"))]));
    page.verbatim(document.command);
    page.paragraph(style.text("repeat.files"));
    let filter = &document.summary.selection.display_filter;
    if !filter.is_empty() {
        page.paragraph(style.text("repeat.filter"));
        page.verbatim(filter);
    }
    let mut flagged = series::flagged(document);
    let Some(start_ns) = document.summary.capture.start_ns else {
        return;
    };
    if flagged.is_empty() {
        return;
    }
    if flagged.len() > FILTERS {
        let n = style.count(FILTERS as u64);
        page.paragraph(&style.say("repeat.filter_flagged_some", &[("n", &n)]));
        flagged.truncate(FILTERS);
    } else {
        page.paragraph(style.text("repeat.filter_flagged"));
    }
    flagged.sort_by_key(|second| second.start_ns);
    let lines: Vec<String> = flagged
        .into_iter()
        .map(|second| {
            let at = series::clock(document, second).unwrap_or_default();
            let lead = style.say(
                "repeat.second",
                &[("start", &series::start(document, second)), ("time", &at)],
            );
            let times = of_interval(start_ns, document.summary.interval_ns, second);
            let both = if filter.is_empty() {
                times
            } else {
                format!("({filter}) && {times}")
            };
            format!("{lead} {}", code(&both))
        })
        .collect();
    page.bullets(&lines);
}

/// The frames of one interval, by Wireshark's field for the time since the epoch.
fn of_interval(start_ns: i64, interval_ns: i64, second: &Second) -> String {
    let from = start_ns.saturating_add(second.start_ns);
    let to = from.saturating_add(interval_ns);
    format!(
        "frame.time_epoch >= {} && frame.time_epoch < {}",
        decimal(from),
        decimal(to)
    )
}

/// Nanoseconds as seconds, exactly.
fn decimal(ns: i64) -> String {
    let sign = if ns < 0 { "-" } else { "" };
    let ns = ns.unsigned_abs();
    format!("{sign}{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact_to_the_nanosecond() {
        assert_eq!(decimal(1_795_185_720_000_000_001), "1795185720.000000001");
        assert_eq!(decimal(-1), "-0.000000001");
    }
}
