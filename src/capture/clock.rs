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
