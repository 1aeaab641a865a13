//! One migration in the contract's form.

use serde::ser::SerializeMap;

use super::object::{Fields, Object, seconds};
use crate::figure::{Figure, Reason};
use crate::migration::{
    Announcement, GapRequests, Migration, Moves, Named, Pages, Phase, Round, ServiceFlow, Sighting,
};
use crate::summary::Metrics;

/// The object `migration` of docs/JSON.md, one of a capture's; times are seconds from the capture's first frame.
#[derive(Clone, Copy)]
pub(super) struct Moved<'a> {
    migration: &'a Migration,
    moves: &'a Moves,
    zero: Zero,
}

impl<'a> Moved<'a> {
    /// `migration`, one of `moves`, in a capture that begins at `start_ns`.
    pub(super) fn new(migration: &'a Migration, moves: &'a Moves, start_ns: i64) -> Self {
        Self {
            migration,
            moves,
            zero: Zero(start_ns),
        }
    }

    /// Figures of each phase: measured for one migration of a capture only.
    fn phase_metrics(&self) -> &'a [Metrics] {
        let chosen = self.moves.chosen();
        match chosen.is_some_and(|chosen| std::ptr::eq(chosen, self.migration)) {
            true => &self.moves.phase_metrics,
            false => &[],
        }
    }
}

impl Object for Moved<'_> {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let Self { migration, zero, .. } = *self;
        let measured = self.phase_metrics().iter().map(Some).chain(std::iter::repeat(None));
        let phases = migration.phases.iter().zip(measured);
        let named = |flow: &ServiceFlow| self.moves.conversations.get(&flow.conversation);
        let flows = migration.service.flows.iter().map(|flow| At(zero, (flow, named(flow))));
        let messages: Vec<&str> = migration.notes.iter().map(|note| note.message.as_str()).collect();
        let macs: Vec<String> = migration.vm.macs.iter().map(ToString::to_string).collect();
        let to = to
            .set("kind", migration.kind.as_str())
            .set("encrypted", migration.encrypted)
            .set("source", migration.source)
            .set("target", migration.target)
            .number("start_s", zero.to_s(migration.start_ns))
            .number("end_s", zero.to_s(migration.end_ns))
            .figure("migration_time_ms", migration.migration_time_ms)
            .figure("task_time_ms", migration.task_time_ms)
            .figure("stream_downtime_ms", migration.stream_downtime_ms)
            .figure("pause_ms", migration.pause_ms)
            .figure("pause_resolution_ms", migration.pause_resolution_ms)
            .figure("service_downtime_ms", migration.service.downtime_ms)
            .figure("service_downtime_resolution_ms", migration.service.resolution_ms)
            .set("outcome", migration.outcome.as_str())
            .whole("ram_bytes", migration.ram_bytes)
            .figure("overhead_ratio", self.moves.overhead(migration))
            .whole("storage_bytes", migration.storage_bytes)
            .whole("storage_written_bytes", migration.storage_written_bytes)
            .whole("rounds", migration.rounds);
        let to = match migration.pages {
            Ok(pages) => to.object("pages", pages),
            Err(reason) => to.figure("pages", Figure::Absent(reason)),
        };
        to.array(
            "round_details",
            migration.round_details.iter().map(|round| At(zero, round)),
        )
        .set("vm_macs", macs)
        .set("vm_addresses", migration.vm.addresses.as_slice())
        .array("vm_seen", migration.vm.sightings.iter().map(|seen| At(zero, seen)))
        .set("inferred", migration.inferred.as_slice())
        .array("service_flows", flows)
        .array("phases", phases.map(|phase| At(zero, phase)))
        .array("announcements", migration.announcements.iter().map(|one| At(zero, one)))
        .set("notes", messages)
    }
}

/// The time of the capture's first frame, nanoseconds since the epoch.
#[derive(Clone, Copy)]
struct Zero(i64);

impl Zero {
    fn to_s(self, ns: i64) -> f64 {
        seconds(ns.saturating_sub(self.0))
    }
}

/// What lies on the capture's time.
struct At<T>(Zero, T);

impl Object for At<&Sighting> {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let Self(zero, seen) = self;
        to.set("mac", seen.mac.to_string())
            .set("interface", seen.interface)
            .set("frames", seen.frames)
            .number("first_s", zero.to_s(seen.first_ns))
            .number("last_s", zero.to_s(seen.last_ns))
    }
}

impl Object for At<(&Phase, Option<&Metrics>)> {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let Self(zero, (phase, metrics)) = self;
        let to = to
            .set("name", phase.name.as_str())
            .number("start_s", zero.to_s(phase.start_ns))
            .number("end_s", zero.to_s(phase.end_ns))
            .set("bytes", phase.bytes);
        match metrics {
            Some(Metrics { standard, .. }) => to
                .figure("throughput_bps", standard.throughput_bps)
                .figure("loss_pct", standard.loss_pct)
                .figure("rtt_ms", standard.rtt_ms),
            None => to,
        }
    }
}

impl Object for At<(&ServiceFlow, Option<&Named>)> {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let Self(zero, (flow, named)) = self;
        let at = |ns: Option<i64>| match ns {
            Some(ns) => Figure::Value(zero.to_s(ns)),
            None => Figure::Absent(Reason::NoVmTraffic),
        };
        let count = |of: fn(GapRequests) -> u64| match flow.requests {
            Ok(requests) => Figure::Value(of(requests) as f64),
            Err(reason) => Figure::Absent(reason),
        };
        to.set("conversation", named.map(|named| named.name.as_str()))
            .set("vm", flow.vm)
            .set("client", flow.client)
            .set("answers", flow.answers)
            .figure("gap_ms", flow.gap_ms)
            .figure("resolution_ms", flow.resolution_ms)
            .figure("last_before_s", at(flow.last_before_ns))
            .figure("first_after_s", at(flow.first_after_ns))
            .whole("requests_in_gap", count(GapRequests::sent))
            .whole("requests_lost", count(|requests| requests.lost))
            .whole("requests_delayed", count(|requests| requests.delayed))
    }
}

impl Object for At<&Round> {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let Self(zero, round) = self;
        to.number("start_s", zero.to_s(round.start_ns))
            .number("end_s", zero.to_s(round.end_ns))
            .set("bytes", round.bytes)
            .object("pages", round.pages)
    }
}

impl Object for At<&Announcement> {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        let Self(zero, announcement) = self;
        to.number("at_s", zero.to_s(announcement.at_ns))
            .set("mac", announcement.mac.to_string())
            .set("kind", announcement.kind.as_str())
    }
}

impl Object for Pages {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        to.set("normal", self.normal)
            .set("zero", self.zero)
            .set("xbzrle", self.xbzrle)
    }
}
