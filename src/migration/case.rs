//! A migration's draft with what its streams showed: how it ended, and when what happened.

use crate::figure::{Figure, Reason};
use crate::summary::Warning;

use super::announce::Heard;
use super::assemble::{Draft, Material, first_rarp};
use super::connection::{Connection, Side};
use super::follow::Follower;
use super::model::{Kind, Outcome, Service};
use super::notes;
use super::phases::{Moment, Moments};
use super::qemu::MainStream;
use super::service::{self, Identity, Switchover, ms};

/// An announcement would come within this time of a migration's end.
const ANNOUNCED_WITHIN_NS: i64 = 2_000_000_000;
/// QEMU's announcements follow each other within this time (`announce-max`).
const BETWEEN_ANNOUNCEMENTS_NS: i64 = 550_000_000;
/// A stream that carries nothing for so long is over: pages are asked for and sent all the time.
const SILENT_NS: i64 = 1_000_000_000;
/// Answers this much before the announcement may already be the target's.
const AROUND_NS: i64 = 50_000_000;
/// A virtual machine heard at least this often tells when it stopped.
const FINE_NS: i64 = 50_000_000;

/// A draft with what its streams showed.
pub(super) struct Case<'a> {
    pub(super) draft: &'a Draft,
    pub(super) material: &'a Material,
    pub(super) main: Option<&'a Follower<MainStream>>,
    pub(super) outcome: Outcome,
    pub(super) inferred: Vec<&'static str>,
    pub(super) notes: Vec<Warning>,
}

impl<'a> Case<'a> {
    /// Looks at the streams of a draft.
    pub(super) fn new(draft: &'a Draft, material: &'a Material) -> Self {
        let main = draft.main.and_then(|index| material.connections[index].main_stream());
        let mut case = Self {
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
            let by_shape = ["start_s", "end_s", "migration_time_ms", "task_time_ms", "ram_bytes"];
            case.inferred.extend(by_shape);
        }
        if draft.has_unread_disks(&material.connections) {
            case.inferred.push("storage_bytes");
        }
        case.note_streams();
        case
    }

    pub(super) fn announcements(&self) -> impl Iterator<Item = &Heard> {
        self.draft
            .announced
            .iter()
            .map(|&index| &self.material.announcements[index])
    }

    pub(super) fn state(&self) -> impl Iterator<Item = &Connection> {
        self.draft.state.iter().map(|&index| &self.material.connections[index])
    }

    pub(super) fn main_connection(&self) -> Option<&Connection> {
        self.draft.main.map(|index| &self.material.connections[index])
    }

    /// The beginning was captured.
    pub(super) fn has_start(&self) -> bool {
        // Bulk that runs in a tunnel from its first captured frame on may have begun before.
        let begins_in_sight = |connection: &Connection| match self.draft.kind {
            Kind::Ssh => connection.has_start() || connection.bulk_follows_a_silence(),
            _ => connection.has_start(),
        };
        self.state().all(begins_in_sight)
    }

    /// The end was captured.
    pub(super) fn to_end(&self) -> bool {
        let closed = || self.state().any(Connection::is_closed);
        match self.outcome {
            Outcome::Unknown => closed(),
            // The virtual machine is announced in the midst of the transfer.
            Outcome::Postcopy => closed() || self.is_said_to_end() || self.falls_silent(),
            Outcome::Completed | Outcome::Cancelled => true,
        }
    }

    /// The stream's own bytes, or those that answer it, say that it is over.
    fn is_said_to_end(&self) -> bool {
        self.main_connection()
            .is_some_and(|main| main.came_to_its_end() || main.return_path().is_some_and(|path| path.shut.is_some()))
    }

    /// The capture goes on for long enough after its last byte.
    fn falls_silent(&self) -> bool {
        self.draft.end_ns.saturating_add(SILENT_NS) <= self.material.span.last_ns()
    }

