//! The figures of an RTP stream as `tshark -z rtp,streams` (4.0) prints them.
//!
//! They are kept for anybody who holds this program against Wireshark's window, and differ from RFC 3550 in points that
//! were found by comparing 10,000 random streams:
//!
//! - expected = last number - first number + 1 + 65536 for each wrap, so that duplicates hide losses and a loss may be
//!   negative; a wrap is believed when a number falls below the first one;
//! - a packet whose timestamp lies before the first packet's is counted, and otherwise passed over;
//! - maximum delta, mean and maximum jitter leave out packets with the marker bit, comfort noise (types 13 and 19) and
//!   the packet after comfort noise, while the jitter itself runs on; in the mean, each packet left out weighs as much
//!   as the others, with the mean so far as its value;
//! - a clock that is not a whole number of kHz is taken as one: 44,100 Hz count as 44 ticks a millisecond;
//! - types without a known clock have no jitter (tshark prints 0.000).
//!
//! One difference is left on purpose: timestamps are unwrapped here, whereas tshark takes those from 2^31 ticks after
//! the first (6.6 hours at 90 kHz) for earlier ones. Arithmetic is in doubles, milliseconds since the capture's first
//! frame, so that the last printed digit agrees.

use super::clock::static_rate_hz;
use super::header::Header;

/// Figures of one stream.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct WiresharkRtp {
    /// Packets, each copy counted.
    pub packets: u64,
    /// Packets that the sequence numbers tell of.
    pub expected: i64,
    /// `expected - packets`: negative where packets were captured twice.
    pub lost: i64,
    /// Mean interarrival jitter; `None` without a known clock (tshark prints 0.000).
    pub jitter_mean_ms: Option<f64>,
    /// Greatest interarrival jitter; `None` as before.
    pub jitter_max_ms: Option<f64>,
    /// Longest time between two packets; `None` where there is none to count (tshark prints 0.000).
    pub max_delta_ms: Option<f64>,
}

/// The running state behind [`WiresharkRtp`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Tap {
    packets: u64,
    first_sequence: u16,
    last_sequence: u16,
    cycles: i64,
    below_first: bool,
    last_type: u8,
    last_timestamp: u32,
    /// Ticks since the first packet's timestamp, unwrapped.
    ticks: i64,
    last_nominal_ms: f64,
    last_ms: f64,
    jitter_ms: f64,
    jitter_mean_ms: f64,
    jitter_max_ms: f64,
    has_jitter: bool,
    max_delta_ms: f64,
    has_delta: bool,
}

fn is_comfort_noise(payload_type: u8) -> bool {
    matches!(payload_type, 13 | 19)
}

impl Tap {
    /// The first packet, `since_start_ns` after the capture's first frame.
    pub fn new(header: &Header, since_start_ns: i64) -> Self {
        Self {
            packets: 1,
            first_sequence: header.sequence,
            last_sequence: header.sequence,
            cycles: 0,
            below_first: false,
            last_type: header.payload_type,
            last_timestamp: header.timestamp,
            ticks: 0,
            last_nominal_ms: 0.0,
            last_ms: milliseconds(since_start_ns),
            jitter_ms: 0.0,
            jitter_mean_ms: 0.0,
            jitter_max_ms: 0.0,
            has_jitter: false,
            max_delta_ms: 0.0,
            has_delta: false,
        }
    }

    /// The next packet in the file's order.
    pub fn packet(&mut self, header: &Header, since_start_ns: i64) {
        self.packets += 1;
        let follows_noise = is_comfort_noise(self.last_type);
        self.last_type = header.payload_type;
        let step = header.timestamp.wrapping_sub(self.last_timestamp) as i32;
        let ticks = self.ticks.saturating_add(i64::from(step));
        if ticks < 0 {
            self.last_sequence = header.sequence;
            return;
        }
        self.ticks = ticks;
        self.last_timestamp = header.timestamp;
        self.count_cycles(header.sequence);

        let now_ms = milliseconds(since_start_ns);
        let delta_ms = now_ms - self.last_ms;
        let clock_khz = static_rate_hz(header.payload_type).map(|hz| f64::from(hz / 1000));
        if let Some(clock_khz) = clock_khz {
            let nominal_ms = ticks as f64 / clock_khz;
            let due_ms = self.last_ms + (nominal_ms - self.last_nominal_ms);
            self.jitter_ms = (15.0 * self.jitter_ms + (now_ms - due_ms).abs()) / 16.0;
            self.last_nominal_ms = nominal_ms;
        }
        if !(header.marker || follows_noise || is_comfort_noise(header.payload_type)) {
            self.has_delta = true;
            self.max_delta_ms = self.max_delta_ms.max(delta_ms);
            if clock_khz.is_some() {
                // Weighted by all packets before this one but the first, also those that the mean leaves out.
                let before = (self.packets - 2) as f64;
                self.jitter_mean_ms = (self.jitter_mean_ms * before + self.jitter_ms) / (before + 1.0);
                self.jitter_max_ms = self.jitter_max_ms.max(self.jitter_ms);
                self.has_jitter = true;
            }
        }
        self.last_ms = now_ms;
        self.last_sequence = header.sequence;
    }

