//! How far a direction had come at which time, coarsely: the bytes of a phase are read off between its two ends.

/// Points kept. When there are more, every second one is dropped and the spacing doubled.
const MAX_POINTS: usize = 1024;
const FIRST_SPACING_NS: i64 = 1_000_000;

/// Stream offsets at increasing times.
#[derive(Debug, Clone)]
pub(super) struct Progress {
    spacing_ns: i64,
    points: Vec<(i64, u64)>,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            spacing_ns: FIRST_SPACING_NS,
            points: Vec::new(),
        }
    }
}

impl Progress {
    /// The direction had come to `end` at this time.
    #[inline]
    pub(super) fn at(&mut self, time_ns: i64, end: u64) {
        match self.points.last_mut() {
            Some(last) if time_ns.saturating_sub(last.0) < self.spacing_ns => last.1 = last.1.max(end),
            _ => self.add(time_ns, end),
        }
    }

    #[cold]
    fn add(&mut self, time_ns: i64, end: u64) {
        if self.points.len() >= MAX_POINTS {
            let mut index = 0;
            self.points.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.spacing_ns = self.spacing_ns.saturating_mul(2);
        }
        let end = self.points.last().map_or(end, |last| last.1.max(end));
        self.points.push((time_ns, end));
    }

    /// The offset reached just before a time; `None` where nothing was sent before.
    pub(super) fn before(&self, time_ns: i64) -> Option<u64> {
        let index = self.points.partition_point(|point| point.0 < time_ns);
        index
            .checked_sub(1)
            .and_then(|index| self.points.get(index))
            .map(|point| point.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_of_segments_keeps_a_bounded_number_of_points() {
        let mut progress = Progress::default();
        for step in 0..3_600_000_u64 {
            progress.at(step as i64 * 1_000_000, step * 1000);
        }
        assert!(progress.points.len() <= MAX_POINTS);
        let half = progress.before(1_800_000_000_000).unwrap();
        assert!(half.abs_diff(1_800_000_000) < 1_800_000_000 / 250, "{half}");
        assert_eq!(progress.before(0), None);
    }
}
