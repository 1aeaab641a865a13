//! The sheet that a chart is laid out on: shapes and texts as they are put down.

use super::axis::Axis;
use super::scene::{Anchor, Colour, Marker, Paint, Rect, Shape, TextBox};
use super::text::{ASCENT, DESCENT, LEADING};

/// Where values lie on the canvas: the rectangle of a panel with its two axes.
#[derive(Clone, Copy)]
pub(super) struct Plot<'a> {
    pub rect: Rect,
    pub x_axis: &'a Axis,
    pub y_axis: &'a Axis,
}

impl Plot<'_> {
    pub fn x(&self, value: f64) -> f64 {
        self.across(self.x_axis.position(value))
    }

    pub fn y(&self, value: f64) -> f64 {
        self.up(self.y_axis.position(value))
    }

    /// A share of the horizontal axis.
    pub fn across(&self, share: f64) -> f64 {
        self.rect.left + share * (self.rect.right - self.rect.left)
    }

    /// A share of the vertical axis.
    pub fn up(&self, share: f64) -> f64 {
        self.rect.bottom - share * (self.rect.bottom - self.rect.top)
    }

    /// A vertical stroke through the whole panel.
    pub fn vertical(&self, x: f64) -> [(f64, f64); 2] {
        [(x, self.rect.top), (x, self.rect.bottom)]
    }

    /// A horizontal stroke through the whole panel.
    pub fn horizontal(&self, y: f64) -> [(f64, f64); 2] {
        [(self.rect.left, y), (self.rect.right, y)]
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
    pub fn rule(&mut self, [from, to]: [(f64, f64); 2], thickness: f64, paint: Paint) {
        let (low, high) = ((thickness / 2.0).floor(), (thickness / 2.0).ceil());
        if from.0 == to.0 {
            let x = from.0.round();
            self.fill(x - low, from.1, x + high, to.1, paint);
        } else {
            let y = from.1.round();
            self.fill(from.0, y - low, to.0, y + high, paint);
        }
    }

    pub fn path(&mut self, points: impl Into<Vec<(f64, f64)>>, width: f64, dash: Option<(f64, f64)>, paint: Paint) {
        self.shapes.push(Shape::Path {
            points: points.into(),
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
