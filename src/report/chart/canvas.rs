//! plotters' bitmap backend, with smooth strokes and properly set text.
//!
//! plotters draws thick lines as polygons without smoothing, and sets each glyph without its left side bearing, which
//! shows as uneven letter spacing at print size. Both are done here; areas and pixels stay plotters' own.

use ab_glyph::{Font, PxScale, point};
use plotters::backend::{BitMapBackend, RGBPixel};
use plotters_backend::text_anchor::HPos;
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind};

use super::paint::UNITS_PER_PX;
use super::text;

type Failure = <BitMapBackend<'static, RGBPixel> as DrawingBackend>::ErrorType;
type Drawn = Result<(), DrawingErrorKind<Failure>>;

/// A bitmap whose units are tenths of a pixel.
pub(super) struct Canvas<'a> {
    bitmap: BitMapBackend<'a, RGBPixel>,
    size: (u32, u32),
    /// How much of each pixel the stroke at work covers; kept between strokes for its memory.
    cover: Vec<f32>,
}

impl<'a> Canvas<'a> {
    /// A canvas over `pixels`, three bytes each, of `width` by `height` pixels. `None` where they are too few.
    pub fn new(pixels: &'a mut [u8], width: u32, height: u32, size: (u32, u32)) -> Option<Self> {
        Some(Self {
            bitmap: BitMapBackend::with_buffer_and_format(pixels, (width, height)).ok()?,
            size,
            cover: Vec::new(),
        })
    }

    /// Lays `colour` over the pixels that `distance` (in pixels, negative inside) reaches, smoothed over one pixel.
    /// `segments` are the pieces of the shape, each with its own bounds; where pieces meet, the nearer one counts.
    fn cover<'s>(
        &mut self,
        pieces: impl Iterator<Item = Piece> + Clone + 's,
        radius: f32,
        colour: BackendColor,
    ) -> Drawn {
        let (width, height) = self.bitmap.get_size();
        let reach = radius + 1.0;
        let Some(bounds) = pieces.clone().map(|piece| piece.bounds(reach)).reduce(Bounds::join) else {
            return Ok(());
        };
        let bounds = bounds.within(width, height);
        let (columns, rows) = (bounds.width(), bounds.height());
        if columns == 0 || rows == 0 {
            return Ok(());
        }
        self.cover.clear();
        self.cover.resize(columns * rows, 0.0);
        for piece in pieces {
            let part = piece.bounds(reach).within(width, height);
            for y in part.top..part.bottom {
                let (from, to) = piece.reach_on_row(y as f32 + 0.5, reach);
                let (from, to) = ((from.floor() as i32).max(part.left), (to.ceil() as i32).min(part.right));
                let start = (y - bounds.top) as usize * columns;
                let Some(row) = self.cover.get_mut(start..start + columns) else {
                    continue;
                };
                for x in from..to {
                    let covered = (radius + 0.5 - piece.distance(x as f32 + 0.5, y as f32 + 0.5)).clamp(0.0, 1.0);
                    if let Some(pixel) = row.get_mut((x - bounds.left) as usize) {
                        *pixel = pixel.max(covered);
                    }
                }
            }
        }
        let cover = std::mem::take(&mut self.cover);
        for (row, y) in cover.chunks_exact(columns).zip(bounds.top..) {
            for (covered, x) in row.iter().zip(bounds.left..) {
                if *covered > 0.0 {
                    self.bitmap.draw_pixel((x, y), colour.mix(f64::from(*covered)))?;
                }
            }
        }
        self.cover = cover;
        Ok(())
    }
}

/// A piece of a stroke: what lies within the stroke's radius of the segment from `from` to `to`, or of the circle of
/// radius `ring` round `from`.
#[derive(Debug, Clone, Copy)]
struct Piece {
    from: (f32, f32),
    to: (f32, f32),
    ring: f32,
}

#[derive(Debug, Clone, Copy)]
struct Bounds {
    left: i32,
    top: i32,
    right: i32,
    bottom: i32,
}

impl Bounds {
    fn join(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    fn within(self, width: u32, height: u32) -> Self {
        Self {
            left: self.left.clamp(0, width as i32),
            top: self.top.clamp(0, height as i32),
            right: self.right.clamp(0, width as i32),
            bottom: self.bottom.clamp(0, height as i32),
        }
    }

    fn width(self) -> usize {
        usize::try_from(self.right - self.left).unwrap_or(0)
    }

    fn height(self) -> usize {
        usize::try_from(self.bottom - self.top).unwrap_or(0)
    }
}

impl Piece {
    fn bounds(&self, reach: f32) -> Bounds {
        let reach = reach + self.ring;
        Bounds {
            left: (self.from.0.min(self.to.0) - reach).floor() as i32,
            top: (self.from.1.min(self.to.1) - reach).floor() as i32,
            right: (self.from.0.max(self.to.0) + reach).ceil() as i32,
            bottom: (self.from.1.max(self.to.1) + reach).ceil() as i32,
        }
    }

    /// Where on the row at height `y` the piece can be within `reach`: keeps long slanted strokes from costing their
    /// whole bounding box.
    fn reach_on_row(&self, y: f32, reach: f32) -> (f32, f32) {
        let reach = reach + self.ring;
        let (low, high) = (self.from.0.min(self.to.0) - reach, self.from.0.max(self.to.0) + reach);
        let (dx, dy) = (self.to.0 - self.from.0, self.to.1 - self.from.1);
        if dy.abs() < 1.0 {
            return (low, high);
        }
        let at = self.from.0 + (y - self.from.1) * dx / dy;
        let half = reach * (dx * dx + dy * dy).sqrt() / dy.abs();
        ((at - half).max(low), (at + half).min(high))
    }

