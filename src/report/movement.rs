//! What a migration did, in words.

use super::document::Document;
use super::locale::Style;
use crate::figure::{Figure, Reason};
use crate::migration::{Kind, Migration, Outcome, PhaseName, Role};

/// The name of a phase in the reader's language.
pub(super) fn phase_name(style: &Style, name: PhaseName, outcome: Outcome) -> &'static str {
    match name {
        PhaseName::Storage => style.text("phase.storage"),
        PhaseName::Setup => style.text("phase.setup"),
        // A transfer whose end was not seen has no other phase to tell it from.
        PhaseName::Precopy if outcome == Outcome::Unknown => style.text("phase.transfer"),
        PhaseName::Precopy => style.text("phase.precopy"),
        PhaseName::StopAndCopy => style.text("phase.stop_and_copy"),
        PhaseName::Postcopy => style.text("phase.postcopy"),
        PhaseName::Transfer => style.text("phase.transfer"),
    }
}

/// How a migration ended, in a word or two.
pub(super) fn outcome(style: &Style, outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => style.text("outcome.completed"),
        Outcome::Cancelled => style.text("outcome.cancelled"),
        Outcome::Postcopy => style.text("outcome.postcopy"),
        Outcome::Unknown => style.text("outcome.unknown"),
    }
}

/// What carried a migration.
pub(super) fn kind(style: &Style, migration: &Migration) -> String {
    match migration.kind {
        _ if migration.connections.is_empty() => style.text("kind.not_captured").to_owned(),
        Kind::Qemu if migration.encrypted => style.text("kind.qemu_tls").to_owned(),
        Kind::Qemu => style.text("kind.qemu").to_owned(),
        Kind::QemuMultifd => {
            let channels = migration.connections.iter().filter(|c| c.role == Role::QemuChannel);
            let channels = style.plural("unit.channels", channels.count() as u64);
            style.say("kind.qemu_multifd", &[("channels", &channels)])
        }
        Kind::Ssh => style.text("kind.ssh").to_owned(),
        Kind::Vmotion => style.text("kind.vmotion").to_owned(),
        Kind::Unknown => style.text("kind.unknown").to_owned(),
    }
}

/// What happened, in a few sentences. `name` sets an address.
pub(super) fn story(document: &Document<'_>, migration: &Migration, name: &dyn Fn(&str) -> String) -> String {
    let mut sentences = vec![what_happened(document, migration, name)];
    if !migration.connections.is_empty() {
        sentences.push(how_much(document, migration));
    }
    if migration.outcome != Outcome::Cancelled {
        let style = document.style;
        sentences.push(match downtimes_line(style, migration) {
            Some(list) => style.say("move.downtimes", &[("list", &list)]),
            None => without_downtimes(document, migration),
        });
    }
    sentences.join(" ")
}

/// That no downtime was measured, what has to be captured for each, and what a log says of it.
fn without_downtimes(document: &Document<'_>, migration: &Migration) -> String {
    let style = document.style;
    let mut sentences = vec![style.text("move.no_downtime").to_owned()];
    if migration.stream_downtime_ms.reason() == Some(Reason::PayloadCut) {
        sentences.push(style.text("move.capture_whole_frames").to_owned());
    }
    let others = [migration.pause_ms, migration.service.downtime_ms];
    if others.iter().any(|figure| figure.reason() == Some(Reason::NoVmTraffic)) {
        sentences.push(style.text("move.capture_vm_traffic").to_owned());
    }
    if let Ok(beside) = &document.summary.log
        && let Figure::Value(ms) = beside.run.downtime_ms
    {
        sentences.push(style.say("move.downtime_of_log", &[("length", &style.ms(ms))]));
    }
    sentences.join(" ")
}

fn what_happened(document: &Document<'_>, migration: &Migration, name: &dyn Fn(&str) -> String) -> String {
    let style = document.style;
    let (Some(source), Some(target)) = (migration.source, migration.target) else {
        let at = style.number(document.at_s(migration.start_ns), 3);
        return style.say("move.arrived", &[("at", &at)]);
    };
    let (source, target) = (name(&source.to_string()), name(&target.to_string()));
    let kind = kind(style, migration);
    let values = [
        ("source", source.as_str()),
        ("target", target.as_str()),
        ("kind", kind.as_str()),
    ];
    match migration.outcome {
        Outcome::Completed => style.say("move.completed", &values),
        Outcome::Postcopy => style.say("move.postcopy", &values),
        Outcome::Cancelled => style.say("move.cancelled", &values),
        Outcome::Unknown => style.say("move.unknown", &values),
    }
}

