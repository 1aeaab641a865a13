//! From tallies to figures: both families over any set of entries.

use crate::figure::{Figure, Reason};
use crate::measure::histogram::Histogram;
use crate::measure::tally::{DirectionTally, RttSum, Tally, WiresharkTally};
use crate::measure::tcp::loss::Side;
use crate::options::{GradedDirection, WiresharkJitter};
use crate::summary::{Method, Percentiles, RttFigures, Standard, Wireshark};

const NS_PER_S: f64 = 1e9;
const NS_PER_MS: f64 = 1e6;

/// The totals of the graded direction, and which half-path its data takes.
#[derive(Debug, Clone)]
pub struct Graded {
    /// Totals of the graded direction; of both added up for `both`.
    pub totals: DirectionTally,
    /// RTT from the capture point towards the receiver and towards the sender of the graded direction.
    halves: [HalfPath; 2],
}

#[derive(Debug, Clone, Copy, Default)]
struct HalfPath {
    data_ack: RttSum,
    timestamps: RttSum,
}

/// Which of the two RTT methods a half-path rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RttMethod {
    DataAck,
    Timestamps,
}

impl HalfPath {
    /// Data and ACK where they are the richer source, timestamps otherwise: a half-path that carries nothing but
    /// acknowledgements has a few samples from the connection's beginning, and thousands of timestamps.
    fn method(&self) -> Option<RttMethod> {
        let (data_ack, timestamps) = (self.data_ack.rtt.count, self.timestamps.rtt.count);
        if data_ack == 0 && timestamps == 0 {
            None
        } else if data_ack >= timestamps {
            Some(RttMethod::DataAck)
        } else {
            Some(RttMethod::Timestamps)
        }
    }

    fn sum(&self, method: RttMethod) -> &RttSum {
        match method {
            RttMethod::DataAck => &self.data_ack,
            RttMethod::Timestamps => &self.timestamps,
        }
    }
}

impl Graded {
    /// The part of `tally` that `direction` grades; `forward` is the pair's direction from source to target.
    pub fn of(tally: &Tally, direction: GradedDirection, forward: usize) -> Self {
        let reverse = 1 - forward;
        let graded = match direction {
            GradedDirection::Reverse => reverse,
            GradedDirection::Forward | GradedDirection::Both => forward,
        };
        let [to_receiver, to_sender] = [graded, 1 - graded].map(|index| HalfPath {
            data_ack: tally.directions[index].data_ack,
            timestamps: tally.directions[index].timestamps,
        });
        let mut totals = tally.directions[graded].clone();
        if direction == GradedDirection::Both {
            totals.merge(&tally.directions[1 - graded]);
        }
        Self {
            totals,
            halves: [to_receiver, to_sender],
        }
    }

    /// Loss in percent: all of it, upstream, downstream; and what it was measured on.
    pub fn loss_pct(&self) -> ([Figure; 3], Option<Method>) {
        let totals = &self.totals;
        let sent = totals.tcp_sent();
        if sent > 0 {
            let pct = |bytes: u64| Figure::Value(bytes as f64 * 100.0 / sent as f64);
            let (upstream, downstream) = (totals.lost(Side::Upstream), totals.lost(Side::Downstream));
            return (
                [pct(upstream + downstream), pct(upstream), pct(downstream)],
                Some(Method::TcpRetransmission),
            );
        }
        let no_split = Figure::Absent(Reason::NothingToLose);
        if let Some(datagrams) = &totals.datagrams {
            if datagrams.rtp_expected > 0 {
                let lost = datagrams.rtp_expected.saturating_sub(datagrams.rtp_received);
                let pct = lost as f64 * 100.0 / datagrams.rtp_expected as f64;
                return ([Figure::Value(pct), no_split, no_split], Some(Method::Rtp));
            }
            if datagrams.echo_sent > 0 {
                let pct = datagrams.echo_lost as f64 * 100.0 / datagrams.echo_sent as f64;
                return ([Figure::Value(pct), no_split, no_split], Some(Method::Echo));
            }
        }
        let reason = if totals.packets == 0 {
            Reason::NoPackets
        } else {
            Reason::NothingToLose
        };
        ([Figure::Absent(reason); 3], None)
    }

