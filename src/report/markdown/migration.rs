//! What the migration did: what happened, its downtimes, its phases, its rounds.

use super::page::{Grid, Page, code, code_cell, escape, sentence};
use crate::figure::Figure;
use crate::migration::{Migration, Pages, Phase};
use crate::report::document::Document;
use crate::report::movement::{kind, outcome, phase_name, story};

/// So many rounds, and flows of the virtual machine, are listed.
const LISTED: usize = 30;

pub(super) fn write(document: &Document<'_>, page: &mut Page<'_>) {
    let style = document.style;
    let moves = document.moves;
    page.heading(2, style.text("move.heading"));
    match moves.chosen() {
        Some(migration) => {
            page.paragraph(&story(document, migration, &code));
            downtimes(document, migration, page);
            page.table(style.text("move.figures_caption"), &overview(document, migration));
            phases(document, migration, page);
            rounds(document, migration, page);
            announcements(document, migration, page);
            service(document, migration, page);
            notes(document, migration, page);
        }
        None => page.paragraph(style.text("move.none")),
    }
    if moves.migrations.len() > usize::from(moves.chosen.is_some()) {
        all(document, page);
    }
}

/// A figure, or why there is none.
fn cell(document: &Document<'_>, figure: Figure, write: impl Fn(f64) -> String) -> String {
    match figure {
        Figure::Value(value) => write(value),
        Figure::Absent(reason) => document
            .style
            .say("move.absent", &[("reason", document.style.reason(reason))]),
    }
}

fn downtimes(document: &Document<'_>, migration: &Migration, page: &mut Page<'_>) {
    let style = document.style;
    let ms = |value: f64| style.ms(value);
    let within = |figure: Figure| match figure {
        Figure::Value(value) => ms(value),
        Figure::Absent(_) => "–".to_owned(),
    };
    let rows = [
        (
            "move.stream_downtime",
            migration.stream_downtime_ms,
            None,
            "move.stream_downtime_counts",
        ),
        (
            "move.pause",
            migration.pause_ms,
            Some(migration.pause_resolution_ms),
            "move.pause_counts",
        ),
        (
            "move.service_downtime",
            migration.service.downtime_ms,
            Some(migration.service.resolution_ms),
            "move.service_downtime_counts",
        ),
    ];
    let mut grid = Grid::new()
        .text(style.text("column.downtime"))
        .number(style.text("column.value"))
        .number(style.text("column.known_to"))
        .text(style.text("column.counts"));
    for (name, figure, resolution, counts) in rows {
        grid.row(vec![
            style.text(name).to_owned(),
            cell(document, figure, ms),
            resolution
                .filter(|_| figure.value().is_some())
                .map_or("–".to_owned(), within),
            style.text(counts).to_owned(),
        ]);
    }
    page.table(style.text("move.downtimes_caption"), &grid);
}

fn overview(document: &Document<'_>, migration: &Migration) -> Grid {
    let style = document.style;
    let mut grid = Grid::new()
        .text(style.text("column.figure"))
        .number(style.text("column.value"))
        .text(style.text("column.counts"));
    let mut row = |name: &str, value: String, counts: &str| {
        grid.row(vec![
            style.text(name).to_owned(),
            value,
            if counts.is_empty() {
                String::new()
            } else {
                style.text(counts).to_owned()
            },
        ]);
    };
    let time = |ms: f64| style.seconds(ms / 1e3);
    let bytes = |bytes: f64| style.bytes(bytes as u64);
    let has_disks = migration.storage_bytes.value().is_some();
    let time_counts = match migration.encrypted {
        true => "move.time_counts_shape",
        false => "move.time_counts",
    };
    row("move.time", cell(document, migration.migration_time_ms, time), time_counts);
    if has_disks {
        let task = cell(document, migration.task_time_ms, time);
        row("move.task_time", task, "move.task_time_counts");
    }
    row("move.memory", cell(document, migration.ram_bytes, bytes), "move.memory_counts");
    if has_disks {
        let storage = cell(document, migration.storage_bytes, bytes);
        row("move.storage", storage, "move.storage_counts");
        if let Figure::Value(written) = migration.storage_written_bytes {
            row("move.storage_written", bytes(written), "");
        }
    }
    let overhead = document.moves.overhead(migration);
    if overhead.value().is_some() {
        let percent = |ratio: f64| style.percent((ratio - 1.0) * 100.0);
        row("move.overhead", cell(document, overhead, percent), "move.overhead_counts");
    }
    let count = |n: f64| style.count(n as u64);
    row("move.rounds", cell(document, migration.rounds, count), "move.rounds_counts");
    let pages = match migration.pages {
        Ok(pages) => pages_text(document, &pages),
        Err(reason) => style.say("move.absent", &[("reason", style.reason(reason))]),
    };
    row("move.pages", pages, "move.pages_counts");
    let addresses = migration.vm.addresses.iter().map(ToString::to_string);
    let names: Vec<String> = migration.vm.macs.iter().map(ToString::to_string).chain(addresses).collect();
    if !names.is_empty() {
        let names: Vec<String> = names.iter().map(|name| code_cell(name)).collect();
        row("move.vm", names.join(", "), "move.vm_counts");
    }
    grid
}

