//! The look that all charts share: sizes in pixels at 300 to the inch, and colours that the colour-blind tell apart.

use super::scene::{Colour, Marker};

/// 8 points: ticks, names of bands and spans.
pub(super) const SMALL_PX: f64 = 33.0;
/// 9 points: labels of axes.
pub(super) const LABEL_PX: f64 = 37.5;
/// Free room round the whole chart.
pub(super) const OUTER_PX: f64 = 12.0;
/// Length of a labelled tick; unlabelled ones have half of it.
pub(super) const TICK_PX: f64 = 11.0;
/// Width of lines that carry data: one point.
pub(super) const LINE_PX: f64 = 4.2;
/// Width of axes.
pub(super) const AXIS_PX: f64 = 3.0;
/// Width of grid lines and leaders.
pub(super) const HAIR_PX: f64 = 2.0;
/// Radius of a marker that stands by itself.
pub(super) const MARKER_PX: f64 = 7.0;

pub(super) const INK: Colour = Colour(34, 34, 34);
pub(super) const QUIET_INK: Colour = Colour(85, 85, 85);
pub(super) const WHITE: Colour = Colour(255, 255, 255);
pub(super) const BLACK: Colour = Colour(0, 0, 0);

// Okabe and Ito, Color Universal Design (2008).
const ORANGE: Colour = Colour(230, 159, 0);
const SKY_BLUE: Colour = Colour(86, 180, 233);
const GREEN: Colour = Colour(0, 158, 115);
const BLUE: Colour = Colour(0, 114, 178);
pub(super) const VERMILION: Colour = Colour(213, 94, 0);
const PURPLE: Colour = Colour(204, 121, 167);

/// What tells one series from the next: a colour, and a dash and a marker for those who see none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Look {
    pub colour: Colour,
    pub dash: Option<(f64, f64)>,
    pub marker: Marker,
}

/// The look of the series with this index; repeats after five.
pub(super) fn look(index: usize) -> Look {
    let (colour, dash, marker) = match index % 5 {
        0 => (BLUE, None, Marker::Disc),
        1 => (VERMILION, Some((22.0, 12.0)), Marker::Square),
        2 => (GREEN, Some((6.0, 10.0)), Marker::Triangle),
        3 => (PURPLE, Some((30.0, 10.0)), Marker::Diamond),
        _ => (BLACK, Some((14.0, 14.0)), Marker::Ring),
    };
    Look { colour, dash, marker }
}

/// The tint of a band by its index (4 the best): as light as a background must be, darker as the band gets worse, so
/// that the order survives in grey.
pub(super) fn tint(index: u8) -> Colour {
    let (colour, strength) = match index {
        4.. => (GREEN, 0.08),
        3 => (SKY_BLUE, 0.14),
        2 => (ORANGE, 0.18),
        1 => (VERMILION, 0.16),
        0 => (PURPLE, 0.22),
    };
    let mix = |channel: u8| (255.0 - (255.0 - f64::from(channel)) * strength).round() as u8;
    Colour(mix(colour.0), mix(colour.1), mix(colour.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luma(colour: Colour) -> f64 {
        0.2126 * f64::from(colour.0) + 0.7152 * f64::from(colour.1) + 0.0722 * f64::from(colour.2)
    }

    #[test]
    fn tints_are_light_and_darken_as_bands_get_worse() {
        let greys: Vec<f64> = (0..=4).map(|index| luma(tint(index))).collect();
        assert!(greys.is_sorted_by(|worse, better| worse < better), "{greys:?}");
        assert!(greys[0] > 225.0, "{greys:?}");
    }

    #[test]
    fn neighbouring_series_differ_in_more_than_colour() {
        for (one, two) in (0..4).map(|index| (look(index), look(index + 1))) {
            assert!(one.dash != two.dash && one.marker != two.marker && one.colour != two.colour);
        }
    }
}