    fn count_cycles(&mut self, sequence: u16) {
        let wrapped_at_zero = sequence == 0 && self.last_sequence == u16::MAX;
        if !self.below_first && (sequence < self.first_sequence || wrapped_at_zero) {
            self.cycles += 1;
            self.below_first = true;
        } else if self.below_first && sequence > self.first_sequence {
            self.below_first = false;
        }
    }

    /// The figures so far.
    pub fn figures(&self) -> WiresharkRtp {
        let span = i64::from(self.last_sequence) - i64::from(self.first_sequence) + 1;
        let expected = span.saturating_add(self.cycles.saturating_mul(0x1_0000));
        let with_jitter = |value| self.has_jitter.then_some(value);
        WiresharkRtp {
            packets: self.packets,
            expected,
            lost: expected.saturating_sub_unsigned(self.packets),
            jitter_mean_ms: with_jitter(self.jitter_mean_ms),
            jitter_max_ms: with_jitter(self.jitter_max_ms),
            max_delta_ms: self.has_delta.then_some(self.max_delta_ms),
        }
    }
}

/// Seconds and their fraction apart, as a time difference stands there: sums of doubles depend on it.
fn milliseconds(since_start_ns: i64) -> f64 {
    (since_start_ns / 1_000_000_000) as f64 * 1000.0 + (since_start_ns % 1_000_000_000) as f64 / 1_000_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Time in microseconds, sequence, timestamp, payload type, marker.
    type Row = (i64, i64, i64, u8, bool);

    /// 20 packets of type 0, 20 ms apart, every third one 0.5 and 1 ms late.
    fn base() -> Vec<Row> {
        (0..20)
            .map(|i| (i * 20_000 + i % 3 * 500, 100 + i, 160 * i, 0, false))
            .collect()
    }

    fn changed(change: impl Fn(usize, &mut Row)) -> Vec<Row> {
        let mut rows = base();
        rows.iter_mut().enumerate().for_each(|(i, row)| change(i, row));
        rows
    }

    /// "packets lost max-delta mean-jitter max-jitter", as tshark prints them.
    fn printed(rows: &[Row]) -> String {
        let mut tap: Option<Tap> = None;
        for &(time_us, sequence, timestamp, payload_type, marker) in rows {
            let header = Header {
                marker,
                payload_type,
                sequence: sequence as u16,
                timestamp: timestamp as u32,
                ssrc: 0x1234,
            };
            match &mut tap {
                Some(tap) => tap.packet(&header, time_us * 1000),
                None => tap = Some(Tap::new(&header, time_us * 1000)),
            }
        }
        let f = tap.unwrap().figures();
        let [delta, mean, max] = [f.max_delta_ms, f.jitter_mean_ms, f.jitter_max_ms].map(Option::unwrap_or_default);
        format!("{} {} {delta:.3} {mean:.3} {max:.3}", f.packets, f.lost)
    }

    // What stands on the right in the tests below is the output of tshark 4.0.17 for a capture of the same packets.

    #[test]
    fn static_types_by_their_clock() {
        let of = |payload_type| printed(&changed(|_, row| row.3 = payload_type));
        assert_eq!(of(0), "20 0 20.500 0.289 0.468");
        assert_eq!(of(6), "20 0 20.500 4.440 7.076");
        assert_eq!(of(10), "20 0 20.500 7.253 11.573");
        assert_eq!(of(16), "20 0 20.500 2.430 3.864");
        assert_eq!(of(17), "20 0 20.500 5.646 9.003");
        assert_eq!(of(33), "20 0 20.500 8.075 12.886");
        assert_eq!(of(19), "20 0 0.000 0.000 0.000", "comfort noise alone");
        assert_eq!(of(96), "20 0 20.500 0.000 0.000", "no clock");
    }

    #[test]
    fn a_type_without_a_clock_has_no_jitter_rather_than_none_of_it() {
        let header = Header {
            marker: false,
            payload_type: 96,
            sequence: 1,
            timestamp: 0,
            ssrc: 1,
        };
        let mut tap = Tap::new(&header, 0);
        assert_eq!(tap.figures().max_delta_ms, None);
        tap.packet(&Header { sequence: 2, ..header }, 20_000_000);
        let figures = tap.figures();
        assert_eq!(
            (figures.jitter_mean_ms, figures.jitter_max_ms, figures.max_delta_ms),
            (None, None, Some(20.0))
        );
    }

    #[test]
    fn marker_bits_and_comfort_noise_stay_out_of_mean_and_maximum() {
        let late_from = |at| move |i: usize, row: &mut Row| row.0 += if i >= at { 30_000 } else { 0 };
        assert_eq!(printed(&changed(late_from(10))), "20 0 50.500 1.040 2.186");
        let marked = changed(|i, row| {
            late_from(10)(i, row);
            row.4 = i == 10;
        });
        assert_eq!(printed(&marked), "20 0 20.500 0.933 2.081");
        let noise = |late| {
            changed(move |i, row| {
                late_from(late)(i, row);
                row.3 = if i == 10 { 13 } else { 0 };
            })
        };
        assert_eq!(printed(&noise(10)), "20 0 20.500 0.833 2.013");
        assert_eq!(printed(&noise(11)), "20 0 20.500 0.870 2.123");
        assert_eq!(printed(&changed(|_, row| row.4 = true)), "20 0 0.000 0.000 0.000");
    }

    #[test]
    fn a_change_of_type_changes_the_clock() {
        let typed = |payload_type: u8| {
            printed(&changed(move |i, row| {
                row.3 = if (10..13).contains(&i) { payload_type } else { 0 }
            }))
        };
        assert_eq!(typed(101), "20 0 20.500 1.372 3.999");
        assert_eq!(typed(14), "20 0 20.500 9.781 25.313");
    }

    #[test]
    fn losses_copies_and_late_packets() {
        let b = base();
        let without = |gone: usize| printed(&[&b[..gone], &b[gone + 1..]].concat());
        assert_eq!(without(10), "19 1 41.000 0.295 0.479");
        let copy = (b[9].0 + 100, b[9].1, b[9].2, 0, false);
        assert_eq!(
            printed(&[&b[..10], &[copy], &b[10..]].concat()),
            "21 -1 20.500 0.282 0.458"
        );
        let swapped = [
            (b[9].0, b[10].1, b[10].2, 0, false),
            (b[10].0, b[9].1, b[9].2, 0, false),
        ];
        assert_eq!(
            printed(&[&b[..9], &swapped, &b[11..]].concat()),
            "20 0 20.500 2.265 4.953"
        );
        let first_late = [b[1], (b[1].0 + 5, b[0].1, b[0].2, 0, false)];
        assert_eq!(printed(&[&first_late, &b[2..]].concat()), "20 -1 20.500 0.270 0.458");
        assert_eq!(printed(&b[..2]), "2 0 20.500 0.031 0.031");
    }

    #[test]
    fn numbers_and_timestamps_wrap() {
        let wrap = changed(|i, row| row.1 = 65_530 + i as i64);
        assert_eq!(printed(&wrap), "20 0 20.500 0.289 0.468");
        let without = |gone: usize| printed(&[&wrap[..gone], &wrap[gone + 1..]].concat());
        assert_eq!(without(5), "19 1 39.500 0.268 0.445", "65535 is missing");
        assert_eq!(without(6), "19 1 39.500 0.268 0.445", "0 is missing");
        assert_eq!(
            printed(&changed(|_, row| row.2 += (1 << 32) - 800)),
            "20 0 20.500 0.289 0.468"
        );
    }

    #[test]
    fn a_new_start_is_a_great_loss_to_tshark() {
        let up = changed(|i, row| row.1 = if i < 10 { row.1 } else { 30_000 + i as i64 });
        assert_eq!(printed(&up), "20 29900 20.500 0.289 0.468");
        let down = changed(|i, row| row.1 = if i < 10 { 30_000 + i as i64 } else { i as i64 });
        assert_eq!(printed(&down), "20 35536 20.500 0.289 0.468");
    }

    #[test]
    fn timestamps_that_repeat_or_go_back_and_time_that_does() {
        assert_eq!(
            printed(&changed(|i, row| row.2 = 160 * (i as i64 / 2))),
            "20 0 20.500 4.755 7.744"
        );
        assert_eq!(
            printed(&changed(|i, row| row.2 -= if i == 10 { 480 } else { 0 })),
            "20 0 20.500 3.159 7.526"
        );
        assert_eq!(
            printed(&changed(|i, row| row.0 -= if i == 10 { 25_000 } else { 0 })),
            "20 0 45.500 1.469 3.292"
        );
    }
}
