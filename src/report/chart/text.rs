//! Text as the layout needs it: how wide it is, and how it breaks into lines.
//!
//! The font is embedded, so that a chart looks the same on every machine. Liberation Sans has Arial's widths: an SVG
//! whose text stays text keeps its layout on a machine that has either.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, GlyphId};

/// Font families in order of preference, all of the same widths; the last is whatever there is.
pub(super) const FAMILY: &str = "Liberation Sans, Arial, Helvetica, sans-serif";

/// Share of the em from the baseline up to the top of capitals and ascenders.
pub(super) const ASCENT: f64 = 0.76;
/// Share of the em from the baseline down to the end of descenders.
pub(super) const DESCENT: f64 = 0.24;
/// Distance of two baselines in em.
pub(super) const LEADING: f64 = 1.16;

static FILE: &[u8] = include_bytes!("font/LiberationSans-Regular.ttf");

/// The embedded font. `None` could only mean that the file in the repository is broken; a test holds it readable.
pub(super) fn font() -> Option<&'static FontRef<'static>> {
    static FONT: OnceLock<Option<FontRef<'static>>> = OnceLock::new();
    FONT.get_or_init(|| FontRef::try_from_slice(FILE).ok()).as_ref()
}

/// Glyphs of `text` with the horizontal position of each origin, in em, and the width of the whole.
pub(super) fn shape(text: &str) -> (Vec<(GlyphId, f64)>, f64) {
    let Some(font) = font() else {
        return (Vec::new(), text.chars().count() as f64 * 0.6);
    };
    let em = f64::from(font.units_per_em().unwrap_or(2048.0));
    let mut glyphs = Vec::with_capacity(text.len());
    let mut pen = 0.0;
    let mut previous = None;
    for character in text.chars() {
        let glyph = font.glyph_id(character);
        if let Some(previous) = previous {
            pen += f64::from(font.kern_unscaled(previous, glyph)) / em;
        }
        glyphs.push((glyph, pen));
        pen += f64::from(font.h_advance_unscaled(glyph)) / em;
        previous = Some(glyph);
    }
    (glyphs, pen)
}

/// Width of one line in pixels, set at `size_px` pixels to the em.
pub(super) fn width(text: &str, size_px: f64) -> f64 {
    shape(text).1 * size_px
}

/// Breaks `text` into at most `max_lines` lines no wider than `max_px`, at spaces where it can, inside a word where
/// it must. What does not fit is cut off with an ellipsis. White space of any kind is one space, and characters that
/// no file format takes are left out. At least one line, possibly empty.
pub(super) fn wrap(text: &str, size_px: f64, max_px: f64, max_lines: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let printable = text.replace(is_unprintable, "");
    for word in printable
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
    {
        let joined = if line.is_empty() {
            word.to_owned()
        } else {
            format!("{line} {word}")
        };
        if width(&joined, size_px) <= max_px {
            line = joined;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for character in word.chars() {
            line.push(character);
            if line.chars().count() > 1 && width(&line, size_px) > max_px {
                line.pop();
                lines.push(std::mem::take(&mut line));
                line.push(character);
            }
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    let max_lines = max_lines.max(1);
    if lines.len() > max_lines {
        lines.truncate(max_lines);
        if let Some(last) = lines.last_mut() {
            last.push('…');
            while width(last, size_px) > max_px && last.chars().count() > 1 {
                last.pop();
                last.pop();
                last.push('…');
            }
        }
    }
    lines
}

/// Code points that XML 1.0 does not allow.
fn is_unprintable(character: char) -> bool {
    matches!(character, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_embedded_font_is_readable_and_has_every_character_that_charts_use() {
        let font = font().unwrap();
        for character in "AZaz09.,%µ×−–…·≤≥<>()/éü".chars() {
            assert_ne!(font.glyph_id(character).0, 0, "{character}");
        }
    }

    #[test]
    fn widths_are_those_of_the_fonts_own_tables() {
        // hmtx of Liberation Sans, 2048 units to the em: H 1479, i 455, space 569.
        assert!((width("H", 2048.0) - 1479.0).abs() < 1e-6);
        assert!((width("Hi i", 2048.0) - (1479.0 + 455.0 + 569.0 + 455.0)).abs() < 1e-6);
        // The pair A V is kerned by -152.
        assert!((width("AV", 2048.0) - (1366.0 + 1366.0 - 152.0)).abs() < 1e-6);
    }

    #[test]
    fn lines_break_at_spaces_and_inside_words_only_where_they_must() {
        assert_eq!(wrap("Sangat Bagus", 10.0, 50.0, 9), ["Sangat", "Bagus"]);
        assert_eq!(wrap("  a \n\t b ", 10.0, 500.0, 9), ["a b"]);
        assert_eq!(wrap("WWWWWW", 10.0, 30.0, 9), ["WWW", "WWW"]);
        assert_eq!(wrap("", 10.0, 30.0, 9), [""]);
        assert_eq!(wrap("a\u{0}b\u{ffff}c", 10.0, 300.0, 9), ["a bc"]);
        assert_eq!(wrap("one two three", 10.0, 24.0, 2), ["one", "tw…"]);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_allowed(text in "\\PC{0,80}", max_px in 60.0f64..500.0, max_lines in 1usize..5) {
            let lines = wrap(&text, 34.0, max_px, max_lines);
            prop_assert!(!lines.is_empty() && lines.len() <= max_lines);
            for line in lines {
                prop_assert!(width(&line, 34.0) <= max_px || line.chars().count() <= 2, "{line}");
            }
        }
    }
}
