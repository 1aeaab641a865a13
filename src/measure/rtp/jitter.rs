//! Interarrival jitter (RFC 3550 section 6.4.1).

/// The running estimate of one stream.
#[derive(Debug, Clone, Copy, Default)]
pub struct Jitter {
    /// Arrival and media time of the packet before.
    last: Option<(i64, u32)>,
    last_rate_hz: Option<u32>,
    jitter_ns: f64,
}

impl Jitter {
    /// The next packet: its arrival, its timestamp, and the ticks per second that the timestamp counts. Gives the
    /// estimate in nanoseconds, from the second packet on; `None` without a clock, or where the clock has changed
    /// since the packet before, so that the two timestamps cannot be compared.
    pub fn packet(&mut self, time_ns: i64, timestamp: u32, rate_hz: Option<u32>) -> Option<u64> {
        let before = self.last.replace((time_ns, timestamp));
        let same_clock = self.last_rate_hz == rate_hz;
        self.last_rate_hz = rate_hz;
        let ((last_ns, last_timestamp), rate_hz) = before.zip(rate_hz).filter(|_| same_clock)?;
        // D(i,j) = (Rj - Ri) - (Sj - Si); the timestamps' difference is small and may be negative, over any wrap.
        let arrival_ns = i128::from(time_ns) - i128::from(last_ns);
        let ticks = timestamp.wrapping_sub(last_timestamp) as i32;
        let media_ns = f64::from(ticks) * 1e9 / f64::from(rate_hz);
        let difference_ns = (arrival_ns as f64 - media_ns).abs();
        self.jitter_ns += (difference_ns - self.jitter_ns) / 16.0;
        Some(self.jitter_ns.round() as u64)
    }

    /// Forgets the packet before: the next one starts another sequence of timestamps. The estimate stays.
    pub fn restart(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    #[test]
    fn evenly_spaced_packets_have_none() {
        let mut jitter = Jitter::default();
        assert_eq!(
            jitter.packet(0, 4_294_967_200, Some(8000)),
            None,
            "one packet has nothing to differ from"
        );
        let over_the_wrap = jitter.packet(20 * MS, 64, Some(8000));
        assert_eq!(over_the_wrap, Some(0));
    }

    #[test]
    fn one_sixteenth_of_each_difference_is_taken_over() {
        // 20 ms of media time each; arrivals at 0, 28, 40, 60 ms: |D| = 8, 8, 0.
        // J = 8/16 = 0.5; 0.5 + 7.5/16 = 0.96875; 0.96875 * 15/16 = 0.908203125 ms.
        let mut jitter = Jitter::default();
        let estimates: Vec<_> = [0, 28, 40, 60]
            .iter()
            .zip(0..)
            .map(|(&at, n)| jitter.packet(at * MS, n * 160, Some(8000)))
            .collect();
        assert_eq!(estimates, [None, Some(500_000), Some(968_750), Some(908_203)]);
    }

    #[test]
    fn a_rate_that_is_no_whole_number_of_khz_is_exact() {
        // 441 ticks of 44,100 Hz are 10 ms.
        let mut jitter = Jitter::default();
        let last = (0..100)
            .filter_map(|n| jitter.packet(n * 10 * MS, n as u32 * 441, Some(44_100)))
            .last();
        assert_eq!(last, Some(0));
    }

    #[test]
    fn packets_of_different_clocks_are_not_compared() {
        let mut jitter = Jitter::default();
        jitter.packet(0, 0, Some(8000));
        assert_eq!(jitter.packet(20 * MS, 160, None), None);
        assert_eq!(jitter.packet(40 * MS, 320, Some(8000)), None);
        assert_eq!(jitter.packet(60 * MS, 480, Some(8000)), Some(0));
        jitter.restart();
        assert_eq!(jitter.packet(80 * MS, 0, Some(8000)), None);
    }
}