fn pages_text(document: &Document<'_>, pages: &Pages) -> String {
    let style = document.style;
    let (normal, zero) = (style.count(pages.normal), style.count(pages.zero));
    let values = [("normal", normal.as_str()), ("zero", zero.as_str())];
    let text = style.say("move.pages_text", &values);
    if pages.xbzrle == 0 {
        return text;
    }
    let xbzrle = style.count(pages.xbzrle);
    style.say("move.pages_xbzrle", &[("pages", &text), ("xbzrle", &xbzrle)])
}

fn phases(document: &Document<'_>, migration: &Migration, page: &mut Page<'_>) {
    let style = document.style;
    let mut grid = Grid::new()
        .text(style.text("column.phase"))
        .number(style.text("column.start_s"))
        .number(style.text("column.duration_s"))
        .number(style.text("column.payload"))
        .number(style.text("column.goodput"));
    for phase in &migration.phases {
        let seconds = phase_s(phase);
        let rate = if seconds > 0.0 && phase.bytes > 0 {
            style.rate(phase.bytes as f64 * 8.0 / seconds)
        } else {
            "–".to_owned()
        };
        grid.row(vec![
            phase_name(style, phase.name, migration.outcome).to_owned(),
            style.number(document.at_s(phase.start_ns), 3),
            style.number(seconds, 3),
            style.bytes(phase.bytes),
            rate,
        ]);
    }
    page.table(style.text("move.phases_caption"), &grid);
}

fn phase_s(phase: &Phase) -> f64 {
    phase.end_ns.saturating_sub(phase.start_ns) as f64 / 1e9
}

fn rounds(document: &Document<'_>, migration: &Migration, page: &mut Page<'_>) {
    let style = document.style;
    let rounds = &migration.round_details;
    if rounds.is_empty() {
        return;
    }
    let mut grid = Grid::new()
        .number(style.text("column.round"))
        .number(style.text("column.start_s"))
        .number(style.text("column.duration_s"))
        .number(style.text("column.pages"))
        .number(style.text("column.zero_pages"))
        .number(style.text("column.payload"))
        .number(style.text("column.sent_at"))
        .number(style.text("column.dirtied_at"));
    let rate = |bytes: u64, seconds: f64| {
        if seconds > 0.0 {
            style.rate(bytes as f64 * 8.0 / seconds)
        } else {
            "–".to_owned()
        }
    };
    for (index, round) in rounds.iter().enumerate().take(LISTED) {
        let seconds = round.end_ns.saturating_sub(round.start_ns) as f64 / 1e9;
        let next = rounds.get(index + 1);
        grid.row(vec![
            style.count(index as u64 + 1),
            style.number(document.at_s(round.start_ns), 3),
            style.number(seconds, 3),
            style.count(round.pages.normal + round.pages.zero + round.pages.xbzrle),
            style.count(round.pages.zero),
            style.bytes(round.bytes),
            rate(round.bytes, seconds),
            next.map_or("–".to_owned(), |next| rate(next.bytes, seconds)),
        ]);
    }
    page.table(style.text("move.rounds_caption"), &grid);
    if rounds.len() > LISTED {
        let (n, total) = (style.count(LISTED as u64), style.count(rounds.len() as u64));
        page.paragraph(&style.say("move.rounds_more", &[("n", &n), ("total", &total)]));
    }
}

