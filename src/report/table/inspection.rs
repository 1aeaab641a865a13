//! What is in a capture: its properties, its conversations, and what was noticed in each.

use super::labelled;
use crate::figure::Figure;
use crate::grade::TableModel;
use crate::migration::{Migration, Moves};
use crate::report::locale::Style;
use crate::report::movement;
use crate::report::properties::{dropped, format, links};
use crate::report::text::{WIDTH, paragraph, table};
use crate::summary::{CaptureProperties, ConversationRow, EchoRow, Inspection, RtpRow, TcpDirection, TcpSummary};

/// So many conversations are listed: the largest.
const LISTED: usize = 40;

/// What `migqos inspect` prints for one capture.
pub fn inspection_table(inspection: &Inspection, moves: &Moves, style: &Style) -> String {
    let mut text = paragraph(&inspection.capture.path, "", usize::from(WIDTH));
    text.push('\n');
    text.push_str(&labelled(&properties(&inspection.capture, style)));
    if !moves.migrations.is_empty() {
        section(&mut text, style.text("terminal.migrations_title"));
        let start_ns = inspection.capture.start_ns.unwrap_or(0);
        for (index, migration) in moves.migrations.iter().enumerate() {
            text.push_str(&migration_lines(index + 1, migration, start_ns, style));
        }
    }
    let listed = largest(&inspection.conversations);
    section(&mut text, style.text("terminal.conversations"));
    if listed.is_empty() {
        text.push_str(style.text("terminal.no_conversations"));
        text.push('\n');
    } else {
        text.push_str(&table(&conversations(&listed, style), &[1, 2, 3, 4], WIDTH));
    }
    let more = inspection.conversations.len() - listed.len();
    if more > 0 {
        let more = style.say("terminal.more", &[("n", &style.count(more as u64))]);
        text.push_str(&paragraph(&more, "", usize::from(WIDTH)));
    }
    if listed.iter().any(|row| row.tcp.is_some()) {
        section(&mut text, style.text("terminal.flags"));
        text.push_str(&tcp(&listed, style));
    }
    if !inspection.rtp_streams.is_empty() {
        section(&mut text, style.text("terminal.rtp"));
        text.push_str(&table(&rtp(&inspection.rtp_streams, style), &[1, 2, 3, 4], WIDTH));
    }
    if !inspection.echo.is_empty() {
        section(&mut text, style.text("terminal.echo"));
        text.push_str(&table(&echo(&inspection.echo, style), &[1, 2, 3, 4], WIDTH));
    }
    text
}

fn section(text: &mut String, title: &str) {
    text.push_str(&format!("\n{title}\n\n"));
}

fn properties<'s>(capture: &CaptureProperties, style: &'s Style) -> Vec<(&'s str, String)> {
    let mut pairs = vec![
        (style.text("quality.format"), format(style, capture)),
        (style.text("quality.link"), links(capture)),
    ];
    let wire = style.bytes(capture.wire_bytes);
    let captured = style.bytes(capture.captured_bytes);
    let sizes = style.say("quality.frames_note", &[("wire", &wire), ("captured", &captured)]);
    let frames = format!("{}: {sizes}", style.count(capture.packets));
    pairs.push((style.text("quality.frames"), frames));
    if let (Some(first), Some(last)) = (capture.first_ns, capture.last_ns) {
        let length = style.seconds(last.saturating_sub(first) as f64 / 1e9);
        let time = format!("{} ({length})", style.period(first, last));
        pairs.push((style.text("quality.time"), time));
    }
    let counts = [
        (style.text("terminal.truncated"), capture.truncated_packets),
        (style.text("terminal.out_of_order"), capture.out_of_order_packets),
        (style.text("terminal.duplicates"), capture.duplicate_packets),
        (style.text("terminal.super_frames"), capture.super_frames),
        (style.text("terminal.unknown_link"), capture.unknown_link_packets),
        (style.text("terminal.dropped"), dropped(capture).unwrap_or(0)),
    ];
    pairs.extend(
        counts
            .into_iter()
            .filter(|(_, n)| *n > 0)
            .map(|(label, n)| (label, style.count(n))),
    );
    pairs
}

