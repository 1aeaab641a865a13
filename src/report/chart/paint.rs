//! A laid-out scene onto any plotters backend.
//!
//! plotters counts in whole units; ten of them make a pixel here, so that a line may lie between two pixels.

use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::scene::{Anchor, Colour, Marker, Paint, Scene, Shape, TextBox, WIDTH_PX};
use super::text::FAMILY;

/// Backend units to the pixel.
pub(super) const UNITS_PER_PX: f64 = 10.0;
/// The size of the canvas in backend units.
pub(super) fn size(scene: &Scene) -> (u32, u32) {
    (
        units(WIDTH_PX).max(1) as u32,
        units(scene.height_px.clamp(1.0, 100_000.0)).max(1) as u32,
    )
}

pub(super) fn units(px: f64) -> i32 {
    (px * UNITS_PER_PX).round() as i32
}

fn point((x, y): (f64, f64)) -> (i32, i32) {
    (units(x), units(y))
}

fn colour(Colour(red, green, blue): Colour) -> RGBColor {
    RGBColor(red, green, blue)
}

fn style(paint: Paint, width: f64) -> ShapeStyle {
    ShapeStyle {
        color: colour(paint.colour).mix(paint.opacity),
        filled: false,
        stroke_width: units(width).max(1) as u32,
    }
}

/// Draws the shapes of `scene`, and its texts where `with_texts` says so.
///
/// # Errors
/// What the backend fails with.
pub(super) fn paint<DB: DrawingBackend>(scene: &Scene, backend: DB, with_texts: bool) -> Drawn<DB> {
    let area = backend.into_drawing_area();
    area.fill(&WHITE)?;
    for shape in &scene.shapes {
        draw_shape(&area, shape)?;
    }
    if with_texts {
        for text in &scene.texts {
            draw_text(&area, text)?;
        }
    }
    area.present()
}

type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

fn draw_shape<DB: DrawingBackend>(area: &DrawingArea<DB, Shift>, shape: &Shape) -> Drawn<DB> {
    match shape {
        Shape::Fill { rect, paint } => {
            let corners = [point((rect.left, rect.top)), point((rect.right, rect.bottom))];
            area.draw(&Rectangle::new(corners, style(*paint, 0.0).filled()))
        }
        Shape::Path {
            points,
            width,
            dash,
            paint,
        } => {
            let (points, style) = (
                points.iter().copied().map(point).collect::<Vec<_>>(),
                style(*paint, *width),
            );
            match *dash {
                Some((dash, gap)) => area.draw(&DashedPathElement::new(points, units(dash), units(gap), style)),
                None => area.draw(&PathElement::new(points, style)),
            }
        }
        Shape::Mark {
            at,
            radius,
            marker,
            paint,
        } => draw_mark(area, *at, *radius, *marker, *paint),
    }
}

fn draw_mark<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    (x, y): (f64, f64),
    radius: f64,
    marker: Marker,
    paint: Paint,
) -> Drawn<DB> {
    let filled = style(paint, 0.0).filled();
    let polygon = |corners: &[(f64, f64)]| {
        let at = |corner: &(f64, f64)| point((x + corner.0 * radius, y + corner.1 * radius));
        area.draw(&Polygon::new(corners.iter().map(at).collect::<Vec<_>>(), filled))
    };
    match marker {
        Marker::Disc => area.draw(&Circle::new(point((x, y)), units(radius), filled)),
        Marker::Ring => area.draw(&Circle::new(point((x, y)), units(radius), style(paint, 2.5))),
        // Of about the disc's area.
        Marker::Square => polygon(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
        Marker::Diamond => polygon(&[(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)]),
        Marker::Triangle => polygon(&[(0.0, -1.2), (1.15, 0.8), (-1.15, 0.8)]),
    }
}

/// Hands a text to the backend with its baseline, not its top, as the vertical position, and pixels to the em as its
/// size: plotters leaves both to the backend.
fn draw_text<DB: DrawingBackend>(area: &DrawingArea<DB, Shift>, text: &TextBox) -> Drawn<DB> {
    let anchor = match text.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let ink = colour(text.colour);
    let style = TextStyle::from((FAMILY, text.size_px * UNITS_PER_PX).into_font())
        .pos(Pos::new(anchor, VPos::Bottom))
        .color(&ink);
    area.draw(&Text::new(text.text.as_str(), point((text.x, text.baseline)), style))
}