    /// Mean RTT in ns of the whole path, what it rests on, and the two half-paths. A half-path without a sample in
    /// `self` takes its mean from `whole`, the totals of the run.
    pub fn rtt_ns(&self, whole: &Self) -> (Option<f64>, Option<Method>, [Option<f64>; 2]) {
        let own = [0, 1].map(|half| {
            whole.halves[half]
                .method()
                .map(|method| self.halves[half].sum(method).rtt)
        });
        let means = [0, 1].map(|half| {
            own[half].as_ref().and_then(|sum| sum.mean_ns()).or_else(|| {
                let method = whole.halves[half].method()?;
                whole.halves[half].sum(method).rtt.mean_ns()
            })
        });
        let any_own = own.iter().flatten().any(|sum| sum.count > 0);
        if any_own {
            let sum = means.iter().flatten().sum();
            return (
                Some(sum),
                whole.leading_half().map(|(_, method)| method_of(method)),
                means,
            );
        }
        let echo = self
            .totals
            .datagrams
            .as_ref()
            .and_then(|datagrams| datagrams.echo_rtt.rtt.mean_ns());
        let tcp_anywhere = whole.halves.iter().any(|half| half.method().is_some());
        match echo {
            Some(mean) if !tcp_anywhere => (Some(mean), Some(Method::Echo), [Some(mean), None]),
            _ => (None, None, [None, None]),
        }
    }

    /// The half-path that takes more of the round trip, and its method.
    fn leading_half(&self) -> Option<(usize, RttMethod)> {
        let candidate = |half: usize| {
            let method = self.halves[half].method()?;
            Some((self.halves[half].sum(method).rtt.mean_ns()?, half, method))
        };
        let leading = [candidate(0), candidate(1)].into_iter().flatten();
        leading
            .max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)))
            .map(|(_, half, method)| (half, method))
    }

    /// Jitter in ns and what it rests on.
    pub fn jitter_ns(&self, whole: &Self) -> (Option<f64>, Option<Method>) {
        let tcp_anywhere = whole.halves.iter().any(|half| half.method().is_some());
        if tcp_anywhere {
            let variations = [0, 1].map(|half| {
                let method = whole.halves[half].method()?;
                let sum = self.halves[half].sum(method);
                (sum.changes > 0).then(|| sum.change_sum_ns as f64 / sum.changes as f64 / 2.0)
            });
            let any = variations.iter().any(Option::is_some);
            return if any {
                (Some(variations.iter().flatten().sum()), Some(Method::TcpRttVariation))
            } else {
                (None, None)
            };
        }
        let Some(datagrams) = &self.totals.datagrams else {
            return (None, None);
        };
        if let Some(mean) = datagrams.rtp_jitter.mean_ns() {
            return (Some(mean), Some(Method::Rtp));
        }
        let echo = &datagrams.echo_rtt;
        if echo.changes > 0 {
            let mean = echo.change_sum_ns as f64 / echo.changes as f64 / 2.0;
            return (Some(mean), Some(Method::Echo));
        }
        (None, None)
    }

    fn why_no_rtt(&self, both_directions: bool) -> Reason {
        if self.totals.packets == 0 {
            Reason::NoPackets
        } else if both_directions {
            Reason::NoRttSamples
        } else {
            Reason::OneDirectionOnly
        }
    }
}

fn method_of(method: RttMethod) -> Method {
    match method {
        RttMethod::DataAck => Method::TcpDataAck,
        RttMethod::Timestamps => Method::TcpTimestamps,
    }
}

/// Distributions over a span, by half-path towards the pair's second and first host, then by method.
pub type Distributions = [[Histogram; 2]; 2];

/// What [`standard`] needs besides the totals.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// Which direction is graded.
    pub direction: GradedDirection,
    /// The pair's direction from source to target.
    pub forward: usize,
    /// RTT distributions over the span.
    pub distributions: &'a Distributions,
    /// Distributions of echo round trips, by the direction of the request.
    pub echo: &'a [Histogram; 2],
    /// Throughput of the full bins in the span, bit/s.
    pub bin_throughput_bps: Vec<f64>,
    /// Bytes acknowledged but never captured.
    pub missing_bytes: u64,
}

