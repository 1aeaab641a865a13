//! A log and a capture of the same run side by side: each figure that both have, and why they differ.
//!
//! Neither is wrong: they count different things, and each row says which.

use jiff::tz::TimeZone;

use super::super::model::{Kind, Migration, Outcome};
use super::{Alignment, Fit, Log, LogKind, LogRun};
use crate::figure::{Figure, Reason};

/// A figure that log and capture both may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Wire: first SYN to last payload byte. Log: order to completion.
    MigrationTime,
    /// Wire: the same with the disks. Log: the whole task.
    TaskTime,
    /// Wire: the stream's last stage. Log: QEMU's downtime.
    StreamDowntime,
    /// Wire: the machine's last frame to the first announcement. Log: QEMU's downtime.
    Pause,
    /// Wire: what clients saw. Log: QEMU's downtime.
    ServiceDowntime,
    /// Wire: payload that carried the state. Log: what QEMU counted as sent.
    Memory,
    /// Wire: bytes within the disks' writes. Log: what the copy reported.
    Disks,
    /// Wire: memory carried over migration time, bit/s. Log: its average speed, bit/s.
    Speed,
    /// Wire: passes over the memory. Log: QEMU's count of them.
    Rounds,
}

impl Quantity {
    /// The key of the capture's figure in the JSON.
    pub fn key(self) -> &'static str {
        match self {
            Self::MigrationTime => "migration_time_ms",
            Self::TaskTime => "task_time_ms",
            Self::StreamDowntime => "stream_downtime_ms",
            Self::Pause => "pause_ms",
            Self::ServiceDowntime => "service_downtime_ms",
            Self::Memory => "ram_bytes",
            Self::Disks => "storage_written_bytes",
            Self::Speed => "speed_bps",
            Self::Rounds => "rounds",
        }
    }
}

/// What explains the difference between a capture's figure and the log's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The log's times are cut to whole seconds.
    WholeSeconds,
    /// QEMU stops counting when it has written its last byte; the socket sends on.
    Socket,
    /// The task starts and stops processes around the transfer.
    WholeTask,
    /// QEMU's downtime ends with its last write, on the source.
    SourceSide,
    /// In post-copy QEMU's downtime ends before the target runs.
    SourceSidePostcopy,
    /// The guest's pause ends on the target.
    UntilResume,
    /// A service returns when the guest answers again.
    UntilAnswer,
    /// A rounded amount in units of 1024.
    Rounded,
    /// The same count, but for the head and the devices' state.
    SameCount,
    /// SSH's packets and checksums come on top.
    Ssh,
    /// What the guest wrote while its disk was copied comes on top.
    Rewritten,
    /// The log divides the memory's size by whole seconds.
    SizeOverSeconds,
    /// The log's speed is a momentary one, or counts otherwise.
    OtherSpeed,
    /// QEMU counts one pass more.
    OneMore,
    /// The two lie further apart than that: one of them is of something else.
    TooFarApart,
}

/// One figure of both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    /// What it is.
    pub quantity: Quantity,
    /// The capture's.
    pub capture: Figure,
    /// The log's.
    pub log: Figure,
    /// What explains the difference.
    pub why: Why,
}

impl Compared {
    /// Capture less log; `None` where one is absent.
    pub fn difference(&self) -> Option<f64> {
        Some(self.capture.value()? - self.log.value()?)
    }
}

/// A log beside a capture.
#[derive(Debug, Clone, PartialEq)]
pub struct Beside {
    /// The log's path, as given.
    pub path: String,
    /// Who wrote it.
    pub kind: LogKind,
    /// The run that tells of the capture's migration.
    pub run: LogRun,
    /// Its place among the log's, counted from 1.
    pub number: usize,
    /// How many migrations the log tells of.
    pub runs: usize,
    /// How its times fit; `None` where it has none, or none that fit.
    pub alignment: Option<Alignment>,
    /// What both tell, each figure that at least one of them has.
    pub compared: Vec<Compared>,
}

impl Beside {
    /// Sets a log beside the migration at `chosen` of a capture's. `zone`: the log's, where it was given.
    ///
    /// # Errors
    /// The reason why no run of the log is set beside it, and the place of the migration that the log is of instead.
    pub fn new(
        path: &str,
        log: &Log,
        migrations: &[Migration],
        chosen: Option<usize>,
        zone: Option<&TimeZone>,
    ) -> Result<Self, (Reason, Option<usize>)> {
        let Some((chosen, migration)) = chosen.and_then(|index| Some((index, migrations.get(index)?))) else {
            return Err((Reason::NoMigration, None));
        };
        match log.run_of(migrations, chosen, zone) {
            Fit::Run(place, run, alignment) => {
                let mut run = run.clone();
                let zone = zone.filter(|_| alignment.is_some_and(|fit| fit.given));
                if let (LogKind::Proxmox, Some(zone)) = (log.kind, zone) {
                    run.measure_in(zone);
                }
                Ok(Self {
                    path: path.to_owned(),
                    kind: log.kind,
                    compared: compare(log.kind, &run, migration),
                    run,
                    number: place + 1,
                    runs: log.runs.len() + log.runs_left_out,
                    alignment,
                })
            }
            Fit::OfAnother(other) => Err((Reason::LogOfAnotherRun, Some(other))),
            Fit::None => Err((Reason::LogOfAnotherRun, None)),
        }
    }

