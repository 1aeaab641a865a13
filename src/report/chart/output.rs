//! A scene as PNG and SVG, and onto the disk.

use plotters::prelude::SVGBackend;

use super::canvas::Canvas;
use super::paint;
use super::scene::{Anchor, Colour, PIXELS_PER_METRE, Scene, TextBox};
use super::text::FAMILY;
use crate::error::{Error, ErrorKind, Result};
use crate::report::folder::Folder;

impl Scene {
    /// The picture as a PNG of 8-bit RGB that says of itself that it is 300 dpi, so that word processors give it its
    /// 16 cm.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] where drawing or compressing fails.
    pub fn png(&self) -> Result<Vec<u8>> {
        let size = paint::size(self);
        let px = |units: u32| (f64::from(units) / paint::UNITS_PER_PX).ceil() as u32;
        let (width, height) = (px(size.0), px(size.1));
        let mut pixels = vec![0xff; width as usize * height as usize * 3];
        let canvas = Canvas::new(&mut pixels, width, height, size).ok_or_else(|| failed("no room for the pixels"))?;
        paint::paint(self, canvas, true).map_err(failed)?;
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        encoder.set_filter(png::FilterType::Paeth);
        encoder.set_pixel_dims(Some(png::PixelDimensions {
            xppu: PIXELS_PER_METRE,
            yppu: PIXELS_PER_METRE,
            unit: png::Unit::Meter,
        }));
        let mut writer = encoder.write_header().map_err(failed)?;
        writer.write_image_data(&pixels).map_err(failed)?;
        writer.finish().map_err(failed)?;
        Ok(file)
    }

    /// The picture as SVG, 16 cm wide. Text stays text, in the embedded font's family or one of the same widths.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] where drawing fails.
    pub fn svg(&self) -> Result<String> {
        let size = paint::size(self);
        let mut drawn = String::new();
        paint::paint(self, SVGBackend::with_string(&mut drawn, size), false).map_err(failed)?;
        // plotters gives the size in units, where a printed page needs millimetres; and it moves texts to their
        // baseline by a share of the em, which LibreOffice does not understand. So head and texts are written here.
        let shapes = drawn.split_once('>').map_or("", |(_, body)| body);
        let shapes = shapes.trim_end().strip_suffix("</svg>").unwrap_or(shapes);
        let millimetres = |units: u32| f64::from(units) / paint::UNITS_PER_PX / 300.0 * 25.4;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:.2}mm\" height=\"{:.2}mm\" viewBox=\"0 0 {} {}\" \
             role=\"img\" stroke-linecap=\"round\" stroke-linejoin=\"round\">\n<title>{}</title>{shapes}",
            millimetres(size.0),
            millimetres(size.1),
            size.0,
            size.1,
            escaped(&self.description),
        );
        for text in &self.texts {
            svg.push_str(&svg_text(text));
        }
        svg.push_str("</svg>\n");
        Ok(svg)
    }

    /// Writes `stem`.png and `stem`.svg into `folder`, each whole or not at all.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] with the path that could not be written.
    pub fn save(&self, folder: &Folder, stem: &str) -> Result<()> {
        folder.write(&format!("{stem}.png"), &self.png()?)?;
        folder.write(&format!("{stem}.svg"), self.svg()?.as_bytes())
    }
}

fn svg_text(text: &TextBox) -> String {
    let anchor = match text.anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    let Colour(red, green, blue) = text.colour;
    format!(
        "<text x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\" font-family=\"{FAMILY}\" font-size=\"{}\" \
         fill=\"#{red:02X}{green:02X}{blue:02X}\">{}</text>\n",
        paint::units(text.x),
        paint::units(text.baseline),
        paint::units(text.size_px),
        escaped(&text.text),
    )
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Output, format!("the chart could not be drawn: {error}"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