/// The standard family over `tally`. Also gives the delay's distribution: (low, high, count) in ns.
pub fn standard(tally: &Tally, context: &Context<'_>) -> (Standard, Vec<(u64, u64, u64)>) {
    let graded = Graded::of(tally, context.direction, context.forward);
    let totals = &graded.totals;
    let active_ns = span_ns(tally);
    let why = rate_reason(tally);
    let rate = |bytes: u64| Figure::ratio(bytes as f64 * 8.0 * NS_PER_S, active_ns as f64, why);
    let ([loss_pct, loss_upstream_pct, loss_downstream_pct], loss_method) = graded.loss_pct();
    let both_directions = tally.directions.iter().all(|direction| direction.packets > 0);
    let absent = Figure::Absent(graded.why_no_rtt(both_directions));
    let (rtt_ns, delay_method, halves_ns) = graded.rtt_ns(&graded);
    let (jitter_ns, jitter_method) = graded.jitter_ns(&graded);
    let ms = |ns: Option<f64>, absent: Figure| ns.map_or(absent, |ns| Figure::Value(ns / NS_PER_MS));
    let few = match absent {
        Figure::Absent(Reason::NoRttSamples) if rtt_ns.is_some() => Figure::Absent(Reason::TooFewSamples),
        other => other,
    };
    let graded_index = match context.direction {
        GradedDirection::Reverse => 1 - context.forward,
        _ => context.forward,
    };
    let half_histograms = |half: usize| &context.distributions[if half == 0 { graded_index } else { 1 - graded_index }];
    let leading = graded.leading_half();
    let leading_histogram = match (leading, delay_method) {
        (Some((half, method)), _) => Some(&half_histograms(half)[method as usize]),
        (None, Some(Method::Echo)) => context.echo.get(graded_index),
        (None, _) => None,
    };
    let other_ns = leading.and_then(|(half, _)| halves_ns[1 - half]).unwrap_or(0.0);
    let delay_of = |rtt_ns: u64| (rtt_ns as f64 + other_ns) / 2.0 / NS_PER_MS;
    let percentile = |p: f64| {
        leading_histogram
            .and_then(|histogram| histogram.percentile(p))
            .map_or(absent, |ns| Figure::Value(delay_of(ns)))
    };
    let delay_ms_percentiles = Percentiles {
        p50: percentile(50.0),
        p95: percentile(95.0),
        p99: percentile(99.0),
        p999: percentile(99.9),
    };
    let least_ns = match leading {
        Some((half, method)) => Some(graded.halves[half].sum(method).rtt.min_ns),
        None => leading_histogram.and_then(Histogram::min),
    };
    let least_ms = least_ns.map(delay_of);
    let pdv_ms = match (delay_ms_percentiles.p999, least_ms) {
        (Figure::Value(p999), Some(least)) => Figure::Value((p999 - least).max(0.0)),
        (other, _) => other,
    };
    let buckets = leading_histogram.map_or_else(Vec::new, |histogram| {
        let shifted = |ns: u64| (ns as f64 + other_ns) as u64 / 2;
        histogram
            .buckets()
            .map(|bucket| (shifted(bucket.low), shifted(bucket.high), bucket.count))
            .collect()
    });
    let figures = Standard {
        throughput_bps: rate(totals.ip_bytes),
        wire_throughput_bps: rate(totals.wire_bytes),
        goodput_bps: rate(totals.unique_payload),
        throughput_spread_bps: spread(context.bin_throughput_bps.clone()),
        loss_pct,
        loss_upstream_pct,
        loss_downstream_pct,
        delay_ms: ms(rtt_ns.map(|rtt| rtt / 2.0), absent),
        jitter_ms: ms(jitter_ns, few),
        rtt_ms: ms(rtt_ns, absent),
        rtt_halves_ms: halves_ns.map(|half| ms(half, absent)),
        rtt_data_ack: rtt_figures(&graded.halves[0].data_ack, Some(&half_histograms(0)[0]), absent),
        rtt_timestamps: rtt_figures(&graded.halves[0].timestamps, Some(&half_histograms(0)[1]), absent),
        delay_ms_percentiles,
        pdv_ms,
        capture_missing_bytes: context.missing_bytes,
        spurious_bytes: totals.spurious_upstream + totals.spurious_downstream,
        delay_method,
        jitter_method,
        loss_method,
        ip_bytes: totals.ip_bytes,
        packets: totals.packets,
        active_s: active_ns as f64 / NS_PER_S,
    };
    (figures, buckets)
}

