//! The grading bands of a vertical axis: tints behind the data, each named once at the right edge.

use super::axis::Axis;
use super::data;
use super::model::{Band, Panel};
use super::panel::plot_px;
use super::place;
use super::scene::Anchor;
use super::sheet::{Plot, Sheet, height};
use super::style::{HAIR_PX, QUIET_INK, SMALL_PX, tint};
use super::text::{width, wrap};

/// Room for the line from a band to its name.
const LEADER_PX: f64 = 30.0;
/// A name wider than this breaks into lines.
const NAME_PX: f64 = 250.0;

/// A band of which less than this shows cannot be seen, and gets no name.
const LEAST_PX: f64 = 3.0;

/// The names at one panel's right edge, from the top down.
pub(super) struct EdgeNames {
    names: Vec<Name>,
}

struct Name {
    lines: Vec<String>,
    // Share of the panel's height, from the bottom, where the visible part of the band has its middle.
    at: f64,
    visible: f64,
}

impl EdgeNames {
    /// Width of all of it, the lines to the bands included.
    pub fn width(&self) -> f64 {
        let widest = self
            .names
            .iter()
            .flat_map(|name| &name.lines)
            .map(|line| width(line, SMALL_PX))
            .fold(0.0, f64::max);
        if self.names.is_empty() { 0.0 } else { LEADER_PX + widest }
    }
}

/// The part of the axis, from 0 to 1, that `band` covers; `None` where it does not show.
fn visible(band: &Band, panel: &Panel, axis: &Axis) -> Option<(f64, f64)> {
    if band.from.is_nan() || band.to.is_nan() || band.from > band.to {
        return None;
    }
    let is_point_at_zero = |band: &Band| band.from == 0.0 && band.to == 0.0;
    // Zero has its own strip on a logarithmic axis, and the free room below it on a linear one.
    let zero_ends = axis.break_at().unwrap_or_else(|| axis.position(0.0));
    if is_point_at_zero(band) {
        return axis
            .shows(0.0)
            .then_some((0.0, zero_ends))
            .filter(|(from, to)| to > from);
    }
    let from = if band.from > 0.0 {
        axis.position(band.from)
    } else if band.from == 0.0 && panel.bands.iter().any(is_point_at_zero) && axis.shows(0.0) {
        zero_ends
    } else {
        0.0
    };
    let to = if band.to == f64::INFINITY {
        1.0
    } else {
        axis.position(band.to)
    };
    (to > from).then_some((from, to))
}

/// Whether the panel has a value for bands to stand behind: without one its range means nothing.
fn has_values(panel: &Panel) -> bool {
    panel.series.iter().any(|series| data::has_values(&series.values))
}

/// The names that fit at the edge of `panel`; where they do not all fit, those of the thinnest bands are left out.
pub(super) fn names(panel: &Panel, axis: &Axis) -> EdgeNames {
    let bands = if has_values(panel) { panel.bands.as_slice() } else { &[] };
    let mut names: Vec<Name> = bands
        .iter()
        .filter(|band| !band.label.trim().is_empty())
        .filter_map(|band| {
            let (from, to) =
                visible(band, panel, axis).filter(|(from, to)| (to - from) * plot_px(panel) >= LEAST_PX)?;
            Some(Name {
                lines: wrap(&band.label, SMALL_PX, NAME_PX, 4),
                at: (from + to) / 2.0,
                visible: to - from,
            })
        })
        .collect();
    names.sort_by(|one, two| two.at.total_cmp(&one.at));
    // Neighbours of one name, as the lowest band and what is below the table, are named together.
    names.dedup_by(|lower, upper| {
        let is_same = lower.lines == upper.lines;
        if is_same {
            let (top, bottom) = (upper.at + upper.visible / 2.0, lower.at - lower.visible / 2.0);
            (upper.at, upper.visible) = ((top + bottom) / 2.0, top - bottom);
        }
        is_same
    });
    let total = |names: &[Name]| names.iter().map(|name| height(name.lines.len(), SMALL_PX)).sum::<f64>();
    while total(&names) > plot_px(panel) {
        let Some(thinnest) = (0..names.len()).min_by(|one, two| {
            let visible = |index: &usize| names.get(*index).map_or(0.0, |name| name.visible);
            visible(one).total_cmp(&visible(two))
        }) else {
            break;
        };
        names.remove(thinnest);
    }
    EdgeNames { names }
}

/// Fills the bands' tints.
pub(super) fn draw_tints(sheet: &mut Sheet, panel: &Panel, plot: &Plot<'_>) {
    if !has_values(panel) {
        return;
    }
    for band in &panel.bands {
        if let Some((from, to)) = visible(band, panel, plot.y_axis) {
            sheet.fill(
                plot.rect.left,
                plot.up(to),
                plot.rect.right,
                plot.up(from),
                tint(band.index).solid(),
            );
        }
    }
    // In grey print the tints are all but equal: a line tells where one ends.
    for (from, to) in panel.bands.iter().filter_map(|band| visible(band, panel, plot.y_axis)) {
        if from > 0.0 && (to - from) * plot_px(panel) >= LEAST_PX {
            sheet.rule(plot.horizontal(plot.up(from)), HAIR_PX, QUIET_INK.at(0.35));
        }
    }
}

/// Writes the names, each with a line to its band where it had to give way to another.
pub(super) fn draw_names(sheet: &mut Sheet, names: &EdgeNames, plot: &Plot<'_>) {
    let rect = &plot.rect;
    let wanted: Vec<f64> = names.names.iter().map(|name| plot.up(name.at)).collect();
    let heights: Vec<f64> = names
        .names
        .iter()
        .map(|name| height(name.lines.len(), SMALL_PX))
        .collect();
    let Some(centres) = place::stack(&wanted, &heights, rect.top, rect.bottom) else {
        return;
    };
    for (((name, wanted), height), centre) in names.names.iter().zip(wanted).zip(heights).zip(centres) {
        let (from, to) = (rect.right + 4.0, rect.right + LEADER_PX - 8.0);
        let elbow = [(from, wanted), (from + 6.0, wanted), (to - 4.0, centre), (to, centre)];
        sheet.path(elbow, HAIR_PX, None, QUIET_INK.at(0.7));
        // A line of text looks centred a little below the middle of its box, since few letters descend.
        let top = centre - height / 2.0 + SMALL_PX * 0.08;
        sheet.lines(
            &name.lines,
            rect.right + LEADER_PX,
            top,
            Anchor::Start,
            SMALL_PX,
            QUIET_INK,
        );
    }
}
