//! The checks, each a relation between figures that holds for every capture.

use super::{Certainty, Finding, Reading, Severity, Shown, TypedFigures};
use crate::figure::Figure;
use crate::grade::capacity::LinkCapacity;
use crate::language::Language;
use crate::number::NumberStyle;
use crate::summary::Warning;

/// IP's total length has 16 bits (RFC 791).
const LARGEST_PACKET_BYTES: f64 = 65_535.0;
/// An Ethernet frame with one VLAN tag, without FCS.
const ETHERNET_FRAME_BYTES: f64 = 1518.0;
/// A frame at the usual jumbo MTU of 9000, with one VLAN tag.
const JUMBO_FRAME_BYTES: f64 = 9018.0;
/// IPv4 and UDP headers without payload: the smallest packet that a mean can consist of.
const SMALLEST_PACKET_BYTES: f64 = 28.0;
/// Headers and resent bytes make the wire carry a few percent more than a log counts; beyond this factor it is
/// something else.
const TRANSFER_TOLERANCE: f64 = 1.2;

/// Holds figures against each other. Every check runs for which the figures are there.
pub fn check(figures: &TypedFigures, capacity: Option<LinkCapacity>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let agrees_with_log = transferred(figures, &mut Vec::new());
    frame_size(figures, agrees_with_log, &mut findings);
    jitter(figures, &mut findings);
    transferred(figures, &mut findings);
    downtime(figures, &mut findings);
    loss(figures, &mut findings);
    above_capacity(figures, capacity, &mut findings);
    findings
}

/// Mean time between packets times throughput is the mean packet.
fn frame_size(figures: &TypedFigures, throughput_confirmed: bool, findings: &mut Vec<Finding>) {
    let (Some(throughput), Some(delay)) = (figures.throughput_bps, figures.delay_ms) else {
        return;
    };
    let (throughput_bps, delay_ms) = (throughput.value, delay.value);
    if throughput_bps <= 0.0 {
        return;
    }
    if delay_ms <= 0.0 {
        findings.push(Finding {
            code: "delay_zero",
            severity: Severity::Suspect,
            figures: vec![("throughput_bps", throughput_bps), ("delay_ms", delay_ms)],
            values: vec![("throughput", Shown::Rate(throughput_bps))],
        });
        return;
    }
    let bytes = tidy(throughput_bps * delay_ms / 8000.0);
    let finding = |code, severity| Finding {
        code,
        severity,
        figures: vec![
            ("throughput_bps", throughput_bps),
            ("delay_ms", delay_ms),
            ("mean_packet_bytes", bytes),
        ],
        values: vec![
            ("throughput", Shown::Rate(throughput_bps)),
            ("delay", Shown::Milliseconds(delay_ms)),
            ("frame", Shown::Size(bytes)),
            ("bytes", Shown::Count(bytes)),
            ("largest", Shown::Count(LARGEST_PACKET_BYTES)),
            ("ethernet", Shown::Count(ETHERNET_FRAME_BYTES)),
        ],
    };
    if bytes > LARGEST_PACKET_BYTES {
        findings.push(finding("frame_too_large", Severity::Impossible));
        let units = [("microseconds", 1e3), ("nanoseconds", 1e6)];
        suggest_units(
            figures,
            throughput_bps,
            delay_ms,
            throughput_confirmed,
            &units,
            findings,
        );
    } else if bytes < SMALLEST_PACKET_BYTES {
        findings.push(finding("frame_too_small", Severity::Impossible));
        suggest_units(
            figures,
            throughput_bps,
            delay_ms,
            throughput_confirmed,
            &[("seconds", 1e-3)],
            findings,
        );
    } else if bytes > ETHERNET_FRAME_BYTES {
        findings.push(finding("frame_above_mtu", Severity::Note));
    }
}