    fn judge_outcome(&mut self) -> Outcome {
        let announced = !self.draft.announced.is_empty();
        let would_show = self.material.would_show
            && self.draft.end_ns.saturating_add(ANNOUNCED_WITHIN_NS) <= self.material.span.last_ns();
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
            let stopped = self.main.is_some_and(|main| main.grammar.last_stage.is_some());
            if stopped && connection.is_closed() && !announced && !would_show {
                // The devices' state that follows was not read, but the source had stopped and sent it.
                self.inferred.push("outcome");
                return Outcome::Completed;
            }
        }
        if announced && self.draft.resumes_early {
            self.inferred.push("outcome");
            return Outcome::Postcopy;
        }
        if announced {
            return Outcome::Completed;
        }
        let closed = self.draft.certain && self.state().any(Connection::is_closed);
        let whole = self
            .main
            .is_some_and(|main| main.grammar.lost_at.is_none() && main.broken.is_none());
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

    pub(super) fn forward(&self) -> impl Iterator<Item = &Side> {
        self.state().filter_map(|connection| {
            let (_, forward) = connection.role()?;
            Some(&connection.sides[forward])
        })
    }

    /// Why the whole of the transfer is not known, if it is not.
    pub(super) fn span_reason(&self) -> Option<Reason> {
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

    /// Why the stream's content is not known, if it is not.
    pub(super) fn content_reason(&self) -> Option<Reason> {
        if self.draft.state.is_empty() {
            return Some(Reason::StreamNotCaptured);
        }
        if self.draft.encrypted {
            return Some(Reason::Encrypted);
        }
        let Some(main) = self.main else {
            return Some(match (self.has_start(), self.draft.kind) {
                (false, _) => Reason::BeginningMissing,
                (true, Kind::Qemu | Kind::QemuMultifd) => Reason::PayloadCut,
                (true, _) => Reason::NotOfThisKind,
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

    /// The capture may have begun between two of the announcements of an arrival whose stream it does not hold: then
    /// the first that it has is not the first that was made.
    fn may_be_announced_before(&self) -> bool {
        let first = first_rarp(self.draft, self.material);
        let since_ns = first.map(|at_ns| at_ns.saturating_sub(self.material.span.first_ns()));
        self.draft.state.is_empty() && since_ns.is_some_and(|since_ns| since_ns < BETWEEN_ANNOUNCEMENTS_NS)
    }

    /// When the virtual machine changed hosts, or why it did not.
    pub(super) fn switchover(&self, neighbours_ns: (Option<i64>, Option<i64>)) -> (Option<Switchover>, Reason) {
        let alone = self.draft.state.is_empty();
        if self.may_be_announced_before() {
            return (None, Reason::BeginningMissing);
        }
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
    pub(super) fn pause(&self, identity: &Identity, why: Reason) -> (Figure, Figure) {
        let announced = first_rarp(self.draft, self.material);
        let went = matches!(self.outcome, Outcome::Completed | Outcome::Postcopy) && !self.may_be_announced_before();
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
                let first = sender.heard().map(|heard| heard.first_ns).min()?;
                let last = sender.heard().map(|heard| heard.last_ns).max()?;
                if first >= announced_ns.saturating_sub(AROUND_NS) {
                    // Its first frame may already come from the target.
                    return None;
                }
                let last = if last < announced_ns {
                    last
                } else {
                    sender.last_before(announced_ns)?
                };
                Some((last, sender.interval_ns(sender.longest_gap(announced_ns, announced_ns))))
            })
            .filter(|(last, _)| *last >= floor_ns)
            .max();
        match last {
            Some((last, Some(interval))) => (
                Figure::Value(ms(announced_ns.saturating_sub(last))),
                Figure::Value(ms(interval)),
            ),
            // Nobody knows how long before the stop a machine was heard that was heard once.
            Some((_, None)) => (
                Figure::Absent(Reason::TooFewSamples),
                Figure::Absent(Reason::TooFewSamples),
            ),
            None => (Figure::Absent(Reason::NoVmTraffic), Figure::Absent(Reason::NoVmTraffic)),
        }
    }

    /// What divides the phases. Where the stream does not say when the source stopped, the virtual machine's own last
    /// frame does, if it was heard often enough.
    pub(super) fn moments(&mut self, service: &Service, resolution: Figure) -> Moments {
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
}