/// Which nodes, when, what and how, below a number that `--migration` takes.
fn migration_lines(number: usize, migration: &Migration, start_ns: i64, style: &Style) -> String {
    let start = style.number(migration.start_ns.saturating_sub(start_ns) as f64 / 1e9, 3);
    let nodes = match (migration.source, migration.target) {
        (Some(source), Some(target)) => {
            let (source, target) = (source.to_string(), target.to_string());
            style.say("terminal.from_to", &[("source", &source), ("target", &target)])
        }
        _ => style.text("terminal.stream_not_captured").to_owned(),
    };
    let head = style.say("terminal.at_second", &[("what", &nodes), ("start", &start)]);
    let mut text = paragraph(&format!("{number}. {head}"), "", usize::from(WIDTH));
    text.push_str(&paragraph(&movement::line(style, migration), "   ", usize::from(WIDTH)));
    if let Some(downtimes) = movement::downtimes_line(style, migration) {
        text.push_str(&paragraph(&downtimes, "   ", usize::from(WIDTH)));
    }
    text
}

/// The largest conversations, in order of their first frame.
fn largest(rows: &[ConversationRow]) -> Vec<&ConversationRow> {
    let mut order: Vec<(usize, &ConversationRow)> = rows.iter().enumerate().collect();
    order.sort_by_key(|(_, row)| std::cmp::Reverse(row.bytes_ab.saturating_add(row.bytes_ba)));
    order.truncate(LISTED);
    order.sort_by_key(|(at, _)| *at);
    order.into_iter().map(|(_, row)| row).collect()
}

fn model(header: &[&str], rows: Vec<Vec<String>>) -> TableModel {
    TableModel {
        header: header.iter().map(|title| (*title).to_owned()).collect(),
        rows,
    }
}

fn conversations(listed: &[&ConversationRow], style: &Style) -> TableModel {
    let rows = listed.iter().map(|row| {
        vec![
            format!("{} {}\n→ {}", row.protocol, row.a, row.b),
            style.number(row.start_s, 3),
            style.number(row.duration_s, 3),
            format!("{}\n← {}", style.count(row.packets_ab), style.count(row.packets_ba)),
            format!("{}\n← {}", style.bytes(row.bytes_ab), style.bytes(row.bytes_ba)),
        ]
    });
    let header = [
        style.text("column.conversation"),
        style.text("column.start_s"),
        style.text("column.duration_s"),
        style.text("quality.frames"),
        style.text("column.size"),
    ];
    model(&header, rows.collect())
}

/// Each TCP conversation with its flags, what was sent again, and its round trips.
fn tcp(listed: &[&ConversationRow], style: &Style) -> String {
    let mut text = String::new();
    for row in listed {
        let Some(tcp) = &row.tcp else { continue };
        text.push_str(&paragraph(&format!("{} → {}", row.a, row.b), "", usize::from(WIDTH)));
        text.push_str(&paragraph(&flags(tcp, style), "  ", usize::from(WIDTH)));
        for (arrow, direction) in [("→", &tcp.ab), ("←", &tcp.ba)] {
            let line = format!("{arrow} {}", direction_text(direction, style));
            text.push_str(&paragraph(&line, "  ", usize::from(WIDTH)));
        }
    }
    text
}

/// The flags that were raised, under Wireshark's names.
fn flags(tcp: &TcpSummary, style: &Style) -> String {
    let raised: Vec<String> = tcp
        .flags
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{name}={}", style.count(*count)))
        .collect();
    if raised.is_empty() {
        style.text("terminal.no_flags").to_owned()
    } else {
        raised.join(", ")
    }
}

