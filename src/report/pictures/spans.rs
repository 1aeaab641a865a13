//! What the migration did, as spans of the time axis: its phases as shades, the longest-known downtime as a line.

use crate::figure::Figure;
use crate::migration::{Migration, PhaseName};
use crate::report::chart::{Span, SpanKind};
use crate::report::document::Document;
use crate::report::movement::{Downtime, downtimes, phase_name};

/// A set-up, or a stop that the downtime's line shows, has no room for its name where it takes less of the axis than
/// this; the report's table lists it all the same.
const NAMED_SHARE: f64 = 0.1;

/// Phases and downtime of the chosen migration, and the other migrations as a whole.
pub(super) fn spans(document: &Document<'_>, axis_s: f64) -> Vec<Span> {
    let moves = document.moves;
    let several = moves.migrations.len() > 1;
    let mut spans = Vec::new();
    for (index, migration) in moves.migrations.iter().enumerate() {
        let number = document.style.count(index as u64 + 1);
        let lead = |name: &str| {
            if several {
                document.style.say("chart.of_migration", &[("name", name), ("n", &number)])
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
        let outage = outage(document, migration);
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

/// The best-known of the three downtimes, where it lies on the axis.
fn outage(document: &Document<'_>, migration: &Migration) -> Option<Span> {
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
    let stop = migration.phases.iter().find(|phase| phase.name == PhaseName::StopAndCopy);
    let stop_ns = stop.map(|phase| phase.start_ns);
    let flow = migration.service.flows.first();
    let answered_ns = flow.and_then(|flow| flow.last_before_ns);
    let announced = migration.announcements.first().map(|announcement| announcement.at_ns);
    let paused_ns = match (announced, migration.pause_ms) {
        (Some(at_ns), Figure::Value(ms)) => Some(at_ns.saturating_sub((ms * 1e6) as i64)),
        _ => None,
    };
    let [stream, pause, service] = downtimes(migration);
    place(&stream, stop_ns)
        .or_else(|| place(&service, answered_ns))
        .or_else(|| place(&pause, paused_ns))
}
