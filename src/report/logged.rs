//! A log's figures in words.

use super::locale::Style;
use crate::figure::Figure;
use crate::migration::log::{Beside, Compared, LogKind, LogOutcome, LogRun, Quantity, Why};

/// What a log tells, in one line: `proxmox: 1 s, downtime 111 ms, 119.9 MB (114.3 MiB) sent`.
pub(super) fn line(style: &Style, beside: &Beside) -> String {
    let run = &beside.run;
    let mut parts = Vec::new();
    match run.outcome {
        LogOutcome::Completed => {}
        LogOutcome::Aborted => parts.push(style.text("terminal.log_aborted").to_owned()),
        LogOutcome::Unknown => parts.push(style.text("terminal.log_unknown").to_owned()),
    }
    if let Figure::Value(ms) = run.migration_time_ms {
        parts.push(style.seconds(ms / 1e3));
    }
    if let Figure::Value(ms) = run.downtime_ms {
        parts.push(style.say("terminal.log_downtime", &[("length", &style.ms(ms))]));
    }
    if let Figure::Value(bytes) = run.transferred_bytes {
        parts.push(style.say("terminal.log_sent", &[("bytes", &sent(style, run, bytes))]));
    }
    match parts.as_slice() {
        [] => beside.kind.as_str().to_owned(),
        parts => format!("{}: {}", beside.kind.as_str(), parts.join(", ")),
    }
}

/// What the log is.
pub(super) fn kind(style: &Style, kind: LogKind) -> &'static str {
    match kind {
        LogKind::Proxmox => style.text("log.proxmox"),
        LogKind::Qmp => style.text("log.qmp"),
        LogKind::Virsh => style.text("log.virsh"),
    }
}

/// The name of what both count.
pub(super) fn name(style: &Style, quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::MigrationTime => style.text("move.time"),
        Quantity::TaskTime => style.text("log.task"),
        Quantity::StreamDowntime => style.text("move.stream_downtime"),
        Quantity::Pause => style.text("move.pause"),
        Quantity::ServiceDowntime => style.text("move.service_downtime"),
        Quantity::Memory => style.text("move.memory"),
        Quantity::Disks => style.text("log.disks"),
        Quantity::Speed => style.text("log.speed"),
        Quantity::Rounds => style.text("move.rounds"),
    }
}

/// A value of the capture's, or a difference, in the quantity's unit.
pub(super) fn value(style: &Style, quantity: Quantity, value: f64) -> String {
    match quantity {
        Quantity::MigrationTime | Quantity::TaskTime => style.seconds(value / 1e3),
        Quantity::StreamDowntime | Quantity::Pause | Quantity::ServiceDowntime => style.ms(value),
        Quantity::Memory | Quantity::Disks => style.bytes(value as u64),
        Quantity::Speed => style.rate(value),
        Quantity::Rounds => style.count(value as u64),
    }
}

/// The log's value, as rounded as the log has it.
pub(super) fn logs_value(style: &Style, row: &Compared, run: &LogRun) -> Option<String> {
    let number = row.log.value()?;
    Some(match row.quantity {
        Quantity::Memory => sent(style, run, number),
        quantity => value(style, quantity, number),
    })
}

/// Capture less log, with its sign, and no digits that the log's rounding does not carry.
pub(super) fn difference(style: &Style, row: &Compared, kind: LogKind, run: &LogRun) -> Option<String> {
    let difference = row.difference()?;
    let size = difference.abs();
    let half_step = run.transferred_resolution_bytes.value().unwrap_or(0.0);
    let text = match row.quantity {
        Quantity::Memory if half_step > 0.0 && size <= half_step => {
            return Some(style.say("log.within", &[("size", &style.bytes(half_step as u64))]));
        }
        Quantity::MigrationTime | Quantity::TaskTime if kind == LogKind::Proxmox => {
            format!("{} s", style.number(size / 1e3, 1))
        }
        // Logs give milliseconds.
        Quantity::StreamDowntime | Quantity::Pause | Quantity::ServiceDowntime => {
            format!("{} ms", style.number(size, 0))
        }
        quantity => value(style, quantity, size),
    };
    let is_zero = !text.contains(|c: char| c.is_ascii_digit() && c != '0');
    Some(match difference {
        _ if is_zero => text,
        d if d > 0.0 => format!("+{text}"),
        _ => format!("−{text}"),
    })
}

