//! The virtual machine's own traffic: its busiest client, second by second, and before, during and after the migration.

use std::net::IpAddr;

use super::measured::Measured;
use super::pairs::{Pair, Pairs};
use super::seconds::Frame;
use crate::figure::Reason;
use crate::measure::echo::EchoFlow;
use crate::measure::timeline::Entry;
use crate::migration::{GapRequests, Migration};
use crate::options::{AnalysisOptions, GradedDirection, Host};
use crate::summary::{ServiceSummary, SpanOf};

/// Measures the traffic between the machine and its busiest client, both directions together: a client's requests and
/// the machine's answers are one service. `None` where no such traffic was captured.
pub fn service(
    pairs: &Pairs,
    migration: Option<&Migration>,
    frame: Frame,
    options: &AnalysisOptions,
) -> Option<ServiceSummary> {
    let (index, vm) = find(pairs, migration, options)?;
    let options = AnalysisOptions {
        direction: GradedDirection::Both,
        ..options.clone()
    };
    let pair = pairs.list().get(index as usize)?;
    let of_vm = usize::from(pair.hosts[0] != vm);
    let measured = Measured {
        entries: pair.timeline.entries(),
        timeline: &pair.timeline,
        frame,
        options: &options,
        forward: of_vm,
        missing_bytes: 0,
    };
    let heard = heard(measured.entries, of_vm)?;
    let part = |span: Option<(i64, i64)>| {
        let (from, to) = span.ok_or(Reason::NoMigration)?;
        let span = (from.max(heard.0), to.min(heard.1));
        match measured.totals(Some(span)).tally.wireshark.packets {
            _ if span.0 > span.1 => Err(Reason::MachineNotSeen),
            0 => Err(Reason::NoPackets),
            _ => Ok(measured.metrics(Some(span), SpanOf::Capture).0),
        }
    };
    let span = migration.map(|migration| span(migration, frame));
    let client = pair.hosts[usize::from(pair.hosts[0] == vm)];
    Some(ServiceSummary {
        vm,
        client,
        metrics: measured.metrics(Some(heard), SpanOf::Capture).0,
        before: part(span.map(|(start, _)| (i64::MIN, start.saturating_sub(1)))),
        during: part(span),
        after: part(span.map(|(_, end)| (end.saturating_add(1), i64::MAX))),
        seconds: measured.series().seconds,
    })
}

/// From the first to the last interval in which the machine itself was seen. A capture at one of the nodes sees clients
/// go on asking while the machine answers elsewhere: that is no loss.
fn heard(entries: &[Entry], of_vm: usize) -> Option<(i64, i64)> {
    let with_vm = entries.iter().filter(|entry| entry.tally.directions[of_vm].packets > 0);
    with_vm
        .map(Entry::time)
        .reduce(|(first, last), (from, to)| (first.min(from), last.max(to)))
}

/// When the migration was. Of one whose stream was not captured only the switchover is known: all intervals that the gap
/// in the machine's answers reaches into, so that what was asked in the gap lies in no other part.
fn span(migration: &Migration, frame: Frame) -> (i64, i64) {
    let flow = migration.service.flows.first();
    let gap = flow.and_then(|flow| Some((flow.last_before_ns?, flow.first_after_ns?)));
    match gap {
        Some((from, to)) if migration.connections.is_empty() => {
            let interval_ns = frame.interval_ns.max(1);
            let begin = |time_ns: i64| {
                let into_ns = time_ns.saturating_sub(frame.start_ns).rem_euclid(interval_ns);
                time_ns.saturating_sub(into_ns)
            };
            (begin(from), begin(to).saturating_add(interval_ns - 1))
        }
        _ => (migration.start_ns, migration.end_ns),
    }
}

/// Notes what became of the requests that were sent in each flow's gap.
pub fn requests_in_gaps(migrations: &mut [Migration], echoes: &[EchoFlow]) {
    let flows = migrations.iter_mut().flat_map(|migration| &mut migration.service.flows);
    for flow in flows.filter(|flow| flow.gap_ms.value().is_some()) {
        let (Some(from_ns), Some(to_ns)) = (flow.last_before_ns, flow.first_after_ns) else {
            continue;
        };
        let middle_ns = from_ns.saturating_add(to_ns.saturating_sub(from_ns) / 2);
        let of_flow = echoes
            .iter()
            .filter(|echo| echo.conversation == flow.conversation && echo.direction != flow.direction);
        if let Some(silence) = of_flow.filter_map(|echo| echo.silence_at(middle_ns)).next() {
            flow.requests = Ok(GapRequests {
                lost: silence.lost,
                delayed: silence.late,
            });
        }
    }
}

/// The pair and the machine's address in it.
fn find(pairs: &Pairs, migration: Option<&Migration>, options: &AnalysisOptions) -> Option<(u32, IpAddr)> {
    let named = match &options.vm {
        Some(Host::Addresses(addresses)) => addresses.clone(),
        _ => migration
            .map(|migration| migration.vm.addresses.clone())
            .unwrap_or_default(),
    };
    let usable = |pair: &Pair| pair.packets.iter().all(|&packets| packets > 0) && !pair.dropped;
    let busiest = migration.and_then(|migration| {
        let flow = migration.service.flows.first()?;
        Some((flow.vm?, flow.client?))
    });
    let by_flow = busiest.and_then(|(vm, client)| {
        let wanted = |pair: &Pair| pair.hosts == [vm, client] || pair.hosts == [client, vm];
        let index = pairs.list().iter().position(|pair| usable(pair) && wanted(pair))?;
        (options.vm.is_none() || named.contains(&vm)).then_some((index as u32, vm))
    });
    by_flow.or_else(|| {
        let of_vm = |pair: &Pair| pair.hosts.iter().copied().find(|host| named.contains(host));
        let candidates = pairs.list().iter().enumerate().filter(|(_, pair)| usable(pair));
        candidates
            .filter_map(|(index, pair)| Some((index, pair.wire_bytes.iter().sum::<u64>(), of_vm(pair)?)))
            .max_by_key(|&(index, bytes, _)| (bytes, std::cmp::Reverse(index)))
            .map(|(index, _, vm)| (index as u32, vm))
    })
}
