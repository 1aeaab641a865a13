//! The migration's log beside what was captured, and the checks that a log allows.

use crate::figure::Reason;
use crate::grade::sanity::{self, Reading, TypedFigures};
use crate::migration::log::{Beside, LogKind, LogOutcome};
use crate::migration::{Migration, Moves, Outcome};
use crate::options::{AnalysisOptions, Family, GradedDirection};
use crate::summary::{Metrics, Warning};

/// Proxmox VE's times are cut to the second at either end.
const PROXMOX_STEP_MS: f64 = 1000.0;

/// Sets the log that was asked for beside the reported migration. What fails here costs the log, not the analysis.
pub(super) fn logged(
    moves: &Moves,
    start_ns: i64,
    options: &AnalysisOptions,
    warnings: &mut Vec<Warning>,
) -> Result<Beside, Reason> {
    let Some(file) = &options.log else {
        return Err(Reason::NoLog);
    };
    let log = match file.parse(Some(start_ns)) {
        Ok(log) => log,
        Err(error) => {
            warnings.push(Warning::new(
                "log_unreadable",
                "{error}: the log is left out",
                vec![("error", error.to_string())],
            ));
            return Err(Reason::LogUnreadable);
        }
    };
    let name = file.path().display().to_string();
    if log.runs_left_out > 0 {
        warnings.push(Warning::new(
            "log_runs_left_out",
            "{log} tells of very many migrations: {count} at its end were not read",
            vec![("log", name.clone()), ("count", log.runs_left_out.to_string())],
        ));
    }
    let zone = options.log_zone.as_ref();
    Beside::new(&name, &log, &moves.migrations, moves.chosen, zone).map_err(|(reason, other)| {
        let values = vec![("log", name.clone())];
        warnings.push(match (reason, other) {
            (Reason::NoMigration, _) => Warning::new(
                "log_without_migration",
                "{log} is left out: no migration was recognised in the capture",
                values,
            ),
            (_, Some(index)) => Warning::new(
                "log_of_other_migration",
                "{log} is left out: it tells of migration {number} of this capture; choose it with --migration {number}",
                vec![("log", name.clone()), ("number", (index + 1).to_string())],
            ),
            (_, None) => Warning::new(
                "log_of_another_run",
                "{log} is left out: none of its migrations meets one of the capture, in any time zone",
                values,
            ),
        });
        reason
    })
}

/// Contradictions between log and capture, and within the log.
pub(super) fn log_warnings(
    beside: &Beside,
    migration: Option<&Migration>,
    metrics: &Metrics,
    options: &AnalysisOptions,
) -> Vec<Warning> {
    let mut list = Vec::new();
    let log = || ("log", beside.path.clone());
    if beside.run.drives_left_out {
        list.push(Warning::new(
            "log_drives_left_out",
            "{log} tells of more than {count} disks: the others were not read",
            vec![log(), ("count", beside.run.drives.len().to_string())],
        ));
    }
    match beside.alignment {
        Some(alignment) if !alignment.clocks_agree() => {
            let apart_s = alignment.difference_ns as f64 / 1e9;
            list.push(Warning::new(
                "log_clock_apart",
                "the clock of {log} and that of the capture differ by about {seconds} s: check that both are of the same run",
                vec![log(), ("seconds", format!("{:.1}", apart_s.abs()))],
            ));
        }
        None if beside.run.start.is_some() => list.push(Warning::new(
            "log_not_aligned",
            "the times of {log} meet those of the capture in no time zone: check that both are of the same run",
            vec![log()],
        )),
        _ => {}
    }
    let Some(migration) = migration else { return list };
    let gone = matches!(migration.outcome, Outcome::Completed | Outcome::Postcopy);
    let stayed = migration.outcome == Outcome::Cancelled;
    match beside.run.outcome {
        LogOutcome::Completed if stayed => list.push(Warning::new(
            "log_outcome",
            "{log} says that the migration was completed, the capture that it was cancelled",
            vec![log()],
        )),
        LogOutcome::Aborted if gone => list.push(Warning::new(
            "log_outcome_aborted",
            "{log} says that the migration was aborted, the capture that it was completed",
            vec![log()],
        )),
        _ => {}
    }
    if let (Some(said), Some(seen)) = (beside.run.target, migration.target)
        && beside.run.names_another_target(migration)
    {
        list.push(Warning::new(
            "log_other_target",
            "{log} names {said} as the target, the capture shows {seen}",
            vec![log(), ("said", said.to_string()), ("seen", seen.to_string())],
        ));
    }
    list.extend(consistency(beside, migration, metrics, options));
    list
}

/// What a log and a capture must agree on: throughput times migration time is what was transferred; the downtime is a
/// part of the migration.
fn consistency(beside: &Beside, migration: &Migration, metrics: &Metrics, options: &AnalysisOptions) -> Vec<Warning> {
    let run = &beside.run;
    let throughput_bps = match options.family {
        Family::Standard => metrics.standard.throughput_bps,
        Family::Wireshark => metrics.wireshark.throughput_bps,
    };
    // Four digits are what the sentences can carry; the checks are far coarser.
    let reading = |value: Option<f64>| {
        let rounded = value.and_then(|value| format!("{value:.3e}").parse::<f64>().ok());
        rounded.map(Reading::from)
    };
    // The acknowledgements of a migration say nothing of its size.
    let carried = TypedFigures {
        throughput_bps: reading(throughput_bps.value()).filter(|_| options.direction != GradedDirection::Reverse),
        migration_time_ms: reading(migration.migration_time_ms.value()),
        transferred_bytes: reading(run.transferred_bytes.value()),
        ..TypedFigures::default()
    };
    let step_ms = match beside.kind {
        LogKind::Proxmox => PROXMOX_STEP_MS,
        LogKind::Qmp | LogKind::Virsh => 0.0,
    };
    let logs_time = run.migration_time_ms.value().map(|value| Reading {
        value,
        half_step: step_ms,
    });
    let stopped = TypedFigures {
        downtime_ms: reading(run.downtime_ms.value()),
        migration_time_ms: reading(migration.migration_time_ms.value()).or(logs_time),
        ..TypedFigures::default()
    };
    [carried, stopped]
        .iter()
        .flat_map(|figures| sanity::check(figures, None))
        .map(|finding| finding.warning())
        .collect()
}