/// RTT samples as figures.
pub fn rtt_figures(sum: &RttSum, histogram: Option<&Histogram>, absent: Figure) -> RttFigures {
    let ms = |ns: Option<f64>| ns.map_or(absent, |ns| Figure::Value(ns / NS_PER_MS));
    let some = sum.rtt.count > 0;
    let percentile = |p: f64| {
        histogram
            .and_then(|histogram| histogram.percentile(p))
            .map(|ns| ns as f64)
    };
    RttFigures {
        samples: sum.rtt.count,
        min: ms(some.then_some(sum.rtt.min_ns as f64)),
        mean: ms(sum.rtt.mean_ns()),
        median: ms(percentile(50.0)),
        p95: ms(percentile(95.0)),
        max: ms(some.then_some(sum.rtt.max_ns as f64)),
    }
}

/// The Wireshark family over `tally`.
pub fn wireshark(tally: &WiresharkTally, form: WiresharkJitter) -> Wireshark {
    let packets = tally.packets as f64;
    let span_ns = tally.delta_sum_ns() as f64;
    let few = if tally.packets == 0 {
        Reason::NoPackets
    } else if span_ns < 0.0 {
        Reason::TimeBackwards
    } else {
        Reason::SinglePacket
    };
    let change_ns = tally.end_deltas_ns().map(|(first, last)| match form {
        WiresharkJitter::Abs => tally.abs_change_ns as f64,
        // Consecutive differences telescope to the last less the first.
        WiresharkJitter::Signed => last as f64 - first as f64,
        // 2 d(i+1) - d(i) over all i: twice all but the first, less all but the last.
        WiresharkJitter::Spreadsheet => 2.0 * (span_ns - first as f64) - (span_ns - last as f64),
    });
    Wireshark {
        throughput_bps: Figure::ratio(tally.wire_bytes as f64 * 8.0 * NS_PER_S, span_ns.max(0.0), few),
        loss_pct: Figure::ratio(tally.lost_segments as f64 * 100.0, packets, Reason::NoPackets),
        delay_ms: if tally.packets > 1 && span_ns >= 0.0 {
            Figure::Value(span_ns / packets / NS_PER_MS)
        } else {
            Figure::Absent(few)
        },
        jitter_ms: match change_ns {
            Some(change_ns) if tally.packets > 2 => Figure::Value(change_ns / (packets - 1.0) / NS_PER_MS),
            _ if tally.packets > 1 => Figure::Absent(Reason::TooFewSamples),
            _ => Figure::Absent(few),
        },
        packets: tally.packets,
        lost_segments: tally.lost_segments,
    }
}

/// First to last frame of either direction, ns.
fn span_ns(tally: &Tally) -> i64 {
    let [mut time, other] = [0, 1].map(|direction| tally.directions[direction].time);
    time.merge(&other);
    time.get().map_or(0, |(first, last)| last.saturating_sub(first))
}

fn rate_reason(tally: &Tally) -> Reason {
    if tally.directions.iter().all(|direction| direction.packets == 0) {
        Reason::NoPackets
    } else {
        Reason::SinglePacket
    }
}

/// 5th percentile, median, 95th percentile (nearest rank) and maximum.
fn spread(mut values: Vec<f64>) -> [Figure; 4] {
    values.sort_by(f64::total_cmp);
    let rank = |p: f64| {
        let index = (p * values.len() as f64).ceil() as usize;
        values
            .get(index.saturating_sub(1))
            .map_or(Figure::Absent(Reason::NoPackets), |&value| Figure::Value(value))
    };
    [rank(0.05), rank(0.5), rank(0.95), rank(1.0)]
}
