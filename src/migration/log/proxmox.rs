//! Proxmox VE's task log, in its current wording and in that of its first years.
//!
//! Each line has a local time to the second before it; the older ones have no year. A file may hold several tasks, and
//! text that was pasted may have lost its times.

use std::collections::HashMap;
use std::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::figure::{Figure, Reason};

use super::size::{Size, duration_ms, milliseconds, size};
use super::{LogDrive, LogEvent, LogOutcome, LogProgress, LogRun};

/// Lines of progress kept for one run.
const MAX_PROGRESS: usize = 100_000;
/// Disks kept for one run.
const MAX_DRIVES: usize = 1_000;
/// Migrations kept of one log.
const MAX_RUNS: usize = 1_000;
/// Other lines kept for one run, and characters of each: a log that repeats itself says nothing more.
const MAX_EVENTS: usize = 200;
const MAX_EVENT_CHARS: usize = 200;

/// The migrations of a task log, or of several behind each other, and how many more there are than were kept.
pub(super) fn runs(text: &str, near_ns: Option<i64>) -> (Vec<LogRun>, usize) {
    let mut runs: Vec<Reading> = Vec::new();
    let mut left_out = 0;
    for line in text.lines() {
        let (at, message) = split_time(line.trim(), near_ns);
        let begins = message.starts_with("starting migration of ");
        if left_out > 0 || (begins && runs.len() >= MAX_RUNS) {
            left_out += usize::from(begins);
            continue;
        }
        if begins || runs.is_empty() {
            runs.push(Reading::default());
        }
        if let Some(reading) = runs.last_mut() {
            reading.run.task_start = reading.run.task_start.or(at);
            reading.line(at, message);
        }
    }
    // What precedes the line that names the virtual machine belongs to its task.
    let mut whole: Vec<Reading> = Vec::new();
    for reading in runs {
        match whole.last_mut() {
            Some(before) if !before.known && before.run.vm.is_none() => {
                let task_start = before.run.task_start.or(reading.run.task_start);
                *before = reading;
                before.run.task_start = task_start;
            }
            _ => whole.push(reading),
        }
    }
    let known = whole.into_iter().filter(|reading| reading.known);
    (known.map(Reading::finish).collect(), left_out)
}

#[derive(Debug, Default)]
struct Reading {
    run: LogRun,
    /// A line about a migration was seen.
    known: bool,
    ordered: Option<DateTime>,
    /// Places of the disks, by name.
    places: HashMap<String, usize>,
}

impl Reading {
    fn line(&mut self, at: Option<DateTime>, message: &str) {
        let told = (self.run.progress.len(), self.run.drives.len());
        let known = self.of_the_task(at, message) || self.of_the_transfer(at, message);
        let of_a_drive = !known && self.of_a_drive(message);
        self.known |= known || of_a_drive;
        // A disk is told of when it begins and when it is done; between them, and in the memory's lines, is progress.
        let is_event = if of_a_drive {
            self.run.drives.len() > told.1 || message.ends_with("ready")
        } else {
            (known && self.run.progress.len() == told.0) || message.starts_with("all 'mirror' jobs are ready")
        };
        if is_event && self.run.events.len() < MAX_EVENTS {
            self.run.events.push(LogEvent {
                at,
                text: message.chars().take(MAX_EVENT_CHARS).collect(),
            });
        }
    }

    /// How the task as a whole went.
    fn of_the_task(&mut self, at: Option<DateTime>, message: &str) -> bool {
        let run = &mut self.run;
        if let Some(rest) = message.strip_prefix("starting migration of ") {
            // VM 100 to node 'pve2' (10.132.4.16)
            run.vm = rest.split_whitespace().nth(1).and_then(|number| number.parse().ok());
            run.target_node = rest.split('\'').nth(1).map(str::to_owned);
            run.target = parenthesised(rest).and_then(|address| address.parse::<IpAddr>().ok());
        } else if message.starts_with("migration finished success") {
            // Older versions spell it "successfuly".
            run.outcome = LogOutcome::Completed;
            run.task_time_ms = duration(message).unwrap_or(run.task_time_ms);
        } else if message.contains("migration finished with problems") || message.starts_with("migration aborted") {
            run.outcome = LogOutcome::Aborted;
            run.task_time_ms = duration(message).unwrap_or(run.task_time_ms);
            if let Some((_, why)) = message.split_once("): ") {
                run.error.get_or_insert_with(|| why.to_owned());
            }
        } else if let Some(why) = message.strip_prefix("ERROR: ") {
            let migration = why.contains("migrat");
            if migration {
                run.outcome = LogOutcome::Aborted;
            }
            run.task_time_ms = duration(why).unwrap_or(run.task_time_ms);
            run.error.get_or_insert_with(|| why.to_owned());
            return migration;
        } else if let Some(why) = message.strip_prefix("TASK ERROR: ") {
            run.outcome = LogOutcome::Aborted;
            run.error.get_or_insert_with(|| why.to_owned());
            return why.contains("migration");
        } else if message == "migrate_cancel" {
            run.end = run.end.or(at);
        } else {
            return false;
        }
        true
    }

