//! One pair's series, to be measured over any span.

use super::metrics::{Context, standard, wireshark};
use super::seconds::{Frame, Series, series};
use super::span::{SpanTotals, lies_in, totals};
use crate::measure::timeline::{Entry, Timeline};
use crate::options::AnalysisOptions;
use crate::summary::{Metrics, Span, SpanOf};

/// A pair's series with what is asked of it.
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    /// The pair's bins.
    pub entries: &'a [Entry],
    /// The pair's timeline, for its distributions.
    pub timeline: &'a Timeline,
    /// The capture's time.
    pub frame: Frame,
    /// Direction, family and forms of the figures.
    pub options: &'a AnalysisOptions,
    /// The pair's direction from source to target.
    pub forward: usize,
    /// Payload bytes of the graded direction that were acknowledged and never captured.
    pub missing_bytes: u64,
}

impl Measured<'_> {
    /// Adds up what lies within `span`, all where it is `None`.
    pub fn totals(&self, span: Option<(i64, i64)>) -> SpanTotals {
        totals(self.timeline, span)
    }

    /// Both families over `span`, and the distribution of delay: (low, high, count) in ns.
    pub fn metrics(&self, span: Option<(i64, i64)>, of: SpanOf) -> (Metrics, Vec<(u64, u64, u64)>) {
        let totals = self.totals(span);
        let bins = series(
            self.entries.iter().filter(|entry| lies_in(entry.time(), span)),
            &totals.tally,
            self.frame,
            self.options,
            self.forward,
        );
        let context = Context {
            direction: self.options.direction,
            forward: self.forward,
            distributions: &totals.distributions,
            echo: &totals.echo,
            bin_throughput_bps: bins.full_bins_bps,
            missing_bytes: self.missing_bytes,
        };
        let (standard, buckets) = standard(&totals.tally, &context);
        let start_ns = self.frame.start_ns;
        let (first, last) = totals.time.get().unwrap_or((start_ns, start_ns));
        let metrics = Metrics {
            span: Span {
                of,
                start_s: first.saturating_sub(start_ns) as f64 / 1e9,
                end_s: last.saturating_sub(start_ns) as f64 / 1e9,
            },
            standard,
            wireshark: wireshark(&totals.tally.wireshark, self.options.wireshark_jitter),
        };
        (metrics, buckets)
    }

    /// The series of all bins.
    pub fn series(&self) -> Series {
        series(
            self.entries.iter(),
            &self.totals(None).tally,
            self.frame,
            self.options,
            self.forward,
        )
    }
}
