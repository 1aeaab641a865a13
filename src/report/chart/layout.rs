//! From what a chart shows to where everything stands.
//!
//! The order from the top: the first panel's label, flags, the strip with the names of spans, the first panel, the
//! other panels each under its label, the horizontal axis with its label, the note. Every height follows from the
//! texts, so a long label in either language makes the chart taller and is never cut.

use super::axis::{Axis, Frame, Scale};
use super::data;
use super::edge::{self, EdgeNames};
use super::header;
use super::model::{Chart, Panel, Values, XKind};
use super::range::Extent;
use super::scene::{Anchor, Colour, Marker, Paint, Rect, Scene, Shape, TextBox, WIDTH_PX};
use super::style::{
    AXIS_PX, BLACK, HAIR_PX, INK, LABEL_PX, LINE_PX, MARKER_PX, OUTER_PX, QUIET_INK, SMALL_PX, TICK_PX, WHITE, look,
};
use super::text::{self, ASCENT, DESCENT, LEADING, width, wrap};

/// Room between a tick and its label.
const TICK_GAP_PX: f64 = 7.0;
/// Room between a panel and the label of the next.
const PANEL_GAP_PX: f64 = 26.0;
/// Room between a panel's label and what is below it.
const LABEL_GAP_PX: f64 = 8.0;
/// Free room below the least value, so that a line along zero is seen whole.
const PAD_PX: f64 = 9.0;
/// The strip of a logarithmic axis that holds zeros: the zero's label must clear the lowest decade's.
const ZERO_PX: f64 = 44.0;

/// The horizontal extent of all panels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    pub left: f64,
    pub right: f64,
}

impl Columns {
    pub fn x(&self, axis: &Axis, value: f64) -> f64 {
        self.left + axis.position(value) * (self.right - self.left)
    }
}

/// Collects shapes and texts.
#[derive(Default)]
pub(super) struct Sheet {
    pub shapes: Vec<Shape>,
    pub texts: Vec<TextBox>,
}

impl Sheet {
    pub fn fill(&mut self, left: f64, top: f64, right: f64, bottom: f64, paint: Paint) {
        let rect = Rect {
            left: left.min(right).round(),
            top: top.min(bottom).round(),
            right: left.max(right).round(),
            bottom: top.max(bottom).round(),
        };
        if rect.right > rect.left && rect.bottom > rect.top {
            self.shapes.push(Shape::Fill { rect, paint });
        }
    }

    /// A horizontal or vertical stroke, set on whole pixels so that it is sharp.
    pub fn rule(&mut self, from: (f64, f64), to: (f64, f64), thickness: f64, paint: Paint) {
        let (low, high) = ((thickness / 2.0).floor(), (thickness / 2.0).ceil());
        if from.0 == to.0 {
            let x = from.0.round();
            self.fill(x - low, from.1, x + high, to.1, paint);
        } else {
            let y = from.1.round();
            self.fill(from.0, y - low, to.0, y + high, paint);
        }
    }

    pub fn path(&mut self, points: Vec<(f64, f64)>, width: f64, dash: Option<(f64, f64)>, paint: Paint) {
        self.shapes.push(Shape::Path {
            points,
            width,
            dash,
            paint,
        });
    }

    pub fn mark(&mut self, at: (f64, f64), radius: f64, marker: Marker, paint: Paint) {
        self.shapes.push(Shape::Mark {
            at,
            radius,
            marker,
            paint,
        });
    }

    /// Lines of text below each other, the first with its top at `top`; gives where they end.
    pub fn lines(&mut self, lines: &[String], x: f64, top: f64, anchor: Anchor, size_px: f64, colour: Colour) -> f64 {
        for (index, line) in lines.iter().enumerate() {
            self.texts.push(TextBox {
                text: line.clone(),
                anchor,
                x,
                baseline: (top + index as f64 * size_px * LEADING + size_px * ASCENT).round(),
                size_px,
                colour,
            });
        }
        top + height(lines.len(), size_px)
    }
}

