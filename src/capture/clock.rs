//! From an interface's ticks to nanoseconds since the epoch, in integers.

const NS_PER_SECOND: u64 = 1_000_000_000;

/// How the timestamps of one pcapng interface are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    ticks_per_second: u64,
    offset_s: i64,
    /// `offset_s` in nanoseconds, where that fits.
    offset_ns: Option<i64>,
    scale: Scale,
}

/// Every resolution that pcapng can name is a power of ten or of two, and each has a short way to nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    /// A whole number of nanoseconds a tick.
    Multiply(u64),
    /// A whole number of ticks a nanosecond.
    Divide(u64),
    /// 2^n ticks a second.
    Shift(u32),
}

impl Clock {
    /// `if_tsresol` as its byte says (pcapng, section 4.2: the top bit chooses base 2) and `if_tsoffset` in seconds.
    pub(super) fn new(resolution: u8, offset_s: i64) -> Self {
        let exponent = u32::from(resolution & 0x7f);
        let binary = resolution & 0x80 != 0;
        let ticks_per_second = if binary {
            1_u64.checked_shl(exponent)
        } else {
            10_u64.checked_pow(exponent)
        };
        let scale = match ticks_per_second {
            Some(ticks) if NS_PER_SECOND.is_multiple_of(ticks) => Scale::Multiply(NS_PER_SECOND / ticks),
            _ if binary => Scale::Shift(exponent),
            // From 10^29 ticks a second on, 64 bits of them do not fill a nanosecond.
            _ => Scale::Divide(10_u64.checked_pow(exponent.saturating_sub(9)).unwrap_or(u64::MAX)),
        };
        Self {
            ticks_per_second: ticks_per_second.unwrap_or(u64::MAX),
            offset_s,
            offset_ns: offset_s.checked_mul(NS_PER_SECOND as i64),
            scale,
        }
    }

    /// As many as 64 bits can say: `u64::MAX` stands for more.
    pub(super) fn ticks_per_second(&self) -> u64 {
        self.ticks_per_second
    }

    pub(super) fn offset_s(&self) -> i64 {
        self.offset_s
    }

    /// Nanoseconds since the epoch, rounded down; `None` beyond what 64 bits hold (the year 2262).
    /// Nanoseconds since the epoch, rounded down; `None` beyond what 64 bits hold (the year 2262).
    #[inline]
    pub(super) fn to_ns(self, ticks: u64) -> Option<i64> {
        let ns = match self.scale {
            Scale::Multiply(factor) => ticks.checked_mul(factor),
            Scale::Divide(divisor) => Some(ticks / divisor),
            Scale::Shift(bits) => u64::try_from((u128::from(ticks) * u128::from(NS_PER_SECOND)) >> bits).ok(),
        };
        if let (Some(ns), Some(offset_ns)) = (ns, self.offset_ns)
            && let Ok(ns) = i64::try_from(ns)
            && let Some(sum) = ns.checked_add(offset_ns)
        {
            return Some(sum);
        }
        self.to_ns_wide(ticks)
    }

    /// For times and offsets that come to something that 64 bits hold only in sum.
    #[cold]
    fn to_ns_wide(self, ticks: u64) -> Option<i64> {
        // Below 2^64 * 2^30 all of them, and the offset is below 2^63 * 2^30.
        let ns = match self.scale {
            Scale::Multiply(factor) => i128::from(ticks) * i128::from(factor),
            Scale::Divide(divisor) => i128::from(ticks / divisor),
            Scale::Shift(bits) => (i128::from(ticks) * i128::from(NS_PER_SECOND)) >> bits,
        };
        i64::try_from(ns + i128::from(self.offset_s) * i128::from(NS_PER_SECOND)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_ten_are_exact() {
        // 1,700,000,000.000005 s in each resolution that can say it, or rounded down in those that cannot.
        for (resolution, ticks, ns) in [
            (0, 1_700_000_000, 1_700_000_000_000_000_000),
            (3, 1_700_000_000_000, 1_700_000_000_000_000_000),
            (6, 1_700_000_000_000_005, 1_700_000_000_000_005_000),
            (8, 170_000_000_000_000_500, 1_700_000_000_000_005_000),
            (9, 1_700_000_000_000_005_001, 1_700_000_000_000_005_001),
            (10, 17_000_000_000_000_050_019, 1_700_000_000_000_005_001),
            (12, 1_700_000_005_999, 1_700_000_005),
        ] {
            assert_eq!(Clock::new(resolution, 0).to_ns(ticks), Some(ns), "10^-{resolution}");
        }
    }

    #[test]
    fn powers_of_two_are_exact() {
        // 5/1024 s = 4.8828125 ms; 1.5 s in 2^32 ticks; 1,700,000,000 s and 3/4 in 2^9 ticks.
        assert_eq!(Clock::new(0x8a, 0).to_ns(5), Some(4_882_812));
        assert_eq!(Clock::new(0xa0, 0).to_ns(0x1_8000_0000), Some(1_500_000_000));
        assert_eq!(
            Clock::new(0x89, 0).to_ns(1_700_000_000 * 512 + 384),
            Some(1_700_000_000_750_000_000)
        );
        assert_eq!(Clock::new(0x8a, 0).ticks_per_second(), 1024);
        // The last bit that counts: 2^63 ticks a second, 2^62 ticks.
        assert_eq!(Clock::new(0xbf, 0).to_ns(1 << 62), Some(500_000_000));
    }

    #[test]
    fn the_offset_is_added_and_may_take_a_time_before_the_epoch() {
        assert_eq!(Clock::new(6, 3600).to_ns(5), Some(3_600_000_005_000));
        assert_eq!(Clock::new(6, -3600).to_ns(5), Some(-3_599_999_995_000));
        assert_eq!(Clock::new(6, i64::MIN).to_ns(5), None);
        // 10^10 s do not fit, 10^10 - 9,000,000,000 do.
        assert_eq!(
            Clock::new(0, -9_000_000_000).to_ns(10_000_000_000),
            Some(1_000_000_000_000_000_000)
        );
    }

    #[test]
    fn a_time_beyond_2262_is_none() {
        assert_eq!(Clock::new(3, 0).to_ns(u64::MAX), None);
        assert_eq!(Clock::new(9, 0).to_ns(i64::MAX as u64), Some(i64::MAX));
        assert_eq!(Clock::new(9, 0).to_ns(i64::MAX as u64 + 1), None);
        assert_eq!(Clock::new(0x80, 0).to_ns(9_223_372_037), None);
    }

    #[test]
    fn resolutions_that_64_bits_cannot_count_still_give_times() {
        let clock = Clock::new(20, 0);
        assert_eq!(clock.ticks_per_second(), u64::MAX);
        assert_eq!(clock.to_ns(1_000_000_000_000), Some(10));
        assert_eq!(Clock::new(0xc0, 0).to_ns(1 << 63), Some(500_000_000));
        for resolution in 0..=u8::MAX {
            assert!(Clock::new(resolution, 0).to_ns(1).is_some(), "{resolution:#04x}");
        }
    }
}