/// Names the first unit of the delay with which a packet has a possible size, and the same slip in the throughput.
fn suggest_units(
    figures: &TypedFigures,
    throughput_bps: f64,
    delay_ms: f64,
    throughput_confirmed: bool,
    units: &[(&'static str, f64)],
    findings: &mut Vec<Finding>,
) {
    let possible = SMALLEST_PACKET_BYTES..=LARGEST_PACKET_BYTES;
    let fitting = units.iter().find_map(|&(unit, divisor)| {
        let suggested_ms = tidy(delay_ms / divisor);
        let bytes = tidy(throughput_bps * delay_ms / 8000.0 / divisor);
        possible
            .contains(&bytes)
            .then_some((unit, divisor, suggested_ms, bytes))
    });
    let Some((unit, divisor, suggested_ms, bytes)) = fitting else {
        return;
    };
    let kind = if bytes <= ETHERNET_FRAME_BYTES {
        "ordinary_packet"
    } else if bytes <= JUMBO_FRAME_BYTES {
        "jumbo_frame"
    } else {
        "super_frame"
    };
    findings.push(Finding {
        code: "unit_delay",
        severity: Severity::Note,
        figures: vec![
            ("suggested_delay_ms", suggested_ms),
            ("suggested_mean_packet_bytes", bytes),
        ],
        values: vec![
            ("unit", Shown::Word(unit)),
            ("suggested", Shown::Milliseconds(suggested_ms)),
            ("frame", Shown::Size(bytes)),
            ("kind", Shown::Word(kind)),
        ],
    });
    if let Some(jitter) = figures.jitter_ms {
        let suggested_jitter_ms = tidy(jitter.value / divisor);
        findings.push(Finding {
            code: "unit_jitter",
            severity: Severity::Note,
            figures: vec![("suggested_jitter_ms", suggested_jitter_ms)],
            values: vec![
                ("unit", Shown::Word(unit)),
                ("suggested", Shown::Milliseconds(suggested_jitter_ms)),
            ],
        });
    }
    if !throughput_confirmed {
        let suggested_bps = tidy(throughput_bps / divisor);
        findings.push(Finding {
            code: "unit_throughput",
            severity: Severity::Note,
            figures: vec![
                ("suggested_throughput_bps", suggested_bps),
                ("suggested_mean_packet_bytes", bytes),
            ],
            values: vec![
                ("suggested", Shown::Rate(suggested_bps)),
                ("frame", Shown::Size(bytes)),
                ("kind", Shown::Word(kind)),
            ],
        });
    }
}

/// |d(i+1) - d(i)| <= d(i+1) + d(i), so the mean difference is at most twice the mean. The jitter's sum is divided
/// by N - 1 and the delay's by N, which matters for a handful of packets only.
fn jitter(figures: &TypedFigures, findings: &mut Vec<Finding>) {
    let (Some(jitter), Some(delay)) = (figures.jitter_ms, figures.delay_ms) else {
        return;
    };
    let factor = match figures.packets {
        Some(packets) if packets >= 2 => 2.0 * packets as f64 / (packets - 1) as f64,
        _ => 2.0,
    };
    let bound = delay.times(factor);
    let values = || {
        vec![
            ("jitter", Shown::Milliseconds(jitter.value)),
            ("delay", Shown::Milliseconds(delay.value)),
            ("bound", Shown::Milliseconds(bound.value)),
        ]
    };
    let data = vec![
        ("jitter_ms", jitter.value),
        ("delay_ms", delay.value),
        ("largest_jitter_ms", bound.value),
    ];
    if let Some(certainty) = jitter.exceeds(bound) {
        push_with_certainty(
            certainty,
            Finding {
                code: "jitter_impossible",
                severity: Severity::Impossible,
                figures: data,
                values: values(),
            },
            findings,
        );
    } else if jitter.value == delay.value && delay.value > 0.0 {
        findings.push(Finding {
            code: "jitter_equals_delay",
            severity: Severity::Note,
            figures: data,
            values: values(),
        });
    }
}

/// Throughput times migration time is what was moved. True where the log's amount was there and agreed.
fn transferred(figures: &TypedFigures, findings: &mut Vec<Finding>) -> bool {
    let (Some(throughput), Some(time), Some(transferred)) = (
        figures.throughput_bps,
        figures.migration_time_ms,
        figures.transferred_bytes,
    ) else {
        return false;
    };
    let moved = throughput.value * time.value / 8000.0;
    if moved <= 0.0 || transferred.value <= 0.0 {
        return false;
    }
    let ratio = moved / transferred.value;
    let code = if ratio > TRANSFER_TOLERANCE {
        "more_than_transferred"
    } else if ratio < 1.0 / TRANSFER_TOLERANCE {
        "less_than_transferred"
    } else {
        return true;
    };
    findings.push(Finding {
        code,
        severity: Severity::Suspect,
        figures: vec![
            ("throughput_bps", throughput.value),
            ("migration_time_ms", time.value),
            ("moved_bytes", moved),
            ("transferred_bytes", transferred.value),
            ("ratio", ratio),
        ],
        values: vec![
            ("throughput", Shown::Rate(throughput.value)),
            ("time", Shown::Milliseconds(time.value)),
            ("moved", Shown::Size(moved)),
            ("transferred", Shown::Size(transferred.value)),
            ("ratio", Shown::Ratio(ratio)),
        ],
    });
    let apart = ratio.max(1.0 / ratio);
    let near = |factor: f64| (factor / TRANSFER_TOLERANCE..=factor * TRANSFER_TOLERANCE).contains(&apart);
    if near(8.0) {
        findings.push(Finding {
            code: "ratio_bits_bytes",
            severity: Severity::Note,
            figures: vec![("ratio", ratio)],
            values: Vec::new(),
        });
    } else if let Some(factor) = [1e3, 1e6, 1e9].into_iter().find(|&factor| near(factor)) {
        findings.push(Finding {
            code: "ratio_thousands",
            severity: Severity::Note,
            figures: vec![("ratio", ratio)],
            values: vec![("factor", Shown::Count(factor))],
        });
    }
    false
}

/// The downtime is a part of the migration.
fn downtime(figures: &TypedFigures, findings: &mut Vec<Finding>) {
    let (Some(downtime), Some(time)) = (figures.downtime_ms, figures.migration_time_ms) else {
        return;
    };
    if let Some(certainty) = downtime.exceeds(time) {
        push_with_certainty(
            certainty,
            Finding {
                code: "downtime_above_migration_time",
                severity: Severity::Impossible,
                figures: vec![("downtime_ms", downtime.value), ("migration_time_ms", time.value)],
                values: vec![
                    ("downtime", Shown::Milliseconds(downtime.value)),
                    ("time", Shown::Milliseconds(time.value)),
                ],
            },
            findings,
        );
    }
}

fn loss(figures: &TypedFigures, findings: &mut Vec<Finding>) {
    let Some(loss) = figures.loss_pct else { return };
    if let Some(certainty) = loss.exceeds(Reading::from(100.0)) {
        push_with_certainty(
            certainty,
            Finding {
                code: "loss_above_100",
                severity: Severity::Impossible,
                figures: vec![("loss_pct", loss.value)],
                values: vec![("loss", Shown::Percent(loss.value))],
            },
            findings,
        );
    }
}

/// How many times the capacity a throughput is, where that is more than the link can carry. A link carries its
/// capacity each way: `ways` is 2 for a throughput of both directions together.
pub fn times_capacity(throughput: Reading, capacity: LinkCapacity, ways: u32) -> Option<f64> {
    let capacity_bps = capacity.bps() as f64;
    throughput.exceeds(Reading::from(capacity_bps * f64::from(ways)))?;
    Some(throughput.value / capacity_bps)
}

/// A measured throughput above the capacity that was given for the link.
pub fn above_capacity_warning(throughput_bps: Figure, capacity: LinkCapacity, ways: u32) -> Option<Warning> {
    let ratio = times_capacity(Reading::from(throughput_bps.value()?), capacity, ways)?;
    let ratio = Shown::Ratio(ratio).text(Language::English, NumberStyle::default());
    Some(Warning::new(
        "above_capacity",
        "throughput is {ratio} times the capacity given: check --link-capacity",
        vec![("ratio", ratio.replace(',', ""))],
    ))
}

fn above_capacity(figures: &TypedFigures, capacity: Option<LinkCapacity>, findings: &mut Vec<Finding>) {
    let (Some(throughput), Some(capacity)) = (figures.throughput_bps, capacity) else {
        return;
    };
    if times_capacity(throughput, capacity, 1).is_some() {
        findings.push(Finding {
            code: "throughput_above_capacity",
            severity: Severity::Suspect,
            figures: vec![
                ("throughput_bps", throughput.value),
                ("link_capacity_bps", capacity.bps() as f64),
            ],
            values: vec![
                ("throughput", Shown::Rate(throughput.value)),
                ("capacity", Shown::Text(capacity.to_string())),
            ],
        });
    }
}

/// What rounding alone may explain is suspect, not impossible.
fn push_with_certainty(certainty: Certainty, mut finding: Finding, findings: &mut Vec<Finding>) {
    if certainty == Certainty::Certain {
        findings.push(finding);
        return;
    }
    finding.severity = Severity::Suspect;
    let figures = finding.figures.clone();
    findings.push(finding);
    findings.push(Finding {
        code: "within_rounding",
        severity: Severity::Note,
        figures,
        values: Vec::new(),
    });
}

/// Fourteen significant digits of a product or quotient of decimals: what is left of them is the arithmetic's noise,
/// and 0.43446 reads better than 0.43445999999999996.
fn tidy(value: f64) -> f64 {
    format!("{value:.13e}").parse().unwrap_or(value)
}