fn announcements(document: &Document<'_>, migration: &Migration, page: &mut Page<'_>) {
    let style = document.style;
    let Some(first) = migration.announcements.first() else {
        return;
    };
    let times: Vec<String> = migration
        .announcements
        .iter()
        .take(LISTED)
        .map(|one| {
            let at = style.number(document.at_s(one.at_ns), 3);
            format!("{at} ({})", one.kind.as_str().to_uppercase())
        })
        .collect();
    let clock = style.clock(first.at_ns, 3);
    page.paragraph(&style.say(
        "move.announced",
        &[
            ("mac", &code(&first.mac.to_string())),
            ("times", &times.join(", ")),
            ("clock", &clock),
        ],
    ));
}

fn service(document: &Document<'_>, migration: &Migration, page: &mut Page<'_>) {
    let style = document.style;
    let flows = &migration.service.flows;
    if flows.is_empty() {
        return;
    }
    let mut grid = Grid::new()
        .text(style.text("column.conversation"))
        .number(style.text("column.answers"))
        .number(style.text("column.gap"))
        .number(style.text("column.known_to"));
    for flow in flows.iter().take(LISTED) {
        let named = document.moves.conversations.get(&flow.conversation);
        grid.row(vec![
            named.map_or("–".to_owned(), |named| code_cell(&named.name.replace("<->", "↔"))),
            style.count(flow.answers),
            cell(document, flow.gap_ms, |ms| style.ms(ms)),
            flow.resolution_ms.value().map_or("–".to_owned(), |ms| style.ms(ms)),
        ]);
    }
    page.table(style.text("move.service_caption"), &grid);
}

fn notes(document: &Document<'_>, migration: &Migration, page: &mut Page<'_>) {
    let style = document.style;
    let mut notes: Vec<String> = migration
        .notes
        .iter()
        .map(|note| sentence(&escape(&style.warning(note))))
        .collect();
    if !migration.inferred.is_empty() {
        let names: Vec<String> = migration.inferred.iter().map(|name| code(name)).collect();
        notes.push(style.say("move.inferred", &[("names", &names.join(", "))]));
    }
    page.bullets(&notes);
}

/// Every migration of the capture, a line each.
fn all(document: &Document<'_>, page: &mut Page<'_>) {
    let style = document.style;
    let mut grid = Grid::new()
        .number("#")
        .text(style.text("column.from_to"))
        .text(style.text("column.kind"))
        .text(style.text("column.outcome"))
        .number(style.text("column.start_s"))
        .number(style.text("move.time"))
        .number(style.text("move.memory"))
        .number(style.text("move.stream_downtime"));
    for (index, migration) in document.moves.migrations.iter().enumerate() {
        let mark = if document.moves.chosen == Some(index) { "▸ " } else { "" };
        let short = |figure: Figure, write: &dyn Fn(f64) -> String| figure.value().map_or("–".to_owned(), write);
        let from_to = match (migration.source, migration.target) {
            (Some(source), Some(target)) => escape(&format!("{source} → {target}")),
            _ => "–".to_owned(),
        };
        grid.row(vec![
            format!("{mark}{}", style.count(index as u64 + 1)),
            from_to,
            kind(style, migration),
            outcome(style, migration.outcome).to_owned(),
            style.number(document.at_s(migration.start_ns), 3),
            short(migration.migration_time_ms, &|ms| style.seconds(ms / 1e3)),
            short(migration.ram_bytes, &|bytes| style.bytes(bytes as u64)),
            short(migration.stream_downtime_ms, &|ms| style.ms(ms)),
        ]);
    }
    let caption = match document.moves.chosen {
        Some(_) => style.text("move.all_caption_chosen"),
        None => style.text("move.all_caption"),
    };
    page.table(caption, &grid);
}
