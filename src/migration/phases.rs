//! The phases of a migration, from what its stream shows or, failing that, from what the virtual machine's own frames
//! show of it.

use super::assemble::{Draft, Material};
use super::follow::Position;
use super::model::{Outcome, Phase, PhaseName};

/// The moments that divide a migration, as far as they are known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moments {
    /// The first page.
    pub(super) first_page: Option<Moment>,
    /// The source stood still.
    pub(super) stop: Option<Moment>,
    /// In post-copy, the target began to run.
    pub(super) run: Option<Moment>,
}

/// A moment, and the place in the main stream that it was read off, if any.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) at_ns: i64,
    pub(super) offset: Option<u64>,
}

impl Moment {
    pub(super) fn at(at_ns: i64) -> Self {
        Self { at_ns, offset: None }
    }
}

impl From<Position> for Moment {
    fn from(position: Position) -> Self {
        Self {
            at_ns: position.time_ns,
            offset: Some(position.offset),
        }
    }
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
    let start = Moment::at(draft.start_ns);
    let mut cuts: Vec<(PhaseName, Moment)> = Vec::new();
    match moments.first_page {
        Some(page) if page.at_ns > draft.start_ns => {
            cuts.push((PhaseName::Setup, start));
            cuts.push((PhaseName::Precopy, page));
        }
        _ => cuts.push((PhaseName::Precopy, start)),
    }
    if let Some(stop) = moments.stop {
        cuts.push((PhaseName::StopAndCopy, stop));
    }
    if let Some(run) = moments.run.filter(|_| outcome == Outcome::Postcopy) {
        cuts.push((PhaseName::Postcopy, run));
    }
    let all: u64 = draft
        .state
        .iter()
        .map(|&index| material.connections[index].forward_bytes())
        .sum();
    for (index, &(name, start)) in cuts.iter().enumerate() {
        let next = cuts.get(index + 1).map(|cut| cut.1);
        let end_ns = next.map_or(draft.end_ns, |next| next.at_ns);
        if end_ns < start.at_ns {
            continue;
        }
        let first = if index == 0 { 0 } else { reached(draft, material, start) };
        let end = next.map_or(all, |next| reached(draft, material, next));
        phases.push(Phase {
            name,
            start_ns: start.at_ns,
            end_ns,
            bytes: end.saturating_sub(first),
        });
    }
    phases.sort_by_key(|phase| (phase.start_ns, phase.name as u8));
    phases
}

/// Payload bytes from source to target before a moment. On the main stream its place is exact; the other connections'
/// are read off at its time.
fn reached(draft: &Draft, material: &Material, moment: Moment) -> u64 {
    let before = |index: usize| -> Option<u64> {
        let connection = &material.connections[index];
        let (_, forward) = connection.role()?;
        let side = &connection.sides[forward];
        let offset = match moment.offset {
            Some(offset) if draft.main == Some(index) => offset,
            _ => side.reached_before(moment.at_ns)?,
        };
        Some(offset.saturating_sub(side.ledger.low()))
    };
    draft.state.iter().filter_map(|&index| before(index)).sum()
}
