//! The series of the report: one row per bin, of the graded direction and family.

use std::collections::BTreeMap;

use super::metrics::{Graded, wireshark};
use crate::figure::{Figure, Reason};
use crate::measure::tally::Tally;
use crate::measure::timeline::Entry;
use crate::options::{AnalysisOptions, Family};
use crate::summary::Second;

/// Longest table that lists empty bins too.
const MAX_BINS_LISTED: i64 = 100_000;

/// The rows, and whether empty bins were left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// In order of time.
    pub seconds: Vec<Second>,
    /// Empty bins are not listed.
    pub sparse: bool,
    /// Throughput of the bins that the capture covers whole; of all where there is no such bin.
    pub full_bins_bps: Vec<f64>,
}

/// Where the capture begins and ends, and how its time is cut.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// Time of the first frame.
    pub start_ns: i64,
    /// Latest time.
    pub last_ns: i64,
    /// Width of a bin.
    pub interval_ns: i64,
}

/// Makes the rows from `entries`; `whole` are the totals of all of them.
pub fn series<'a>(
    entries: impl Iterator<Item = &'a Entry>,
    whole: &Tally,
    frame: Frame,
    options: &AnalysisOptions,
    forward: usize,
) -> Series {
    let mut bins: BTreeMap<i64, Tally> = BTreeMap::new();
    for entry in entries {
        bins.entry(entry.bin).or_default().append(&entry.tally);
    }
    let (Some(&first), Some(&last)) = (bins.keys().next(), bins.keys().next_back()) else {
        return Series {
            seconds: Vec::new(),
            sparse: false,
            full_bins_bps: Vec::new(),
        };
    };
    let sparse = last.saturating_sub(first) >= MAX_BINS_LISTED;
    let row = Row {
        whole: Graded::of(whole, options.direction, forward),
        frame,
        options,
        forward,
    };
    let empty = Tally::default();
    let seconds: Vec<Second> = if sparse {
        bins.iter().map(|(&bin, tally)| row.second(bin, tally)).collect()
    } else {
        (first..=last)
            .map(|bin| row.second(bin, bins.get(&bin).unwrap_or(&empty)))
            .collect()
    };
    let rates = |full: bool| -> Vec<f64> {
        let wanted = seconds
            .iter()
            .filter(|second| !full || row.covered_ns(second.start_ns) == frame.interval_ns);
        wanted.filter_map(|second| second.throughput_bps.value()).collect()
    };
    let mut full_bins_bps = rates(true);
    if full_bins_bps.is_empty() {
        full_bins_bps = rates(false);
    }
    Series {
        seconds,
        sparse,
        full_bins_bps,
    }
}

struct Row<'a> {
    whole: Graded,
    frame: Frame,
    options: &'a AnalysisOptions,
    forward: usize,
}

impl Row<'_> {
    /// How much of the bin that starts `start_ns` after the first frame the capture covers.
    fn covered_ns(&self, start_ns: i64) -> i64 {
        let length = self.frame.last_ns.saturating_sub(self.frame.start_ns);
        length.saturating_sub(start_ns).clamp(0, self.frame.interval_ns)
    }

    fn second(&self, bin: i64, tally: &Tally) -> Second {
        let start_ns = bin.saturating_mul(self.frame.interval_ns);
        let covered_ns = self.covered_ns(start_ns);
        let graded = Graded::of(tally, self.options.direction, self.forward);
        let rate = |bytes: u64| {
            if bytes == 0 && covered_ns == 0 {
                return Figure::Absent(Reason::SinglePacket);
            }
            Figure::ratio(bytes as f64 * 8e9, covered_ns as f64, Reason::SinglePacket)
        };
        let ms = |ns: Option<f64>| {
            let reason = if graded.totals.packets == 0 {
                Reason::NoPackets
            } else {
                Reason::NoRttSamples
            };
            ns.map_or(Figure::Absent(reason), |ns| Figure::Value(ns / 1e6))
        };
        let mut second = Second {
            start_ns,
            packets: graded.totals.packets,
            wire_bytes: graded.totals.wire_bytes,
            ip_bytes: graded.totals.ip_bytes,
            throughput_bps: rate(graded.totals.ip_bytes),
            goodput_bps: rate(graded.totals.unique_payload),
            loss_pct: graded.loss_pct().0[0],
            jitter_ms: ms(graded.jitter_ns(&self.whole).0),
            delay_ms: ms(graded.rtt_ns(&self.whole).0.map(|rtt| rtt / 2.0)),
            index: None,
        };
        if self.options.family == Family::Wireshark {
            let figures = wireshark(&tally.wireshark, self.options.wireshark_jitter);
            second.throughput_bps = rate(tally.wireshark.wire_bytes);
            second.loss_pct = figures.loss_pct;
            second.jitter_ms = figures.jitter_ms;
            second.delay_ms = figures.delay_ms;
        }
        second
    }
}
