//! The virtual machine as its clients saw it: the gap that the switchover left in its answers.

use std::net::IpAddr;

use crate::figure::{Figure, Reason};
use crate::packet::Mac;

use super::activity::{Pair, Sender};
use super::model::{Service, ServiceFlow, Sighting};

/// The guest may answer a little before the announcement that its hypervisor makes for it.
const EARLY_NS: i64 = 5_000_000;
/// A gap that reaches further than this beyond the switchover, while the client is silent too, shows that the
/// virtual machine's frames went where this capture does not see them.
const OUT_OF_SIGHT_NS: i64 = 1_000_000_000;
/// Flows listed.
const MAX_FLOWS: usize = 100;

/// Which frames are the virtual machine's.
#[derive(Debug, Clone, Default)]
pub(super) struct Identity {
    pub(super) macs: Vec<Mac>,
    pub(super) addresses: Vec<IpAddr>,
}

impl Identity {
    pub(super) fn is(&self, sender: &Sender) -> bool {
        sender.mac().is_some_and(|mac| self.macs.contains(&mac))
            || sender
                .address()
                .is_some_and(|address| self.addresses.contains(&address))
    }
}

/// When the virtual machine changed hosts, as far as it is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Switchover {
    /// It ran on the source at least until then.
    pub(super) not_before_ns: i64,
    /// It ran on the target from about then on.
    pub(super) resumed_ns: i64,
    /// The last switchover before this one, and the next: a gap that reaches there is not this one's.
    pub(super) neighbours_ns: (Option<i64>, Option<i64>),
}

/// The virtual machine's conversations: the number, the direction that it sends, both sides.
pub(super) fn conversations<'a>(
    pairs: &'a [Pair],
    identity: &'a Identity,
) -> impl Iterator<Item = (u32, usize, &'a Pair)> {
    (0_u32..).zip(pairs).flat_map(move |(number, pair)| {
        (0..2)
            .filter(move |&side| identity.is(&pair[side]) && !identity.is(&pair[1 - side]))
            .map(move |side| (number, side, pair))
    })
}

/// Where and when frames of the virtual machine to a single receiver were seen.
pub(super) fn sightings(pairs: &[Pair], identity: &Identity) -> Vec<Sighting> {
    let mut all: Vec<Sighting> = Vec::new();
    for (_, side, pair) in conversations(pairs, identity) {
        let sender = &pair[side];
        for heard in sender.heard() {
            let mac = sender.mac().unwrap_or_default();
            match all
                .iter_mut()
                .find(|seen| seen.mac == mac && seen.interface == heard.interface)
            {
                Some(seen) => {
                    seen.frames += heard.frames;
                    seen.first_ns = seen.first_ns.min(heard.first_ns);
                    seen.last_ns = seen.last_ns.max(heard.last_ns);
                }
                None => all.push(Sighting {
                    mac,
                    interface: heard.interface,
                    frames: heard.frames,
                    first_ns: heard.first_ns,
                    last_ns: heard.last_ns,
                }),
            }
        }
    }
    all.sort_by_key(|seen| (seen.mac, seen.interface));
    all
}

/// The gap in every flow; without a switchover there is none.
pub(super) fn service(pairs: &[Pair], identity: &Identity, switchover: Option<Switchover>, why: Reason) -> Service {
    let Some(switchover) = switchover else {
        return Service {
            downtime_ms: Figure::Absent(why),
            resolution_ms: Figure::Absent(why),
            flows: Vec::new(),
        };
    };
    let mut flows: Vec<ServiceFlow> = conversations(pairs, identity)
        .filter(|(_, side, pair)| pair[*side].answers() > 0)
        .map(|(conversation, side, pair)| flow(conversation, side, pair, switchover))
        .collect();
    flows.sort_by_key(|flow| {
        let measured = flow.gap_ms.value().is_some();
        (std::cmp::Reverse((measured, flow.answers)), flow.conversation)
    });
    flows.truncate(MAX_FLOWS);
    let first = flows.first().filter(|flow| flow.gap_ms.value().is_some());
    Service {
        downtime_ms: first.map_or(Figure::Absent(Reason::NoVmTraffic), |flow| flow.gap_ms),
        resolution_ms: first.map_or(Figure::Absent(Reason::NoVmTraffic), |flow| flow.resolution_ms),
        flows,
    }
}

fn flow(conversation: u32, side: usize, pair: &Pair, switchover: Switchover) -> ServiceFlow {
    let sender = &pair[side];
    let resumed_ns = switchover.resumed_ns;
    let gap = sender.longest_gap(resumed_ns.saturating_sub(EARLY_NS), resumed_ns.saturating_sub(1));
    let interval = sender.interval_ns(gap);
    let seen = gap.filter(|&gap| in_sight(gap, interval, pair, side, switchover));
    let before = gap
        .map(|gap| gap.0)
        .or_else(|| sender.last_before(switchover.resumed_ns));
    let after = gap.map(|gap| gap.1).or_else(|| {
        sender
            .first_answer_ns()
            .filter(|&first| first >= switchover.not_before_ns)
    });
    let gap_ms = seen.map_or(Figure::Absent(Reason::NoVmTraffic), |gap| {
        Figure::Value(ms(gap.1.saturating_sub(gap.0)))
    });
    ServiceFlow {
        conversation,
        direction: side,
        vm: sender.address(),
        client: pair[1 - side].address(),
        last_before_ns: before,
        first_after_ns: after,
        gap_ms,
        resolution_ms: interval.map_or(Figure::Absent(Reason::TooFewSamples), |interval| {
            Figure::Value(ms(interval))
        }),
        answers: sender.answers(),
        // Without a gap nothing can have been sent in it.
        requests: Err(gap_ms.reason().unwrap_or(Reason::NoProbes)),
    }
}

/// False where the capture point, not the migration, made the gap.
fn in_sight(gap: (i64, i64), interval: Option<i64>, pair: &Pair, side: usize, switchover: Switchover) -> bool {
    let (before, after) = switchover.neighbours_ns;
    if before.is_some_and(|time| gap.0 <= time) || after.is_some_and(|time| gap.1 >= time) {
        return false;
    }
    let (sender, client) = (&pair[side], &pair[1 - side]);
    if client.answers().saturating_mul(2) < sender.answers() {
        // No probes: the client's silence may be for want of anything to acknowledge.
        return true;
    }
    let slack = OUT_OF_SIGHT_NS.max(interval.unwrap_or(0).saturating_mul(3));
    let early = switchover.not_before_ns.saturating_sub(gap.0) > slack
        && client.is_silent(gap.0.saturating_add(slack / 2), switchover.not_before_ns);
    let late = gap.1.saturating_sub(switchover.resumed_ns) > slack
        && client.is_silent(switchover.resumed_ns, gap.1.saturating_sub(slack / 2));
    !early && !late
}

/// Nanoseconds as milliseconds.
pub(super) fn ms(ns: i64) -> f64 {
    ns as f64 / 1e6
}
