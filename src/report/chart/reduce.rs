//! A long series as the few points that look the same.
//!
//! Of all points that fall into one column of pixels only the first, the least, the greatest and the last are kept
//! (Jugel et al., "M4: A visualization-oriented time series data aggregation", VLDB 2014): the line drawn through
//! them covers the same pixels as the line through all of them, so no peak of one second is lost in an hour.

/// Points joined by a line; gaps lie between runs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    pub points: Vec<(f64, f64)>,
}

/// Points of one column of pixels, with their order.
struct Column {
    number: f64,
    first: (usize, (f64, f64)),
    least: (usize, (f64, f64)),
    greatest: (usize, (f64, f64)),
    last: (usize, (f64, f64)),
}

impl Column {
    fn new(number: f64, at: (usize, (f64, f64))) -> Self {
        Self {
            number,
            first: at,
            least: at,
            greatest: at,
            last: at,
        }
    }

    fn flush(&self, into: &mut Vec<(f64, f64)>) {
        let mut kept = [self.first, self.least, self.greatest, self.last];
        kept.sort_by_key(|point| point.0);
        let mut previous = None;
        for (index, point) in kept {
            if previous != Some(index) {
                into.push(point);
            }
            previous = Some(index);
        }
    }
}

/// Breaks points on the canvas, in order of x, into runs at every `None`, and keeps at most four points for each
/// column of pixels counted from `left`. A gap narrower than a column of pixels cannot be seen and breaks nothing.
pub(super) fn runs(points: impl Iterator<Item = (f64, Option<f64>)>, left: f64) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut run: Vec<(f64, f64)> = Vec::new();
    let mut column: Option<Column> = None;
    let mut is_broken = false;
    for (index, (x, y)) in points.enumerate() {
        let Some(y) = y else {
            is_broken = true;
            continue;
        };
        let (number, at) = ((x - left).floor(), (index, (x, y)));
        match &mut column {
            Some(column) if column.number == number => {
                if y < column.least.1.1 {
                    column.least = at;
                }
                if y > column.greatest.1.1 {
                    column.greatest = at;
                }
                column.last = at;
            }
            _ => {
                if let Some(done) = column.take() {
                    done.flush(&mut run);
                    if is_broken {
                        runs.push(Run {
                            points: std::mem::take(&mut run),
                        });
                    }
                }
                column = Some(Column::new(number, at));
            }
        }
        is_broken = false;
    }
    if let Some(done) = column {
        done.flush(&mut run);
    }
    if !run.is_empty() {
        runs.push(Run { points: run });
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(runs: &[Run]) -> Vec<Vec<(f64, f64)>> {
        runs.iter().map(|run| run.points.clone()).collect()
    }

    #[test]
    fn a_gap_breaks_the_line_and_a_lone_point_is_a_run() {
        let series = [
            (0.0, Some(1.0)),
            (10.0, Some(2.0)),
            (20.0, None),
            (30.0, Some(3.0)),
            (40.0, None),
        ];
        let found = points(&runs(series.into_iter(), 0.0));
        assert_eq!(found, [vec![(0.0, 1.0), (10.0, 2.0)], vec![(30.0, 3.0)]]);
        assert!(runs([(0.0, None), (1.0, None)].into_iter(), 0.0).is_empty());
    }

    #[test]
    fn a_column_of_pixels_keeps_first_least_greatest_and_last() {
        let series = [5.0, 9.0, 3.0, 1.0, 4.0, 6.0]
            .iter()
            .enumerate()
            .map(|(index, y)| (index as f64 * 0.1, Some(*y)));
        let found = points(&runs(series, 0.0));
        assert_eq!(
            found,
            [vec![(0.0, 5.0), (0.1, 9.0), (0.30000000000000004, 1.0), (0.5, 6.0)]]
        );
    }

    #[test]
    fn a_hundred_thousand_points_keep_their_one_peak() {
        let series =
            (0..100_000).map(|index| (f64::from(index) * 0.015, Some(if index == 54_321 { 99.0 } else { 1.0 })));
        let found = runs(series, 0.0);
        assert_eq!(found.len(), 1);
        assert!(found[0].points.len() <= 4 * 1501, "{}", found[0].points.len());
        assert!(found[0].points.iter().any(|point| point.1 == 99.0));
    }

    #[test]
    fn a_gap_narrower_than_a_pixel_breaks_nothing() {
        let series = [(0.1, Some(1.0)), (0.2, None), (0.3, Some(2.0)), (1.1, Some(2.0))];
        assert_eq!(runs(series.into_iter(), 0.0).len(), 1);
    }
}
