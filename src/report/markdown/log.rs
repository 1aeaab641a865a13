//! The migration's log beside the capture: how the two are brought together, and what each counts.

use super::page::{Grid, Page, code, escape};
use crate::migration::log::{Alignment, Beside, LogOutcome, LogRun};
use crate::report::document::Document;
use crate::report::locale::Style;
use crate::report::logged;

/// So many lines of the log are listed.
const LISTED: usize = 30;

pub(super) fn write(document: &Document<'_>, page: &mut Page<'_>) {
    let style = document.style;
    let Ok(beside) = &document.summary.log else { return };
    page.heading(2, style.text("log.heading"));
    page.paragraph(&what(style, beside));
    page.paragraph(&aligned(style, beside));
    figures(style, beside, page);
    events(document, beside, page);
}

fn what(style: &Style, beside: &Beside) -> String {
    let run = &beside.run;
    let vm = match run.vm {
        Some(vm) => style.say("log.what_vm", &[("vm", &vm.to_string())]),
        None => style.text("log.what_machine").to_owned(),
    };
    let values = [
        ("path", code(&beside.path)),
        ("kind", logged::kind(style, beside.kind).to_owned()),
        ("vm", vm),
        ("outcome", outcome(style, run)),
    ];
    let mut text = style.say(
        "log.what",
        &values.each_ref().map(|(name, value)| (*name, value.as_str())),
    );
    if beside.runs > 1 {
        let (n, total) = (style.count(beside.number as u64), style.count(beside.runs as u64));
        text.push(' ');
        text.push_str(&style.say("log.one_of", &[("n", &n), ("total", &total)]));
    }
    text
}

fn outcome(style: &Style, run: &LogRun) -> String {
    let target = run.target.map(|target| target.to_string());
    let node = match (&run.target_node, target) {
        (Some(node), Some(target)) => Some(format!("{} ({})", escape(node), code(&target))),
        (Some(node), None) => Some(escape(node)),
        (None, target) => target.map(|target| code(&target)),
    };
    match (run.outcome, node) {
        (LogOutcome::Completed, Some(node)) => style.say("log.completed_to", &[("node", &node)]),
        (LogOutcome::Completed, None) => style.text("log.completed").to_owned(),
        (LogOutcome::Unknown, _) => style.text("log.unknown").to_owned(),
        (LogOutcome::Aborted, _) => match &run.error {
            Some(error) => style.say("log.aborted", &[("error", &escape(error))]),
            None => style.text("log.aborted_silent").to_owned(),
        },
    }
}

fn aligned(style: &Style, beside: &Beside) -> String {
    let Some(alignment) = beside.alignment else {
        let untimed = beside.run.start.is_none();
        let key = if untimed { "log.untimed" } else { "log.not_aligned" };
        return style.text(key).to_owned();
    };
    let zone = [("zone", logged::zone(alignment.offset_s))];
    let zone = zone.each_ref().map(|(name, value)| (*name, value.as_str()));
    let found = if alignment.given {
        style.say("log.zone_given", &zone)
    } else {
        style.say("log.zone_found", &zone)
    };
    format!("{found} {}", remainder(style, alignment))
}

/// What is left between the two clocks.
fn remainder(style: &Style, alignment: Alignment) -> String {
    let size = style.number(alignment.difference_ns.unsigned_abs() as f64 / 1e9, 3);
    let sign = if alignment.difference_ns < 0 { "−" } else { "+" };
    let difference = format!("{sign}{size} s");
    if alignment.clocks_agree() {
        return style.say("log.clocks_agree", &[("difference", &difference)]);
    }
    let ahead = if alignment.difference_ns > 0 {
        style.text("log.ahead")
    } else {
        style.text("log.behind")
    };
    style.say("log.clocks_differ", &[("difference", &difference), ("ahead", ahead)])
}

fn figures(style: &Style, beside: &Beside, page: &mut Page<'_>) {
    let mut grid = Grid::new()
        .text(style.text("column.figure"))
        .number(style.text("log.capture"))
        .number(style.text("log.column"))
        .number(style.text("log.difference"))
        .text(style.text("log.why"));
    let dash = || "–".to_owned();
    for row in &beside.compared {
        let capture = row.capture.value();
        let why = match row.capture.reason() {
            Some(reason) => style.say("log.not_in_capture", &[("reason", style.reason(reason))]),
            None => logged::why(style, row, &beside.run),
        };
        grid.row(vec![
            logged::name(style, row.quantity).to_owned(),
            capture.map_or_else(dash, |value| logged::value(style, row.quantity, value)),
            logged::logs_value(style, row, &beside.run).unwrap_or_else(dash),
            logged::difference(style, row, beside.kind, &beside.run).unwrap_or_else(dash),
            why,
        ]);
    }
    page.table(style.text("log.caption"), &grid);
}

/// The log's own lines, where they fall in the capture.
fn events(document: &Document<'_>, beside: &Beside, page: &mut Page<'_>) {
    let style = document.style;
    let mut grid = Grid::new()
        .number(style.text("log.second"))
        .text(style.text("log.log_time"))
        .text(style.text("log.line"));
    let placed = || {
        let events = beside.run.events.iter();
        events.filter_map(|event| Some((beside.utc_ns(event.at)?, event.at?, &event.text)))
    };
    for (ns, local, text) in placed().take(LISTED) {
        grid.row(vec![
            style.number(document.at_s(ns), 1).replace('-', "−"),
            local.time().to_string(),
            escape(text),
        ]);
    }
    page.table(style.text("log.events_caption"), &grid);
    let total = placed().count();
    if total > LISTED {
        let (n, total) = (style.count(LISTED as u64), style.count(total as u64));
        page.paragraph(&style.say("log.events_more", &[("n", &n), ("total", &total)]));
    }
}
