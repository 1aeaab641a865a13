//! The phases of a migration, from what its stream shows or, failing that, from what the virtual machine's own frames
//! show of it.

use super::assemble::{Draft, Material};
use super::connection::Connection;
use super::model::{Outcome, Phase, PhaseName};

/// The moments that divide a migration, as far as they are known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moments {
    /// The first page.
    pub(super) first_page_ns: Option<i64>,
    /// The source stood still.
    pub(super) stop_ns: Option<i64>,
    /// In post-copy, the target began to run.
    pub(super) run_ns: Option<i64>,
}

/// Divides a migration's span.
pub(super) fn phases(draft: &Draft, material: &Material, moments: Moments, outcome: Outcome) -> Vec<Phase> {
    let mut phases: Vec<Phase> = draft
        .disks
        .iter()
        .map(|&index| {
            let connection = &material.connections[index];
            Phase {
                name: PhaseName::Storage,
                start_ns: connection.start_ns(),
                end_ns: connection.end_ns(),
                bytes: connection.forward_bytes(),
            }
        })
        .collect();
    if draft.state.is_empty() {
        return phases;
    }
    let mut cuts: Vec<(PhaseName, i64)> = Vec::new();
    match moments.first_page_ns {
        Some(page_ns) if page_ns > draft.start_ns => {
            cuts.push((PhaseName::Setup, draft.start_ns));
            cuts.push((PhaseName::Precopy, page_ns));
        }
        _ => cuts.push((PhaseName::Precopy, draft.start_ns)),
    }
    if let Some(stop_ns) = moments.stop_ns {
        cuts.push((PhaseName::StopAndCopy, stop_ns));
    }
    if let Some(run_ns) = moments.run_ns.filter(|_| outcome == Outcome::Postcopy) {
        cuts.push((PhaseName::Postcopy, run_ns));
    }
    for (index, &(name, start_ns)) in cuts.iter().enumerate() {
        let next = cuts.get(index + 1).map(|cut| cut.1);
        let end_ns = next.unwrap_or(draft.end_ns);
        if end_ns < start_ns {
            continue;
        }
        let reached = |time: i64| -> u64 {
            draft
                .state
                .iter()
                .map(|&index| forward_before(&material.connections[index], time))
                .sum()
        };
        let end = if next.is_some() {
            reached(end_ns)
        } else {
            reached(i64::MAX)
        };
        phases.push(Phase {
            name,
            start_ns,
            end_ns,
            bytes: end.saturating_sub(reached(start_ns)),
        });
    }
    phases.sort_by_key(|phase| (phase.start_ns, phase.name as u8));
    phases
}

/// Payload bytes from source to target before a time.
fn forward_before(connection: &Connection, time_ns: i64) -> u64 {
    let Some((_, forward)) = connection.role() else {
        return 0;
    };
    let side = &connection.sides[forward];
    let reached = side.progress.before(time_ns).unwrap_or(0);
    reached.saturating_sub(side.ledger.low())
}
