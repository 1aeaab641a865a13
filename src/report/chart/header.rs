//! Spans of the horizontal axis: shaded through all panels, named in a strip above the first, or on a flag where the
//! strip has no room for the name.

use super::axis::Axis;
use super::layout::{Columns, Sheet, height};
use super::model::{Chart, Span, SpanKind};
use super::place::{self, Flag};
use super::scene::{Anchor, Paint, Rect, WIDTH_PX};
use super::style::{AXIS_PX, BLACK, HAIR_PX, INK, OUTER_PX, QUIET_INK, SMALL_PX, VERMILION, tint};
use super::text::{width, wrap};

/// Height of one lane of the strip.
const LANE_PX: f64 = 44.0;
/// Free room at both ends of a name in the strip.
const NAME_PAD_PX: f64 = 10.0;
/// Room between two rows of flags.
const ROW_GAP_PX: f64 = 6.0;
/// Widths, as shares of the canvas, to which the names on flags are broken until a placement is found.
const FLAG_SHARES: [f64; 3] = [0.44, 0.3, 0.2];

/// A span on the canvas.
struct Stretch<'a> {
    span: &'a Span,
    from: f64,
    to: f64,
}

impl Stretch<'_> {
    fn middle(&self) -> f64 {
        (self.from + self.to) / 2.0
    }

    fn is_area(&self) -> bool {
        matches!(self.span.kind, SpanKind::Phase | SpanKind::Band(_))
    }
}

/// The spans that the axis shows, on the canvas.
fn stretches<'a>(chart: &'a Chart, axis: &Axis, columns: &Columns) -> Vec<Stretch<'a>> {
    let on_canvas = |span: &'a Span| {
        let (from, to) = (span.from.min(span.to), span.from.max(span.to));
        if from.is_nan() || to.is_nan() {
            return None;
        }
        let stretch = Stretch {
            span,
            // A band that begins at zero or below has no edge on the left.
            from: if matches!(span.kind, SpanKind::Band(_)) && from <= 0.0 {
                columns.left
            } else {
                columns.x(axis, from)
            },
            to: columns.x(axis, to),
        };
        let is_line = !stretch.is_area();
        let is_seen = if is_line {
            axis.shows(from) || axis.shows(to)
        } else {
            stretch.to > stretch.from
        };
        // A phase may be shorter than a pixel and is still a fact; a band beyond the range is not.
        let is_short_phase = span.kind == SpanKind::Phase && axis.shows(from);
        (is_seen || is_short_phase).then_some(stretch)
    };
    chart.spans.iter().filter_map(on_canvas).collect()
}