/// Height of so many lines of text, from the first one's ascenders to the last one's descenders (and the pixel by
/// which a baseline may be rounded).
pub(super) fn height(lines: usize, size_px: f64) -> f64 {
    match lines {
        0 => 0.0,
        _ => (lines - 1) as f64 * size_px * LEADING + size_px * (ASCENT + DESCENT) + 1.0,
    }
}

/// Lays `chart` out. Pure: the same chart gives the same scene.
pub fn layout(chart: &Chart) -> Scene {
    let y_axes: Vec<Axis> = chart.panels.iter().map(|panel| y_axis(panel, chart)).collect();
    let names: Vec<EdgeNames> = chart
        .panels
        .iter()
        .zip(&y_axes)
        .map(|(panel, axis)| edge::names(panel, axis))
        .collect();
    let tick_px = y_axes
        .iter()
        .flat_map(|axis| &axis.ticks)
        .map(|tick| width(&tick.label, SMALL_PX))
        .fold(0.0, f64::max);
    let name_px = names.iter().map(EdgeNames::width).fold(0.0, f64::max);
    let mut columns = Columns {
        left: (OUTER_PX + tick_px + TICK_GAP_PX + TICK_PX).ceil(),
        right: (WIDTH_PX - OUTER_PX - name_px).floor(),
    };
    let x_extent = x_extent(chart);
    let mut x = x_axis(chart, &x_extent, &columns);
    for _ in 0..2 {
        // The outermost labels reach beyond the plot: make room for them.
        let (before, after) = overhang(&x, &columns);
        columns.left = columns.left.max((columns.left + OUTER_PX - before).ceil().min(400.0));
        columns.right = columns.right.min((columns.right + WIDTH_PX - OUTER_PX - after).floor());
        x = x_axis(chart, &x_extent, &columns);
    }
    let mut sheet = Sheet::default();
    let mut panels = Vec::with_capacity(chart.panels.len());
    let mut y = OUTER_PX;
    for (index, ((panel, axis), names)) in chart.panels.iter().zip(&y_axes).zip(&names).enumerate() {
        if index > 0 {
            y += PANEL_GAP_PX;
        }
        let mut label = Rect {
            left: columns.left,
            top: y,
            right: columns.left,
            bottom: y,
        };
        let before = sheet.texts.len();
        label.bottom = panel_label(&mut sheet, chart, panel, axis, &columns, y) + LABEL_GAP_PX;
        label.right = sheet
            .texts
            .iter()
            .skip(before)
            .map(|text| text.rect().right)
            .fold(label.left, f64::max);
        y = if index == 0 {
            header::draw(&mut sheet, chart, &x, &columns, &label)
        } else {
            label.bottom
        };
        let plot = Rect {
            left: columns.left,
            top: y.ceil(),
            right: columns.right,
            bottom: (y + panel.height_px.clamp(60.0, 3000.0)).ceil(),
        };
        draw_panel(&mut sheet, chart, panel, (&x, axis), names, &plot);
        y = plot.bottom;
        panels.push(plot);
    }
    y = draw_x_axis(&mut sheet, chart, &x, &columns, y);
    if !chart.note.trim().is_empty() {
        let lines = wrap(&chart.note, SMALL_PX, WIDTH_PX - 2.0 * OUTER_PX, usize::MAX);
        y = sheet.lines(&lines, OUTER_PX, y + LABEL_GAP_PX, Anchor::Start, SMALL_PX, QUIET_INK);
    }
    Scene {
        description: text::wrap(&chart.description, 1.0, f64::INFINITY, 1).concat(),
        height_px: (y + OUTER_PX).ceil(),
        panels,
        texts: sheet.texts,
        shapes: sheet.shapes,
    }
}