    /// A time of the log on the capture's clock, nanoseconds since the epoch.
    pub fn utc_ns(&self, local: Option<jiff::civil::DateTime>) -> Option<i64> {
        self.run.to_utc_ns(local?, self.alignment?)
    }
}

/// Beside the cut seconds: QEMU is asked about once a second how far it is.
const WHOLE_SECONDS_MS: f64 = 2000.0;
/// What the source's socket held may take this share of the time, or this long.
const SOCKET_SHARE: f64 = 0.06;
const SOCKET_MS: f64 = 500.0;
/// The head and the devices' state are some 160 kB, which older QEMU does not count.
const UNCOUNTED_BYTES: f64 = 1e6;
const UNCOUNTED_SHARE: f64 = 0.003;
const SSH_SHARE: f64 = 0.01;

fn compare(kind: LogKind, run: &LogRun, migration: &Migration) -> Vec<Compared> {
    let time = migration.migration_time_ms;
    let speed = match (migration.ram_bytes, time) {
        (Figure::Value(bytes), Figure::Value(ms)) => Figure::ratio(bytes * 8e3, ms, Reason::NoFigure),
        (Figure::Absent(reason), _) | (_, Figure::Absent(reason)) => Figure::Absent(reason),
    };
    let disks = match run.drives.as_slice() {
        [] => Figure::Absent(Reason::NotInLog),
        _ if run.drives_left_out => Figure::Absent(Reason::NotInLog),
        drives => Figure::Value(drives.iter().map(|drive| drive.transferred_bytes).sum()),
    };
    let row = |quantity, capture, log, why| Compared {
        quantity,
        capture,
        log,
        why,
    };
    let postcopy = migration.outcome == Outcome::Postcopy;
    let mut rows = vec![
        row(Quantity::MigrationTime, time, run.migration_time_ms, Why::Socket),
        row(
            Quantity::TaskTime,
            migration.task_time_ms,
            run.task_time_ms,
            Why::WholeTask,
        ),
    ];
    if migration.outcome != Outcome::Cancelled {
        let stream = if postcopy {
            Why::SourceSidePostcopy
        } else {
            Why::SourceSide
        };
        let downtime = run.downtime_ms;
        rows.extend([
            row(Quantity::StreamDowntime, migration.stream_downtime_ms, downtime, stream),
            row(Quantity::Pause, migration.pause_ms, downtime, Why::UntilResume),
            row(
                Quantity::ServiceDowntime,
                migration.service.downtime_ms,
                downtime,
                Why::UntilAnswer,
            ),
        ]);
    }
    rows.extend([
        row(
            Quantity::Memory,
            migration.ram_bytes,
            run.transferred_bytes,
            Why::SameCount,
        ),
        row(Quantity::Disks, migration.storage_written_bytes, disks, Why::Rewritten),
        row(
            Quantity::Speed,
            speed,
            run.average_bytes_per_s.map(|bytes| bytes * 8.0),
            Why::OtherSpeed,
        ),
        row(Quantity::Rounds, migration.rounds, run.dirty_syncs, Why::OneMore),
    ]);
    // One line says that the log has a downtime; those that the capture does not have are listed with their reasons
    // elsewhere.
    let is_downtime = |row: &Compared| {
        matches!(
            row.quantity,
            Quantity::StreamDowntime | Quantity::Pause | Quantity::ServiceDowntime
        )
    };
    let any_captured = rows.iter().any(|row| is_downtime(row) && row.capture.value().is_some());
    rows.retain(|row| {
        let alone = row.quantity == Quantity::StreamDowntime && !any_captured;
        row.log.value().is_some() && (!is_downtime(row) || row.capture.value().is_some() || alone)
    });
    for row in &mut rows {
        row.why = explained(row, kind, run, migration);
    }
    rows
}

/// Refines what explains a row by how far the two are apart.
fn explained(row: &Compared, kind: LogKind, run: &LogRun, migration: &Migration) -> Why {
    let difference = row.difference();
    let within = |low: f64, high: f64| difference.is_none_or(|difference| (low..=high).contains(&difference));
    let resolution = run.transferred_resolution_bytes.value().unwrap_or(0.0);
    match (row.quantity, kind) {
        (Quantity::MigrationTime, LogKind::Proxmox) if within(-WHOLE_SECONDS_MS, WHOLE_SECONDS_MS) => Why::WholeSeconds,
        (Quantity::MigrationTime, LogKind::Qmp | LogKind::Virsh) => {
            let most = row
                .log
                .value()
                .map_or(SOCKET_MS, |log| SOCKET_MS.max(log * SOCKET_SHARE));
            if within(-most, most) {
                Why::Socket
            } else {
                Why::TooFarApart
            }
        }
        (Quantity::MigrationTime, _) => Why::TooFarApart,
        (Quantity::Memory, _) => {
            let log = row.log.value().unwrap_or(0.0);
            let ssh = migration.kind == Kind::Ssh;
            let share = if ssh { SSH_SHARE } else { UNCOUNTED_SHARE };
            let most = resolution + (log * share).max(UNCOUNTED_BYTES);
            match (within(-most, most), ssh) {
                (false, _) => Why::TooFarApart,
                (true, true) => Why::Ssh,
                (true, false) if resolution > 0.0 => Why::Rounded,
                (true, false) => Why::SameCount,
            }
        }
        (Quantity::Speed, LogKind::Proxmox) => Why::SizeOverSeconds,
        _ => row.why,
    }
}