/// Draws flags and strip below or, where there is room, beside what is already there in `label`; gives where the
/// first panel begins.
pub(super) fn draw(sheet: &mut Sheet, chart: &Chart, axis: &Axis, columns: &Columns, label: &Rect) -> f64 {
    let stretches = stretches(chart, axis, columns);
    let areas: Vec<&Stretch<'_>> = stretches.iter().filter(|stretch| stretch.is_area()).collect();
    let ends: Vec<(f64, f64)> = areas.iter().map(|area| (area.from, area.to)).collect();
    let lanes = place::lanes(&ends, 2.0);
    let lane_count = lanes.iter().max().map_or(0, |most| most + 1);
    let poles: Vec<f64> = stretches
        .iter()
        .filter(|stretch| !stretch.is_area())
        .map(Stretch::middle)
        .collect();

    // Names that have room in the strip, clear of the poles that pass through it.
    let mut in_strip: Vec<(usize, f64, String)> = Vec::new();
    let mut on_flags: Vec<&Stretch<'_>> = stretches.iter().filter(|stretch| !stretch.is_area()).collect();
    for (index, area) in areas.iter().enumerate() {
        let name = wrap(&area.span.label, SMALL_PX, f64::INFINITY, 1).concat();
        let room = width(&name, SMALL_PX) + 2.0 * NAME_PAD_PX;
        match free_middle(area, room, &poles) {
            Some(middle) => in_strip.push((lanes.get(index).copied().unwrap_or(0), middle, name)),
            None => on_flags.push(area),
        }
    }
    // A flag of a short phase has a pole of its own, which must clear the names too.
    let all_poles: Vec<f64> = on_flags.iter().map(|stretch| stretch.middle()).collect();
    in_strip.retain_mut(|(_, middle, name)| {
        let room = width(name, SMALL_PX) + 2.0 * NAME_PAD_PX;
        let owner = areas
            .iter()
            .find(|area| area.from <= *middle && *middle <= area.to && area.span.label.trim() == name.trim());
        match owner.and_then(|area| free_middle(area, room, &all_poles)) {
            Some(clear) => {
                *middle = clear;
                true
            }
            None => false,
        }
    });

    let strip_top = draw_flags(sheet, &on_flags, label, lane_count);
    let bottom = strip_top + lane_count as f64 * LANE_PX;
    for (index, area) in areas.iter().enumerate() {
        let lane_top = strip_top + lanes.get(index).copied().unwrap_or(0) as f64 * LANE_PX;
        let (from, to) = (area.from, area.to.max(area.from + 3.0));
        sheet.fill(
            from,
            lane_top,
            to,
            lane_top + LANE_PX,
            shade(area.span.kind, index, true),
        );
        for edge in [from, to]
            .into_iter()
            .filter(|edge| *edge > columns.left && *edge < columns.right)
        {
            sheet.rule((edge, lane_top), (edge, lane_top + LANE_PX), HAIR_PX, QUIET_INK.at(0.6));
        }
    }
    for (lane, middle, name) in in_strip {
        let lane_top = strip_top + lane as f64 * LANE_PX + (LANE_PX - SMALL_PX) / 2.0;
        sheet.lines(&[name], middle, lane_top, Anchor::Middle, SMALL_PX, INK);
    }
    for stretch in stretches.iter().filter(|stretch| !stretch.is_area()) {
        let paint = line_paint(stretch.span.kind);
        sheet.rule(
            (stretch.middle(), strip_top),
            (stretch.middle(), bottom),
            AXIS_PX,
            paint,
        );
    }
    bottom
}

/// The middle of the widest part of `area` that no pole crosses, where it has `room`; the area's own middle if that
/// does.
fn free_middle(area: &Stretch<'_>, room: f64, poles: &[f64]) -> Option<f64> {
    let mut cuts: Vec<f64> = poles
        .iter()
        .copied()
        .filter(|pole| *pole > area.from && *pole < area.to)
        .collect();
    cuts.push(area.to);
    cuts.sort_by(f64::total_cmp);
    let mut from = area.from;
    let mut widest: Option<(f64, f64)> = None;
    for cut in cuts {
        if widest.is_none_or(|(start, end)| cut - from > end - start) {
            widest = Some((from, cut));
        }
        from = cut;
    }
    widest
        .filter(|(start, end)| end - start >= room)
        .map(|(start, end)| (start + end) / 2.0)
}