fn direction_text(direction: &TcpDirection, style: &Style) -> String {
    let resent = style.say(
        "terminal.tcp_direction",
        &[
            ("unique", &style.bytes(direction.unique_bytes)),
            ("segments", &style.count(direction.retransmitted_segments)),
            ("bytes", &style.bytes(direction.retransmitted_bytes)),
            ("late", &style.count(direction.out_of_order_segments)),
        ],
    );
    let rtt = &direction.rtt;
    match (rtt.min, rtt.mean, rtt.max) {
        (Figure::Value(min), Figure::Value(mean), Figure::Value(max)) => {
            let values = [
                style.milliseconds(min),
                style.milliseconds(mean),
                style.milliseconds(max),
            ];
            let samples = style.plural("unit.samples", rtt.samples);
            let times = values.join(" / ");
            let rtt = style.say("terminal.rtt", &[("times", &times), ("samples", &samples)]);
            format!("{resent}; {rtt}")
        }
        _ => resent,
    }
}

/// A figure without its unit, which the column names.
fn cell(style: &Style, figure: Figure) -> String {
    figure.value().map_or("-".to_owned(), |value| style.significant(value))
}

fn rtp(streams: &[RtpRow], style: &Style) -> TableModel {
    let rows = streams.iter().map(|row| {
        vec![
            format!(
                "{}\n→ {} ({:#010x}, PT {})",
                row.src, row.dst, row.ssrc, row.payload_type
            ),
            style.count(row.packets),
            row.lost.to_string(),
            format!(
                "{} / {}",
                cell(style, row.jitter_mean_ms),
                cell(style, row.jitter_max_ms)
            ),
            cell(style, row.max_delta_ms),
        ]
    });
    let header = [
        style.text("column.conversation"),
        style.text("terminal.packets"),
        style.text("terminal.lost"),
        style.text("terminal.jitter"),
        style.text("terminal.max_delta"),
    ];
    model(&header, rows.collect())
}

fn echo(pairs: &[EchoRow], style: &Style) -> TableModel {
    let rows = pairs.iter().map(|row| {
        let rtt = [row.rtt_min_ms, row.rtt_mean_ms, row.rtt_max_ms].map(|figure| cell(style, figure));
        vec![
            format!("{} {}\n→ {}", row.kind, row.client, row.server),
            style.count(row.sent),
            style.count(row.lost),
            rtt.join(" / "),
            cell(style, row.longest_gap_ms),
        ]
    });
    let header = [
        style.text("column.conversation"),
        style.text("terminal.sent"),
        style.text("terminal.lost"),
        style.text("terminal.rtt_title"),
        style.text("terminal.longest_gap"),
    ];
    model(&header, rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::report::sample;

    #[test]
    fn the_inspection_in_both_languages_keeps_to_80_columns() {
        let indonesian = Style {
            language: Language::Indonesian,
            decimal_comma: true,
            ..Style::default()
        };
        for (name, style) in [("english", Style::default()), ("indonesian", indonesian)] {
            let text = inspection_table(&sample::inspection(), &sample::moves(), &style);
            assert!(text.lines().all(|l| l.chars().count() <= 80), "{text}");
            insta::assert_snapshot!(name, text);
        }
    }

    #[test]
    fn of_many_conversations_the_largest_are_listed_in_the_files_order() {
        let mut inspection = sample::inspection();
        let row = inspection.conversations[1].clone();
        inspection.conversations = (0..100)
            .map(|n| ConversationRow {
                a: format!("10.0.0.{n}:1"),
                bytes_ab: (n * 37) % 100,
                bytes_ba: 0,
                ..row.clone()
            })
            .collect();
        let listed = largest(&inspection.conversations);
        assert_eq!(listed.len(), LISTED);
        assert!(listed.iter().all(|row| row.bytes_ab >= 60));
        assert!(inspection_table(&inspection, &Moves::default(), &Style::default()).contains("... and 60 more"));
    }
}