/// What explains a row's difference.
pub(super) fn why(style: &Style, row: &Compared, run: &LogRun) -> String {
    let text = match row.why {
        Why::WholeSeconds => style.text("log.whole_seconds"),
        Why::Socket => style.text("log.socket"),
        Why::WholeTask => style.text("log.whole_task"),
        Why::SourceSide => style.text("log.source_side"),
        Why::SourceSidePostcopy => style.text("log.source_side_postcopy"),
        Why::UntilResume => style.text("log.until_resume"),
        Why::UntilAnswer => style.text("log.until_answer"),
        Why::Rounded => {
            let step = run.transferred_resolution_bytes.value().unwrap_or(0.0) * 2.0;
            return style.say("log.rounded", &[("step", &last_digit(style, step))]);
        }
        Why::SameCount => style.text("log.same_count"),
        Why::Ssh => style.text("log.ssh"),
        Why::Rewritten => style.text("log.rewritten"),
        Why::SizeOverSeconds => {
            let Figure::Value(bytes) = run.memory_bytes else {
                return style.text("log.unknown_size_over_seconds").to_owned();
            };
            return style.say("log.size_over_seconds", &[("memory", &style.bytes(bytes as u64))]);
        }
        Why::OtherSpeed => style.text("log.other_speed"),
        Why::OneMore => style.text("log.one_more"),
        Why::TooFarApart => style.text("log.too_far_apart"),
    };
    text.to_owned()
}

/// `UTC+07:00`.
pub(super) fn zone(offset_s: i32) -> String {
    let sign = if offset_s < 0 { '−' } else { '+' };
    let minutes = offset_s.unsigned_abs() / 60;
    format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// `119.9 MB (114.3 MiB)`: in the units of this report, and as the log rounded it.
fn sent(style: &Style, run: &LogRun, bytes: f64) -> String {
    let decimal = style.bytes(bytes as u64);
    match run.transferred_resolution_bytes.value() {
        Some(half) if half > 0.0 => {
            let rounded = binary(style, bytes, half * 2.0);
            style.say("log.step", &[("bytes", &decimal), ("rounded", &rounded)])
        }
        _ => decimal,
    }
}

/// Units of 1024, largest first.
const BINARY: [(f64, &str); 3] = [(1_073_741_824.0, "GiB"), (1_048_576.0, "MiB"), (1024.0, "KiB")];

/// Bytes in a unit of 1024, with the decimals that a last digit of `step` bytes leaves.
fn binary(style: &Style, bytes: f64, step: f64) -> String {
    match BINARY.into_iter().find(|&(size, _)| bytes >= size) {
        Some((size, unit)) => {
            let decimals = (size / step).log10().round().clamp(0.0, 6.0) as usize;
            format!("{} {unit}", style.number(bytes / size, decimals))
        }
        None => style.bytes(bytes as u64),
    }
}

/// What the last digit of a log's amount stands for, in the unit of which it is a decimal digit.
fn last_digit(style: &Style, step: f64) -> String {
    let is_digit = |size: f64| {
        let power = (size / step).log10();
        power > -1e-6 && (power - power.round()).abs() < 1e-6
    };
    match BINARY.into_iter().find(|&(size, _)| is_digit(size)) {
        Some((size, unit)) => {
            let decimals = (size / step).log10().round().clamp(0.0, 6.0) as usize;
            format!("{} {unit}", style.number(step / size, decimals))
        }
        None => style.bytes(step as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_written_as_the_log_rounded_it() {
        let style = Style::default();
        let step = 1_048_576.0 / 10.0;
        assert_eq!(binary(&style, 114.3 * 1_048_576.0, step), "114.3 MiB");
        assert_eq!(last_digit(&style, step), "0.1 MiB");
        // 2.0 GiB, known to a tenth of it.
        assert_eq!(binary(&style, 2.0 * 1_073_741_824.0, 107_374_182.4), "2.0 GiB");
        assert_eq!(binary(&style, 1.002 * 1_073_741_824.0, 1_073_741.824), "1.002 GiB");
        assert_eq!(last_digit(&style, 1_073_741.824), "0.001 GiB");
        assert_eq!(last_digit(&style, 1_048_576.0), "1 MiB");
    }

    #[test]
    fn zones_are_written_with_their_sign() {
        assert_eq!(zone(7 * 3600), "UTC+07:00");
        assert_eq!(zone(-(3 * 3600 + 1800)), "UTC−03:30");
        assert_eq!(zone(0), "UTC+00:00");
    }
}
