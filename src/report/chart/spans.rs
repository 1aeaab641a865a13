//! Spans of the horizontal axis in the panels: phases and bands as areas, outages and marks as lines.

use super::model::{Chart, Span, SpanKind};
use super::scene::Paint;
use super::sheet::{Plot, Sheet};
use super::style::{AXIS_PX, BLACK, HAIR_PX, INK, QUIET_INK, VERMILION, tint};

/// A span on the canvas.
pub(super) struct Stretch<'a> {
    pub span: &'a Span,
    pub from: f64,
    pub to: f64,
}

impl Stretch<'_> {
    pub fn middle(&self) -> f64 {
        (self.from + self.to) / 2.0
    }

    /// Whether it is shaded, not drawn as a line.
    pub fn is_area(&self) -> bool {
        matches!(self.span.kind, SpanKind::Phase | SpanKind::Band(_))
    }
}

/// The spans that the axis shows, on the canvas, in their own order.
pub(super) fn stretches<'a>(chart: &'a Chart, plot: &Plot<'_>) -> Vec<Stretch<'a>> {
    let on_canvas = |span: &'a Span| {
        if span.from.is_nan() || span.to.is_nan() {
            return None;
        }
        let (from, to) = (span.from.min(span.to), span.from.max(span.to));
        let is_band = matches!(span.kind, SpanKind::Band(_));
        let stretch = Stretch {
            span,
            // A band that begins at zero or below has no edge on the left.
            from: if is_band && from <= 0.0 {
                plot.rect.left
            } else {
                plot.x(from)
            },
            to: plot.x(to),
        };
        // A phase or an outage may be shorter than a pixel and is a fact all the same; a band that the axis does not
        // reach is nothing.
        let is_place = !is_band && (plot.x_axis.shows(from) || plot.x_axis.shows(to));
        (is_place || (stretch.is_area() && stretch.to > stretch.from)).then_some(stretch)
    };
    chart.spans.iter().filter_map(on_canvas).collect()
}

/// The shade of an area; stronger in the strip, where no data lie on it. Neighbours differ.
pub(super) fn shade(kind: SpanKind, index: usize, in_strip: bool) -> Paint {
    match (kind, in_strip, index.is_multiple_of(2)) {
        (SpanKind::Band(grade), _, _) => tint(grade).solid(),
        (_, true, true) => BLACK.at(0.10),
        (_, true, false) => BLACK.at(0.18),
        (_, false, true) => BLACK.at(0.025),
        (_, false, false) => BLACK.at(0.06),
    }
}

/// The paint of the line that leads to a span.
pub(super) fn line_paint(kind: SpanKind) -> Paint {
    match kind {
        SpanKind::Outage => VERMILION.solid(),
        SpanKind::Mark => INK.solid(),
        SpanKind::Phase | SpanKind::Band(_) => QUIET_INK.solid(),
    }
}

/// Shades phases and bands in one panel.
pub(super) fn draw_areas(sheet: &mut Sheet, chart: &Chart, plot: &Plot<'_>) {
    let stretches = stretches(chart, plot);
    for (index, area) in stretches.iter().filter(|stretch| stretch.is_area()).enumerate() {
        let (top, bottom) = (plot.rect.top, plot.rect.bottom);
        sheet.fill(area.from, top, area.to, bottom, shade(area.span.kind, index, false));
        let edges = [area.from, area.to].into_iter();
        for edge in edges.filter(|edge| *edge > plot.rect.left && *edge < plot.rect.right) {
            if area.span.kind == SpanKind::Phase {
                sheet.path(plot.vertical(edge), HAIR_PX, Some((7.0, 7.0)), QUIET_INK.at(0.8));
            } else {
                sheet.rule(plot.vertical(edge), HAIR_PX, QUIET_INK.at(0.25));
            }
        }
    }
}

/// Draws outages in one panel, behind the data.
pub(super) fn draw_outages(sheet: &mut Sheet, chart: &Chart, plot: &Plot<'_>) {
    let stretches = stretches(chart, plot);
    for outage in stretches.iter().filter(|stretch| stretch.span.kind == SpanKind::Outage) {
        sheet.fill(
            outage.from,
            plot.rect.top,
            outage.to,
            plot.rect.bottom,
            VERMILION.at(0.3),
        );
        sheet.rule(plot.vertical(outage.middle()), AXIS_PX, VERMILION.solid());
    }
}

/// Draws marks in one panel, on the data.
pub(super) fn draw_marks(sheet: &mut Sheet, chart: &Chart, plot: &Plot<'_>) {
    let stretches = stretches(chart, plot);
    for mark in stretches.iter().filter(|stretch| stretch.span.kind == SpanKind::Mark) {
        sheet.path(
            plot.vertical(mark.middle().round()),
            AXIS_PX,
            Some((14.0, 9.0)),
            INK.solid(),
        );
    }
}
