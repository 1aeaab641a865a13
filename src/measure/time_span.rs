//! From the earliest to the latest of some moments.

/// The earliest and the latest moment, nanoseconds since the epoch. Two words that are always there cost the hot path
/// less than an option of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeSpan {
    first_ns: i64,
    last_ns: i64,
}

impl Default for TimeSpan {
    fn default() -> Self {
        Self {
            first_ns: i64::MAX,
            last_ns: i64::MIN,
        }
    }
}

impl TimeSpan {
    /// Takes a moment in.
    #[inline(always)]
    pub fn record(&mut self, time_ns: i64) {
        // Nearly always it is the latest, and only that is written.
        if time_ns > self.last_ns {
            self.last_ns = time_ns;
        }
        if time_ns < self.first_ns {
            self.first_ns = time_ns;
        }
    }

    /// Takes another span's moments in.
    pub fn merge(&mut self, other: &Self) {
        self.first_ns = self.first_ns.min(other.first_ns);
        self.last_ns = self.last_ns.max(other.last_ns);
    }

    /// The earliest and the latest; `None` before the first.
    pub fn get(&self) -> Option<(i64, i64)> {
        (self.first_ns <= self.last_ns).then_some((self.first_ns, self.last_ns))
    }

    /// The earliest; 0 before the first.
    pub fn first_ns(&self) -> i64 {
        self.get().map_or(0, |(first, _)| first)
    }

    /// The latest; 0 before the first.
    pub fn last_ns(&self) -> i64 {
        self.get().map_or(0, |(_, last)| last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_holds_its_moments_in_any_order() {
        let mut span = TimeSpan::default();
        assert_eq!(span.get(), None);
        span.record(5);
        assert_eq!(span.get(), Some((5, 5)));
        let mut other = TimeSpan::default();
        other.merge(&span);
        other.record(-3);
        span.record(9);
        span.merge(&other);
        assert_eq!((span.get(), span.first_ns(), span.last_ns()), (Some((-3, 9)), -3, 9));
    }
}
