//! Setting a log beside a capture: the log has local time to the second, the capture UTC to the microsecond.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::super::model::Migration;
use super::{Log, LogRun};
use crate::figure::{Figure, Reason};

const SECOND_NS: i64 = 1_000_000_000;
/// Every zone's offset from UTC is a multiple of a quarter of an hour.
const QUARTER_NS: i64 = 900 * SECOND_NS;
/// No zone lies further from UTC.
const FURTHEST_QUARTERS: i64 = 14 * 4;
/// Clocks further apart than this, and a log's second, were not set: the log is of another run.
const MAX_APART_NS: i64 = 120 * SECOND_NS;
/// The same where the zone was given: a further quarter of an hour would be another zone.
const MAX_APART_GIVEN_NS: i64 = QUARTER_NS;

/// How a log's times relate to a capture's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alignment {
    /// The log's zone: local time less UTC, seconds.
    pub offset_s: i32,
    /// The zone was given, not found.
    pub given: bool,
    /// The log's start of the migration less the capture's (of its end, where the capture has no beginning),
    /// nanoseconds, after the zone is taken away. The log cuts its times to the second, so that up to -1 s is no
    /// difference of clocks.
    pub difference_ns: i64,
}

impl Alignment {
    /// True where the cut second alone explains the difference, and some tens of milliseconds between the order and
    /// the first frame.
    pub fn clocks_agree(&self) -> bool {
        (-SECOND_NS - SECOND_NS / 10..=SECOND_NS / 10).contains(&self.difference_ns)
    }

    /// Distance from the middle of the cut second.
    fn distance_ns(&self) -> i64 {
        self.difference_ns.saturating_add(SECOND_NS / 2).saturating_abs()
    }
}

impl LogRun {
    /// How the run fits a migration that began at `start_ns`; `None` where the log gives no time, or one that no zone
    /// brings near.
    pub fn align(&self, start_ns: i64) -> Option<Alignment> {
        nearest_zone(self.start?, start_ns)
    }

    /// How the run fits a migration, by its beginning, or by its end where the capture has no beginning. In `zone`,
    /// where it was given and brings the two near; else in the zone that does.
    pub fn align_to(&self, migration: &Migration, zone: Option<&TimeZone>) -> Option<Alignment> {
        let begun =
            !migration.connections.is_empty() && migration.migration_time_ms.reason() != Some(Reason::BeginningMissing);
        let (local, at_ns) = match (begun, self.start, self.end) {
            (false, _, Some(end)) => (end, migration.end_ns),
            (_, Some(start), _) => (start, migration.start_ns),
            _ => return None,
        };
        let given = zone.and_then(|zone| in_zone(local, at_ns, zone));
        given.or_else(|| nearest_zone(local, at_ns))
    }

    /// True where the log names a target that is not the capture's. A node has addresses of both families: one of the
    /// other family may be the same node's.
    pub fn names_another_target(&self, migration: &Migration) -> bool {
        match (self.target, migration.target) {
            (Some(said), Some(seen)) => said != seen && said.is_ipv4() == seen.is_ipv4(),
            _ => false,
        }
    }

    /// Measures the migration time of a log whose zone is known: its clock may have been set in between.
    pub(super) fn measure_in(&mut self, zone: &TimeZone) {
        let measurable = self.migration_time_ms.value().is_some()
            || self.migration_time_ms.reason() == Some(Reason::LogClockSetBack);
        if let (true, Some(start), Some(end)) = (measurable, self.start, self.end)
            && let Some(ms) = between_ms(start, end, zone)
        {
            self.migration_time_ms = Figure::Value(ms);
        }
    }

    /// A time of this log on the capture's clock, nanoseconds since the epoch.
    pub fn to_utc_ns(&self, local: DateTime, alignment: Alignment) -> Option<i64> {
        as_if_utc_ns(local)?.checked_sub(i64::from(alignment.offset_s) * SECOND_NS)
    }
}

/// The time from one of the log's times to another in its zone, ms: where the clock showed one of them twice, the
/// shortest that it allows. `None` where it allows none.
pub(super) fn between_ms(start: DateTime, end: DateTime, zone: &TimeZone) -> Option<f64> {
    let [starts, ends] = [start, end].map(|local| instants(local, zone));
    let lengths = starts
        .into_iter()
        .flatten()
        .flat_map(|start| ends.into_iter().flatten().map(move |end| start.duration_until(end)));
    let shortest = lengths.filter(|length| !length.is_negative()).min()?;
    Some(shortest.as_millis_f64())
}

/// When a clock of the zone shows this time: twice where it is set back, and else both are the same.
fn instants(local: DateTime, zone: &TimeZone) -> [Option<Timestamp>; 2] {
    let earlier = zone.to_ambiguous_timestamp(local).earlier();
    [earlier, zone.to_ambiguous_timestamp(local).later()].map(Result::ok)
}

fn nearest_zone(local: DateTime, at_ns: i64) -> Option<Alignment> {
    let apart_ns = as_if_utc_ns(local)?.checked_sub(at_ns)?;
    // To the nearest quarter, where the cut second lies in the middle.
    let quarters = apart_ns.saturating_add(QUARTER_NS / 2).div_euclid(QUARTER_NS);
    if quarters.abs() > FURTHEST_QUARTERS {
        return None;
    }
    let difference_ns = apart_ns - quarters * QUARTER_NS;
    (difference_ns.abs() <= MAX_APART_NS).then_some(Alignment {
        offset_s: i32::try_from(quarters * QUARTER_NS / SECOND_NS).ok()?,
        given: false,
        difference_ns,
    })
}