    fn distance(&self, x: f32, y: f32) -> f32 {
        let (dx, dy) = (self.to.0 - self.from.0, self.to.1 - self.from.1);
        let (px, py) = (x - self.from.0, y - self.from.1);
        let square = dx * dx + dy * dy;
        let along = if square > 0.0 {
            ((px * dx + py * dy) / square).clamp(0.0, 1.0)
        } else {
            0.0
        };
        let (ax, ay) = (px - along * dx, py - along * dy);
        let distance = (ax * ax + ay * ay).sqrt();
        if self.ring > 0.0 {
            (distance - self.ring).abs()
        } else {
            distance
        }
    }
}

fn px(at: BackendCoord) -> (f32, f32) {
    (at.0 as f32 / UNITS_PER_PX as f32, at.1 as f32 / UNITS_PER_PX as f32)
}

fn whole_px(at: BackendCoord) -> BackendCoord {
    let round = |units: i32| (f64::from(units) / UNITS_PER_PX).round() as i32;
    (round(at.0), round(at.1))
}

impl DrawingBackend for Canvas<'_> {
    type ErrorType = Failure;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        self.bitmap.ensure_prepared()
    }

    fn present(&mut self) -> Drawn {
        self.bitmap.present()
    }

    fn draw_pixel(&mut self, at: BackendCoord, colour: BackendColor) -> Drawn {
        self.bitmap.draw_pixel(whole_px(at), colour)
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S, fill: bool) -> Drawn {
        self.bitmap
            .draw_rect(whole_px(from), whole_px(to), &style.color(), fill)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let points: Vec<(f32, f32)> = path.into_iter().map(px).collect();
        let radius = style.stroke_width() as f32 / UNITS_PER_PX as f32 / 2.0;
        let pieces = points.windows(2).filter_map(|pair| match pair {
            &[from, to] => Some(Piece { from, to, ring: 0.0 }),
            _ => None,
        });
        self.cover(pieces, radius, style.color())
    }

    fn draw_circle<S: BackendStyle>(&mut self, centre: BackendCoord, radius: u32, style: &S, fill: bool) -> Drawn {
        let (at, radius) = (px(centre), radius as f32 / UNITS_PER_PX as f32);
        let width = style.stroke_width() as f32 / UNITS_PER_PX as f32;
        let (ring, reach) = if fill { (0.0, radius) } else { (radius, width / 2.0) };
        let piece = Piece { from: at, to: at, ring };
        self.cover(std::iter::once(piece), reach, style.color())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, corners: I, style: &S) -> Drawn {
        let corners: Vec<(f32, f32)> = corners.into_iter().map(px).collect();
        let (width, height) = self.bitmap.get_size();
        let at = |&(x, y): &(f32, f32)| {
            Piece {
                from: (x, y),
                to: (x, y),
                ring: 0.0,
            }
            .bounds(1.0)
        };
        let Some(bounds) = corners.iter().map(at).reduce(Bounds::join) else {
            return Ok(());
        };
        let bounds = bounds.within(width, height);
        // Markers are some ten pixels wide: sixteen samples to the pixel are cheap.
        const SAMPLES: [f32; 4] = [0.125, 0.375, 0.625, 0.875];
        for y in bounds.top..bounds.bottom {
            for x in bounds.left..bounds.right {
                let hits = SAMPLES
                    .iter()
                    .flat_map(|dy| SAMPLES.iter().map(move |dx| (x as f32 + dx, y as f32 + dy)))
                    .filter(|&sample| is_inside(sample, &corners))
                    .count();
                if hits > 0 {
                    self.bitmap.draw_pixel((x, y), style.color().mix(hits as f64 / 16.0))?;
                }
            }
        }
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, words: &str, style: &S, at: BackendCoord) -> Drawn {
        let Some(font) = text::font() else {
            return Ok(());
        };
        let em_px = style.size() / UNITS_PER_PX;
        let units_per_em = font.units_per_em().unwrap_or(2048.0);
        let scale = PxScale::from(em_px as f32 * font.height_unscaled() / units_per_em);
        let (glyphs, width_em) = text::shape(words);
        let x = f64::from(at.0) / UNITS_PER_PX;
        let left = match style.anchor().h_pos {
            HPos::Left => x,
            HPos::Center => x - width_em * em_px / 2.0,
            HPos::Right => x - width_em * em_px,
        };
        // A baseline on a whole pixel keeps the feet of letters sharp.
        let baseline = (f64::from(at.1) / UNITS_PER_PX).round();
        for (glyph, pen_em) in glyphs {
            let origin = point((left + pen_em * em_px) as f32, baseline as f32);
            let Some(outline) = font.outline_glyph(glyph.with_scale_and_position(scale, origin)) else {
                continue;
            };
            let corner = outline.px_bounds().min;
            let mut failed = Ok(());
            outline.draw(|dx, dy, covered| {
                if covered > 0.0 && failed.is_ok() {
                    let pixel = (corner.x as i32 + dx as i32, corner.y as i32 + dy as i32);
                    failed = self
                        .bitmap
                        .draw_pixel(pixel, style.color().mix(f64::from(covered.min(1.0))));
                }
            });
            failed?;
        }
        Ok(())
    }
}

/// Whether a ray from `sample` to the right crosses the polygon's outline an odd number of times.
fn is_inside(sample: (f32, f32), corners: &[(f32, f32)]) -> bool {
    let edges = corners.iter().zip(corners.iter().cycle().skip(1));
    let crossed = edges.filter(|(from, to)| {
        (from.1 > sample.1) != (to.1 > sample.1)
            && sample.0 < (to.0 - from.0) * (sample.1 - from.1) / (to.1 - from.1) + from.0
    });
    crossed.count() % 2 == 1
}
