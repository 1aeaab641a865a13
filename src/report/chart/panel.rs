//! One panel: its label, its axes and grid, and what lies behind and on them.

use super::axis::{Axis, Frame, Scale};
use super::data;
use super::edge::{self, EdgeNames};
use super::model::{Chart, Panel, Values};
use super::range::Extent;
use super::scene::{Anchor, Rect, WIDTH_PX};
use super::sheet::{Plot, Sheet, height};
use super::spans;
use super::style::{AXIS_PX, BLACK, HAIR_PX, INK, LABEL_PX, OUTER_PX, QUIET_INK, SMALL_PX, TICK_PX, WHITE};
use super::text::{ASCENT, LEADING, width, wrap};

/// Room between a tick and its label.
pub(super) const TICK_GAP_PX: f64 = 7.0;
/// Free room below the least value, so that a line along zero is seen whole.
const PAD_PX: f64 = 9.0;
/// The strip of a logarithmic axis that holds zeros: the zero's label must clear the lowest decade's.
const ZERO_PX: f64 = 44.0;
/// The white line between the zeros and the logarithmic part, and its distance to the latter.
const BREAK_PX: f64 = 6.0;
const BREAK_GAP_PX: f64 = 9.0;
/// Length of a line's sample in the key, and the room beside it.
const SAMPLE_PX: f64 = 70.0;
const SAMPLE_GAP_PX: f64 = 14.0;

/// The height that a panel gets: what it asks for, within reason.
pub(super) fn plot_px(panel: &Panel) -> f64 {
    if panel.height_px.is_finite() {
        panel.height_px.clamp(60.0, 3000.0)
    } else {
        300.0
    }
}

/// The vertical axis of `panel`.
pub(super) fn y_axis(panel: &Panel, chart: &Chart) -> Axis {
    let mut extent = Extent::default();
    for series in &panel.series {
        data::for_each_y(&series.values, |value| extent.add(value));
    }
    // What has an area is drawn from zero, and on a logarithmic axis there is none.
    let is_area = |values: &Values| matches!(values, Values::Columns(_) | Values::Bars(_));
    let has_area = panel.series.iter().any(|series| is_area(&series.values));
    let frame = Frame {
        length_px: plot_px(panel),
        pad_px: if has_area { 0.0 } else { PAD_PX },
        zero_px: ZERO_PX,
        headroom: 0.06,
        from_zero: true,
        max_ticks: 5,
        numbers: chart.numbers,
        label_px: &|_| SMALL_PX * 1.35,
    };
    let mut axis = Axis::fit(&extent, if has_area { Scale::Linear } else { panel.scale }, &frame);
    if extent.bounds.is_none() {
        // Numbers on an axis without values would be made up.
        axis.ticks.clear();
    }
    axis
}

/// The label of an axis, with the note that says so where it is logarithmic.
pub(super) fn noted(label: &str, axis: &Axis, chart: &Chart) -> String {
    if axis.is_log() && !chart.log_note.trim().is_empty() {
        format!("{label}, {}", chart.log_note)
    } else {
        label.to_owned()
    }
}

/// Writes the label of the vertical axis above the panel, with the key where the panel has several named series;
/// gives the room that they take.
pub(super) fn label(sheet: &mut Sheet, chart: &Chart, panel: &Panel, axis: &Axis, left: f64, top: f64) -> Rect {
    let before = sheet.texts.len();
    let room = WIDTH_PX - OUTER_PX - left;
    let lines = wrap(&noted(&panel.label, axis, chart), LABEL_PX, room, usize::MAX);
    let bottom = sheet.lines(&lines, left, top, Anchor::Start, LABEL_PX, INK);
    let last_px = lines.last().map_or(0.0, |line| width(line, LABEL_PX));
    let bottom = key(sheet, panel, left, last_px, bottom);
    let written = sheet.texts.iter().skip(before);
    Rect {
        left,
        top,
        right: written.map(|text| text.rect().right).fold(left, f64::max),
        bottom,
    }
}

/// The key of a panel with several named series: on the last line of the label, of width `last_px`, where it has room
/// there, else on lines of its own. Gives where it ends.
fn key(sheet: &mut Sheet, panel: &Panel, left: f64, last_px: f64, bottom: f64) -> f64 {
    let right = WIDTH_PX - OUTER_PX;
    let named = panel
        .series
        .iter()
        .enumerate()
        .filter(|(_, series)| !series.name.trim().is_empty());
    let names: Vec<(usize, String)> = named
        .map(|(index, series)| {
            (
                index,
                wrap(&series.name, SMALL_PX, right - left - SAMPLE_PX - SAMPLE_GAP_PX, 1).concat(),
            )
        })
        .collect();
    if names.len() < 2 {
        return bottom;
    }
    let item_px = |name: &str| SAMPLE_PX + SAMPLE_GAP_PX + width(name, SMALL_PX);
    let gap = 2.0 * SAMPLE_GAP_PX;
    let total: f64 = names.iter().map(|(_, name)| item_px(name) + gap).sum();
    let is_beside = left + last_px + 40.0 + total <= right;
    let (mut x, mut y) = if is_beside {
        (right - total + gap, bottom - height(1, SMALL_PX) - 1.0)
    } else {
        (left, bottom + 4.0)
    };
    let mut bottom = bottom;
    for (index, name) in names {
        let item_px = item_px(&name);
        if x > left && x + item_px > right {
            (x, y) = (left, y + SMALL_PX * LEADING);
        }
        if let Some(series) = panel.series.get(index) {
            data::sample(sheet, &series.values, index, (x, y + SMALL_PX * 0.5), SAMPLE_PX);
        }
        let end = sheet.lines(&[name], x + SAMPLE_PX + SAMPLE_GAP_PX, y, Anchor::Start, SMALL_PX, INK);
        bottom = bottom.max(end);
        x += item_px + gap;
    }
    bottom
}

