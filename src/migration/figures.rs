//! The figures of one migration.

use crate::figure::{Figure, Reason};

use super::assemble::{Draft, Material, identity};
use super::case::Case;
use super::connection::Connection;
use super::follow::Follower;
use super::model::{self, Migration, Outcome, Pages, Role, Round, Vm};
use super::multifd::Channel;
use super::phases;
use super::service::{self, Identity, ms};

/// Addresses of one virtual machine that are listed.
const MAX_ADDRESSES: usize = 16;

/// Everything about one migration. `neighbours` are the times of the switchovers before and after it.
pub(super) fn migration(draft: &Draft, material: &Material, neighbours: (Option<i64>, Option<i64>)) -> Migration {
    let mut case = Case::new(draft, material);
    let identity = identity(draft, material);
    let (switchover, why) = case.switchover(neighbours);
    let service = service::service(&material.pairs, &identity, switchover, why);
    let (pause, pause_resolution) = case.pause(&identity, why);
    let moments = case.moments(&service, pause_resolution);
    let stream_downtime_ms = case.stream_downtime();
    let (rounds, round_details) = case.rounds();
    let pages = case.pages();
    let (migration_time_ms, task_time_ms) = case.times();
    let ram_bytes = case.ram_bytes();
    let storage_bytes = case.storage_bytes();
    if pause.value().is_some() {
        case.inferred.push("pause_ms");
    }
    Migration {
        kind: draft.kind,
        encrypted: draft.encrypted,
        system: draft.system,
        source: draft.nodes.map(|nodes| nodes.0),
        target: draft.nodes.map(|nodes| nodes.1),
        target_socket: draft.target_socket,
        start_ns: draft.start_ns,
        end_ns: draft.end_ns,
        migration_time_ms,
        task_time_ms,
        stream_downtime_ms,
        pause_ms: pause,
        pause_resolution_ms: pause_resolution,
        outcome: case.outcome,
        ram_bytes,
        storage_bytes,
        storage_written_bytes: case.storage_written_bytes(),
        rounds,
        pages,
        round_details,
        phases: phases::phases(draft, material, moments, case.outcome),
        announcements: case.announcements().map(|heard| heard.announcement).collect(),
        vm: vm(material, &identity),
        service,
        connections: case.connections(),
        inferred: case.inferred,
        notes: case.notes,
    }
}

