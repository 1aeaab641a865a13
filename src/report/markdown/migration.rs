//! What the migration did: what happened, its downtimes, its phases, its rounds.

use super::page::{Grid, Page, code, code_cell, escape, sentence};
use crate::figure::{Figure, Reason};
use crate::migration::{AnnouncementKind, GapRequests, Kind, Migration, Outcome, Pages, PhaseName};
use crate::report::document::Document;
use crate::report::locale::Style;
use crate::report::movement::{self, kind, outcome, phase_name, story};

/// So many rounds, and flows of the virtual machine, are listed.
const LISTED: usize = 30;

pub(super) fn write(document: &Document<'_>, page: &mut Page<'_>) {
    let style = document.style;
    let moves = document.moves;
    page.heading(2, style.text("move.heading"));
    match moves.chosen() {
        Some(migration) => {
            page.paragraph(&story(document, migration, &code));
            // What was cancelled stopped nothing.
            if migration.outcome != Outcome::Cancelled {
                downtimes(document, migration, page);
            }
            if !migration.connections.is_empty() {
                page.table(style.text("move.figures_caption"), &overview(document, migration));
            }
            phases(document, migration, page);
            rounds(document, migration, page);
            machine(document, migration, page);
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

/// A figure's value, or a dash.
fn cell(figure: Figure, write: impl Fn(f64) -> String) -> String {
    figure.value().map_or("–".to_owned(), write)
}

/// What a figure counts, and why it is absent where it is.
fn counts(style: &Style, text: &str, reason: Option<Reason>) -> String {
    match reason {
        Some(reason) => style.say("move.absent", &[("counts", text), ("reason", style.reason(reason))]),
        None => text.to_owned(),
    }
}

fn downtimes(document: &Document<'_>, migration: &Migration, page: &mut Page<'_>) {
    let style = document.style;
    let mut grid = Grid::new()
        .text(style.text("column.downtime"))
        .number(style.text("column.value"))
        .number(style.text("column.known_to"))
        .text(style.text("column.counts"));
    for downtime in movement::downtimes(migration) {
        let known_to = downtime.resolution_ms.filter(|_| downtime.length_ms.value().is_some());
        grid.row(vec![
            downtime.title(style).to_owned(),
            downtime.length(style).unwrap_or_else(|| "–".to_owned()),
            known_to.map_or("–".to_owned(), |figure| cell(figure, |ms| style.rough_ms(ms))),
            counts(style, downtime.counts(style), downtime.length_ms.reason()),
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
    let mut row = |name: &str, value: String, counted: String| {
        grid.row(vec![name.to_owned(), value, counted]);
    };
    let time = |ms: f64| style.seconds(ms / 1e3);
    let bytes = |bytes: f64| style.bytes(bytes as u64);
    let has_disks = migration.storage_bytes.value().is_some();
    let time_counts = match migration.kind {
        Kind::Ssh => style.text("move.time_counts_shape"),
        _ => style.text("move.time_counts"),
    };
    row(
        style.text("move.time"),
        cell(migration.migration_time_ms, time),
        counts(style, time_counts, migration.migration_time_ms.reason()),
    );
    if has_disks {
        row(
            style.text("move.task_time"),
            cell(migration.task_time_ms, time),
            counts(
                style,
                style.text("move.task_time_counts"),
                migration.task_time_ms.reason(),
            ),
        );
    }
    row(
        style.text("move.memory"),
        cell(migration.ram_bytes, bytes),
        counts(style, style.text("move.memory_counts"), migration.ram_bytes.reason()),
    );
    if has_disks {
        row(
            style.text("move.storage"),
            cell(migration.storage_bytes, bytes),
            style.text("move.storage_counts").to_owned(),
        );
        if let Figure::Value(written) = migration.storage_written_bytes {
            row(style.text("move.storage_written"), bytes(written), String::new());
        }
    }
    if let Figure::Value(ratio) = document.moves.overhead(migration) {
        row(
            style.text("move.overhead"),
            style.percent((ratio - 1.0) * 100.0),
            style.text("move.overhead_counts").to_owned(),
        );
    }
    row(
        style.text("move.rounds"),
        cell(migration.rounds, |n| style.count(n as u64)),
        counts(style, style.text("move.rounds_counts"), migration.rounds.reason()),
    );
    row(
        style.text("move.pages"),
        migration
            .pages
            .map_or("–".to_owned(), |pages| pages_text(document, &pages)),
        counts(style, style.text("move.pages_counts"), migration.pages.err()),
    );
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
        .number(style.text("name.throughput"))
        .number(style.text("column.loss"))
        .number(style.text("column.rtt"));
    for (index, phase) in migration.phases.iter().enumerate() {
        // What sets a connection up carries next to nothing: its figures would say nothing.
        let measured = document.moves.phase_metrics.get(index);
        let standard = measured
            .filter(|_| phase.name != PhaseName::Setup)
            .map(|metrics| &metrics.standard);
        let of_phase = |figure: Option<Figure>, write: &dyn Fn(f64) -> String| {
            figure.map_or("–".to_owned(), |figure| cell(figure, write))
        };
        let seconds = phase.end_ns.saturating_sub(phase.start_ns) as f64 / 1e9;
        grid.row(vec![
            phase_name(style, phase.name, migration.outcome).to_owned(),
            style.number(document.at_s(phase.start_ns), 3),
            style.number(seconds, 3),
            style.bytes(phase.bytes),
            of_phase(standard.map(|s| s.throughput_bps), &|bps| style.rate(bps)),
            of_phase(standard.map(|s| s.loss_pct), &|pct| style.significant(pct)),
            of_phase(standard.map(|s| s.rtt_ms), &|ms| style.milliseconds(ms)),
        ]);
    }
    let direction = [("direction", document.direction())];
    page.table(&style.say("move.phases_caption", &direction), &grid);
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
    let shrinking = rounds.windows(2).filter(|pair| pair[1].bytes < pair[0].bytes).count();
    let (n, total) = (style.count(shrinking as u64), style.count(rounds.len() as u64 - 1));
    match rounds.len() - 1 {
        0 => {}
        all if shrinking == all => page.paragraph(style.text("move.converged")),
        _ => page.paragraph(&style.say("move.not_converged", &[("n", &n), ("total", &total)])),
    }
    if rounds.len() > LISTED {
        let (n, total) = (style.count(LISTED as u64), style.count(rounds.len() as u64));
        page.paragraph(&style.say("move.rounds_more", &[("n", &n), ("total", &total)]));
    }
}

/// The addresses by which the virtual machine is known, and on which interface it was seen when: a node's capture loses
/// sight of it, or sees it come.
fn machine(document: &Document<'_>, migration: &Migration, page: &mut Page<'_>) {
    let addresses = migration.vm.addresses.iter().map(ToString::to_string);
    let macs = migration.vm.macs.iter().map(ToString::to_string);
    let names: Vec<String> = macs.chain(addresses).map(|name| code(&name)).collect();
    if !names.is_empty() {
        page.paragraph(&document.style.say("move.vm", &[("names", &names.join(", "))]));
    }
    let style = document.style;
    let seen = migration.vm.sightings.iter().take(LISTED).map(|seen| {
        let second = |ns: i64| style.number(document.at_s(ns), 3);
        style.say(
            "move.vm_seen",
            &[
                ("mac", &code(&seen.mac.to_string())),
                ("interface", &style.count(u64::from(seen.interface))),
                ("frames", &style.plural("unit.frames", seen.frames)),
                ("first", &second(seen.first_ns)),
                ("last", &second(seen.last_ns)),
            ],
        )
    });
    page.bullets(&seen.collect::<Vec<String>>());
}

/// When the new host, and then the machine itself, told the network where it is.
fn announcements(document: &Document<'_>, migration: &Migration, page: &mut Page<'_>) {
    let style = document.style;
    for (kind, key) in [
        (AnnouncementKind::Rarp, "move.announced_by_host"),
        (AnnouncementKind::Garp, "move.announced_by_machine"),
    ] {
        let of_kind = || migration.announcements.iter().filter(|one| one.kind == kind);
        let Some(first) = of_kind().next() else {
            continue;
        };
        let mut times: Vec<String> = of_kind()
            .take(LISTED)
            .map(|one| style.number(document.at_s(one.at_ns), 3))
            .collect();
        if of_kind().count() > LISTED {
            times.push("…".to_owned());
        }
        let (mac, clock) = (code(&first.mac.to_string()), style.clock(first.at_ns, 3));
        let between = if style.decimal_comma { "; " } else { ", " };
        let values = [
            ("mac", mac.as_str()),
            ("times", &times.join(between)),
            ("clock", &clock),
        ];
        page.paragraph(&style.say(key, &values));
    }
}

fn service(document: &Document<'_>, migration: &Migration, page: &mut Page<'_>) {
    let style = document.style;
    let flows = &migration.service.flows;
    let mut grid = Grid::new()
        .text(style.text("column.conversation"))
        .number(style.text("column.answers"))
        .number(style.text("column.gap"))
        .number(style.text("column.known_to"))
        .number(style.text("column.requests_lost"))
        .number(style.text("column.requests_delayed"));
    for flow in flows.iter().take(LISTED) {
        let named = document.moves.conversations.get(&flow.conversation);
        let requests = |of: fn(GapRequests) -> u64| {
            let count = flow.requests.ok().map(|requests| style.count(of(requests)));
            count.unwrap_or_else(|| "–".to_owned())
        };
        grid.row(vec![
            named.map_or("–".to_owned(), |named| code_cell(&named.name.replace("<->", "↔"))),
            style.count(flow.answers),
            cell(flow.gap_ms, |ms| match flow.resolution_ms {
                Figure::Value(resolution) => style.ms_within(ms, resolution),
                Figure::Absent(_) => style.ms(ms),
            }),
            cell(flow.resolution_ms, |ms| style.rough_ms(ms)),
            requests(|requests| requests.lost),
            requests(|requests| requests.delayed),
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
    let names: Vec<&str> = migration
        .inferred
        .iter()
        .filter_map(|key| inferred(style, key))
        .collect();
    if !names.is_empty() {
        notes.push(style.say("move.inferred", &[("names", &names.join(", "))]));
    }
    page.bullets(&notes);
}

/// The name of an inferred figure; `None` for the pause, of which its table says that it is an estimate.
fn inferred<'k>(style: &Style, key: &'k str) -> Option<&'k str> {
    Some(match key {
        "pause_ms" => return None,
        "kind" => style.text("inferred.kind"),
        "outcome" => style.text("inferred.outcome"),
        "start_s" => style.text("inferred.start"),
        "end_s" => style.text("inferred.end"),
        "migration_time_ms" => style.text("inferred.time"),
        "task_time_ms" => style.text("inferred.task_time"),
        "ram_bytes" => style.text("inferred.memory"),
        "storage_bytes" => style.text("inferred.storage"),
        "phases" => style.text("inferred.phases"),
        other => other,
    })
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
        let mark = if document.moves.chosen == Some(index) {
            "▸ "
        } else {
            ""
        };
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
