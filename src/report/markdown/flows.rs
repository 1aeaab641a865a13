//! The connections that were measured, and the largest conversations that were not.

use super::page::{Grid, Page, code_cell, escape};
use crate::report::document::Document;
use crate::summary::FlowRow;

/// So many connections are listed.
const LISTED: usize = 20;

pub(super) fn write(document: &Document<'_>, page: &mut Page<'_>) {
    let (style, summary) = (document.style, document.summary);
    page.heading(2, style.text("flows.heading"));
    page.table(style.text("flows.caption"), &connections(document));
    if summary.flows.len() > LISTED {
        let (n, total) = (style.count(LISTED as u64), style.count(summary.flows.len() as u64));
        page.paragraph(&style.say("flows.more", &[("n", &n), ("total", &total)]));
    }
    let selection = &summary.selection;
    if selection.left_out_packets == 0 {
        page.paragraph(style.text("flows.left_out_none"));
        return;
    }
    page.paragraph(&style.say(
        "flows.left_out",
        &[
            ("frames", &style.plural("unit.frames", selection.left_out_packets)),
            ("bytes", &style.bytes(selection.left_out_bytes)),
        ],
    ));
    let mut grid = Grid::new()
        .text(style.text("column.conversation"))
        .number(style.text("column.size"));
    for (conversation, bytes) in &selection.largest_left_out {
        grid.row(vec![code_cell(&conversation.replace("<->", "↔")), style.bytes(*bytes)]);
    }
    page.table(style.text("flows.left_out_caption"), &grid);
}

/// The largest, in order of their first frame.
fn connections(document: &Document<'_>) -> Grid {
    let style = document.style;
    let mut grid = Grid::new()
        .text(style.text("column.conversation"))
        .text(style.text("column.carries"))
        .number(style.text("column.start_s"))
        .number(style.text("column.duration_s"))
        .number(style.text("column.frames"))
        .number(style.text("column.data"))
        .number(style.text("column.loss"))
        .number(style.text("column.rtt"));
    let mut flows: Vec<&FlowRow> = document.summary.flows.iter().collect();
    flows.sort_by_key(|flow| std::cmp::Reverse(flow.wire_bytes.iter().sum::<u64>()));
    flows.truncate(LISTED);
    flows.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
    for flow in flows {
        let [packets_there, packets_back] = flow.packets;
        let [bytes_there, bytes_back] = flow.wire_bytes;
        let figure = |value: Option<f64>| value.map_or("–".to_owned(), |v| style.significant(v));
        grid.row(vec![
            format!(
                "{} {} → {}",
                escape(&flow.protocol),
                escape(&flow.source),
                escape(&flow.target)
            ),
            flow.role
                .as_deref()
                .map_or("–".to_owned(), |role| escape(style.role(role))),
            style.significant(flow.start_s),
            style.significant(flow.duration_s),
            format!("{} / {}", style.count(packets_there), style.count(packets_back)),
            format!("{} / {}", style.bytes(bytes_there), style.bytes(bytes_back)),
            figure(flow.loss_pct.value()),
            figure(flow.rtt_ms.value()),
        ]);
    }
    grid
}
