//! From what a chart shows to where everything stands.
//!
//! The order from the top: the first panel's label, flags, the strip with the names of spans, the first panel, the
//! other panels each under its label, the horizontal axis with its label, the note. Every height follows from the
//! texts, so a long label in either language makes the chart taller and is never cut.

use super::axis::{Axis, Frame, Scale};
use super::data;
use super::edge::{self, EdgeNames};
use super::header;
use super::model::{Chart, XKind};
use super::panel::{self, TICK_GAP_PX, plot_px};
use super::range::Extent;
use super::scene::{Anchor, Rect, Scene, WIDTH_PX};
use super::sheet::{Plot, Sheet};
use super::style::{INK, LABEL_PX, OUTER_PX, QUIET_INK, SMALL_PX, TICK_PX};
use super::text::{width, wrap};

/// Room between a panel and the label of the next.
const PANEL_GAP_PX: f64 = 26.0;
/// Room between a panel's label and what is below it.
const LABEL_GAP_PX: f64 = 8.0;
/// Room between the ticks of the horizontal axis and their labels, so that the first clears the lowest label of the
/// vertical one.
const X_TICK_GAP_PX: f64 = 11.0;
/// A category whose place is narrower than this leaves its name to its neighbours.
const CATEGORY_PX: f64 = 90.0;

/// Lays `chart` out. Pure: the same chart gives the same scene.
pub fn layout(chart: &Chart) -> Scene {
    let y_axes: Vec<Axis> = chart.panels.iter().map(|panel| panel::y_axis(panel, chart)).collect();
    let panels = || chart.panels.iter().zip(&y_axes);
    let names: Vec<EdgeNames> = panels().map(|(panel, axis)| edge::names(panel, axis)).collect();
    let (x_axis, left, right) = x_axis(chart, &y_axes, &names);
    let mut sheet = Sheet::default();
    let mut plots: Vec<Rect> = Vec::with_capacity(chart.panels.len());
    for ((panel, y_axis), names) in panels().zip(&names) {
        let top = plots.last().map_or(OUTER_PX, |above| above.bottom + PANEL_GAP_PX);
        let mut label = panel::label(&mut sheet, chart, panel, y_axis, left, top);
        label.bottom += LABEL_GAP_PX;
        let mut plot = Plot {
            rect: Rect {
                left,
                top: label.bottom.ceil(),
                right,
                bottom: (label.bottom + plot_px(panel)).ceil(),
            },
            x_axis: &x_axis,
            y_axis,
        };
        if plots.is_empty() {
            plot.rect.top = header::draw(&mut sheet, chart, &plot, &label).ceil();
            plot.rect.bottom = (plot.rect.top + plot_px(panel)).ceil();
        }
        panel::draw(&mut sheet, chart, panel, names, &plot);
        plots.push(plot.rect);
    }
    let top = plots.last().map_or(OUTER_PX, |last| last.bottom);
    let mut bottom = draw_x_labels(&mut sheet, chart, &x_axis, (left, right), top);
    if !chart.note.trim().is_empty() {
        let lines = wrap(&chart.note, SMALL_PX, WIDTH_PX - 2.0 * OUTER_PX, usize::MAX);
        bottom = sheet.lines(
            &lines,
            OUTER_PX,
            bottom + LABEL_GAP_PX,
            Anchor::Start,
            SMALL_PX,
            QUIET_INK,
        );
    }
    Scene {
        description: wrap(&chart.description, 1.0, f64::INFINITY, 1).concat(),
        height_px: (bottom + OUTER_PX).ceil(),
        panels: plots,
        texts: sheet.texts,
        shapes: sheet.shapes,
    }
}

/// The horizontal axis, and where it begins and ends: between the vertical axes' labels and the names of their bands,
/// with room for the outermost labels of its own.
fn x_axis(chart: &Chart, y_axes: &[Axis], names: &[EdgeNames]) -> (Axis, f64, f64) {
    let y_labels = y_axes
        .iter()
        .flat_map(|axis| &axis.ticks)
        .map(|tick| width(&tick.label, SMALL_PX));
    let mut left = (OUTER_PX + y_labels.fold(0.0, f64::max) + TICK_GAP_PX + TICK_PX).ceil();
    let mut right = (WIDTH_PX - OUTER_PX - names.iter().map(EdgeNames::width).fold(0.0, f64::max)).floor();
    let extent = x_extent(chart);
    let mut axis = fit_x(chart, &extent, right - left);
    for _ in 0..3 {
        let (before, after) = reach(&axis, left, right);
        if before >= OUTER_PX && after <= WIDTH_PX - OUTER_PX {
            return (axis, left, right);
        }
        left += (OUTER_PX - before).max(0.0).ceil();
        right -= (after - WIDTH_PX + OUTER_PX).max(0.0).ceil();
        axis = fit_x(chart, &extent, right - left);
    }
    // Labels that still reach beyond the canvas go; the others say enough.
    axis.ticks.retain(|tick| {
        let (centre, half) = (left + tick.at * (right - left), width(&tick.label, SMALL_PX) / 2.0);
        centre - half >= OUTER_PX && centre + half <= WIDTH_PX - OUTER_PX
    });
    (axis, left, right)
}