    /// What QEMU was told and what it reported.
    fn of_the_transfer(&mut self, at: Option<DateTime>, message: &str) -> bool {
        let run = &mut self.run;
        if let Some(channel) = message.strip_prefix("starting online/live migration on ") {
            run.channel = Some(channel.to_owned());
            run.start = at;
        } else if message.starts_with("start migrate command to ") {
            self.ordered = at;
        } else if let Some(rest) = message.strip_prefix("migration active, transferred ") {
            // 37.6 MiB of 160.5 MiB VM-state, 31.1 MiB/s
            let (amounts, speed) = rest.split_once("VM-state, ").unwrap_or((rest, ""));
            let (done, memory) = amounts.split_once(" of ").unwrap_or((amounts, ""));
            self.progress(at, size(done), size(memory), None, size(speed));
        } else if let Some(rest) = message.strip_prefix("migration status: active (transferred ") {
            // 75180179, remaining 80785408), total 168304640)
            let mut numbers = rest
                .split(|c: char| !c.is_ascii_digit())
                .filter(|part| !part.is_empty());
            let mut next = || numbers.next().and_then(size);
            let (done, remaining, memory) = (next(), next(), next());
            self.progress(at, done, memory, remaining, None);
        } else if let Some(rest) = message.strip_prefix("migration completed, transferred ") {
            if let Some(sent) = size(rest.trim_end_matches("VM-state")) {
                run.transferred_bytes = Figure::Value(sent.bytes);
                run.transferred_resolution_bytes = Figure::Value(sent.resolution_bytes);
            }
            self.completed(at);
        } else if message == "migration status: completed" {
            self.completed(at);
        } else if let Some((_, rest)) = message.split_once("migration speed: ") {
            // Older: migration speed: 26.75 MB/s - downtime 13 ms
            let (speed, downtime) = rest.split_once(" - downtime ").unwrap_or((rest, ""));
            run.average_bytes_per_s = figure(size(speed).map(|speed| speed.bytes), run.average_bytes_per_s);
            run.downtime_ms = figure(milliseconds(downtime), run.downtime_ms);
        } else {
            return false;
        }
        true
    }

    fn completed(&mut self, at: Option<DateTime>) {
        self.run.outcome = LogOutcome::Completed;
        self.run.end = at;
    }

    fn progress(
        &mut self,
        at: Option<DateTime>,
        done: Option<Size>,
        memory: Option<Size>,
        remaining: Option<Size>,
        speed: Option<Size>,
    ) {
        if let Some(memory) = memory {
            self.run.memory_bytes = Figure::Value(memory.bytes);
        }
        if let Some(done) = done
            && self.run.progress.len() < MAX_PROGRESS
        {
            self.run.progress.push(LogProgress {
                at,
                transferred_bytes: done.bytes,
                memory_bytes: memory.map(|size| size.bytes),
                remaining_bytes: remaining.map(|size| size.bytes),
                bytes_per_s: speed.map(|size| size.bytes),
            });
        }
    }

    /// Disks: `drive mirror is starting for drive-scsi0`, then lines that begin with the drive's name.
    fn of_a_drive(&mut self, message: &str) -> bool {
        if let Some(name) = message.strip_prefix("drive mirror is starting for ") {
            self.drive(name.trim());
            return true;
        }
        let Some((name, rest)) = message.split_once(": transferred") else {
            return false;
        };
        if name.contains(char::is_whitespace) {
            return false;
        }
        let (done, total) = if let Some(numbers) = rest.strip_prefix(':') {
            // Older: drive-scsi0: transferred: 0 bytes remaining: 67108864 bytes total: 67108864 bytes ...
            let after = |key: &str| {
                numbers
                    .split_once(key)
                    .and_then(|(_, rest)| rest.split_whitespace().next())
            };
            (
                numbers.split_whitespace().next().and_then(size),
                after("total: ").and_then(size),
            )
        } else {
            // drive-scsi0: transferred 64.0 MiB of 64.0 MiB (100.00%) in 1s, ready
            let amounts = rest.split('(').next().unwrap_or_default();
            match amounts.split_once(" of ") {
                Some((done, total)) => (size(done), size(total)),
                None => (None, None),
            }
        };
        let (Some(done), Some(total)) = (done, total) else {
            return false;
        };
        if let Some(drive) = self.drive(name) {
            drive.transferred_bytes = done.bytes;
            drive.total_bytes = total.bytes;
        }
        true
    }

