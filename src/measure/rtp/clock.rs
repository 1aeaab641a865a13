//! The clock that an RTP stream's timestamps tick by.

/// Ticks per second of a static payload type (RFC 3551 tables 4 and 5; types 1, 2 and 19 as RFC 1890 and its draft
/// had them); `None` for dynamic and unassigned types.
pub fn static_rate_hz(payload_type: u8) -> Option<u32> {
    match payload_type {
        0..=5 | 7..=9 | 12 | 13 | 15 | 18 | 19 => Some(8000),
        6 => Some(16_000),
        10 | 11 => Some(44_100),
        16 => Some(11_025),
        17 => Some(22_050),
        14 | 25 | 26 | 28 | 31..=34 => Some(90_000),
        _ => None,
    }
}

/// Rates that dynamic payload types are registered with.
const COMMON_HZ: [u32; 11] = [
    8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 90_000, 96_000,
];

/// Shortest stretch of a stream that a rate is inferred from.
const STRETCH_NS: i64 = 1_000_000_000;

/// Fewest packets in that stretch.
const STRETCH_PACKETS: u32 = 8;

/// Infers the rate of a dynamic payload type from how far the timestamps advance in a second of arrivals.
///
/// A session description would say it, but is rarely in the capture. One stretch of a second, or the first that is not
/// distorted (a sender that paused), fits one of the rates in common use to 3 %, since these are further apart than
/// that, or none; then the next stretch is tried.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClockInference {
    rate_hz: Option<u32>,
    stretch: Option<Stretch>,
}

#[derive(Debug, Clone, Copy)]
struct Stretch {
    payload_type: u8,
    began_ns: i64,
    timestamp: u32,
    packets: u32,
}

impl ClockInference {
    /// Takes the next packet of a dynamic payload type; gives the rate in ticks per second once it is known.
    pub fn rate_hz(&mut self, payload_type: u8, time_ns: i64, timestamp: u32) -> Option<u32> {
        let here = Stretch {
            payload_type,
            began_ns: time_ns,
            timestamp,
            packets: 1,
        };
        let stretch = self.stretch.get_or_insert(here);
        if stretch.payload_type != payload_type {
            *self = Self {
                rate_hz: None,
                stretch: Some(here),
            };
            return None;
        }
        if self.rate_hz.is_some() {
            return self.rate_hz;
        }
        let elapsed_ns = time_ns.saturating_sub(stretch.began_ns);
        stretch.packets = stretch.packets.saturating_add(1);
        if elapsed_ns >= STRETCH_NS && stretch.packets >= STRETCH_PACKETS {
            let ticks = timestamp.wrapping_sub(stretch.timestamp);
            self.rate_hz = common_rate_hz(ticks, elapsed_ns);
            self.stretch = Some(here);
        }
        self.rate_hz
    }

    /// The next timestamp has nothing to do with those so far. A rate that is known stays known.
    pub fn restart(&mut self) {
        self.stretch = None;
    }
}

/// The rate within 3 % of `ticks` per `elapsed_ns`.
fn common_rate_hz(ticks: u32, elapsed_ns: i64) -> Option<u32> {
    let ticks = i128::from(ticks) * 1_000_000_000;
    let elapsed = i128::from(elapsed_ns);
    COMMON_HZ.into_iter().find(|&hz| {
        let nominal = elapsed * i128::from(hz);
        (ticks - nominal).abs() * 100 <= nominal * 3
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets 20 ms apart, `ticks` apart in media time; `pause_ms` before packet 30. Number of the packet at which
    /// the rate is known, and the rate.
    fn inferred(ticks: u32, pause_ms: i64) -> Option<(i64, u32)> {
        let mut clock = ClockInference::default();
        (0..500).find_map(|n| {
            let time_ms = n * 20 + if n >= 30 { pause_ms } else { 0 };
            let timestamp = 4_294_960_000_u32.wrapping_add(n as u32 * ticks);
            Some((n, clock.rate_hz(111, time_ms * 1_000_000, timestamp)?))
        })
    }

    #[test]
    fn one_second_tells_the_rate_over_the_wrap_of_the_timestamp() {
        assert_eq!(inferred(960, 0), Some((50, 48_000)));
        assert_eq!(inferred(1800, 0), Some((50, 90_000)));
        assert_eq!(inferred(160, 0), Some((50, 8000)));
    }

    #[test]
    fn a_pause_spoils_one_second_only() {
        // The second with the pause ends at packet 35: 0.7 s of media; the next one is whole.
        assert_eq!(inferred(960, 300), Some((85, 48_000)));
    }

    #[test]
    fn timestamps_that_fit_no_rate_tell_nothing() {
        assert_eq!(inferred(0, 0), None);
        assert_eq!(inferred(20, 0), None, "milliseconds, as some senders write");
    }

    #[test]
    fn a_change_of_type_begins_again() {
        let mut clock = ClockInference::default();
        for n in 0..60 {
            clock.rate_hz(96, n * 20_000_000, n as u32 * 1800);
        }
        assert_eq!(clock.rate_hz(96, 1_200_000_000, 108_000), Some(90_000));
        assert_eq!(clock.rate_hz(97, 1_220_000_000, 0), None);
    }

    #[test]
    fn rates_of_rfc_3551() {
        // PCMU, GSM, DVI4 16k, L16 stereo, MPA, G.728, DVI4 11k and 22k, G.729, JPEG, H.261, MP2T, H.263.
        let types = [0, 3, 6, 10, 14, 15, 16, 17, 18, 26, 31, 33, 34];
        let rates = [
            8000, 8000, 16_000, 44_100, 90_000, 8000, 11_025, 22_050, 8000, 90_000, 90_000, 90_000, 90_000,
        ];
        assert_eq!(types.map(static_rate_hz), rates.map(Some));
        assert_eq!([20, 24, 35, 72, 96, 127].map(static_rate_hz), [None; 6]);
    }
}
