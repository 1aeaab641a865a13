//! The names of spans above the first panel: in a strip that shows each span's place, or on a flag over it where the
//! strip has no room for the name.

use super::model::Chart;
use super::place::{self, Flag, Placed};
use super::scene::{Anchor, Rect, WIDTH_PX};
use super::sheet::{Plot, Sheet, height};
use super::spans::{Stretch, line_paint, shade, stretches};
use super::style::{AXIS_PX, HAIR_PX, INK, OUTER_PX, QUIET_INK, SMALL_PX};
use super::text::{width, wrap};

/// Height of one lane of the strip.
const LANE_PX: f64 = 44.0;
/// Free room at both ends of a name in the strip.
const NAME_PAD_PX: f64 = 10.0;
/// Room between two rows of flags, and between the lowest and the strip.
const ROW_GAP_PX: f64 = 6.0;
/// Room between the panel's label and a flag beside it.
const BESIDE_PX: f64 = 30.0;
/// Widths, as shares of the canvas, to which the names on flags are broken until a placement is found.
const FLAG_SHARES: [f64; 3] = [0.44, 0.3, 0.2];

/// Where the names go.
struct Names<'a> {
    /// Area's number, middle of the name, name.
    in_strip: Vec<(usize, f64, String)>,
    /// Lane of the strip, for areas; what is named on a flag.
    on_flags: Vec<(Option<usize>, &'a Stretch<'a>)>,
}

/// Draws flags and strip below or, where there is room, beside the panel's `label`; gives where the panel begins.
pub(super) fn draw(sheet: &mut Sheet, chart: &Chart, plot: &Plot<'_>, label: &Rect) -> f64 {
    let stretches = stretches(chart, plot);
    let areas: Vec<&Stretch<'_>> = stretches.iter().filter(|stretch| stretch.is_area()).collect();
    let lines: Vec<&Stretch<'_>> = stretches.iter().filter(|stretch| !stretch.is_area()).collect();
    let ends: Vec<(f64, f64)> = areas.iter().map(|area| (area.from, area.to)).collect();
    let lanes = place::lanes(&ends, 2.0);
    let names = names(&areas, &lines, &lanes);
    let strip_top = draw_flags(sheet, &names.on_flags, label);
    let lane_top = |lane: usize| strip_top + lane as f64 * LANE_PX;
    for (index, (area, lane)) in areas.iter().zip(&lanes).enumerate() {
        let (from, to) = (area.from, area.to.max(area.from + 3.0));
        let (top, bottom) = (lane_top(*lane), lane_top(lane + 1));
        sheet.fill(from, top, to, bottom, shade(area.span.kind, index, true));
        for edge in [from, to]
            .into_iter()
            .filter(|edge| *edge > plot.rect.left && *edge < plot.rect.right)
        {
            sheet.rule([(edge, top), (edge, bottom)], HAIR_PX, QUIET_INK.at(0.6));
        }
    }
    for (area, middle, name) in names.in_strip {
        let lane = lanes.get(area).copied().unwrap_or(0);
        let top = lane_top(lane) + (LANE_PX - SMALL_PX) / 2.0;
        sheet.lines(&[name], middle, top, Anchor::Middle, SMALL_PX, INK);
    }
    let bottom = lane_top(lanes.iter().max().map_or(0, |most| most + 1));
    for line in lines {
        sheet.rule(
            [(line.middle(), strip_top), (line.middle(), bottom)],
            AXIS_PX,
            line_paint(line.span.kind),
        );
    }
    bottom
}

/// Divides the names between strip and flags. A name goes on a flag when its area is too narrow for it; the flag's
/// pole passes through the strip and may cut the room of another name, so this is repeated until nothing changes.
fn names<'a>(areas: &[&'a Stretch<'a>], lines: &[&'a Stretch<'a>], lanes: &[usize]) -> Names<'a> {
    let named: Vec<String> = areas
        .iter()
        .map(|area| wrap(&area.span.label, SMALL_PX, f64::INFINITY, 1).concat())
        .collect();
    let mut poles: Vec<f64> = lines.iter().map(|line| line.middle()).collect();
    let mut is_flagged = vec![false; areas.len()];
    let middle_of = |area: &Stretch<'_>, name: &str, poles: &[f64]| {
        free_middle(area, width(name, SMALL_PX) + 2.0 * NAME_PAD_PX, poles)
    };
    loop {
        let mut pushed = false;
        for ((area, name), is_flagged) in areas.iter().zip(&named).zip(&mut is_flagged) {
            if !*is_flagged && !name.is_empty() && middle_of(area, name, &poles).is_none() {
                *is_flagged = true;
                pushed = true;
                poles.push(area.middle());
            }
        }
        if !pushed {
            break;
        }
    }
    let mut names = Names {
        in_strip: Vec::new(),
        on_flags: lines
            .iter()
            .filter(|line| !line.span.label.trim().is_empty())
            .map(|line| (None, *line))
            .collect(),
    };
    for (index, ((area, name), is_flagged)) in areas.iter().zip(named).zip(is_flagged).enumerate() {
        if is_flagged {
            names.on_flags.push((lanes.get(index).copied(), area));
        } else if let Some(middle) = middle_of(area, &name, &poles).filter(|_| !name.is_empty()) {
            names.in_strip.push((index, middle, name));
        }
    }
    names
}

