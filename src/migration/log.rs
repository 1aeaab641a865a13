//! What the hypervisor's own log says about a migration: Proxmox VE's task log in its current and its older wording,
//! the answer to QMP's `query-migrate`, the text of `virsh domjobinfo`. Recognised by content.
//!
//! The three count differently from each other and from the wire; each figure's documentation says how.

mod align;
mod beside;
mod file;
mod proxmox;
mod qmp;
mod size;
mod text;
mod virsh;

use std::net::IpAddr;

use jiff::civil::DateTime;

use crate::error::{Error, ErrorKind, Result};
use crate::figure::Figure;

pub use align::{Alignment, Fit};
pub use beside::{Beside, Compared, Quantity, Why};
pub use file::LogFile;

/// Who wrote a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogKind {
    /// A Proxmox VE task log.
    Proxmox,
    /// QEMU's answer to `query-migrate`, JSON.
    Qmp,
    /// `virsh domjobinfo`, text.
    Virsh,
}

impl LogKind {
    /// The name that the JSON and the reports use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proxmox => "proxmox",
            Self::Qmp => "qmp",
            Self::Virsh => "virsh",
        }
    }
}

/// How a log says that the migration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogOutcome {
    /// It went through.
    Completed,
    /// It was cancelled, or failed.
    Aborted,
    /// It was still running, or the log breaks off.
    Unknown,
}

/// One migration as its log tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRun {
    /// Number of the virtual machine.
    pub vm: Option<u32>,
    /// Name of the target node.
    pub target_node: Option<String>,
    /// Address of the target node.
    pub target: Option<IpAddr>,
    /// Where the stream went, as the log says it: `tcp:10.0.0.2:60000`, `unix:/run/qemu-server/100.migrate`.
    pub channel: Option<String>,
    /// First line of the task. Local time, to the second.
    pub task_start: Option<DateTime>,
    /// The order to migrate was given.
    pub start: Option<DateTime>,
    /// The hypervisor reported the end of the transfer.
    pub end: Option<DateTime>,
    /// Order to end, ms. Proxmox VE: from the lines' times, known to a second. QMP and virsh: measured by QEMU or
    /// libvirt.
    pub migration_time_ms: Figure,
    /// The whole task with the disks, the start of the target's process and the clean-up, ms.
    pub task_time_ms: Figure,
    /// QEMU's downtime: from the stop of the source until it had written its last byte. Not the guest's pause.
    pub downtime_ms: Figure,
    /// Bytes that QEMU counted as sent for the memory. Proxmox VE rounds it to a tenth of its unit.
    pub transferred_bytes: Figure,
    /// How far the bytes may be off for having been rounded.
    pub transferred_resolution_bytes: Figure,
    /// The memory's size, bytes.
    pub memory_bytes: Figure,
    /// The log's average speed, bytes per second. Proxmox VE divides the memory's size, not what was sent, by whole
    /// seconds.
    pub average_bytes_per_s: Figure,
    /// Passes over the memory, as QEMU counts them (one more than the stream shows).
    pub dirty_syncs: Figure,
    /// How it ended.
    pub outcome: LogOutcome,
    /// What went wrong, in the log's words.
    pub error: Option<String>,
    /// The lines that say how far it was.
    pub progress: Vec<LogProgress>,
    /// Disks that were copied.
    pub drives: Vec<LogDrive>,
    /// There were more disks than are kept, so that the amounts are those of a part.
    pub drives_left_out: bool,
    /// The lines that were understood, but for those of progress, as they stand in the log.
    pub events: Vec<LogEvent>,
}

/// A line of a log that says what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEvent {
    /// Local time, to the second.
    pub at: Option<DateTime>,
    /// The log's own words.
    pub text: String,
}

/// A line that says how far a migration was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogProgress {
    /// Local time, to the second.
    pub at: Option<DateTime>,
    /// Bytes sent so far.
    pub transferred_bytes: f64,
    /// The memory's size, bytes.
    pub memory_bytes: Option<f64>,
    /// Bytes that remain.
    pub remaining_bytes: Option<f64>,
    /// Bytes per second.
    pub bytes_per_s: Option<f64>,
}

