//! What the capture is, and what can be trusted in it.

use super::page::{Grid, Page, code_cell, escape};
use crate::report::document::Document;
use crate::report::locale::Style;
use crate::report::properties::{dropped, format, links};
use crate::summary::CaptureProperties;

pub(super) fn write(document: &Document<'_>, page: &mut Page<'_>) {
    let (style, summary) = (document.style, document.summary);
    page.heading(2, style.text("quality.heading"));
    let missing = Some(summary.metrics.standard.capture_missing_bytes);
    page.table(
        style.text("quality.caption"),
        &properties(style, &summary.capture, missing),
    );
    if let Some(target) = &summary.target_capture {
        page.heading(3, style.text("quality.heading_target"));
        page.table(style.text("quality.caption"), &properties(style, target, None));
    }
}

fn properties(style: &Style, capture: &CaptureProperties, missing_bytes: Option<u64>) -> Grid {
    let mut grid = Grid::new()
        .text(style.text("column.property"))
        .text(style.text("column.value"))
        .text(style.text("column.meaning"));
    let mut row = |name: &str, value: String, note: &str| grid.row(vec![name.to_owned(), value, note.to_owned()]);

    row(style.text("quality.file"), code_cell(&capture.path), "");
    row(style.text("quality.format"), format(style, capture), "");
    row(style.text("quality.link"), escape(&links(capture)), "");
    let sizes = [
        ("wire", style.bytes(capture.wire_bytes)),
        ("captured", style.bytes(capture.captured_bytes)),
    ];
    let sizes = style.say("quality.frames_note", &sizes.each_ref().map(|(n, v)| (*n, v.as_str())));
    row(style.text("quality.frames"), style.count(capture.packets), &sizes);
    if let (Some(first), Some(last)) = (capture.first_ns, capture.last_ns) {
        let length = style.seconds(last.saturating_sub(first) as f64 / 1e9);
        let note = style.say("quality.time_note", &[("length", &length)]);
        row(style.text("quality.time"), style.period(first, last), &note);
    }
    row(style.text("quality.snaplen"), snaplen(style, capture), "");

    // A note explains what a count means; a count of none needs none.
    let mut count = |name: &str, n: u64, note: &str| row(name, style.count(n), if n == 0 { "" } else { note });
    count(
        style.text("quality.truncated"),
        capture.truncated_packets,
        style.text("quality.truncated_note"),
    );
    count(
        style.text("quality.out_of_order"),
        capture.out_of_order_packets,
        style.text("quality.out_of_order_note"),
    );
    count(
        style.text("quality.duplicates"),
        capture.duplicate_packets,
        style.text("quality.duplicates_note"),
    );
    count(
        style.text("quality.super_frames"),
        capture.super_frames,
        style.text("quality.super_frames_note"),
    );
    count(
        style.text("quality.unknown_link"),
        capture.unknown_link_packets,
        style.text("quality.unknown_link_note"),
    );
    if let Some(bytes) = missing_bytes {
        count(style.text("quality.missing"), bytes, style.text("quality.missing_note"));
    }
    match dropped(capture) {
        Some(n) => count(style.text("quality.dropped"), n, style.text("quality.dropped_note")),
        None => row(
            style.text("quality.dropped"),
            style.text("quality.dropped_unknown").to_owned(),
            style.text("quality.dropped_unknown_note"),
        ),
    }
    grid
}

/// The shortest snap length among the interfaces. 65,535 bytes and more hold any frame but a super-frame.
fn snaplen(style: &Style, capture: &CaptureProperties) -> String {
    let shortest = capture.interfaces.iter().map(|i| i.snaplen).filter(|&n| n > 0).min();
    match shortest {
        Some(n) if capture.truncated_packets > 0 || n < 65_535 => {
            let n = style.plural("unit.bytes", u64::from(n));
            style.say("quality.snaplen_bytes", &[("n", &n)])
        }
        _ => style.text("quality.snaplen_whole").to_owned(),
    }
}
