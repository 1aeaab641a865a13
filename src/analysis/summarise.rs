//! From an observed run to its summary.

use super::choice::{self, Choice};
use super::conversation::Conversation;
use super::engine::Engine;
use super::logged::{log_warnings, logged};
use super::measured::Measured;
use super::metrics::rtt_figures;
use super::run::Observed;
use super::seconds::Frame;
use super::service;
use super::warnings;
use crate::error::{Error, ErrorKind, Result};
use crate::figure::{Figure, Reason};
use crate::migration::Moves;
use crate::options::{AnalysisOptions, During, GradedDirection};
use crate::summary::{FlowRow, Selection, ServiceSummary, SpanOf, Summary};

/// Left-out conversations that the report names.
const LEFT_OUT_LISTED: usize = 5;

/// The answer of a run, and what its migrations did.
#[derive(Debug)]
pub struct Answer {
    /// The figures.
    pub summary: Summary,
    /// What the migrations did. The chosen one is the one whose span is graded; where the capture holds none of their
    /// streams, as a client's, the first that announced itself.
    pub moves: Moves,
    /// The virtual machine's own traffic.
    pub service: Option<ServiceSummary>,
}

/// Chooses the nodes and works out the figures.
pub fn summarise(observed: Observed, options: &AnalysisOptions) -> Result<Answer> {
    let Observed {
        mut engine,
        capture,
        mut warnings,
    } = observed;
    let mut findings = std::mem::take(&mut engine.migration).finish();
    service::requests_in_gaps(&mut findings.migrations, engine.echo.flows());
    let choice = choice::choose(&engine, &findings.migrations, options)?;
    let migration = choice.migration.and_then(|index| findings.migrations.get(index));
    let frame = Frame {
        start_ns: engine.quality.start_ns.unwrap_or(0),
        last_ns: engine.quality.time.last_ns(),
        interval_ns: options.interval_ns,
    };
    let selection = selection(&engine, &choice);
    let missing = missing_bytes(&engine, &choice, options.direction);
    let flows = flows(&engine, &choice, frame.start_ns);
    let span = migration.map(|migration| (migration.start_ns, migration.end_ns));
    let arrival = || {
        findings
            .migrations
            .iter()
            .position(|found| found.connections.is_empty())
    };
    let reported = choice.migration.or_else(arrival);
    let mut moves = engine.moves(findings.migrations, reported);
    let Some(pair) = engine.pairs.list().get(choice.pair as usize) else {
        return Err(Error::new(
            ErrorKind::NothingToAnalyse,
            "the capture holds no IP packet",
        ));
    };
    if pair.dropped {
        warnings.push(warnings::series_dropped());
    }
    let entries = pair.timeline.entries();
    if entries.is_empty() && !pair.dropped {
        return Err(choice::outside_time(&engine, options));
    }
    let measured = Measured {
        entries,
        timeline: &pair.timeline,
        frame,
        options,
        forward: choice.forward,
        missing_bytes: missing,
    };
    let metrics_of = |span: Option<(i64, i64)>, of: SpanOf| measured.metrics(span, of);
    let span = span.filter(|&span| measured.totals(Some(span)).tally.wireshark.packets > 0);
    let over_migration = span.is_some() && options.during != Some(During::Capture);
    let (capture_metrics, capture_buckets) = metrics_of(None, SpanOf::Capture);
    let (metrics, metrics_capture, delay_buckets_ns) = if over_migration {
        let (metrics, buckets) = metrics_of(span, SpanOf::Migration);
        (metrics, Some(capture_metrics), buckets)
    } else {
        (capture_metrics, None, capture_buckets)
    };
    if let Some(migration) = choice.migration.and_then(|index| moves.migrations.get(index)) {
        let phases = migration.phases.iter();
        let measured = phases.map(|phase| metrics_of(Some((phase.start_ns, phase.end_ns)), SpanOf::Migration).0);
        moves.phase_metrics = measured.collect();
    }
    if options.during == Some(During::Migration) && span.is_none() {
        warnings.push(warnings::no_migration_to_grade());
    }
    warnings.extend(warnings::swapped_nodes(&moves.migrations, &choice.nodes, options));
    let rows = measured.series();
    let reported = moves.chosen();
    let service = service::service(&engine.pairs, reported, frame, options);
    warnings.extend(warnings::of_run(&engine, &capture, &metrics, &rows, &choice, options));
    let log = logged(&moves, frame.start_ns, options, &mut warnings);
    if let Ok(beside) = &log {
        warnings.extend(log_warnings(beside, moves.chosen(), &metrics, options));
    }
    Ok(Answer {
        summary: Summary {
            capture,
            target_capture: None,
            nodes: choice.nodes,
            selection,
            metrics,
            metrics_capture,
            seconds: rows.seconds,
            interval_ns: options.interval_ns,
            flows,
            delay_buckets_ns,
            log,
            warnings,
        },
        moves,
        service,
    })
}