/// The middle of the widest part of `area` that no pole crosses, where it has `room`.
fn free_middle(area: &Stretch<'_>, room: f64, poles: &[f64]) -> Option<f64> {
    let mut cuts: Vec<f64> = poles
        .iter()
        .copied()
        .filter(|pole| *pole > area.from && *pole < area.to)
        .collect();
    cuts.push(area.to);
    cuts.sort_by(f64::total_cmp);
    let mut from = area.from;
    let mut widest: Option<(f64, f64)> = None;
    for cut in cuts {
        if widest.is_none_or(|(start, end)| cut - from > end - start) {
            widest = Some((from, cut));
        }
        from = cut;
    }
    widest
        .filter(|(start, end)| end - start >= room)
        .map(|(start, end)| (start + end) / 2.0)
}

/// Writes names on poles above the strip; gives where the strip begins.
fn draw_flags(sheet: &mut Sheet, on_flags: &[(Option<usize>, &Stretch<'_>)], label: &Rect) -> f64 {
    if on_flags.is_empty() {
        return label.bottom;
    }
    let (texts, placed) = place_flags(on_flags, label.left);
    let row_count = placed.iter().map(|placed| placed.row + 1).max().unwrap_or(0);
    let row_px = |row: usize| {
        let in_row = placed.iter().zip(&texts).filter(|(placed, _)| placed.row == row);
        height(in_row.map(|(_, lines)| lines.len()).max().unwrap_or(0), SMALL_PX) + ROW_GAP_PX
    };
    let row_px: Vec<f64> = (0..row_count).map(row_px).collect();
    let flags_px: f64 = row_px.iter().sum();
    let is_beside = placed.iter().all(|placed| placed.left >= label.right + BESIDE_PX);
    let strip_top = if is_beside {
        label.bottom.max(label.top + flags_px)
    } else {
        label.bottom + flags_px
    }
    .ceil();
    for (((lane, stretch), placed), lines) in on_flags.iter().zip(&placed).zip(&texts) {
        let below: f64 = row_px.iter().take(placed.row).sum();
        // Texts stand on the lower end of their row.
        let top = strip_top - ROW_GAP_PX + 2.0 - below - height(lines.len(), SMALL_PX);
        sheet.lines(lines, placed.left, top, Anchor::Start, SMALL_PX, INK);
        if placed.has_pole {
            let thickness = if lane.is_some() { HAIR_PX } else { AXIS_PX };
            let foot = strip_top + lane.map_or(0.0, |lane| (lane as f64 + 0.4) * LANE_PX);
            let x = stretch.middle();
            sheet.rule([(x, top + 4.0), (x, foot)], thickness, line_paint(stretch.span.kind));
        }
    }
    strip_top
}

/// Breaks the names on flags into lines and finds places for them right of `left`, clear of the vertical axis' labels.
fn place_flags(on_flags: &[(Option<usize>, &Stretch<'_>)], left: f64) -> (Vec<Vec<String>>, Vec<Placed>) {
    let mut found = (Vec::new(), Vec::new());
    for share in FLAG_SHARES {
        let break_up = |stretch: &Stretch<'_>| wrap(&stretch.span.label, SMALL_PX, WIDTH_PX * share, usize::MAX);
        let texts: Vec<Vec<String>> = on_flags.iter().map(|(_, stretch)| break_up(stretch)).collect();
        let flag = |((_, stretch), lines): (&(Option<usize>, &Stretch<'_>), &Vec<String>)| Flag {
            x: stretch.middle(),
            width: lines.iter().map(|line| width(line, SMALL_PX)).fold(0.0, f64::max),
        };
        let flags: Vec<Flag> = on_flags.iter().zip(&texts).map(flag).collect();
        let placed = place::flags(&flags, left, WIDTH_PX - OUTER_PX);
        let all_have_poles = placed.iter().all(|placed| placed.has_pole);
        found = (texts, placed);
        if all_have_poles {
            break;
        }
    }
    found
}
