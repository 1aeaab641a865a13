//! What the migration did, as spans of the time axis: its phases as shades, the longest-known downtime as a line.

use crate::figure::Figure;
use crate::migration::{Migration, PhaseName};
use crate::report::chart::{Span, SpanKind};
use crate::report::document::Document;
use crate::report::movement::{Downtime, downtimes, phase_name};

/// A set-up, or a stop that the downtime's line shows, has no room for its name where it takes less of the axis than
/// this; the report's table lists it all the same.
const NAMED_SHARE: f64 = 0.1;

/// Whose traffic a chart shows: each felt another of the downtimes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// What went between the nodes.
    ByNodes,
    /// What went between the virtual machine and its clients.
    ByClients,
}

/// Phases and downtime of the chosen migration, and the other migrations as a whole.
pub(super) fn spans(document: &Document<'_>, axis_s: f64, seen: Seen) -> Vec<Span> {
    let moves = document.moves;
    let several = moves.migrations.len() > 1;
    let mut spans = Vec::new();
    for (index, migration) in moves.migrations.iter().enumerate() {
        let number = document.style.count(index as u64 + 1);
        let lead = |name: &str| {
            if several {
                document
                    .style
                    .say("chart.of_migration", &[("name", name), ("n", &number)])
            } else {
                name.to_owned()
            }
        };
        if Some(index) != moves.chosen {
            if !migration.connections.is_empty() {
                spans.push(Span {
                    from: document.at_s(migration.start_ns),
                    to: document.at_s(migration.end_ns),
                    label: document.style.say("chart.migration", &[("n", &number)]),
                    kind: SpanKind::Phase,
                });
            }
            continue;
        }
        let outage = outage(document, migration, seen);
        for phase in &migration.phases {
            let (from, to) = (document.at_s(phase.start_ns), document.at_s(phase.end_ns));
            let has_room = to - from >= axis_s * NAMED_SHARE;
            let is_shown = match phase.name {
                PhaseName::Setup => has_room,
                PhaseName::StopAndCopy => has_room || outage.is_none(),
                _ => true,
            };
            if is_shown {
                let label = lead(phase_name(document.style, phase.name, migration.outcome));
                spans.push(Span {
                    from,
                    to,
                    label,
                    kind: SpanKind::Phase,
                });
            }
        }
        spans.extend(outage);
    }
    spans
}

/// The best-known of the three downtimes for those who felt it, where it lies on the axis.
fn outage(document: &Document<'_>, migration: &Migration, seen: Seen) -> Option<Span> {
    let place = |downtime: &Downtime, from_ns: Option<i64>| {
        let (ms, from_ns) = (downtime.length_ms.value()?, from_ns?);
        let from = document.at_s(from_ns);
        Some(Span {
            from,
            to: from + ms / 1e3,
            label: downtime.text(document.style)?,
            kind: SpanKind::Outage,
        })
    };
    let stop = migration
        .phases
        .iter()
        .find(|phase| phase.name == PhaseName::StopAndCopy);
    let stop_ns = stop.map(|phase| phase.start_ns);
    let flow = migration.service.flows.first();
    let answered_ns = flow.and_then(|flow| flow.last_before_ns);
    let announced = migration.announcements.first().map(|announcement| announcement.at_ns);
    let paused_ns = match (announced, migration.pause_ms) {
        (Some(at_ns), Figure::Value(ms)) => Some(at_ns.saturating_sub((ms * 1e6) as i64)),
        _ => None,
    };
    let [stream, pause, service] = downtimes(migration);
    let stream = || place(&stream, stop_ns);
    let service = || place(&service, answered_ns);
    let pause = || place(&pause, paused_ns);
    match seen {
        Seen::ByNodes => stream().or_else(service).or_else(pause),
        Seen::ByClients => service().or_else(pause).or_else(stream),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Reason;
    use crate::migration::Moves;
    use crate::report::sample;

    fn labels(moves: &Moves) -> Vec<(String, SpanKind)> {
        sample::with_document(32, &crate::report::locale::Style::default(), |document| {
            let document = Document { moves, ..*document };
            let spans = spans(&document, 32.0, Seen::ByNodes);
            spans.into_iter().map(|span| (span.label, span.kind)).collect()
        })
    }

    #[test]
    fn what_has_no_room_for_its_name_is_left_to_the_downtimes_line_and_the_table() {
        let expected = [
            ("pre-copy".to_owned(), SpanKind::Phase),
            ("stream downtime 112.4 ms".to_owned(), SpanKind::Outage),
        ];
        assert_eq!(labels(&sample::moves()), expected);
    }

    #[test]
    fn without_the_streams_downtime_the_services_is_marked_and_else_the_pause() {
        let mut moves = sample::moves();
        moves.migrations[0].stream_downtime_ms = Figure::Absent(Reason::PayloadCut);
        let last = |moves: &Moves| labels(moves).pop().unwrap().0;
        assert_eq!(last(&moves), "service downtime 310 ms (resolution 10 ms)");
        moves.migrations[0].service.downtime_ms = Figure::Absent(Reason::NoVmTraffic);
        assert_eq!(last(&moves), "pause 99 ms (resolution 10 ms)");
        moves.migrations[0].pause_ms = Figure::Absent(Reason::NoVmTraffic);
        assert_eq!(last(&moves), "stop-and-copy");
    }

    #[test]
    fn of_several_migrations_the_others_are_one_shade_each() {
        let mut moves = sample::moves();
        moves.migrations.push(moves.migrations[0].clone());
        let names: Vec<String> = labels(&moves).into_iter().map(|(label, _)| label).collect();
        assert_eq!(names, ["pre-copy (1)", "stream downtime 112.4 ms", "migration 2"]);
    }
}
