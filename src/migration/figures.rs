//! The figures of one migration.

use crate::figure::{Figure, Reason};
use crate::summary::Warning;

use super::announce::Heard;
use super::assemble::{Draft, Material, first_rarp, identity};
use super::connection::{Connection, Reader};
use super::follow::{Broken, Follower};
use super::model::{self, Kind, Migration, Outcome, Pages, Role, Round, Vm};
use super::notes;
use super::phases::{self, Moment, Moments};
use super::qemu::{MainStream, is_description};
use super::service::{self, Identity, Switchover, ms};

/// An announcement would come within this time of a migration's end.
const ANNOUNCED_WITHIN_NS: i64 = 2_000_000_000;
/// Answers this much before the announcement may already be the target's.
const AROUND_NS: i64 = 50_000_000;
/// Addresses of one virtual machine that are listed.
const MAX_ADDRESSES: usize = 16;
/// A virtual machine heard at least this often tells when it stopped.
const FINE_NS: i64 = 50_000_000;

/// A draft with what its streams showed.
struct Case<'a> {
    draft: &'a Draft,
    material: &'a Material,
    main: Option<&'a Follower<MainStream>>,
    outcome: Outcome,
    inferred: Vec<&'static str>,
    notes: Vec<Warning>,
}

/// Everything about one migration. `neighbours` are the times of the switchovers before and after it.
pub(super) fn migration(draft: &Draft, material: &Material, neighbours: (Option<i64>, Option<i64>)) -> Migration {
    let main = draft.main.and_then(|index| material.connections[index].main_stream());
    let mut case = Case {
        draft,
        material,
        main,
        outcome: Outcome::Unknown,
        inferred: Vec::new(),
        notes: Vec::new(),
    };
    case.outcome = case.judge_outcome();
    if !draft.certain {
        case.inferred.push("kind");
    }
    if draft.kind == Kind::Ssh {
        case.inferred
            .extend(["start_s", "end_s", "migration_time_ms", "task_time_ms", "ram_bytes"]);
    }
    case.note_streams();

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
    fn announcements(&self) -> impl Iterator<Item = &Heard> {
        self.draft
            .announced
            .iter()
            .map(|&index| &self.material.announcements[index])
    }

    fn state(&self) -> impl Iterator<Item = &Connection> {
        self.draft.state.iter().map(|&index| &self.material.connections[index])
    }

    fn main_connection(&self) -> Option<&Connection> {
        self.draft.main.map(|index| &self.material.connections[index])
    }

    /// The beginning was captured.
    fn has_start(&self) -> bool {
        self.draft.kind == Kind::Ssh || self.state().all(Connection::has_start)
    }

    /// The end was captured.
    fn to_end(&self) -> bool {
        self.outcome != Outcome::Unknown || self.state().any(Connection::is_closed)
    }

    fn judge_outcome(&mut self) -> Outcome {
        let announced = !self.draft.announced.is_empty();
        if let Some(connection) = self.main_connection() {
            let shut = connection.return_path().and_then(|path| path.shut);
            if connection.is_postcopy() {
                return Outcome::Postcopy;
            }
            if shut.is_some_and(|(status, _)| status == 0) || connection.came_to_its_end() {
                return Outcome::Completed;
            }
            if shut.is_some() && !announced {
                return Outcome::Cancelled;
            }
        }
        if announced {
            return Outcome::Completed;
        }
        let closed = self.draft.certain && self.state().any(Connection::is_closed);
        let whole = self
            .main
            .is_some_and(|main| main.grammar.lost_at.is_none() && main.broken.is_none());
        let would_show = self.material.would_show
            && self.draft.end_ns.saturating_add(ANNOUNCED_WITHIN_NS) <= self.material.span.last_ns;
        if closed && (whole || would_show) {
            if !whole {
                self.inferred.push("outcome");
            }
            return Outcome::Cancelled;
        }
        Outcome::Unknown
    }

    fn note_streams(&mut self) {
        let streams = self.draft.state.iter().chain(&self.draft.disks);
        for broken in streams.filter_map(|&index| self.material.connections[index].broken()) {
            self.notes.push(notes::malformed(&broken));
        }
        if let Some(lost_at) = self.main.and_then(|main| main.grammar.lost_at)
            && self.has_start()
        {
            self.notes.push(notes::payload_cut(lost_at));
        }
        let missed: u64 = self.forward().map(|side| side.ledger.missed_bytes()).sum();
        if missed > 0 {
            self.notes.push(notes::bytes_missed(missed));
        }
        if !self.draft.state.is_empty() && !self.has_start() {
            self.notes.push(notes::beginning_missing());
        }
        if !self.draft.certain && !self.draft.state.is_empty() {
            self.notes.push(if self.draft.kind == Kind::Ssh {
                notes::inferred_from_shape()
            } else {
                notes::inferred_from_port(self.draft.system)
            });
        }
    }

    fn forward(&self) -> impl Iterator<Item = &super::connection::Side> {
        self.state().filter_map(|connection| {
            let (_, forward) = connection.role()?;
            Some(&connection.sides[forward])
        })
    }

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

    /// Why the whole of the transfer is not known, if it is not.
    fn span_reason(&self) -> Option<Reason> {
        if self.draft.state.is_empty() {
            Some(Reason::StreamNotCaptured)
        } else if !self.has_start() {
            Some(Reason::BeginningMissing)
        } else if !self.to_end() {
            Some(Reason::EndMissing)
        } else {
            None
        }
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
            return Figure::Absent(self.storage_bytes().reason().unwrap_or(Reason::NoStorage));
        }
        if clients
            .iter()
            .any(|client| client.grammar.lost || client.broken.is_some())
        {
            return Figure::Absent(Reason::PayloadCut);
        }
        Figure::Value(clients.iter().map(|client| client.grammar.written_bytes).sum::<u64>() as f64)
    }

    /// Why the stream's content is not known, if it is not.
    fn content_reason(&self) -> Option<Reason> {
        if self.draft.state.is_empty() {
            return Some(Reason::StreamNotCaptured);
        }
        if self.draft.encrypted {
            return Some(Reason::Encrypted);
        }
        let Some(main) = self.main else {
            return Some(if self.has_start() {
                Reason::NotOfThisKind
            } else {
                Reason::BeginningMissing
            });
        };
        if !self.has_start() {
            Some(Reason::BeginningMissing)
        } else if main.broken.is_some() {
            Some(Reason::StreamMalformed)
        } else if main.grammar.lost_at.is_some() {
            Some(Reason::PayloadCut)
        } else {
            None
        }
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

    fn channels(&self) -> Vec<&Follower<super::multifd::Channel>> {
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

    /// When the virtual machine changed hosts, or why it did not.
    fn switchover(&self, neighbours_ns: (Option<i64>, Option<i64>)) -> (Option<Switchover>, Reason) {
        let alone = self.draft.state.is_empty();
        match self.outcome {
            Outcome::Cancelled => return (None, Reason::NoSwitchover),
            Outcome::Unknown if !alone => return (None, Reason::EndMissing),
            _ => {}
        }
        let announced = first_rarp(self.draft, self.material)
            .or_else(|| self.announcements().map(|heard| heard.announcement.at_ns).min());
        let run = self
            .main_connection()
            .and_then(|connection| connection.about_to_run_ns());
        let resumed_ns = announced.or(run).unwrap_or(self.draft.end_ns);
        let stop = self
            .main
            .and_then(|main| main.grammar.last_stage)
            .map(|stage| stage.time_ns);
        let not_before_ns = stop
            .unwrap_or(if alone { resumed_ns } else { self.draft.end_ns })
            .min(resumed_ns);
        let switchover = Switchover {
            not_before_ns,
            resumed_ns,
            neighbours_ns,
        };
        (Some(switchover), Reason::NoVmTraffic)
    }

    /// Last frame of the virtual machine on the source's side to the first announcement, and how well it is known.
    fn pause(&self, identity: &Identity, why: Reason) -> (Figure, Figure) {
        let announced = first_rarp(self.draft, self.material);
        let went = matches!(self.outcome, Outcome::Completed | Outcome::Postcopy);
        let Some(announced_ns) = announced.filter(|_| went) else {
            return (Figure::Absent(why), Figure::Absent(why));
        };
        let floor_ns = self
            .draft
            .start_ns
            .min(announced_ns)
            .saturating_sub(ANNOUNCED_WITHIN_NS);
        let last = service::conversations(&self.material.pairs, identity)
            .filter_map(|(_, side, pair)| {
                let sender = &pair[side];
                let first = sender.heard.iter().map(|heard| heard.first_ns).min()?;
                let last = sender.heard.iter().map(|heard| heard.last_ns).max()?;
                if first >= announced_ns.saturating_sub(AROUND_NS) {
                    // Its first frame may already come from the target.
                    return None;
                }
                let last = if last < announced_ns {
                    last
                } else {
                    sender.answers.last_before(announced_ns)?
                };
                Some((
                    last,
                    sender
                        .answers
                        .interval_ns(sender.answers.longest_gap(announced_ns, announced_ns)),
                ))
            })
            .filter(|(last, _)| *last >= floor_ns)
            .max();
        match last {
            Some((last, interval)) => (
                Figure::Value(ms(announced_ns - last)),
                interval.map_or(Figure::Absent(Reason::TooFewSamples), |interval| {
                    Figure::Value(ms(interval))
                }),
            ),
            None => (Figure::Absent(Reason::NoVmTraffic), Figure::Absent(Reason::NoVmTraffic)),
        }
    }

    /// What divides the phases. Where the stream does not say when the source stopped, the virtual machine's own last
    /// frame does, if it was heard often enough.
    fn moments(&mut self, service: &model::Service, resolution: Figure) -> Moments {
        let grammar = self.main.map(|main| &main.grammar);
        let stop = grammar.and_then(|main| main.last_stage).map(Moment::from);
        let run = grammar.and_then(|main| main.package_end).map(Moment::from);
        let told = self
            .main_connection()
            .and_then(Connection::about_to_run_ns)
            .map(Moment::at);
        let fine = resolution
            .value()
            .is_some_and(|interval| interval * 1e6 <= FINE_NS as f64);
        let heard = service
            .flows
            .iter()
            .filter_map(|flow| flow.last_before_ns)
            .filter(|&last| fine && (self.draft.start_ns..=self.draft.end_ns).contains(&last))
            .max();
        let switched = matches!(self.outcome, Outcome::Completed | Outcome::Postcopy);
        if switched && (stop.is_none() || self.outcome == Outcome::Postcopy && run.is_none()) {
            self.inferred.push("phases");
        }
        Moments {
            first_page: grammar.and_then(|main| main.first_page).map(Moment::from),
            stop: stop.or(heard.map(Moment::at)).filter(|_| switched),
            run: run.or(told),
        }
    }

    fn connections(&self) -> Vec<model::Connection> {
        let all = self.draft.state.iter().chain(&self.draft.disks);
        all.filter_map(|&index| {
            let connection = &self.material.connections[index];
            let (role, forward) = connection.role()?;
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

impl Connection {
    /// QEMU's main stream, where this carries it.
    pub(super) fn main_stream(&self) -> Option<&Follower<MainStream>> {
        self.sides.iter().find_map(|side| match &side.reader {
            Reader::Main(follower) => Some(&**follower),
            _ => None,
        })
    }

    /// How many of the moments that divide a migration the stream has shown so far.
    pub(super) fn phases_begun(&self) -> usize {
        self.main_stream().map_or(0, |main| {
            let moments = [main.grammar.first_page, main.grammar.stopped, main.grammar.package_end];
            moments.iter().flatten().count()
        })
    }

    fn return_path(&self) -> Option<&super::qemu::ReturnPath> {
        self.sides.iter().find_map(|side| match &side.reader {
            Reader::Return(follower) => Some(&follower.grammar),
            _ => None,
        })
    }

    fn channel(&self) -> Option<&Follower<super::multifd::Channel>> {
        self.sides.iter().find_map(|side| match &side.reader {
            Reader::Channel(follower) => Some(&**follower),
            _ => None,
        })
    }

    fn disk(&self) -> Option<&Follower<super::nbd::Client>> {
        self.sides.iter().find_map(|side| match &side.reader {
            Reader::Disk(follower) => Some(follower),
            _ => None,
        })
    }

    fn broken(&self) -> Option<Broken> {
        self.sides.iter().find_map(|side| match &side.reader {
            Reader::Main(follower) => follower.broken,
            Reader::Channel(follower) => follower.broken,
            Reader::Disk(follower) => follower.broken,
            _ => None,
        })
    }

    /// The connection speaks multifd's own format.
    pub(super) fn is_multifd(&self) -> bool {
        self.channel().is_some()
    }

    /// The target was told to run before all pages were there.
    pub(super) fn is_postcopy(&self) -> bool {
        let ran = self
            .main_stream()
            .is_some_and(|main| main.grammar.package_end.is_some());
        ran || self.return_path().is_some_and(|path| path.requests > 0)
    }

    /// When the target said that it is about to run, in post-copy.
    fn about_to_run_ns(&self) -> Option<i64> {
        self.return_path()
            .and_then(|path| path.about_to_run)
            .map(|at| at.time_ns)
    }

    /// The source sent everything: the stream's end mark, or the text that follows it.
    fn came_to_its_end(&self) -> bool {
        let marked = self.main_stream().is_some_and(|main| main.grammar.end_mark.is_some());
        marked
            || self
                .role()
                .is_some_and(|(_, forward)| is_description(self.sides[forward].tail()))
    }

    /// Unique payload bytes from source to target.
    pub(super) fn forward_bytes(&self) -> u64 {
        self.role()
            .map_or(0, |(_, forward)| self.sides[forward].ledger.unique_bytes())
    }
}

fn vm(material: &Material, identity: &Identity) -> Vm {
    let mut vm = Vm {
        macs: identity.macs.clone(),
        addresses: identity.addresses.clone(),
        sightings: service::sightings(&material.pairs, identity),
    };
    for (_, side, pair) in service::conversations(&material.pairs, identity) {
        vm.addresses.extend(pair[side].address);
        vm.macs.extend(pair[side].mac);
    }
    vm.addresses.sort_unstable();
    vm.addresses.dedup();
    vm.addresses.truncate(MAX_ADDRESSES);
    vm.macs.sort_unstable();
    vm.macs.dedup();
    vm
}
