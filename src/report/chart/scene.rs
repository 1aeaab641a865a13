//! A chart that is laid out: shapes and texts at their places, ready for any painter.
//!
//! Everything that decides how a chart looks is decided before this point, by pure functions; a painter only copies.
//! So the rules of the layout (no two texts touch, nothing leaves the canvas) are tested here, on numbers.
//! Lengths are pixels at 300 to the inch; `y` grows downwards.

use super::text;

/// Width of every chart: 16 cm at 300 pixels to the inch.
pub const WIDTH_PX: f64 = 1890.0;
/// Pixels to the metre, as a PNG's pHYs chunk counts them: 300 / 0.0254.
pub const PIXELS_PER_METRE: u32 = 11_811;

/// A rectangle on the canvas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Lower edge.
    pub bottom: f64,
}

impl Rect {
    /// Whether the two share more than an edge.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    /// Whether `other` lies inside.
    pub fn holds(&self, other: &Self) -> bool {
        self.left <= other.left && other.right <= self.right && self.top <= other.top && other.bottom <= self.bottom
    }
}

/// Which end of a text its `x` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// The left end.
    Start,
    /// The middle.
    Middle,
    /// The right end.
    End,
}

/// A line of text at its place.
#[derive(Debug, Clone, PartialEq)]
pub struct TextBox {
    /// What it says.
    pub text: String,
    /// Which end `x` names.
    pub anchor: Anchor,
    /// Horizontal position of the anchor.
    pub x: f64,
    /// Vertical position of the baseline.
    pub baseline: f64,
    /// Pixels to the em.
    pub size_px: f64,
    pub(super) colour: Colour,
}

impl TextBox {
    /// What the text covers: its advance width, from the ascenders' to the descenders' end.
    pub fn rect(&self) -> Rect {
        let width = text::width(&self.text, self.size_px);
        let left = match self.anchor {
            Anchor::Start => self.x,
            Anchor::Middle => self.x - width / 2.0,
            Anchor::End => self.x - width,
        };
        Rect {
            left,
            top: self.baseline - text::ASCENT * self.size_px,
            right: left + width,
            bottom: self.baseline + text::DESCENT * self.size_px,
        }
    }
}

/// Red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour(pub u8, pub u8, pub u8);

/// A colour laid over what is there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Paint {
    pub colour: Colour,
    /// 1 hides what is below.
    pub opacity: f64,
}

impl Colour {
    pub fn solid(self) -> Paint {
        self.at(1.0)
    }

    pub fn at(self, opacity: f64) -> Paint {
        Paint { colour: self, opacity }
    }
}

/// How a point is marked: the second cue beside the colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    Disc,
    Ring,
    Square,
    Diamond,
    Triangle,
}

/// Something to draw.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Fill {
        rect: Rect,
        paint: Paint,
    },
    // `dash`: lengths of dash and gap.
    Path {
        points: Vec<(f64, f64)>,
        width: f64,
        dash: Option<(f64, f64)>,
        paint: Paint,
    },
    Mark {
        at: (f64, f64),
        radius: f64,
        marker: Marker,
        paint: Paint,
    },
}

/// A chart that is laid out.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// What the picture shows, for those who cannot see it.
    pub description: String,
    /// Height of the canvas; its width is [`WIDTH_PX`].
    pub height_px: f64,
    /// Where each panel draws its data, from the top panel down.
    pub panels: Vec<Rect>,
    /// Every text.
    pub texts: Vec<TextBox>,
    pub(super) shapes: Vec<Shape>,
}

impl Scene {
    /// The whole canvas.
    pub fn canvas(&self) -> Rect {
        Rect {
            left: 0.0,
            top: 0.0,
            right: WIDTH_PX,
            bottom: self.height_px,
        }
    }
}