fn in_zone(local: DateTime, at_ns: i64, zone: &TimeZone) -> Option<Alignment> {
    let as_if_utc_ns = as_if_utc_ns(local)?;
    let alignment = |instant: Timestamp| {
        let offset_s = zone.to_offset(instant).seconds();
        let difference_ns = as_if_utc_ns
            .checked_sub(i64::from(offset_s) * SECOND_NS)?
            .checked_sub(at_ns)?;
        (difference_ns.saturating_abs() < MAX_APART_GIVEN_NS).then_some(Alignment {
            offset_s,
            given: true,
            difference_ns,
        })
    };
    let instants = instants(local, zone).into_iter().flatten();
    instants.filter_map(alignment).min_by_key(Alignment::distance_ns)
}

/// The run of a log that tells of a migration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fit<'a> {
    /// By its place in the log, and how its times fit where it has any that do.
    Run(usize, &'a LogRun, Option<Alignment>),
    /// The log is of another migration of the capture: its place there.
    OfAnother(usize),
    /// No run of the log fits.
    None,
}

impl Log {
    /// The run that tells of the migration at `chosen` among those of the capture: by time and target where the log
    /// has them, else the only one.
    pub fn run_of(&self, migrations: &[Migration], chosen: usize, zone: Option<&TimeZone>) -> Fit<'_> {
        // Of the runs that time allows, those to the right node first, then the nearest.
        let fit = |run: &LogRun, migration: &Migration| {
            let alignment = run.align_to(migration, zone)?;
            Some((run.names_another_target(migration), alignment.distance_ns(), alignment))
        };
        let Some(migration) = migrations.get(chosen) else {
            return Fit::None;
        };
        let best = self
            .runs
            .iter()
            .enumerate()
            .filter_map(|(place, run)| Some((fit(run, migration)?, place, run)))
            .min_by_key(|((elsewhere, distance, _), place, _)| (*elsewhere, *distance, *place));
        let Some(((elsewhere, distance, alignment), place, run)) = best else {
            return match self.runs.as_slice() {
                [only] if migrations.len() == 1 || only.start.is_none() => Fit::Run(0, only, None),
                _ => Fit::None,
            };
        };
        let other = (0..migrations.len()).filter(|&index| index != chosen).find(|&index| {
            let nearer = |other: &Migration| {
                fit(run, other).is_some_and(|(away, further, _)| (away, further) < (elsewhere, distance))
            };
            migrations.get(index).is_some_and(nearer)
        });
        match other {
            Some(index) => Fit::OfAnother(index),
            None => Fit::Run(place, run, Some(alignment)),
        }
    }
}

fn as_if_utc_ns(local: DateTime) -> Option<i64> {
    let utc = local.to_zoned(TimeZone::UTC).ok()?;
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
    fn a_given_zone_lets_the_clocks_be_further_apart() {
        let start_ns = 1_795_168_864_365_440_050;
        let zone = TimeZone::get("Asia/Jakarta").unwrap();
        // Five minutes fast.
        let local = "2026-11-20T17:06:04".parse().unwrap();
        assert_eq!(nearest_zone(local, start_ns), None);
        let alignment = in_zone(local, start_ns, &zone).unwrap();
        assert_eq!((alignment.offset_s, alignment.given), (7 * 3600, true));
        assert_eq!(alignment.difference_ns, 299_634_559_950);
        assert!(!alignment.clocks_agree());
        assert_eq!(in_zone(local, start_ns, &TimeZone::UTC), None);
    }

    #[test]
    fn a_time_that_the_clock_showed_twice_is_taken_where_it_fits() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let at = |text: &str| text.parse::<DateTime>().unwrap();
        let between = |start: &str, end: &str| {
            between_ms(
                at(&format!("2026-10-25T{start}")),
                at(&format!("2026-10-25T{end}")),
                &zone,
            )
        };
        // 03:00 CEST is 02:00 CET.
        assert_eq!(between("02:59:52", "02:00:22"), Some(30_000.0));
        assert_eq!(between("02:10:00", "02:10:40"), Some(40_000.0));
        assert_eq!(between("01:59:00", "02:00:00"), Some(60_000.0));
        assert_eq!(between("04:00:00", "03:59:00"), None);
        // The beginning of summer time: 02:00 CET is 03:00 CEST.
        let (start, end) = (at("2026-03-29T01:59:50"), at("2026-03-29T03:00:20"));
        assert_eq!(between_ms(start, end, &zone), Some(30_000.0));
        // 2026-10-25 00:30 UTC is 02:30 for the first time, an hour later for the second.
        for (at_ns, offset_s) in [(1_792_888_200_000_000_000, 7200), (1_792_891_800_000_000_000, 3600)] {
            let alignment = in_zone(at("2026-10-25T02:30:00"), at_ns, &zone).unwrap();
            assert_eq!((alignment.offset_s, alignment.difference_ns), (offset_s, 0));
        }
    }

    #[test]
    fn times_at_the_end_of_the_range_are_compared_without_overflow() {
        // Nanoseconds end in 2262.
        let local = "2262-04-11T23:47:16".parse().unwrap();
        assert_eq!(nearest_zone(local, 0), None);
        assert_eq!(nearest_zone(local, i64::MAX).map(|fit| fit.offset_s), Some(0));
        assert_eq!(nearest_zone(local, i64::MIN), None);
        assert_eq!(in_zone(local, 0, &TimeZone::UTC), None);
        assert_eq!(nearest_zone("1677-09-22T00:00:00".parse().unwrap(), i64::MAX), None);
    }

    #[test]
    fn a_log_of_another_day_or_run_does_not_fit() {
        let start_ns = 1_795_168_864_365_440_050;
        assert_eq!(run("2026-11-22T17:01:04").align(start_ns), None);
        assert_eq!(run("2026-11-20T17:08:04").align(start_ns), None);
        assert_eq!(LogRun::default().align(start_ns), None);
    }
}