fn x_extent(chart: &Chart) -> Extent {
    let mut extent = Extent::default();
    match &chart.x.kind {
        XKind::Categories(names) => {
            extent.add(-0.5);
            extent.add(names.len().max(1) as f64 - 0.5);
        }
        XKind::Numbers { range, .. } => {
            for series in chart.panels.iter().flat_map(|panel| &panel.series) {
                data::for_each_x(&series.values, |value| extent.add(value));
            }
            if let Some((from, to)) = range {
                extent.add(*from);
                extent.add(*to);
            }
        }
    }
    extent
}

fn fit_x(chart: &Chart, extent: &Extent, length_px: f64) -> Axis {
    let scale = match chart.x.kind {
        XKind::Categories(_) => Scale::Linear,
        XKind::Numbers { scale, .. } => scale,
    };
    // Zeros stand clear of the vertical axis where they have a strip of their own.
    let has_strip = scale != Scale::Linear && extent.has_zero && extent.spans_decades();
    let frame = Frame {
        length_px,
        pad_px: if has_strip { 30.0 } else { 0.0 },
        zero_px: 90.0,
        headroom: 0.0,
        from_zero: false,
        max_ticks: 9,
        numbers: chart.numbers,
        label_px: &|label| width(label, SMALL_PX) + 28.0,
    };
    let mut axis = Axis::fit(extent, scale, &frame);
    if extent.bounds.is_none() || matches!(chart.x.kind, XKind::Categories(_)) {
        axis.ticks.clear();
    }
    axis
}

/// Where the outermost labels of the horizontal axis begin and end, or the plot itself.
fn reach(axis: &Axis, left: f64, right: f64) -> (f64, f64) {
    let ends = axis.ticks.iter().map(|tick| {
        let (centre, half) = (left + tick.at * (right - left), width(&tick.label, SMALL_PX) / 2.0);
        (centre - half, centre + half)
    });
    ends.fold((left, right), |(from, to), end| (from.min(end.0), to.max(end.1)))
}

/// Labels of the ticks, or names of the categories, and the axis' own label; gives where they end.
fn draw_x_labels(sheet: &mut Sheet, chart: &Chart, axis: &Axis, (left, right): (f64, f64), top: f64) -> f64 {
    let first = top + TICK_PX + X_TICK_GAP_PX;
    let mut bottom = first;
    for tick in &axis.ticks {
        let (label, x) = ([tick.label.clone()], left + tick.at * (right - left));
        bottom = bottom.max(sheet.lines(&label, x, first, Anchor::Middle, SMALL_PX, INK));
    }
    if let XKind::Categories(names) = &chart.x.kind {
        let slot = (right - left) / names.len().max(1) as f64;
        let every = (CATEGORY_PX / slot).ceil().max(1.0) as usize;
        for (index, name) in names.iter().enumerate().step_by(every) {
            // A line break in a name is kept: "idle\nn = 30".
            let parts = name.split('\n').filter(|part| !part.trim().is_empty());
            let room = slot * every as f64 - 16.0;
            let lines: Vec<String> = parts.flat_map(|part| wrap(part, SMALL_PX, room, usize::MAX)).collect();
            let x = left + axis.position(index as f64) * (right - left);
            // The first and the last may stand nearer to the edge than to their neighbour.
            let widest = lines.iter().map(|line| width(line, SMALL_PX)).fold(0.0, f64::max) / 2.0;
            if x - widest >= OUTER_PX && x + widest <= WIDTH_PX - OUTER_PX {
                bottom = bottom.max(sheet.lines(&lines, x, first, Anchor::Middle, SMALL_PX, INK));
            }
        }
    }
    let label = panel::noted(&chart.x.label, axis, chart);
    if label.trim().is_empty() {
        return bottom;
    }
    let centre = (left + right) / 2.0;
    let room = 2.0 * (centre - OUTER_PX).min(WIDTH_PX - OUTER_PX - centre);
    let lines = wrap(&label, LABEL_PX, room, usize::MAX);
    sheet.lines(&lines, centre, bottom + LABEL_GAP_PX, Anchor::Middle, LABEL_PX, INK)
}
