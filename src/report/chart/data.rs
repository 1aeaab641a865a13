//! The values of a panel as shapes.

use super::model::{Bar, BoxPlot, Column, Values};
use super::reduce::{Run, runs};
use super::scene::Marker;
use super::sheet::{Plot, Sheet};
use super::style::{AXIS_PX, INK, LINE_PX, Look, MARKER_PX, WHITE, look};

/// Points of a line stand at least this far apart where each gets a marker.
const MARKED_PX: f64 = 20.0;

/// Width of a line with more than one point to two pixels.
const DENSE_PX: f64 = 2.8;
/// A histogram's column is at least so wide.
const LEAST_PX: f64 = 6.0;

/// Bars and boxes let grid lines and bands show through.
const BAR_OPACITY: f64 = 0.55;
const BOX_OPACITY: f64 = 0.35;
/// Width of error bars.
const ERROR_PX: f64 = 4.0;
/// Rings of single runs are quieter than what sums them up.
const RUN_OPACITY: f64 = 0.5;

/// Calls `take` with every vertical value.
pub(super) fn for_each_y(values: &Values, mut take: impl FnMut(f64)) {
    match values {
        Values::Line(points) => points.iter().filter_map(|point| point.1).for_each(take),
        Values::Curve(points) | Values::Points(points) => points.iter().for_each(|point| take(point.1)),
        Values::Columns(columns) => columns.iter().for_each(|column| take(column.value)),
        Values::Bars(bars) => bars.iter().for_each(|bar| {
            bar.value.into_iter().for_each(&mut take);
            bar.interval
                .into_iter()
                .for_each(|(low, high)| [low, high].into_iter().for_each(&mut take));
            bar.runs.iter().copied().for_each(&mut take);
        }),
        Values::Boxes(boxes) => boxes.iter().for_each(|plot| {
            plot.five.into_iter().flatten().for_each(&mut take);
            plot.runs.iter().copied().for_each(&mut take);
        }),
    }
}

/// Whether there is any value at all.
pub(super) fn has_values(values: &Values) -> bool {
    let mut found = false;
    for_each_y(values, |value| found |= value.is_finite());
    found
}

/// Calls `take` with every horizontal value.
pub(super) fn for_each_x(values: &Values, mut take: impl FnMut(f64)) {
    match values {
        Values::Line(points) => points.iter().for_each(|point| take(point.0)),
        Values::Curve(points) | Values::Points(points) => points.iter().for_each(|point| take(point.0)),
        Values::Columns(columns) => columns
            .iter()
            .for_each(|column| [column.from, column.to].into_iter().for_each(&mut take)),
        Values::Bars(_) | Values::Boxes(_) => {}
    }
}

/// Draws `values` as the panel's series number `index`.
pub(super) fn draw(sheet: &mut Sheet, values: &Values, index: usize, plot: &Plot<'_>) {
    let canvas = Canvas {
        plot,
        look: look(index),
    };
    match values {
        Values::Line(points) => canvas.line(sheet, points),
        Values::Curve(points) => canvas.curve(sheet, points),
        Values::Points(points) => canvas.points(sheet, points),
        Values::Columns(columns) => columns.iter().for_each(|column| canvas.column(sheet, column)),
        Values::Bars(bars) => bars.iter().for_each(|bar| canvas.bar(sheet, bar)),
        Values::Boxes(boxes) => boxes.iter().for_each(|plot| canvas.boxed(sheet, plot)),
    }
}