/// A disk that was copied.
#[derive(Debug, Clone, PartialEq)]
pub struct LogDrive {
    /// Its name, as `drive-scsi0`.
    pub name: String,
    /// Bytes copied, at the last line about it.
    pub transferred_bytes: f64,
    /// Its size, bytes.
    pub total_bytes: f64,
}

/// A log: one migration or several.
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    /// Who wrote it.
    pub kind: LogKind,
    /// In the log's order; at least one.
    pub runs: Vec<LogRun>,
    /// Migrations behind them that were not kept.
    pub runs_left_out: usize,
}

impl Default for LogRun {
    fn default() -> Self {
        let silent = Figure::Absent(crate::figure::Reason::NotInLog);
        Self {
            vm: None,
            target_node: None,
            target: None,
            channel: None,
            task_start: None,
            start: None,
            end: None,
            migration_time_ms: silent,
            task_time_ms: silent,
            downtime_ms: silent,
            transferred_bytes: silent,
            transferred_resolution_bytes: silent,
            memory_bytes: silent,
            average_bytes_per_s: silent,
            dirty_syncs: silent,
            outcome: LogOutcome::Unknown,
            error: None,
            progress: Vec::new(),
            drives: Vec::new(),
            drives_left_out: false,
            events: Vec::new(),
        }
    }
}

/// Reads a log. `near_ns`, a time of the capture, tells the year where the log's dates have none.
///
/// ```
/// use migqos::migration::log;
/// let text = "2026-11-20 17:01:04 starting online/live migration on tcp:10.132.4.16:60000\r\n\
///             2026-11-20 17:01:05 average migration speed: 128.5 MiB/s - downtime 111 ms\r\n\
///             2026-11-20 17:01:05 migration completed, transferred 114.3 MiB VM-state\r\n";
/// let log = log::parse(text.as_bytes(), None)?;
/// assert_eq!(log.runs[0].downtime_ms.value(), Some(111.0));
/// assert_eq!(log.runs[0].migration_time_ms.value(), Some(1000.0));
/// # Ok::<(), migqos::error::Error>(())
/// ```
///
/// # Errors
/// Where the text is none of the known logs, breaks off before it says anything, or says nothing of a migration.
pub fn parse(bytes: &[u8], near_ns: Option<i64>) -> Result<Log> {
    const KNOWN: &str =
        "known are Proxmox VE's task log, the JSON of QMP's query-migrate and the text of virsh domjobinfo";
    let text = text::decode(bytes);
    let trimmed = text.trim_start();
    let lines_before = text[..text.len() - trimmed.len()].matches('\n').count();
    let mut runs_left_out = 0;
    let (kind, runs) = if trimmed.starts_with(['{', '[']) {
        (LogKind::Qmp, qmp::runs(trimmed))
    } else if virsh::is_job_info(trimmed) {
        (LogKind::Virsh, Ok(virsh::runs(trimmed)))
    } else {
        let (runs, left_out) = proxmox::runs(trimmed, near_ns);
        runs_left_out = left_out;
        (LogKind::Proxmox, Ok(runs))
    };
    let nothing = |line: usize, found: String| {
        Error::new(ErrorKind::Usage, format!("not a migration log: line {line}: {found}")).advice(KNOWN)
    };
    let runs = runs.map_err(|fault| nothing(lines_before + fault.line, fault.found))?;
    if runs.is_empty() {
        let first: String = trimmed.lines().next().unwrap_or_default().chars().take(60).collect();
        return Err(match (kind, first.is_empty()) {
            (_, true) => Error::new(ErrorKind::Usage, "not a migration log: it is empty").advice(KNOWN),
            (LogKind::Qmp, _) => nothing(lines_before + 1, "the JSON tells no migration's state".to_owned()),
            (LogKind::Virsh, _) => nothing(lines_before + 1, "the job is none, or says nothing".to_owned()),
            (LogKind::Proxmox, _) => nothing(lines_before + 1, format!("starts with \"{first}\"")),
        });
    }
    Ok(Log {
        kind,
        runs,
        runs_left_out,
    })
}

/// Where a text stopped to make sense.
#[derive(Debug)]
struct Fault {
    /// Counted from 1.
    line: usize,
    found: String,
}