/// Names on poles above the strip; gives where the strip begins.
fn draw_flags(sheet: &mut Sheet, on_flags: &[&Stretch<'_>], label: &Rect, lane_count: usize) -> f64 {
    if on_flags.is_empty() {
        return label.bottom;
    }
    let (left, right) = (OUTER_PX, WIDTH_PX - OUTER_PX);
    let mut texts: Vec<Vec<String>> = Vec::new();
    let mut placed = Vec::new();
    for share in FLAG_SHARES {
        texts = on_flags
            .iter()
            .map(|stretch| wrap(&stretch.span.label, SMALL_PX, WIDTH_PX * share, usize::MAX))
            .collect();
        let widths = texts
            .iter()
            .map(|lines| lines.iter().map(|line| width(line, SMALL_PX)).fold(0.0, f64::max));
        let flags: Vec<Flag> = on_flags
            .iter()
            .zip(widths)
            .map(|(stretch, width)| Flag {
                x: stretch.middle(),
                width,
            })
            .collect();
        placed = place::flags(&flags, left, right);
        if placed.iter().all(|placed| placed.has_pole) {
            break;
        }
    }
    let row_count = placed.iter().map(|placed| placed.row + 1).max().unwrap_or(0);
    let row_px: Vec<f64> = (0..row_count)
        .map(|row| {
            let lines = placed
                .iter()
                .zip(&texts)
                .filter(|(placed, _)| placed.row == row)
                .map(|(_, lines)| lines.len());
            height(lines.max().unwrap_or(0), SMALL_PX) + ROW_GAP_PX
        })
        .collect();
    let flags_px = row_px.iter().sum::<f64>() + 4.0;
    let is_clear = placed.iter().all(|placed| placed.left >= label.right + 30.0);
    let strip_top = if is_clear {
        label.bottom.max(label.top + flags_px)
    } else {
        label.bottom + flags_px
    }
    .ceil();
    for ((stretch, placed), lines) in on_flags.iter().zip(&placed).zip(&texts) {
        let below: f64 = row_px.iter().take(placed.row).sum();
        // Texts stand on the lower end of their row.
        let text_top = strip_top - 4.0 - below - height(lines.len(), SMALL_PX);
        sheet.lines(lines, placed.left, text_top, Anchor::Start, SMALL_PX, INK);
        if placed.has_pole {
            let thickness = if stretch.is_area() { HAIR_PX } else { AXIS_PX };
            let ends = if stretch.is_area() && lane_count > 0 {
                strip_top + LANE_PX * 0.4
            } else {
                strip_top
            };
            let x = stretch.middle();
            sheet.rule((x, text_top + 4.0), (x, ends), thickness, line_paint(stretch.span.kind));
        }
    }
    strip_top
}

fn line_paint(kind: SpanKind) -> Paint {
    match kind {
        SpanKind::Outage => VERMILION.solid(),
        SpanKind::Mark => INK.solid(),
        SpanKind::Phase | SpanKind::Band(_) => QUIET_INK.solid(),
    }
}

/// The shade of an area; stronger in the strip, where no data lie on it. Neighbours differ.
fn shade(kind: SpanKind, index: usize, in_strip: bool) -> Paint {
    match (kind, in_strip) {
        (SpanKind::Band(grade), _) => tint(grade).solid(),
        (_, true) => BLACK.at(if index.is_multiple_of(2) { 0.10 } else { 0.18 }),
        (_, false) => BLACK.at(if index.is_multiple_of(2) { 0.025 } else { 0.06 }),
    }
}

/// Shades the spans in one panel.
pub(super) fn draw_spans(sheet: &mut Sheet, chart: &Chart, axis: &Axis, plot: &Rect) {
    let columns = Columns {
        left: plot.left,
        right: plot.right,
    };
    let stretches = stretches(chart, axis, &columns);
    for (index, area) in stretches.iter().filter(|stretch| stretch.is_area()).enumerate() {
        sheet.fill(
            area.from,
            plot.top,
            area.to,
            plot.bottom,
            shade(area.span.kind, index, false),
        );
        for edge in [area.from, area.to]
            .into_iter()
            .filter(|edge| *edge > plot.left && *edge < plot.right)
        {
            if area.span.kind == SpanKind::Phase {
                let line = vec![(edge, plot.top), (edge, plot.bottom)];
                sheet.path(line, HAIR_PX, Some((7.0, 7.0)), QUIET_INK.at(0.8));
            } else {
                sheet.rule((edge, plot.top), (edge, plot.bottom), HAIR_PX, QUIET_INK.at(0.25));
            }
        }
    }
}

/// Draws outages in one panel, behind the data.
pub(super) fn draw_outages(sheet: &mut Sheet, chart: &Chart, axis: &Axis, plot: &Rect) {
    for outage in lines(chart, axis, plot)
        .iter()
        .filter(|stretch| stretch.span.kind == SpanKind::Outage)
    {
        let x = outage.middle().round();
        sheet.fill(outage.from, plot.top, outage.to, plot.bottom, VERMILION.at(0.3));
        sheet.rule((x, plot.top), (x, plot.bottom), AXIS_PX, VERMILION.solid());
    }
}

/// Draws marks in one panel, before the data.
pub(super) fn draw_marks(sheet: &mut Sheet, chart: &Chart, axis: &Axis, plot: &Rect) {
    for mark in lines(chart, axis, plot)
        .iter()
        .filter(|stretch| stretch.span.kind == SpanKind::Mark)
    {
        let x = mark.middle().round();
        sheet.path(
            vec![(x, plot.top), (x, plot.bottom)],
            AXIS_PX,
            Some((14.0, 9.0)),
            INK.solid(),
        );
    }
}

fn lines<'a>(chart: &'a Chart, axis: &Axis, plot: &Rect) -> Vec<Stretch<'a>> {
    let columns = Columns {
        left: plot.left,
        right: plot.right,
    };
    stretches(chart, axis, &columns)
        .into_iter()
        .filter(|stretch| !stretch.is_area())
        .collect()
}
