//! What a reader of the figures must know.

use std::net::IpAddr;

use super::choice::Choice;
use super::engine::Engine;
use super::seconds::Series;
use crate::migration::Migration;
use crate::options::AnalysisOptions;
use crate::summary::{CaptureProperties, ChosenBy, Metrics, Nodes, Second, Span, Warning};

/// The chosen pair's series had been given up.
pub fn series_dropped() -> Warning {
    Warning::new(
        "series_dropped",
        "the series of this pair of hosts was given up while reading, to bound memory; name the nodes with --source and --target",
        Vec::new(),
    )
}

/// `--during migration` without one.
pub fn no_migration_to_grade() -> Warning {
    Warning::new(
        "no_migration",
        "no migration was recognised between the nodes: the figures are of the whole selection",
        Vec::new(),
    )
}

/// The nodes were named the wrong way round: a migration runs between them, and none in the direction that was named.
pub fn swapped_nodes(migrations: &[Migration], nodes: &Nodes, options: &AnalysisOptions) -> Option<Warning> {
    if options.source.is_none() && options.target.is_none() {
        return None;
    }
    let is_among = |names: &[String], host: Option<IpAddr>| host.is_some_and(|host| names.contains(&host.to_string()));
    let runs = |migration: &Migration, from: &[String], to: &[String]| {
        is_among(from, migration.source) && is_among(to, migration.target)
    };
    if migrations.iter().any(|m| runs(m, &nodes.source, &nodes.target)) {
        return None;
    }
    let opposed = migrations.iter().find(|m| runs(m, &nodes.target, &nodes.source))?;
    Some(Warning::new(
        "swapped_nodes",
        "the migration in this capture goes from {source} to {target}: --source and --target seem to be swapped",
        vec![
            ("source", opposed.source?.to_string()),
            ("target", opposed.target?.to_string()),
        ],
    ))
}

/// Warnings that follow from the run as a whole.
pub fn of_run(
    engine: &Engine,
    capture: &CaptureProperties,
    metrics: &Metrics,
    series: &Series,
    choice: &Choice,
    options: &AnalysisOptions,
) -> Vec<Warning> {
    let mut list = Vec::new();
    let mut warn = |code, template, values| list.push(Warning::new(code, template, values));
    if series.sparse {
        warn(
            "sparse_seconds",
            "the capture spans more than 100,000 intervals: only those with frames are listed",
            Vec::new(),
        );
    }
    if choice.nodes.chosen_by == ChosenBy::Volume {
        warn(
            "nodes_by_volume",
            "no migration stream and no migration port was found: the nodes are the two hosts that exchange the most bytes",
            Vec::new(),
        );
    }
    if capture.duplicate_packets > 0 {
        warn(
            "duplicates",
            "frames that the capture holds twice: {count}; the standard figures count them once, the wireshark figures every time",
            vec![("count", capture.duplicate_packets.to_string())],
        );
    }
    if capture.super_frames > 0 {
        warn(
            "super_frames",
            "frames longer than the link's MTU: {count}; offload joined several segments into each, so that bytes are those of the wire and numbers of frames are not",
            vec![("count", capture.super_frames.to_string())],
        );
    }
    let dropped: u64 = capture
        .interfaces
        .iter()
        .filter_map(|interface| interface.dropped)
        .sum();
    if dropped > 0 {
        warn(
            "capture_dropped",
            "frames that the capturing host says it dropped: {count}; loss figures are upper bounds",
            vec![("count", dropped.to_string())],
        );
    }
    let missing = metrics.standard.capture_missing_bytes;
    if missing > 0 {
        warn(
            "capture_missing",
            "{bytes} bytes were acknowledged but never captured: the capture lost packets, not the network",
            vec![("bytes", missing.to_string())],
        );
    }
    if capture.out_of_order_packets > 0 {
        warn(
            "time_backwards",
            "frames with an earlier time than the one before them: {count}; times are taken as they are",
            vec![("count", capture.out_of_order_packets.to_string())],
        );
    }
    if capture.unknown_link_packets > 0 {
        let mut types: Vec<u16> = capture
            .interfaces
            .iter()
            .map(|interface| interface.link_type.0)
            .collect();
        types.sort_unstable();
        types.dedup();
        warn(
            "unknown_link_type",
            "frames of a link type that is not known here: {count} (the capture has {types}); they were not analysed",
            vec![
                ("count", capture.unknown_link_packets.to_string()),
                ("types", types.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")),
            ],
        );
    }
    let bounds: u64 = engine
        .conversations
        .iter()
        .filter_map(|conversation| conversation.tcp.as_deref())
        .map(|state| state.tracker.bounds_hit())
        .sum();
    if bounds > 0 {
        warn(
            "bounds",
            "bounds on memory that were hit: {count}; loss and RTT of the connections concerned may be too low",
            vec![("count", bounds.to_string())],
        );
    }
    if engine.outside_time.0 > 0 {
        warn(
            "outside_time",
            "frames outside --from and --to: {count}",
            vec![("count", engine.outside_time.0.to_string())],
        );
    }
    let gap = longest_gap_ns(series, metrics.span, options.interval_ns);
    if let Some(gap_ns) = gap {
        warn(
            "gap",
            "for {seconds} s in one piece no frame of the graded direction was captured",
            vec![("seconds", format!("{:.3}", gap_ns as f64 / 1e9))],
        );
    }
    list
}

/// The longest run of empty bins between bins with frames, where it is longer than one interval. Silence before and
/// after what is graded says nothing about it.
fn longest_gap_ns(series: &Series, span: Span, interval_ns: i64) -> Option<i64> {
    let mut longest = 0;
    let mut last: Option<i64> = None;
    let is_graded = |second: &&Second| {
        let start_s = second.start_ns as f64 / 1e9;
        start_s <= span.end_s && start_s + interval_ns as f64 / 1e9 > span.start_s
    };
    let graded = series.seconds.iter().filter(is_graded);
    for second in graded.filter(|second| second.packets > 0) {
        if let Some(last) = last {
            longest = longest.max(second.start_ns - last - interval_ns);
        }
        last = Some(second.start_ns);
    }
    (longest > interval_ns).then_some(longest)
}
