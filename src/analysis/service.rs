//! The virtual machine's own traffic: its busiest client, before, during and after the migration.

use std::net::IpAddr;

use super::measured::Measured;
use super::pairs::{Pair, Pairs};
use super::seconds::Frame;
use crate::measure::echo::EchoFlow;
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
    let measured = Measured {
        entries: pair.timeline.entries(),
        timeline: &pair.timeline,
        frame,
        options: &options,
        forward: usize::from(pair.hosts[0] != vm),
        missing_bytes: 0,
    };
    let part = |start_ns: i64, end_ns: i64| {
        let span = Some((start_ns, end_ns));
        let any = measured.totals(span).tally.wireshark.packets > 0;
        any.then(|| measured.metrics(span, SpanOf::Capture).0)
    };
    let span = migration.map(|migration| during(migration, frame));
    let client = pair.hosts[usize::from(pair.hosts[0] == vm)];
    Some(ServiceSummary {
        vm,
        client,
        metrics: measured.metrics(None, SpanOf::Capture).0,
        before: span.and_then(|(start, _)| part(i64::MIN, start.saturating_sub(1))),
        during: span.and_then(|(start, end)| part(start, end)),
        after: span.and_then(|(_, end)| part(end.saturating_add(1), i64::MAX)),
    })
}

/// The time that counts as during the migration: all intervals that it, or the gap that it left in the machine's
/// answers, reaches into, so that what is before and after is free of it. Where only the arrival was captured, those of
/// the gap.
fn during(migration: &Migration, frame: Frame) -> (i64, i64) {
    let flow = migration
        .service
        .flows
        .first()
        .filter(|flow| flow.gap_ms.value().is_some());
    let gap = flow.and_then(|flow| Some((flow.last_before_ns?, flow.first_after_ns?)));
    let (start, end) = match (migration.connections.is_empty(), gap) {
        (true, None) => (migration.start_ns, migration.start_ns),
        (true, Some(gap)) => gap,
        (false, None) => (migration.start_ns, migration.end_ns),
        (false, Some((from, to))) => (migration.start_ns.min(from), migration.end_ns.max(to)),
    };
    let interval_ns = frame.interval_ns.max(1);
    let begin = |time_ns: i64| {
        let into_ns = time_ns.saturating_sub(frame.start_ns).rem_euclid(interval_ns);
        time_ns.saturating_sub(into_ns)
    };
    (begin(start), begin(end).saturating_add(interval_ns - 1))
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
