//! Setting a log beside a capture: the log has local time to the second, the capture UTC to the microsecond.

use jiff::civil::DateTime;

use super::super::model::Migration;
use super::{Log, LogRun};

const SECOND_NS: i64 = 1_000_000_000;
/// Every zone's offset from UTC is a multiple of a quarter of an hour.
const QUARTER_NS: i64 = 900 * SECOND_NS;
/// No zone lies further from UTC.
const FURTHEST_QUARTERS: i64 = 14 * 4;
/// Clocks further apart than this, and a log's second, were not set: the log is of another run.
const MAX_APART_NS: i64 = 120 * SECOND_NS;

/// How a log's times relate to a capture's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alignment {
    /// The log's zone: local time less UTC, seconds.
    pub offset_s: i32,
    /// The log's start of the migration less the capture's, nanoseconds, after the zone is taken away. The log cuts
    /// its times to the second, so that up to -1 s is no difference of clocks.
    pub difference_ns: i64,
}

impl LogRun {
    /// How the run fits a migration that began at `start_ns`; `None` where the log gives no time, or one that no zone
    /// brings near.
    pub fn align(&self, start_ns: i64) -> Option<Alignment> {
        let local_ns = as_if_utc_ns(self.start?)?;
        let apart_ns = local_ns.checked_sub(start_ns)?;
        // To the nearest quarter, where the cut second lies in the middle.
        let quarters = (apart_ns + QUARTER_NS / 2).div_euclid(QUARTER_NS);
        let difference_ns = apart_ns - quarters * QUARTER_NS;
        let fits = quarters.abs() <= FURTHEST_QUARTERS && difference_ns.abs() <= MAX_APART_NS;
        fits.then_some(Alignment {
            offset_s: i32::try_from(quarters * QUARTER_NS / SECOND_NS).ok()?,
            difference_ns,
        })
    }

    /// A time of this log on the capture's clock, nanoseconds since the epoch.
    pub fn to_utc_ns(&self, local: DateTime, alignment: Alignment) -> Option<i64> {
        as_if_utc_ns(local)?.checked_sub(i64::from(alignment.offset_s) * SECOND_NS)
    }
}

impl Log {
    /// The run that tells of this migration: by time where the log has times, else the only one.
    pub fn run_of(&self, migration: &Migration) -> Option<&LogRun> {
        let by_time = self
            .runs
            .iter()
            .filter_map(|run| Some((run.align(migration.start_ns)?.difference_ns.abs(), run)))
            .min_by_key(|(apart, _)| *apart);
        match by_time {
            Some((_, run)) => Some(run),
            None if self.runs.len() == 1 && self.runs[0].start.is_none() => self.runs.first(),
            None => None,
        }
    }
}

fn as_if_utc_ns(local: DateTime) -> Option<i64> {
    let utc = local.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    i64::try_from(utc.timestamp().as_nanosecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(start: &str) -> LogRun {
        LogRun {
            start: Some(start.parse().unwrap()),
            ..LogRun::default()
        }
    }

    #[test]
    fn the_zone_is_read_off_the_difference() {
        // 01 of the lab: 10:01:04.365 UTC, logged at 17:01:04 in UTC+7.
        let start_ns = 1_795_168_864_365_440_050;
        let alignment = run("2026-11-20T17:01:04").align(start_ns).unwrap();
        assert_eq!(alignment.offset_s, 7 * 3600);
        assert_eq!(alignment.difference_ns, -365_440_050);
        let later = run("2026-11-20T17:01:04").to_utc_ns("2026-11-20T17:01:05".parse().unwrap(), alignment);
        assert_eq!(later, Some(1_795_168_865_000_000_000));
    }

    #[test]
    fn a_log_of_another_day_or_run_does_not_fit() {
        let start_ns = 1_795_168_864_365_440_050;
        assert_eq!(run("2026-11-22T17:01:04").align(start_ns), None);
        assert_eq!(run("2026-11-20T17:08:04").align(start_ns), None);
        assert_eq!(LogRun::default().align(start_ns), None);
    }
}
