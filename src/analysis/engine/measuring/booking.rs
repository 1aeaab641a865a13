//! The pairs' series: frames, losses that were none, and what became of echo requests.

use super::Measurer;
use crate::analysis::quality::bin_of;
use crate::measure::echo::EchoOutcome;
use crate::measure::tally::FrameSample;
use crate::measure::tcp::loss::Spurious;
use crate::measure::tcp::standard::RttSample;
use crate::options::TimePoint;

impl Measurer {
    /// Adds a frame to its pair. `opens`: a span may begin with it; `carries_state`: as the timeline takes it. False
    /// where it has no place in the pair's series.
    pub(super) fn book(&mut self, pair: u32, sample: &FrameSample, bin: i64, opens: bool, carries_state: bool) -> bool {
        let Some(pair) = self.pairs.get_mut(pair) else {
            return false;
        };
        let plain = &sample.plain;
        if outside(self.from, self.to, self.start_ns, plain.time_ns) {
            self.outside_time.0 += 1;
            self.outside_time.1 += plain.wire_bytes;
            return false;
        }
        pair.packets[plain.direction] += 1;
        pair.wire_bytes[plain.direction] += plain.wire_bytes;
        if pair.dropped {
            return false;
        }
        pair.timeline.enter(self.stage);
        if opens {
            pair.timeline.cut();
        }
        pair.timeline.record(sample, bin, carries_state);
        true
    }

    /// Books losses back that a DSACK has shown to be none; the segment that told of it, or was one of them, went in
    /// `direction`.
    pub(super) fn take_back(&mut self, pair: u32, direction: usize, spurious: &Spurious) {
        let resent_bin = bin_of(spurious.resent_ns, self.start_ns, self.interval_ns);
        let direction = direction ^ usize::from(!spurious.own);
        if let Some(pair) = self.pairs.get_mut(pair) {
            pair.timeline.take_back(spurious, resent_bin, direction);
        }
    }

    /// To be called once, after the last block; `end_ns` is the latest time of a frame.
    pub(in crate::analysis::engine) fn finish(&mut self, end_ns: i64) {
        self.echo.finish(end_ns, &mut self.echo_events);
        self.book_echo();
        self.pairs.settle();
    }

    /// Books what became of echo requests: sent and lost in the second of the request, the round trip in that of the
    /// reply.
    pub(super) fn book_echo(&mut self) {
        if self.echo_events.is_empty() {
            return;
        }
        for event in self.echo_events.drain(..) {
            let Some(course) = self.courses.get(event.conversation as usize) else {
                continue;
            };
            let direction = course.pair_direction(event.direction);
            let Some(pair) = self.pairs.get_mut(course.pair) else {
                continue;
            };
            let bin = |time_ns: i64| bin_of(time_ns, self.start_ns, self.interval_ns);
            let (sent_ns, lost) = (event.sent_ns, event.outcome == EchoOutcome::Lost);
            if let Some(tally) = pair.timeline.datagrams_mut(sent_ns, bin(sent_ns), direction) {
                tally.echo_sent += 1;
                tally.echo_lost += u64::from(lost);
            }
            if lost {
                pair.timeline.note_lost_echo(sent_ns, bin(sent_ns), direction);
            }
            if let EchoOutcome::Answered {
                received_ns,
                rtt_ns,
                change_ns,
            } = event.outcome
                && let Some(tally) = pair.timeline.datagrams_mut(received_ns, bin(received_ns), direction)
            {
                tally.echo_rtt.record(&RttSample { rtt_ns, change_ns });
                pair.timeline.record_echo(received_ns, rtt_ns, direction);
            }
        }
    }
}

fn outside(from: Option<TimePoint>, to: Option<TimePoint>, start_ns: Option<i64>, time_ns: i64) -> bool {
    let absolute = |point: TimePoint| match point {
        TimePoint::Absolute(ns) => ns,
        TimePoint::Relative(ns) => start_ns.unwrap_or(0).saturating_add(ns),
    };
    from.is_some_and(|from| time_ns < absolute(from)) || to.is_some_and(|to| time_ns >= absolute(to))
}
