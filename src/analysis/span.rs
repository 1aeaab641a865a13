//! Adds up the entries of a pair that lie within a span.

use super::metrics::Distributions;
use crate::measure::histogram::Histogram;
use crate::measure::tally::Tally;
use crate::measure::timeline::{Entry, Epoch};

/// Everything between two times.
#[derive(Debug, Clone, Default)]
pub struct SpanTotals {
    /// The totals.
    pub tally: Tally,
    /// RTT distributions.
    pub distributions: Distributions,
    /// Distributions of echo round trips, by the direction of the request.
    pub echo: [Histogram; 2],
    /// First and last frame, nanoseconds since the epoch.
    pub time: Option<(i64, i64)>,
}

/// The totals of the entries within `span` (both ends included), of all where it is `None`.
pub fn totals(entries: &[Entry], epochs: &[Epoch], span: Option<(i64, i64)>) -> SpanTotals {
    let mut totals = SpanTotals::default();
    for entry in entries.iter().filter(|entry| lies_in(entry.time, span)) {
        totals.tally.append(&entry.tally);
        let (first, last) = totals.time.unwrap_or(entry.time);
        totals.time = Some((first.min(entry.time.0), last.max(entry.time.1)));
    }
    // A span whose beginning was known only afterwards (SSH, a phase) has no epoch of its own: then those that reach
    // into it.
    let within = |time: (i64, i64)| lies_in(time, span);
    let reaching = |(first, last): (i64, i64)| span.is_none_or(|(start, end)| first <= end && last >= start);
    let any_within = epochs.iter().filter_map(|epoch| epoch.time).any(within);
    let counts = |epoch: &&Epoch| {
        epoch
            .time
            .is_some_and(|time| if any_within { within(time) } else { reaching(time) })
    };
    for epoch in epochs.iter().filter(counts) {
        for (mine, theirs) in totals
            .distributions
            .iter_mut()
            .flatten()
            .zip(epoch.rtt.iter().flatten())
        {
            mine.merge(theirs);
        }
        for (mine, theirs) in totals.echo.iter_mut().zip(&epoch.echo) {
            mine.merge(theirs);
        }
    }
    totals
}

/// An entry that straddles an end of the span counts where more than half of its time lies inside. The ends of a
/// migration are cut exactly; only a span that was found by its shape afterwards can fall within an entry.
pub fn lies_in((first, last): (i64, i64), span: Option<(i64, i64)>) -> bool {
    let Some((start, end)) = span else { return true };
    if first >= start && last <= end {
        return true;
    }
    let inside = last.min(end).saturating_sub(first.max(start));
    inside > 0 && inside > last.saturating_sub(first) / 2
}