/// Draws `panel` where `plot` says.
pub(super) fn draw(sheet: &mut Sheet, chart: &Chart, panel: &Panel, names: &EdgeNames, plot: &Plot<'_>) {
    edge::draw_tints(sheet, panel, plot);
    spans::draw_areas(sheet, chart, plot);
    for tick in &plot.y_axis.ticks {
        sheet.rule(plot.horizontal(plot.up(tick.at)), HAIR_PX, BLACK.at(0.09));
    }
    for tick in &plot.x_axis.ticks {
        sheet.rule(plot.vertical(plot.across(tick.at)), HAIR_PX, BLACK.at(0.09));
    }
    if let Some(at) = plot.y_axis.break_at() {
        sheet.rule(plot.horizontal(plot.up(at) + BREAK_GAP_PX), BREAK_PX, WHITE.solid());
    }
    if let Some(at) = plot.x_axis.break_at() {
        sheet.rule(plot.vertical(plot.across(at) - BREAK_GAP_PX), BREAK_PX, WHITE.solid());
    }
    spans::draw_outages(sheet, chart, plot);
    for (index, series) in panel.series.iter().enumerate() {
        data::draw(sheet, &series.values, index, plot);
    }
    spans::draw_marks(sheet, chart, plot);
    if !panel.series.iter().any(|series| data::has_values(&series.values)) {
        absent(sheet, panel, plot);
    }
    axes(sheet, plot);
    edge::draw_names(sheet, names, plot);
}

/// Writes into an empty panel why it is empty.
fn absent(sheet: &mut Sheet, panel: &Panel, plot: &Plot<'_>) {
    if panel.absent.trim().is_empty() {
        return;
    }
    let rect = &plot.rect;
    let most = ((rect.bottom - rect.top) / (SMALL_PX * LEADING)).floor().max(1.0) as usize;
    let lines = wrap(&panel.absent, SMALL_PX, (rect.right - rect.left) * 0.8, most);
    let (middle, tall) = (plot.across(0.5), height(lines.len(), SMALL_PX));
    let top = (rect.top + rect.bottom - tall) / 2.0;
    let half = lines.iter().map(|line| width(line, SMALL_PX)).fold(0.0, f64::max) / 2.0 + 12.0;
    sheet.fill(
        middle - half,
        top - 4.0,
        middle + half,
        top + tall + 4.0,
        WHITE.at(0.85),
    );
    sheet.lines(&lines, middle, top, Anchor::Middle, SMALL_PX, QUIET_INK);
}

/// The lines of both axes with their ticks, and the labels of the vertical one. The horizontal axis' labels stand
/// below the last panel only.
fn axes(sheet: &mut Sheet, plot: &Plot<'_>) {
    let (left, bottom, paint) = (plot.rect.left, plot.rect.bottom, QUIET_INK.solid());
    sheet.rule(plot.horizontal(bottom), AXIS_PX, paint);
    sheet.rule([(left, plot.rect.top), (left, bottom + 2.0)], AXIS_PX, paint);
    if let Some(at) = plot.y_axis.break_at() {
        let y = plot.up(at) + BREAK_GAP_PX;
        sheet.fill(left - 3.0, y - 3.0, left + 3.0, y + 3.0, WHITE.solid());
        for side in [y - 5.0, y + 5.0] {
            sheet.path(
                [(left - 8.0, side + 4.0), (left + 8.0, side - 4.0)],
                HAIR_PX,
                None,
                paint,
            );
        }
    }
    if let Some(at) = plot.x_axis.break_at() {
        let x = plot.across(at) - BREAK_GAP_PX;
        sheet.fill(x - 3.0, bottom - 3.0, x + 3.0, bottom + 3.0, WHITE.solid());
        for side in [x - 5.0, x + 5.0] {
            sheet.path(
                [(side - 4.0, bottom + 8.0), (side + 4.0, bottom - 8.0)],
                HAIR_PX,
                None,
                paint,
            );
        }
    }
    for at in &plot.y_axis.minor {
        let y = plot.up(*at);
        sheet.rule([(left - TICK_PX / 2.0, y), (left, y)], HAIR_PX, paint);
    }
    for tick in &plot.y_axis.ticks {
        let y = plot.up(tick.at).round();
        sheet.rule([(left - TICK_PX, y), (left, y)], AXIS_PX, paint);
        // The middle of a digit's height lies on the tick.
        let top = y - SMALL_PX * (ASCENT - 0.35);
        let label = [tick.label.clone()];
        sheet.lines(&label, left - TICK_PX - TICK_GAP_PX, top, Anchor::End, SMALL_PX, INK);
    }
    for at in &plot.x_axis.minor {
        let x = plot.across(*at);
        sheet.rule([(x, bottom), (x, bottom + TICK_PX / 2.0)], HAIR_PX, paint);
    }
    for tick in &plot.x_axis.ticks {
        let x = plot.across(tick.at);
        sheet.rule([(x, bottom), (x, bottom + TICK_PX)], AXIS_PX, paint);
    }
}
