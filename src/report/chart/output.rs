//! A scene as PNG and SVG, and onto the disk.

use std::io::Write;
use std::path::{Path, PathBuf};

use plotters::prelude::SVGBackend;

use super::canvas::Canvas;
use super::paint;
use super::scene::{PIXELS_PER_METRE, Scene, WIDTH_PX};
use crate::error::{Error, ErrorKind, Result};

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
        paint::paint(self, canvas).map_err(failed)?;
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
        paint::paint(self, SVGBackend::with_string(&mut drawn, size)).map_err(failed)?;
        // plotters names the size in units; a printed page needs it in millimetres, and round joins are inherited.
        let body = drawn.split_once('>').map_or("", |(_, body)| body);
        let millimetres = |units: u32| f64::from(units) / paint::UNITS_PER_PX / 300.0 * 25.4;
        Ok(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:.2}mm\" height=\"{:.2}mm\" viewBox=\"0 0 {} {}\" \
             role=\"img\" stroke-linecap=\"round\" stroke-linejoin=\"round\">\n<title>{}</title>{body}",
            millimetres(size.0),
            millimetres(size.1),
            size.0,
            size.1,
            escaped(&self.description),
        ))
    }

    /// Writes `stem`.png and `stem`.svg, each whole or not at all; gives their paths.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] with the path that could not be written.
    pub fn save(&self, stem: &Path) -> Result<[PathBuf; 2]> {
        let with_ending = |ending: &str| {
            // Not `with_extension`: a capture's name may hold dots of its own.
            let mut name = stem.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        let paths = [with_ending(".png"), with_ending(".svg")];
        let [png, svg] = &paths;
        write_whole(png, &self.png()?)?;
        write_whole(svg, self.svg()?.as_bytes())?;
        Ok(paths)
    }
}

/// Writes `bytes` into a file beside `path` first and gives it its name when it is complete.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let refused =
        |error: &dyn std::fmt::Display| Error::new(ErrorKind::Output, format!("cannot write: {error}")).path(path);
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".migqos-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Temporary files are private by default; a report is as readable as any file its owner makes.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(|error| refused(&error))?;
    file.write_all(bytes).map_err(|error| refused(&error))?;
    file.persist(path).map_err(|error| refused(&error.error))?;
    Ok(())
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Output, format!("the chart could not be drawn: {error}"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Width of a PNG in pixels.
pub const PNG_WIDTH: u32 = WIDTH_PX as u32;
