//! How to get the same figures again, and how to see the same frames in Wireshark.

use super::page::{Page, code};
use super::series;
use crate::report::document::Document;
use crate::report::filter::between;

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
            let from = start_ns.saturating_add(second.start_ns);
            let times = between(from, from.saturating_add(document.summary.interval_ns));
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
