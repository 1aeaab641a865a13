//! One migration in the contract's form.

use serde_json::Value;

use super::parts::{Object, number, seconds};
use crate::figure::Figure;
use crate::migration::{Migration, Moves, Pages, Phase, Round};
use crate::summary::Metrics;

/// The object of DESIGN's `migration`, one of `moves`; times are seconds from the capture's first frame at `start_ns`.
pub fn migration_json(migration: &Migration, moves: &Moves, start_ns: i64) -> Value {
    let overhead = moves.overhead(migration);
    let phase_metrics: &[Metrics] = if moves.chosen().is_some_and(|chosen| std::ptr::eq(chosen, migration)) {
        &moves.phase_metrics
    } else {
        &[]
    };
    let at = |ns: i64| number(seconds(ns.saturating_sub(start_ns)));
    let phase = |(phase, metrics): (&Phase, Option<&Metrics>)| {
        let object = Object::new()
            .set("name", phase.name.as_str())
            .set("start_s", at(phase.start_ns))
            .set("end_s", at(phase.end_ns))
            .set("bytes", phase.bytes);
        match metrics {
            Some(Metrics { standard, .. }) => object
                .figure("throughput_bps", standard.throughput_bps)
                .figure("loss_pct", standard.loss_pct)
                .figure("rtt_ms", standard.rtt_ms),
            None => object,
        }
        .done()
    };
    let round = |round: &Round| {
        Object::new()
            .set("start_s", at(round.start_ns))
            .set("end_s", at(round.end_ns))
            .set("bytes", round.bytes)
            .set("pages", pages(&round.pages))
            .done()
    };
    let announcements: Vec<Value> = migration
        .announcements
        .iter()
        .map(|announcement| {
            Object::new()
                .set("at_s", at(announcement.at_ns))
                .set("mac", announcement.mac.to_string())
                .set("kind", announcement.kind.as_str())
                .done()
        })
        .collect();
    // Measured for one migration of a capture only.
    let measured = phase_metrics.iter().map(Some).chain(std::iter::repeat(None));
    let phases: Vec<Value> = migration.phases.iter().zip(measured).map(phase).collect();
    let text = |address: Option<std::net::IpAddr>| address.map(|address| address.to_string());
    let macs: Vec<Value> = migration.vm.macs.iter().map(|mac| mac.to_string().into()).collect();
    let addresses: Vec<Value> = migration
        .vm
        .addresses
        .iter()
        .map(|address| address.to_string().into())
        .collect();
    let object = Object::new()
        .set("kind", migration.kind.as_str())
        .set("encrypted", migration.encrypted)
        .set("source", text(migration.source))
        .set("target", text(migration.target))
        .set("start_s", at(migration.start_ns))
        .set("end_s", at(migration.end_ns))
        .figure("migration_time_ms", migration.migration_time_ms)
        .figure("task_time_ms", migration.task_time_ms)
        .figure("stream_downtime_ms", migration.stream_downtime_ms)
        .figure("pause_ms", migration.pause_ms)
        .figure("pause_resolution_ms", migration.pause_resolution_ms)
        .figure("service_downtime_ms", migration.service.downtime_ms)
        .figure("service_downtime_resolution_ms", migration.service.resolution_ms)
        .set("outcome", migration.outcome.as_str());
    let object = whole(object, "ram_bytes", migration.ram_bytes);
    let object = object.figure("overhead_ratio", overhead);
    let object = whole(object, "storage_bytes", migration.storage_bytes);
    let object = whole(object, "storage_written_bytes", migration.storage_written_bytes);
    let object = whole(object, "rounds", migration.rounds);
    let object = match &migration.pages {
        Ok(counts) => object.set("pages", pages(counts)),
        Err(reason) => object.figure("pages", Figure::Absent(*reason)),
    };
    object
        .set(
            "round_details",
            migration.round_details.iter().map(round).collect::<Vec<_>>(),
        )
        .set("vm_macs", macs)
        .set("vm_addresses", addresses)
        .set("inferred", migration.inferred.to_vec())
        .set("phases", phases)
        .set("announcements", announcements)
        .set(
            "notes",
            migration
                .notes
                .iter()
                .map(|note| note.message.clone())
                .collect::<Vec<_>>(),
        )
        .done()
}

/// A count: written without a fraction.
fn whole(object: Object, key: &str, figure: Figure) -> Object {
    match figure {
        Figure::Value(value) => object.set(key, value.round().max(0.0) as u64),
        absent => object.figure(key, absent),
    }
}

fn pages(pages: &Pages) -> Value {
    Object::new()
        .set("normal", pages.normal)
        .set("zero", pages.zero)
        .set("xbzrle", pages.xbzrle)
        .done()
}