fn in_pair<'a>(engine: &'a Engine, choice: &Choice) -> impl Iterator<Item = &'a Conversation> {
    let pair = choice.pair;
    engine
        .conversations
        .iter()
        .filter(move |conversation| conversation.pair == pair)
}

fn selection(engine: &Engine, choice: &Choice) -> Selection {
    let Some(pair) = engine.pairs.list().get(choice.pair as usize) else {
        return Selection::default();
    };
    let packets = pair.packets.iter().sum();
    let wire_bytes = pair.wire_bytes.iter().sum();
    let mut others: Vec<&Conversation> = engine
        .conversations
        .iter()
        .filter(|conversation| conversation.pair != choice.pair)
        .collect();
    others.sort_by_key(|conversation| std::cmp::Reverse(conversation.wire_bytes.iter().sum::<u64>()));
    let describe = |conversation: &&Conversation| (conversation.named().name, conversation.wire_bytes.iter().sum());
    Selection {
        packets,
        wire_bytes,
        conversations: pair.conversations,
        left_out_packets: engine.quality.packets.saturating_sub(packets),
        left_out_bytes: engine.quality.wire_bytes.saturating_sub(wire_bytes),
        largest_left_out: others.iter().take(LEFT_OUT_LISTED).map(describe).collect(),
        display_filter: String::new(),
    }
}

/// Bytes of the graded direction that were acknowledged and never captured.
fn missing_bytes(engine: &Engine, choice: &Choice, direction: GradedDirection) -> u64 {
    let wanted = |pair_direction: usize| match direction {
        GradedDirection::Forward => pair_direction == choice.forward,
        GradedDirection::Reverse => pair_direction != choice.forward,
        GradedDirection::Both => true,
    };
    in_pair(engine, choice)
        .filter_map(|conversation| Some((conversation, conversation.tcp.as_deref()?)))
        .map(|(conversation, state)| {
            let directions = [crate::flow::Direction::Ab, crate::flow::Direction::Ba];
            let mine = directions
                .into_iter()
                .filter(|d| wanted(conversation.pair_direction(d.index())));
            mine.map(|direction| state.tracker.missing_bytes(direction))
                .sum::<u64>()
        })
        .sum()
}

fn flows(engine: &Engine, choice: &Choice, start_ns: i64) -> Vec<FlowRow> {
    in_pair(engine, choice)
        .map(|conversation| flow_row(conversation, choice.forward, start_ns))
        .collect()
}

fn flow_row(conversation: &Conversation, forward: usize, start_ns: i64) -> FlowRow {
    // The conversation's direction that runs from source to target.
    let there = conversation.pair_direction(forward);
    let (source, target) = if there == 0 {
        (conversation.a, conversation.b)
    } else {
        (conversation.b, conversation.a)
    };
    let swap = |values: [u64; 2]| [values[there], values[1 - there]];
    let (first, last) = conversation.time.get().unwrap_or((start_ns, start_ns));
    let tcp = conversation.tcp.as_deref();
    let loss_pct = tcp.map_or(Figure::Absent(Reason::NothingToLose), |state| {
        let totals = &state.totals[there];
        let lost = totals.lost_bytes.saturating_sub(totals.spurious_bytes) as f64;
        let sent = (totals.payload_bytes + totals.lost_upstream_bytes) as f64;
        Figure::ratio(lost * 100.0, sent, Reason::NothingToLose)
    });
    let rtt_ms = tcp.map_or(Figure::Absent(Reason::NoRttSamples), |state| {
        rtt_figures(
            &state.totals[there].data_ack,
            None,
            Figure::Absent(Reason::NoRttSamples),
        )
        .mean
    });
    FlowRow {
        protocol: conversation.protocol_name(),
        source: conversation.endpoint(source),
        target: conversation.endpoint(target),
        start_s: first.saturating_sub(start_ns) as f64 / 1e9,
        duration_s: last.saturating_sub(first) as f64 / 1e9,
        packets: swap(conversation.packets),
        wire_bytes: swap(conversation.wire_bytes),
        payload_bytes: tcp.map_or([0; 2], |state| {
            swap([0, 1].map(|index| state.totals[index].unique_bytes))
        }),
        loss_pct,
        rtt_ms,
        role: conversation.role.map(|role| role.as_str().to_owned()),
    }
}