fn y_axis(panel: &Panel, chart: &Chart) -> Axis {
    let mut extent = Extent::default();
    panel
        .series
        .iter()
        .for_each(|series| data::for_each_y(&series.values, |value| extent.add(value)));
    // What has an area is drawn from zero, and on a logarithmic axis there is none.
    let has_area = panel
        .series
        .iter()
        .any(|series| matches!(series.values, Values::Columns(_) | Values::Bars(_)));
    let scale = if has_area { Scale::Linear } else { panel.scale };
    let frame = Frame {
        length_px: panel.height_px.clamp(60.0, 3000.0),
        pad_px: if has_area { 0.0 } else { PAD_PX },
        zero_px: ZERO_PX,
        headroom: 0.06,
        from_zero: true,
        max_ticks: 5,
        numbers: chart.numbers,
        label_px: &|_| SMALL_PX * 1.35,
    };
    let mut axis = Axis::fit(&extent, scale, &frame);
    if extent.bounds.is_none() {
        // Numbers on an axis without values would be made up.
        axis.ticks.clear();
    }
    axis
}

fn x_extent(chart: &Chart) -> Extent {
    let mut extent = Extent::default();
    match &chart.x.kind {
        XKind::Categories(names) => {
            extent.add(-0.5);
            extent.add(names.len().max(1) as f64 - 0.5);
        }
        XKind::Numbers { range, .. } => {
            let all = chart.panels.iter().flat_map(|panel| &panel.series);
            all.for_each(|series| data::for_each_x(&series.values, |value| extent.add(value)));
            if let Some((from, to)) = range {
                extent.add(*from);
                extent.add(*to);
            }
        }
    }
    extent
}

