//! The text of `virsh domjobinfo`, with or without `--completed`.

use crate::figure::Figure;

use super::size::{milliseconds, size};
use super::{LogOutcome, LogRun};

/// The line that every such text begins with.
const JOB_TYPE: &str = "Job type";

/// True for text in this form.
pub(super) fn is_job_info(text: &str) -> bool {
    text.lines()
        .take(20)
        .any(|line| line.trim_start().starts_with(JOB_TYPE))
}

/// The job that the text describes.
pub(super) fn runs(text: &str) -> Vec<LogRun> {
    let mut run = LogRun::default();
    let mut known = false;
    for line in text.lines() {
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim();
        let bytes = || size(value).map(|size| Figure::Value(size.bytes));
        match key.trim() {
            JOB_TYPE => {
                known = true;
                run.outcome = match value {
                    "Completed" => LogOutcome::Completed,
                    "Failed" | "Cancelled" => LogOutcome::Aborted,
                    _ => LogOutcome::Unknown,
                };
            }
            "Time elapsed" => run.migration_time_ms = read(milliseconds(value), run.migration_time_ms),
            "Total downtime" => run.downtime_ms = read(milliseconds(value), run.downtime_ms),
            "Memory processed" => {
                if let Some(sent) = size(value) {
                    run.transferred_bytes = Figure::Value(sent.bytes);
                    run.transferred_resolution_bytes = Figure::Value(sent.resolution_bytes);
                }
            }
            "Memory total" => run.memory_bytes = bytes().unwrap_or(run.memory_bytes),
            "Memory bandwidth" => run.average_bytes_per_s = bytes().unwrap_or(run.average_bytes_per_s),
            "Iteration" => run.dirty_syncs = read(value.parse().ok(), run.dirty_syncs),
            "Error message" => run.error = Some(value.to_owned()),
            _ => {}
        }
    }
    // A domain without a job has nothing to say.
    let says_something = run.migration_time_ms.value().is_some() || run.outcome != LogOutcome::Unknown;
    if known && says_something { vec![run] } else { Vec::new() }
}

fn read(value: Option<f64>, otherwise: Figure) -> Figure {
    value.filter(|value| value.is_finite()).map_or(otherwise, Figure::Value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_completed_job_is_read() {
        // Written by hand after libvirt's manual page.
        let text = "Job type:         Completed   \r\n\
                    Operation:        Outgoing migration\r\n\
                    Time elapsed:     2107         ms\r\n\
                    Data processed:   1.002 GiB\r\n\
                    Memory processed: 1.002 GiB\r\n\
                    Memory total:     4.063 GiB\r\n\
                    Memory bandwidth: 112.312 MiB/s\r\n\
                    Iteration:        3            \r\n\
                    Total downtime:   124          ms\r\n";
        assert!(is_job_info(text));
        let runs = runs(text);
        assert_eq!(runs[0].migration_time_ms.value(), Some(2107.0));
        assert_eq!(runs[0].downtime_ms.value(), Some(124.0));
        // 1.002 * 2^30, known to half a thousandth of it.
        let sent = runs[0].transferred_bytes.value().unwrap();
        assert!((sent - 1_075_889_307.6).abs() < 1.0, "{sent}");
        let resolution = runs[0].transferred_resolution_bytes.value().unwrap();
        assert!((resolution - 536_870.9).abs() < 1.0, "{resolution}");
        assert_eq!(runs[0].dirty_syncs.value(), Some(3.0));
        assert_eq!(runs[0].outcome, LogOutcome::Completed);
    }

    #[test]
    fn no_job_is_no_log() {
        assert_eq!(runs("Job type:         None        \n"), []);
    }
}