impl Case<'_> {
    fn times(&self) -> (Figure, Figure) {
        let reason = self.span_reason();
        if let Some(reason) = reason {
            return (Figure::Absent(reason), Figure::Absent(reason));
        }
        let disks = || self.draft.disks.iter().map(|&index| &self.material.connections[index]);
        let start = disks().map(Connection::start_ns).fold(self.draft.start_ns, i64::min);
        let end = disks().map(Connection::end_ns).fold(self.draft.end_ns, i64::max);
        let task = if disks().all(Connection::has_start) {
            Figure::Value(ms(end.saturating_sub(start)))
        } else {
            Figure::Absent(Reason::BeginningMissing)
        };
        (
            Figure::Value(ms(self.draft.end_ns.saturating_sub(self.draft.start_ns))),
            task,
        )
    }

    fn ram_bytes(&self) -> Figure {
        if let Some(reason) = self.span_reason() {
            return Figure::Absent(reason);
        }
        let bytes: u64 = self
            .state()
            .filter_map(|connection| {
                let (role, forward) = connection.role()?;
                let side = &connection.sides[forward];
                match side.shape.bulk() {
                    Some((start, end)) if role == Role::Ssh => Some(end.offset.saturating_sub(start.offset)),
                    _ => Some(side.ledger.unique_bytes()),
                }
            })
            .sum();
        Figure::Value(bytes as f64)
    }

    fn storage_bytes(&self) -> Figure {
        let disks: Vec<&Connection> = self
            .draft
            .disks
            .iter()
            .map(|&index| &self.material.connections[index])
            .collect();
        if disks.is_empty() {
            let reason = if self.draft.encrypted {
                Reason::Encrypted
            } else if self.draft.state.is_empty() {
                Reason::StreamNotCaptured
            } else {
                Reason::NoStorage
            };
            return Figure::Absent(reason);
        }
        if !disks.iter().all(|disk| disk.has_start()) {
            return Figure::Absent(Reason::BeginningMissing);
        }
        Figure::Value(disks.iter().map(|disk| disk.forward_bytes()).sum::<u64>() as f64)
    }

    fn storage_written_bytes(&self) -> Figure {
        let clients: Vec<_> = self
            .draft
            .disks
            .iter()
            .filter_map(|&index| self.material.connections[index].disk())
            .collect();
        if clients.is_empty() {
            return Figure::Absent(self.storage_bytes().reason().unwrap_or(Reason::PayloadCut));
        }
        if clients
            .iter()
            .any(|client| client.grammar.lost || client.broken.is_some())
        {
            return Figure::Absent(Reason::PayloadCut);
        }
        Figure::Value(clients.iter().map(|client| client.grammar.written_bytes).sum::<u64>() as f64)
    }

    fn stream_downtime(&mut self) -> Figure {
        if self.outcome == Outcome::Cancelled {
            return Figure::Absent(Reason::NoSwitchover);
        }
        let stage = self.main.and_then(|main| main.grammar.last_stage);
        let Some(stage) = stage else {
            return Figure::Absent(self.content_reason().unwrap_or(Reason::EndMissing));
        };
        let end_ns = if self.outcome == Outcome::Postcopy {
            match self.main.and_then(|main| main.grammar.package_end) {
                Some(end) => end.time_ns,
                None => return Figure::Absent(Reason::PayloadCut),
            }
        } else if self.to_end() {
            match self.forward().filter_map(|side| side.ledger.last_ns()).max() {
                Some(end_ns) => end_ns,
                None => return Figure::Absent(Reason::EndMissing),
            }
        } else {
            return Figure::Absent(Reason::EndMissing);
        };
        Figure::Value(ms(end_ns.saturating_sub(stage.time_ns).max(0)))
    }

    fn channels(&self) -> Vec<&Follower<Channel>> {
        self.state().filter_map(Connection::channel).collect()
    }

    fn pages(&self) -> Result<Pages, Reason> {
        if let Some(reason) = self.content_reason() {
            return Err(reason);
        }
        let mut pages = self.main.map(|main| main.grammar.rounds.pages()).unwrap_or_default();
        for channel in self.channels() {
            if channel.broken.is_some() {
                return Err(Reason::StreamMalformed);
            }
            if channel.grammar.lost {
                return Err(Reason::PayloadCut);
            }
            pages.normal += channel.grammar.pages.normal;
            pages.zero += channel.grammar.pages.zero;
        }
        Ok(pages)
    }

    fn rounds(&self) -> (Figure, Vec<Round>) {
        if let Err(reason) = self.pages() {
            return (Figure::Absent(reason), Vec::new());
        }
        let Some(main) = self.main else {
            return (Figure::Absent(Reason::NotOfThisKind), Vec::new());
        };
        let rounds = &main.grammar.rounds;
        let channels = self.channels();
        if channels.is_empty() {
            return (Figure::Value(rounds.count() as f64), rounds.kept().to_vec());
        }
        // The channels' pages are in no order among each other, but all have the same marks between passes.
        let passes = channels
            .iter()
            .map(|channel| channel.grammar.passes.len())
            .max()
            .unwrap_or(0);
        let with_pages = (0..passes).filter(|&pass| {
            channels
                .iter()
                .any(|channel| channel.grammar.passes.get(pass).is_some_and(|&pages| pages > 0))
        });
        (Figure::Value(with_pages.count() as f64), Vec::new())
    }

    fn connections(&self) -> Vec<model::Connection> {
        let state = self.draft.state.iter().map(|&index| (index, None));
        // By the content, or by standing beside the memory's.
        let disks = self.draft.disks.iter().map(|&index| (index, Some(Role::Storage)));
        state
            .chain(disks)
            .filter_map(|(index, known)| {
                let connection = &self.material.connections[index];
                let (role, forward) = connection.role()?;
                let role = known.unwrap_or(role);
                Some(model::Connection {
                    conversation: connection.conversation,
                    role,
                    forward,
                    start_ns: connection.start_ns(),
                    end_ns: connection.end_ns(),
                    forward_bytes: connection.sides[forward].ledger.unique_bytes(),
                    reverse_bytes: connection.sides[1 - forward].ledger.unique_bytes(),
                })
            })
            .collect()
    }
}

fn vm(material: &Material, identity: &Identity) -> Vm {
    let mut vm = Vm {
        macs: identity.macs.clone(),
        addresses: identity.addresses.clone(),
        sightings: service::sightings(&material.pairs, identity),
    };
    for (_, side, pair) in service::conversations(&material.pairs, identity) {
        vm.addresses.extend(pair[side].address());
        vm.macs.extend(pair[side].mac());
    }
    vm.addresses.sort_unstable();
    vm.addresses.dedup();
    vm.addresses.truncate(MAX_ADDRESSES);
    vm.macs.sort_unstable();
    vm.macs.dedup();
    vm
}
