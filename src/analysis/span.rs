//! Adds up the entries of a pair that lie within a span.

use super::metrics::Distributions;
use crate::measure::histogram::Histogram;
use crate::measure::tally::Tally;
use crate::measure::time_span::TimeSpan;
use crate::measure::timeline::{Epoch, Timeline};

/// Everything between two times.
#[derive(Debug, Clone, Default)]
pub struct SpanTotals {
    /// The totals.
    pub tally: Tally,
    /// RTT distributions.
    pub distributions: Distributions,
    /// Distributions of echo round trips, by the direction of the request.
    pub echo: [Histogram; 2],
    /// Times of the frames.
    pub time: TimeSpan,
}

/// The totals of the entries within `span` (both ends included), of all where it is `None`.
pub fn totals(timeline: &Timeline, span: Option<(i64, i64)>) -> SpanTotals {
    let (entries, epochs) = (timeline.entries(), timeline.epochs());
    let mut totals = SpanTotals::default();
    for entry in entries.iter().filter(|entry| lies_in(entry.time(), span)) {
        totals.tally.append(&entry.tally);
        totals.time.merge(&entry.time);
    }
    divide_lost_echoes(&mut totals.tally, timeline, span);
    // A span whose beginning was known only afterwards (SSH, a phase) has no epoch of its own: then those that reach
    // into it.
    let within = |time: (i64, i64)| lies_in(time, span);
    let reaching = |(first, last): (i64, i64)| span.is_none_or(|(start, end)| first <= end && last >= start);
    let any_within = epochs.iter().filter_map(|epoch| epoch.time.get()).any(within);
    let counts = |epoch: &&Epoch| {
        epoch
            .time
            .get()
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

/// Gives the span the lost echo requests that were sent within it, whatever became of the entries that count them.
fn divide_lost_echoes(tally: &mut Tally, timeline: &Timeline, span: Option<(i64, i64)>) {
    let Some((start, end)) = span else { return };
    for lost in timeline.lost_echoes() {
        let entry = timeline.entries().get(lost.entry);
        let is_counted = entry.is_some_and(|entry| lies_in(entry.time(), span));
        let is_inside = (start..=end).contains(&lost.sent_ns);
        let Some(direction) = tally.directions.get_mut(lost.direction) else {
            continue;
        };
        let datagrams = direction.datagrams.get_or_insert_default();
        match (is_counted, is_inside) {
            (true, false) => {
                datagrams.echo_sent = datagrams.echo_sent.saturating_sub(1);
                datagrams.echo_lost = datagrams.echo_lost.saturating_sub(1);
            }
            (false, true) => {
                datagrams.echo_sent += 1;
                datagrams.echo_lost += 1;
            }
            _ => {}
        }
    }
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
