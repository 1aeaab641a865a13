//! The unit in which an axis counts: the largest that leaves the greatest value at 1 or more.

/// A unit of data rate, decimal prefixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RateUnit {
    /// bit/s
    Bit,
    /// kbit/s
    Kilobit,
    /// Mbit/s
    Megabit,
    /// Gbit/s
    Gigabit,
    /// Tbit/s
    Terabit,
}

impl RateUnit {
    const ALL: [Self; 5] = [Self::Bit, Self::Kilobit, Self::Megabit, Self::Gigabit, Self::Terabit];

    /// The unit for an axis whose greatest value is `max_bps`; Mbit/s where there is no positive one, since an empty
    /// axis of a migration reads best in the unit that the others have.
    ///
    /// ```
    /// use migqos::report::chart::RateUnit;
    /// assert_eq!(RateUnit::for_max(941e6), RateUnit::Megabit);
    /// assert_eq!(RateUnit::for_max(9.4e9), RateUnit::Gigabit);
    /// ```
    pub fn for_max(max_bps: f64) -> Self {
        if max_bps > 0.0 {
            Self::ALL
                .into_iter()
                .rev()
                .find(|unit| max_bps >= unit.bps())
                .unwrap_or(Self::Bit)
        } else {
            Self::Megabit
        }
    }

    /// Bits per second in one of this unit.
    pub fn bps(self) -> f64 {
        match self {
            Self::Bit => 1.0,
            Self::Kilobit => 1e3,
            Self::Megabit => 1e6,
            Self::Gigabit => 1e9,
            Self::Terabit => 1e12,
        }
    }

    /// The prefix of the unit's symbol: `""`, `"k"`, `"M"`, `"G"`, `"T"`; what follows it (`bit/s`, `bit/dtk`) is the
    /// language's.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Bit => "",
            Self::Kilobit => "k",
            Self::Megabit => "M",
            Self::Gigabit => "G",
            Self::Terabit => "T",
        }
    }
}

/// A unit of time for an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeUnit {
    /// Seconds: spans up to two hours.
    Second,
    /// Minutes: up to ten hours.
    Minute,
    /// Hours: up to five days.
    Hour,
    /// Days of 24 hours.
    Day,
}

impl TimeUnit {
    /// The unit for a time axis that spans `span_s` seconds.
    pub fn for_span(span_s: f64) -> Self {
        if span_s <= 2.0 * 3600.0 {
            Self::Second
        } else if span_s <= 10.0 * 3600.0 {
            Self::Minute
        } else if span_s <= 120.0 * 3600.0 {
            Self::Hour
        } else {
            Self::Day
        }
    }

    /// Seconds in one of this unit.
    pub fn seconds(self) -> f64 {
        match self {
            Self::Second => 1.0,
            Self::Minute => 60.0,
            Self::Hour => 3600.0,
            Self::Day => 86_400.0,
        }
    }

    /// Stable name by which a locale finds the unit's word.
    pub fn key(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_take_the_largest_prefix_that_keeps_the_maximum_at_one_or_more() {
        for (max_bps, prefix) in [
            (0.0, "M"),
            (f64::NAN, "M"),
            (0.5, ""),
            (999.0, ""),
            (1e3, "k"),
            (1e6, "M"),
            (1e9, "G"),
        ] {
            assert_eq!(RateUnit::for_max(max_bps).prefix(), prefix, "{max_bps}");
        }
        assert_eq!(RateUnit::for_max(f64::INFINITY), RateUnit::Terabit);
    }

    #[test]
    fn time_units_grow_with_the_span() {
        for (span_s, key) in [
            (1.0, "second"),
            (7200.0, "second"),
            (7201.0, "minute"),
            (86_400.0, "hour"),
            (1e7, "day"),
        ] {
            assert_eq!(TimeUnit::for_span(span_s).key(), key, "{span_s}");
        }
    }
}