/// A sample of the series for the key, `length` wide from `x` on, round the height `y`.
pub(super) fn sample(sheet: &mut Sheet, values: &Values, index: usize, (x, y): (f64, f64), length: f64) {
    let look = look(index);
    let paint = look.colour.solid();
    if matches!(values, Values::Line(_) | Values::Curve(_)) {
        sheet.path([(x, y), (x + length, y)], LINE_PX, look.dash, paint);
    }
    match values {
        Values::Line(_) | Values::Points(_) => sheet.mark((x + length / 2.0, y), MARKER_PX, look.marker, paint),
        Values::Curve(_) => {}
        Values::Columns(_) => sheet.fill(x, y - 10.0, x + length, y + 10.0, paint),
        Values::Bars(_) => sheet.fill(x, y - 10.0, x + length, y + 10.0, look.colour.at(BAR_OPACITY)),
        Values::Boxes(_) => sheet.fill(x, y - 10.0, x + length, y + 10.0, look.colour.at(BOX_OPACITY)),
    }
}

struct Canvas<'a> {
    plot: &'a Plot<'a>,
    look: Look,
}

impl Canvas<'_> {
    fn x(&self, value: f64) -> f64 {
        self.plot.x(value)
    }

    fn y(&self, value: f64) -> f64 {
        self.plot.y(value)
    }

    fn width(&self) -> f64 {
        self.plot.rect.right - self.plot.rect.left
    }

    fn line(&self, sheet: &mut Sheet, points: &[(f64, Option<f64>)]) {
        let on_canvas = points.iter().filter(|point| point.0.is_finite()).map(|&(x, value)| {
            let value = value.filter(|value| value.is_finite());
            (self.x(x), value.map(|value| self.y(value)))
        });
        let places = points.len().max(1) as f64;
        let spacing = self.width() / places;
        // Where every column of pixels goes up and down, a thinner line leaves something to see.
        let width = if spacing < 2.0 { DENSE_PX } else { LINE_PX };
        let paint = self.look.colour.solid();
        for Run { points } in runs(on_canvas, self.plot.rect.left) {
            if let &[only] = points.as_slice() {
                // A value between two gaps has no line to show it.
                let radius = if spacing >= 4.0 { MARKER_PX } else { LINE_PX };
                sheet.mark(only, radius, self.look.marker, paint);
                continue;
            }
            if spacing >= MARKED_PX {
                points
                    .iter()
                    .for_each(|point| sheet.mark(*point, MARKER_PX, self.look.marker, paint));
            }
            sheet.path(points, width, self.look.dash, paint);
        }
    }

    fn curve(&self, sheet: &mut Sheet, points: &[(f64, f64)]) {
        let finite = points.iter().filter(|point| point.0.is_finite() && point.1.is_finite());
        let on_canvas = finite.map(|&(x, y)| (self.x(x), Some(self.y(y))));
        for Run { points } in runs(on_canvas, self.plot.rect.left) {
            sheet.path(points, LINE_PX, self.look.dash, self.look.colour.solid());
        }
    }

    fn points(&self, sheet: &mut Sheet, points: &[(f64, f64)]) {
        for (x, y) in points.iter().filter(|point| point.0.is_finite() && point.1.is_finite()) {
            sheet.mark(
                (self.x(*x), self.y(*y)),
                MARKER_PX,
                self.look.marker,
                self.look.colour.at(0.75),
            );
        }
    }

    fn column(&self, sheet: &mut Sheet, column: &Column) {
        if !(column.value.is_finite() && column.from.is_finite() && column.to.is_finite()) || column.value == 0.0 {
            return;
        }
        let (mut from, mut to) = (self.x(column.from).round(), self.x(column.to).round());
        if to - from < LEAST_PX {
            // A column of a single value is as wide as it takes to be seen.
            let (middle, half) = (
                ((from + to) / 2.0).round(),
                if column.from == column.to {
                    LEAST_PX
                } else {
                    LEAST_PX / 2.0
                },
            );
            (from, to) = (middle - half, middle + half);
        }
        // Neighbours are kept apart where they are wide enough to spare a pixel.
        let gap = if to - from >= 8.0 { 2.0 } else { 0.0 };
        // A column too low to be seen still stands for samples.
        let top = self.y(column.value).min(self.y(0.0) - 2.0);
        sheet.fill(from, top, to - gap, self.y(0.0), self.look.colour.solid());
    }

    /// Half of the room that one category has.
    fn half_slot(&self) -> f64 {
        (self.x(1.0) - self.x(0.0)).abs().min(self.width()) / 2.0
    }

    fn bar(&self, sheet: &mut Sheet, bar: &Bar) {
        let (middle, half) = (self.x(bar.category as f64), (self.half_slot() * 0.55).min(110.0));
        if let Some(value) = bar.value.filter(|value| value.is_finite()) {
            sheet.fill(
                middle - half,
                self.y(value),
                middle + half,
                self.y(0.0),
                self.look.colour.at(BAR_OPACITY),
            );
            sheet.rule(
                [(middle - half, self.y(value)), (middle + half, self.y(value))],
                AXIS_PX,
                self.look.colour.solid(),
            );
        }
        self.runs(sheet, &bar.runs, middle, half * 0.7);
        let is_finite = |&(low, high): &(f64, f64)| low.is_finite() && high.is_finite();
        if let Some((low, high)) = bar.interval.filter(is_finite) {
            let (low, high) = (self.y(low), self.y(high));
            let cap = |end: f64, half: f64| [(middle - half, end), (middle + half, end)];
            // A white edge keeps the error bar apart from the runs that it stands on.
            for (paint, wider) in [(WHITE.at(0.8), 4.0), (INK.solid(), 0.0)] {
                sheet.rule(
                    [(middle, high - wider / 2.0), (middle, low + wider / 2.0)],
                    ERROR_PX + wider,
                    paint,
                );
                for end in [low, high] {
                    sheet.rule(cap(end, 18.0 + wider / 2.0), ERROR_PX + wider, paint);
                }
            }
        }
    }

    fn boxed(&self, sheet: &mut Sheet, plot: &BoxPlot) {
        let (middle, half) = (self.x(plot.category as f64), (self.half_slot() * 0.45).min(90.0));
        if let Some(five) = plot.five.filter(|five| five.iter().all(|value| value.is_finite())) {
            let [low, lower, median, upper, high] = five.map(|value| self.y(value));
            let ink = INK.solid();
            for (from, to) in [(low, lower), (upper, high)] {
                sheet.rule([(middle, from), (middle, to)], AXIS_PX, ink);
            }
            for end in [low, high] {
                sheet.rule([(middle - half * 0.5, end), (middle + half * 0.5, end)], AXIS_PX, ink);
            }
            sheet.fill(middle - half, upper, middle + half, lower, WHITE.solid());
            sheet.fill(
                middle - half,
                upper,
                middle + half,
                lower,
                self.look.colour.at(BOX_OPACITY),
            );
            for level in [lower, upper] {
                sheet.rule([(middle - half, level), (middle + half, level)], AXIS_PX, ink);
            }
            for side in [-half, half] {
                sheet.rule(
                    [(middle + side, upper - 1.0), (middle + side, lower + 2.0)],
                    AXIS_PX,
                    ink,
                );
            }
            sheet.rule([(middle - half, median), (middle + half, median)], 6.0, ink);
        }
        self.runs(sheet, &plot.runs, middle, half * 0.7);
    }

    /// Single values, spread sideways by a fixed sequence so that equal ones are told apart.
    fn runs(&self, sheet: &mut Sheet, runs: &[f64], middle: f64, half: f64) {
        for (index, value) in runs.iter().enumerate().filter(|(_, value)| value.is_finite()) {
            // Multiples of the golden ratio fill an interval evenly, whatever their number.
            let share = ((index as f64 + 0.5) * 0.618_033_988_749_895).fract();
            let at = (middle + (share * 2.0 - 1.0) * half, self.y(*value));
            sheet.mark(at, MARKER_PX - 1.0, Marker::Ring, INK.at(RUN_OPACITY));
        }
    }
}