fn x_axis(chart: &Chart, extent: &Extent, columns: &Columns) -> Axis {
    let scale = match chart.x.kind {
        XKind::Categories(_) => Scale::Linear,
        XKind::Numbers { scale, .. } => scale,
    };
    let frame = Frame {
        length_px: columns.right - columns.left,
        // Zeros stand clear of the vertical axis where they have a strip of their own.
        pad_px: if scale != Scale::Linear && extent.has_zero && extent.spans_decades() {
            30.0
        } else {
            0.0
        },
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
fn overhang(axis: &Axis, columns: &Columns) -> (f64, f64) {
    let ends = axis.ticks.iter().map(|tick| {
        let (centre, half) = (
            columns.left + tick.at * (columns.right - columns.left),
            width(&tick.label, SMALL_PX) / 2.0,
        );
        (centre - half, centre + half)
    });
    ends.fold((columns.left, columns.right), |(from, to), end| {
        (from.min(end.0), to.max(end.1))
    })
}

/// The label of the vertical axis, above the panel; at its right the key, where the panel has several named series.
fn panel_label(sheet: &mut Sheet, chart: &Chart, panel: &Panel, axis: &Axis, columns: &Columns, top: f64) -> f64 {
    let right = WIDTH_PX - OUTER_PX;
    let label = noted(&panel.label, axis, chart);
    let lines = wrap(&label, LABEL_PX, right - columns.left, usize::MAX);
    let mut bottom = sheet.lines(&lines, columns.left, top, Anchor::Start, LABEL_PX, INK);
    let named = panel
        .series
        .iter()
        .enumerate()
        .filter(|(_, series)| !series.name.trim().is_empty());
    let named: Vec<(usize, &str)> = named.map(|(index, series)| (index, series.name.as_str())).collect();
    if named.len() < 2 {
        return bottom;
    }
    // The key stands on the label's last line where it has room there, else on lines of its own.
    let (sample, gap) = (70.0, 14.0);
    let names: Vec<(usize, String)> = named
        .iter()
        .map(|(index, name)| {
            (
                *index,
                wrap(name, SMALL_PX, right - columns.left - sample - gap, 1).concat(),
            )
        })
        .collect();
    let item_px = |name: &str| sample + gap + width(name, SMALL_PX) + 2.0 * gap;
    let total: f64 = names.iter().map(|(_, name)| item_px(name)).sum();
    let last_px = lines.last().map_or(0.0, |line| width(line, LABEL_PX));
    let mut x = columns.left;
    let mut y = bottom + 4.0;
    if columns.left + last_px + 40.0 + total <= columns.right {
        (x, y) = (columns.right - total + 2.0 * gap, bottom - height(1, SMALL_PX) - 1.0);
    }
    for (index, name) in names {
        if x > columns.left && x + item_px(&name) - 2.0 * gap > right {
            (x, y) = (columns.left, y + SMALL_PX * LEADING);
        }
        let (style, middle) = (look(index), y + SMALL_PX * 0.5);
        sheet.path(
            vec![(x, middle), (x + sample, middle)],
            LINE_PX,
            style.dash,
            style.colour.solid(),
        );
        sheet.mark(
            (x + sample / 2.0, middle),
            MARKER_PX,
            style.marker,
            style.colour.solid(),
        );
        let wanted = x + item_px(&name);
        bottom = bottom.max(sheet.lines(&[name], x + sample + gap, y, Anchor::Start, SMALL_PX, INK));
        x = wanted;
    }
    bottom
}

/// The label of an axis, with the note that says so where it is logarithmic.
fn noted(label: &str, axis: &Axis, chart: &Chart) -> String {
    if axis.is_log() && !chart.log_note.trim().is_empty() {
        format!("{label}, {}", chart.log_note)
    } else {
        label.to_owned()
    }
}

fn draw_panel(sheet: &mut Sheet, chart: &Chart, panel: &Panel, (x, y): (&Axis, &Axis), names: &EdgeNames, plot: &Rect) {
    let columns = Columns {
        left: plot.left,
        right: plot.right,
    };
    let up = |at: f64| plot.bottom - at * (plot.bottom - plot.top);
    edge::draw_tints(sheet, panel, y, plot);
    header::draw_spans(sheet, chart, x, plot);
    let grid = BLACK.at(0.09);
    for tick in &y.ticks {
        sheet.rule((plot.left, up(tick.at)), (plot.right, up(tick.at)), HAIR_PX, grid);
    }
    for tick in &x.ticks {
        let at = plot.left + tick.at * (plot.right - plot.left);
        sheet.rule((at, plot.top), (at, plot.bottom), HAIR_PX, grid);
    }
    if let Some(at) = y.break_at() {
        sheet.rule(
            (plot.left, up(at) + 9.0),
            (plot.right, up(at) + 9.0),
            6.0,
            WHITE.solid(),
        );
    }
    if let Some(at) = x.break_at() {
        let at = columns.left + at * (columns.right - columns.left) - 9.0;
        sheet.rule((at, plot.top), (at, plot.bottom), 6.0, WHITE.solid());
    }
    header::draw_outages(sheet, chart, x, plot);
    for (index, series) in panel.series.iter().enumerate() {
        data::draw(sheet, &series.values, index, (x, y), plot);
    }
    header::draw_marks(sheet, chart, x, plot);
    let is_empty = !panel.series.iter().any(|series| data::has_values(&series.values));
    if is_empty && !panel.absent.trim().is_empty() {
        let room = (plot.right - plot.left) * 0.8;
        let most = ((plot.bottom - plot.top) / (SMALL_PX * LEADING)).floor().max(1.0) as usize;
        let lines = wrap(&panel.absent, SMALL_PX, room, most);
        let (middle, high) = ((plot.left + plot.right) / 2.0, height(lines.len(), SMALL_PX));
        let top = (plot.top + plot.bottom - high) / 2.0;
        let half = lines.iter().map(|line| width(line, SMALL_PX)).fold(0.0, f64::max) / 2.0 + 12.0;
        sheet.fill(
            middle - half,
            top - 4.0,
            middle + half,
            top + high + 4.0,
            WHITE.at(0.85),
        );
        sheet.lines(&lines, middle, top, Anchor::Middle, SMALL_PX, QUIET_INK);
    }
    let axis = QUIET_INK.solid();
    sheet.rule((plot.left, plot.bottom), (plot.right, plot.bottom), AXIS_PX, axis);
    sheet.rule((plot.left, plot.top), (plot.left, plot.bottom + 2.0), AXIS_PX, axis);
    if let Some(at) = y.break_at() {
        let middle = up(at) + 9.0;
        sheet.fill(
            plot.left - 3.0,
            middle - 3.0,
            plot.left + 3.0,
            middle + 3.0,
            WHITE.solid(),
        );
        for side in [-5.0, 5.0] {
            let slash = vec![
                (plot.left - 8.0, middle + side + 4.0),
                (plot.left + 8.0, middle + side - 4.0),
            ];
            sheet.path(slash, HAIR_PX, None, axis);
        }
    }
    if let Some(at) = x.break_at() {
        let middle = columns.left + at * (columns.right - columns.left) - 9.0;
        sheet.fill(
            middle - 3.0,
            plot.bottom - 3.0,
            middle + 3.0,
            plot.bottom + 3.0,
            WHITE.solid(),
        );
        for side in [-5.0, 5.0] {
            let slash = vec![
                (middle + side - 4.0, plot.bottom + 8.0),
                (middle + side + 4.0, plot.bottom - 8.0),
            ];
            sheet.path(slash, HAIR_PX, None, axis);
        }
    }
    for at in &y.minor {
        sheet.rule(
            (plot.left - TICK_PX / 2.0, up(*at)),
            (plot.left, up(*at)),
            HAIR_PX,
            axis,
        );
    }
    for tick in &y.ticks {
        let at = up(tick.at).round();
        sheet.rule((plot.left - TICK_PX, at), (plot.left, at), AXIS_PX, axis);
        let top = at - SMALL_PX * (ASCENT - 0.35);
        let label = [tick.label.clone()];
        sheet.lines(
            &label,
            plot.left - TICK_PX - TICK_GAP_PX,
            top,
            Anchor::End,
            SMALL_PX,
            INK,
        );
    }
    for at in &x.minor {
        let at = columns.left + at * (columns.right - columns.left);
        sheet.rule((at, plot.bottom), (at, plot.bottom + TICK_PX / 2.0), HAIR_PX, axis);
    }
    for tick in &x.ticks {
        let at = columns.left + tick.at * (columns.right - columns.left);
        sheet.rule((at, plot.bottom), (at, plot.bottom + TICK_PX), AXIS_PX, axis);
    }
    edge::draw_names(sheet, names, plot);
}

/// Labels of the ticks, or names of the categories, and the axis' own label; gives where they end.
fn draw_x_axis(sheet: &mut Sheet, chart: &Chart, axis: &Axis, columns: &Columns, top: f64) -> f64 {
    let span = columns.right - columns.left;
    let first = top + TICK_PX + TICK_GAP_PX;
    let mut bottom = first;
    for tick in &axis.ticks {
        let label = [tick.label.clone()];
        bottom = bottom.max(sheet.lines(
            &label,
            columns.left + tick.at * span,
            first,
            Anchor::Middle,
            SMALL_PX,
            INK,
        ));
    }
    if let XKind::Categories(names) = &chart.x.kind {
        let room = span / names.len().max(1) as f64 - 16.0;
        for (index, name) in names.iter().enumerate() {
            // A line break in a name is kept: "idle\nn = 30".
            let lines: Vec<String> = name
                .split('\n')
                .flat_map(|part| wrap(part, SMALL_PX, room.max(SMALL_PX), usize::MAX))
                .collect();
            let x = columns.x(axis, index as f64);
            bottom = bottom.max(sheet.lines(&lines, x, first, Anchor::Middle, SMALL_PX, INK));
        }
    }
    let label = noted(&chart.x.label, axis, chart);
    if label.trim().is_empty() {
        return bottom;
    }
    // Centred below the plot, unless it is so long that it needs the whole canvas.
    let centre = (columns.left + columns.right) / 2.0;
    let room = 2.0 * (centre - OUTER_PX).min(WIDTH_PX - OUTER_PX - centre);
    let lines = wrap(&label, LABEL_PX, room, usize::MAX);
    sheet.lines(&lines, centre, bottom + LABEL_GAP_PX, Anchor::Middle, LABEL_PX, INK)
}