    fn drive(&mut self, name: &str) -> Option<&mut LogDrive> {
        let drives = &mut self.run.drives;
        let index = match self.places.get(name) {
            Some(&index) => index,
            None if drives.len() < MAX_DRIVES => {
                drives.push(LogDrive {
                    name: name.to_owned(),
                    transferred_bytes: 0.0,
                    total_bytes: 0.0,
                });
                self.places.insert(name.to_owned(), drives.len() - 1);
                drives.len() - 1
            }
            None => {
                self.run.drives_left_out = true;
                return None;
            }
        };
        drives.get_mut(index)
    }

    fn finish(mut self) -> LogRun {
        let run = &mut self.run;
        // The order itself, where the log says when it was given.
        run.start = self.ordered.or(run.start);
        if run.outcome == LogOutcome::Completed
            && let (Some(start), Some(end)) = (run.start, run.end)
        {
            run.migration_time_ms = between_ms(start, end);
        }
        self.run
    }
}

fn between_ms(start: DateTime, end: DateTime) -> Figure {
    let ms = start.duration_until(end).as_millis_f64();
    if ms < 0.0 {
        Figure::Absent(Reason::LogClockSetBack)
    } else {
        Figure::Value(ms)
    }
}

fn figure(value: Option<f64>, otherwise: Figure) -> Figure {
    value.filter(|value| value.is_finite()).map_or(otherwise, Figure::Value)
}

fn parenthesised(text: &str) -> Option<&str> {
    text.split_once('(')?.1.split_once(')').map(|(inner, _)| inner)
}

fn duration(message: &str) -> Option<Figure> {
    let (_, rest) = message.split_once("(duration ")?;
    duration_ms(rest.split(')').next()?).map(Figure::Value)
}

/// Splits the time from a line: `2026-11-20 17:01:01 ...` or, without a year, `Nov 20 17:01:15 ...`.
fn split_time(line: &str, near_ns: Option<i64>) -> (Option<DateTime>, &str) {
    let mut words = line.splitn(3, ' ');
    if let (Some(date), Some(time)) = (words.next(), words.next())
        && let Ok(at) = format!("{date}T{time}").parse::<DateTime>()
    {
        return (Some(at), words.next().unwrap_or_default().trim_start());
    }
    let Some((stamp, message)) = line.split_at_checked(15) else {
        return (None, line);
    };
    match without_year(stamp, near_ns) {
        Some(at) => (Some(at), message.trim_start()),
        None => (None, line),
    }
}

