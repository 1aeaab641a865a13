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
    /// `None` where a second has more ticks than 64 bits can count.
    pub(super) fn new(resolution: u8, offset_s: i64) -> Option<Self> {
        let exponent = u32::from(resolution & 0x7f);
        let ticks_per_second = if resolution & 0x80 == 0 {
            10_u64.checked_pow(exponent)?
        } else {
            1_u64.checked_shl(exponent)?
        };
        let scale = if NS_PER_SECOND.is_multiple_of(ticks_per_second) {
            Scale::Multiply(NS_PER_SECOND / ticks_per_second)
        } else if ticks_per_second.is_multiple_of(NS_PER_SECOND) {
            Scale::Divide(ticks_per_second / NS_PER_SECOND)
        } else {
            Scale::Shift(exponent)
        };
        Some(Self {
            ticks_per_second,
            offset_s,
            offset_ns: offset_s.checked_mul(NS_PER_SECOND as i64),
            scale,
        })
    }

    pub(super) fn ticks_per_second(&self) -> u64 {
        self.ticks_per_second
    }

    pub(super) fn offset_s(&self) -> i64 {
        self.offset_s
    }

    /// Nanoseconds since the epoch, rounded down; `None` beyond what 64 bits hold (the year 2262).
    #[inline]
    pub(super) fn to_ns(self, ticks: u64) -> Option<i64> {
        let ns = match self.scale {
            Scale::Multiply(factor) => ticks.checked_mul(factor),
            Scale::Divide(divisor) => Some(ticks / divisor),
            Scale::Shift(bits) => {
                let part = ticks & (self.ticks_per_second - 1);
                // Rounded down, and less than a second: no bit is lost on the way back to 64.
                let part_ns = ((u128::from(part) * u128::from(NS_PER_SECOND)) >> bits) as u64;
                (ticks >> bits)
                    .checked_mul(NS_PER_SECOND)
                    .and_then(|whole_ns| whole_ns.checked_add(part_ns))
            }
        };
        if let (Some(ns), Some(offset_ns)) = (ns, self.offset_ns)
            && let Ok(ns) = i64::try_from(ns)
            && let Some(sum) = ns.checked_add(offset_ns)
        {
            return Some(sum);
        }
        self.to_ns_wide(ticks)
    }

    /// For offsets that only in sum with the ticks come to something that 64 bits hold.
    #[cold]
    fn to_ns_wide(self, ticks: u64) -> Option<i64> {
        let whole = ticks / self.ticks_per_second;
        let part = ticks % self.ticks_per_second;
        // Both factors are below 2^64, so the product is below 2^127.
        let part_ns = u128::from(part) * u128::from(NS_PER_SECOND) / u128::from(self.ticks_per_second);
        let seconds = i128::from(whole) + i128::from(self.offset_s);
        let ns = seconds * i128::from(NS_PER_SECOND) + part_ns as i128;
        i64::try_from(ns).ok()
    }
}