fn how_much(document: &Document<'_>, migration: &Migration) -> String {
    let style = document.style;
    let (start, end) = (document.at_s(migration.start_ns), document.at_s(migration.end_ns));
    let (Figure::Value(time), Figure::Value(bytes)) = (migration.migration_time_ms, migration.ram_bytes) else {
        let reason = migration.migration_time_ms.reason().or(migration.ram_bytes.reason());
        let reason = reason.map_or("", |reason| style.reason(reason));
        let values = [
            ("start", style.number(start, 3)),
            ("end", style.number(end, 3)),
            ("reason", reason.to_owned()),
        ];
        return style.say("move.partly", &values.each_ref().map(|(n, v)| (*n, v.as_str())));
    };
    let values = [
        ("time", style.seconds(time / 1e3)),
        ("start", style.number(start, 3)),
        ("end", style.number(end, 3)),
        ("bytes", style.bytes(bytes as u64)),
        (
            "storage",
            migration
                .storage_bytes
                .value()
                .map_or_else(String::new, |bytes| style.bytes(bytes as u64)),
        ),
    ];
    let values = values.each_ref().map(|(n, v)| (*n, v.as_str()));
    match migration.storage_bytes {
        Figure::Value(_) => style.say("move.took_with_disks", &values),
        Figure::Absent(_) => style.say("move.took", &values),
    }
}

/// A downtime under its own name.
pub(super) struct Downtime {
    title: &'static str,
    name: &'static str,
    counts: &'static str,
    /// Its length.
    pub length_ms: Figure,
    /// How well it is known, where it depends on how often the machine was heard.
    pub resolution_ms: Option<Figure>,
}

impl Downtime {
    /// `stream downtime 47.12 ms`, `pause 13 ms (known to 10 ms)`; `None` where it was not measured.
    pub(super) fn text(&self, style: &Style) -> Option<String> {
        let length = self.length(style)?;
        let name = style.text(self.name);
        Some(match self.resolution_ms.and_then(Figure::value) {
            Some(resolution) => {
                let values = [
                    ("name", name),
                    ("length", &length),
                    ("resolution", &style.rough_ms(resolution)),
                ];
                style.say("move.known_to", &values)
            }
            None => format!("{name} {length}"),
        })
    }

    /// Its length, with no more digits than its resolution has.
    pub(super) fn length(&self, style: &Style) -> Option<String> {
        let length_ms = self.length_ms.value()?;
        Some(match self.resolution_ms.and_then(Figure::value) {
            Some(resolution) => style.ms_within(length_ms, resolution),
            None => style.ms(length_ms),
        })
    }

    /// Its name as a title.
    pub(super) fn title(&self, style: &Style) -> &'static str {
        style.text(self.title)
    }

    /// What it counts.
    pub(super) fn counts(&self, style: &Style) -> &'static str {
        style.text(self.counts)
    }
}

/// Stream downtime, pause, service downtime.
pub(super) fn downtimes(migration: &Migration) -> [Downtime; 3] {
    [
        Downtime {
            title: "move.stream_downtime",
            name: "downtime.stream",
            counts: match migration.outcome {
                Outcome::Postcopy => "move.stream_downtime_counts_postcopy",
                _ => "move.stream_downtime_counts",
            },
            length_ms: migration.stream_downtime_ms,
            resolution_ms: None,
        },
        Downtime {
            title: "move.pause",
            name: "downtime.pause",
            counts: "move.pause_counts",
            length_ms: migration.pause_ms,
            resolution_ms: Some(migration.pause_resolution_ms),
        },
        Downtime {
            title: "move.service_downtime",
            name: "downtime.service",
            counts: "move.service_downtime_counts",
            length_ms: migration.service.downtime_ms,
            resolution_ms: Some(migration.service.resolution_ms),
        },
    ]
}

/// The known downtimes in one line; `None` where there is none.
pub(super) fn downtimes_line(style: &Style, migration: &Migration) -> Option<String> {
    let known: Vec<String> = downtimes(migration).iter().filter_map(|d| d.text(style)).collect();
    (!known.is_empty()).then(|| known.join(", "))
}

/// Kind, outcome, time and data in one line: `QEMU, completed: 3.214 s, 114.3 MB of memory`.
pub(super) fn line(style: &Style, migration: &Migration) -> String {
    let mut parts = Vec::new();
    if let Figure::Value(ms) = migration.migration_time_ms {
        parts.push(style.seconds(ms / 1e3));
    }
    for (key, figure) in [
        ("move.of_memory", migration.ram_bytes),
        ("move.of_disks", migration.storage_bytes),
    ] {
        if let Figure::Value(bytes) = figure {
            parts.push(style.say(key, &[("bytes", &style.bytes(bytes as u64))]));
        }
    }
    let head = format!("{}, {}", kind(style, migration), outcome(style, migration.outcome));
    match parts.as_slice() {
        [] => head,
        parts => format!("{head}: {}", parts.join(", ")),
    }
}