/// A date without a year is the one nearest to the capture; without a capture, one of this century's leap years, so
/// that every date exists.
fn without_year(stamp: &str, near_ns: Option<i64>) -> Option<DateTime> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    const SOME_YEAR: i16 = 2000;
    let mut words = stamp.split_whitespace();
    let month = words.next()?;
    let month = i8::try_from(MONTHS.iter().position(|name| *name == month)? + 1).ok()?;
    let day = words.next()?.parse().ok()?;
    let time: jiff::civil::Time = words.next()?.parse().ok()?;
    let in_year = |year: i16| Date::new(year, month, day).ok().map(|date| date.to_datetime(time));
    let Some(near_ns) = near_ns else {
        return in_year(SOME_YEAR);
    };
    let near = Timestamp::from_nanosecond(i128::from(near_ns))
        .ok()?
        .to_zoned(TimeZone::UTC)
        .datetime();
    (near.year() - 1..=near.year() + 1)
        .filter_map(in_year)
        .min_by_key(|at| near.duration_until(*at).abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aborted_task_keeps_its_reason_and_has_no_migration_time() {
        let text = "2026-11-20 17:03:26 starting migration of VM 100 to node 'pve2' (10.132.4.16)\n\
                    2026-11-20 17:03:29 starting online/live migration on tcp:10.132.4.16:60000\n\
                    2026-11-20 17:03:31 ERROR: online migrate failure - VM is not running, migration status: cancelled\n\
                    2026-11-20 17:03:31 aborting phase 2 - cleanup resources\n\
                    2026-11-20 17:03:31 migrate_cancel\n\
                    2026-11-20 17:03:33 ERROR: migration finished with problems (duration 00:00:07)\n\
                    TASK ERROR: migration problems\n";
        let (runs, _) = runs(text, None);
        assert_eq!(runs.len(), 1);
        assert_eq!((runs[0].outcome, runs[0].vm), (LogOutcome::Aborted, Some(100)));
        assert_eq!(runs[0].migration_time_ms, Figure::Absent(Reason::NotInLog));
        assert_eq!(runs[0].task_time_ms.value(), Some(7000.0));
        assert!(runs[0].error.as_deref().unwrap().starts_with("online migrate failure"));
    }

    #[test]
    fn a_task_that_was_aborted_says_why() {
        let text = "2024-01-02 03:04:05 starting migration of VM 7 to node 'b' (fd00::2)\n\
                    2024-01-02 03:04:08 migration aborted (duration 00:00:03): storage 'x' is not available\n\
                    TASK ERROR: migration aborted\n";
        let (runs, _) = runs(text, None);
        assert_eq!(runs[0].error.as_deref(), Some("storage 'x' is not available"));
        assert_eq!(runs[0].target, Some("fd00::2".parse().unwrap()));
        assert_eq!(
            (runs[0].outcome, runs[0].task_time_ms.value()),
            (LogOutcome::Aborted, Some(3000.0))
        );
    }

    #[test]
    fn disks_are_read_in_both_wordings() {
        let text = "drive mirror is starting for drive-scsi0\n\
                    drive-scsi0: transferred 32.0 MiB of 64.0 MiB (50.00%) in 1s\n\
                    drive-scsi0: transferred 64.0 MiB of 64.0 MiB (100.00%) in 2s, ready\n\
                    drive-virtio1: transferred: 1048576 bytes remaining: 3145728 bytes total: 4194304 bytes progression: 25.00 % busy: 1 ready: 0\n";
        let drives = &runs(text, None).0[0].drives;
        assert_eq!(
            (drives[0].transferred_bytes, drives[0].total_bytes),
            (67_108_864.0, 67_108_864.0)
        );
        assert_eq!(
            (drives[1].transferred_bytes, drives[1].total_bytes),
            (1_048_576.0, 4_194_304.0)
        );
    }

    #[test]
    fn a_clock_that_was_set_back_gives_no_migration_time() {
        // Summer time ends between the order and the end.
        let text = "2026-10-25 02:59:50 starting migration of VM 7 to node 'b' (10.0.0.2)\n\
                    2026-10-25 02:59:52 start migrate command to unix:/run/qemu-server/7.migrate\n\
                    2026-10-25 02:00:22 migration completed, transferred 1.0 GiB VM-state\n\
                    2026-10-25 02:00:25 migration finished successfully (duration 00:00:35)\n";
        let (runs, _) = runs(text, None);
        assert_eq!(runs[0].migration_time_ms, Figure::Absent(Reason::LogClockSetBack));
        assert_eq!(runs[0].task_time_ms.value(), Some(35_000.0));
    }

    #[test]
    fn disks_and_runs_without_end_are_bounded_and_counted() {
        let drives: String = (0..1_500)
            .map(|n| format!("drive mirror is starting for drive-scsi{n}\n"))
            .collect();
        let run = &runs(&drives, None).0[0];
        assert_eq!((run.drives.len(), run.drives_left_out), (1_000, true));
        assert_eq!(run.drives[999].name, "drive-scsi999");
        let tasks = "starting migration of VM 7 to node 'b' (10.0.0.2)\n\
                     drive mirror is starting for drive-scsi0\n"
            .repeat(2_500);
        let (kept, left_out) = runs(&tasks, None);
        assert_eq!((kept.len(), left_out), (1_000, 1_500));
        assert!(kept.iter().all(|run| run.drives.len() == 1 && !run.drives_left_out));
    }

    #[test]
    fn a_date_without_a_year_is_the_nearest() {
        // 2026-12-31 23:59:50 UTC: the log's Jan 1 is in 2027.
        let near = 1_798_761_590_000_000_000;
        let (at, message) = split_time("Jan  1 06:59:58 migration status: completed", Some(near));
        assert_eq!(at, Some("2027-01-01T06:59:58".parse().unwrap()));
        assert_eq!(message, "migration status: completed");
    }

    #[test]
    fn text_about_something_else_is_no_log() {
        assert_eq!(
            runs("2026-11-20 17:03:26 INFO: starting backup job\nTASK OK\n", None),
            (Vec::new(), 0)
        );
        assert_eq!(runs("", None), (Vec::new(), 0));
    }
}
