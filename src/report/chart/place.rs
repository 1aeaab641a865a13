//! Places for labels: flags over an axis that never touch, names at an edge that keep their order.

/// A label that stands over one place of a horizontal axis, on a pole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Flag {
    /// The place.
    pub x: f64,
    /// Width of the text.
    pub width: f64,
}

/// Where a [`Flag`] went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placed {
    /// Left end of the text.
    pub left: f64,
    /// 0 is the row next to the axis.
    pub row: usize,
    /// Whether the pole is drawn; without it the label names no place.
    pub has_pole: bool,
}

/// Free room between a pole and a text.
const GAP: f64 = 10.0;
/// So many flags are placed by trying every choice of sides.
const MOST_TRIED: usize = 10;

/// Gives every flag a row and a side of its pole between `left` and `right`, such that no text meets another text or
/// a pole that passes. Fewest rows win; texts stand to the right of their poles where that costs no row.
pub(super) fn flags(flags: &[Flag], left: f64, right: f64) -> Vec<Placed> {
    let mut best: Option<(usize, Vec<Placed>)> = None;
    let sides = if flags.len() <= MOST_TRIED {
        1u32 << flags.len()
    } else {
        0
    };
    let choices = (0..sides).chain([0, u32::MAX]);
    for choice in choices {
        let to_left = |index: usize| choice.checked_shr(index as u32).unwrap_or(choice) & 1 == 1;
        let lefts: Vec<f64> = flags
            .iter()
            .enumerate()
            .map(|(index, flag)| {
                if to_left(index) {
                    flag.x - GAP - flag.width
                } else {
                    flag.x + GAP
                }
            })
            .collect();
        let inside = |(flag, from): (&Flag, &f64)| *from >= left && from + flag.width <= right;
        if !flags.iter().zip(&lefts).all(inside) {
            continue;
        }
        if let Some(placed) = rows(flags, &lefts) {
            let height = placed.iter().map(|placed| placed.row).max().unwrap_or(0);
            if best.as_ref().is_none_or(|(least, _)| height < *least) {
                best = Some((height, placed));
            }
        }
    }
    best.map_or_else(|| without_poles(flags, left, right), |(_, placed)| placed)
}

/// Rows for texts at `lefts`: a text that a pole would pass through goes above that pole's own text. `None` where two
/// would each have to be above the other.
fn rows(flags: &[Flag], lefts: &[f64]) -> Option<Vec<Placed>> {
    let count = flags.len();
    let spans: Vec<(f64, f64)> = flags
        .iter()
        .zip(lefts)
        .map(|(flag, left)| (left - GAP, left + flag.width + GAP))
        .collect();
    let covers = |over: usize, pole: usize| {
        let ((from, to), x) = (*spans.get(over)?, flags.get(pole)?.x);
        Some(over != pole && x > from && x < to)
    };
    let mut placed: Vec<Option<usize>> = vec![None; count];
    for _ in 0..count {
        // The next flag whose text covers no pole of an unplaced one.
        let next = (0..count).find(|&index| {
            placed.get(index) == Some(&None)
                && (0..count).all(|other| placed.get(other) != Some(&None) || covers(index, other) != Some(true))
        })?;
        let mut row = (0..count)
            .filter(|&other| covers(next, other) == Some(true))
            .filter_map(|other| placed.get(other).copied().flatten())
            .map(|below| below + 1)
            .max()
            .unwrap_or(0);
        let meets = |other: usize, row: usize| {
            let (one, two) = (spans.get(next)?, spans.get(other)?);
            Some(placed.get(other)? == &Some(row) && one.0 < two.1 - GAP && two.0 < one.1 - GAP)
        };
        while (0..count).any(|other| meets(other, row) == Some(true)) {
            row += 1;
        }
        *placed.get_mut(next)? = Some(row);
    }
    let place = |(row, left): (Option<usize>, &f64)| {
        Some(Placed {
            left: *left,
            row: row?,
            has_pole: true,
        })
    };
    placed.into_iter().zip(lefts).map(place).collect()
}

/// The last resort: every text on a row of its own, as near to its place as the room allows.
fn without_poles(flags: &[Flag], left: f64, right: f64) -> Vec<Placed> {
    let place = |(row, flag): (usize, &Flag)| Placed {
        left: (flag.x - flag.width / 2.0).min(right - flag.width).max(left),
        row,
        has_pole: false,
    };
    flags.iter().enumerate().map(place).collect()
}

/// Centres for names of the given `heights`, in order, as near to `wanted` as they can stand between `top` and
/// `bottom` without touching. `None` where they do not fit.
pub(super) fn stack(wanted: &[f64], heights: &[f64], top: f64, bottom: f64) -> Option<Vec<f64>> {
    if heights.iter().sum::<f64>() > bottom - top {
        return None;
    }
    // Names that would touch join into a block, which takes the mean of what its members want.
    struct Block {
        first: usize,
        height: f64,
        wish: f64,
        count: f64,
    }
    let start = |block: &Block| (block.wish / block.count).min(bottom - block.height).max(top);
    let mut blocks: Vec<Block> = Vec::new();
    for (index, (wanted, height)) in wanted.iter().zip(heights).enumerate() {
        let mut block = Block {
            first: index,
            height: *height,
            wish: wanted - height / 2.0,
            count: 1.0,
        };
        while let Some(above) = blocks.pop_if(|above| start(above) + above.height > start(&block)) {
            block = Block {
                first: above.first,
                wish: above.wish + block.wish - above.height * block.count,
                height: above.height + block.height,
                count: above.count + block.count,
            };
        }
        blocks.push(block);
    }
    let mut centres = Vec::with_capacity(heights.len());
    for (number, block) in blocks.iter().enumerate() {
        let end = blocks.get(number + 1).map_or(heights.len(), |next| next.first);
        let mut at = start(block);
        for height in heights.get(block.first..end)? {
            centres.push(at + height / 2.0);
            at += height;
        }
    }
    Some(centres)
}

/// A lane for each stretch, such that no two on one lane overlap by more than `tolerance`.
pub(super) fn lanes(stretches: &[(f64, f64)], tolerance: f64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..stretches.len()).collect();
    let start = |index: &usize| stretches.get(*index).map_or(0.0, |stretch| stretch.0);
    order.sort_by(|one, two| start(one).total_cmp(&start(two)));
    let mut ends: Vec<f64> = Vec::new();
    let mut lanes = vec![0; stretches.len()];
    for index in order {
        let Some(&(from, to)) = stretches.get(index) else {
            continue;
        };
        let free = ends.iter().position(|end| *end <= from + tolerance);
        let lane = free.unwrap_or(ends.len());
        match ends.get_mut(lane) {
            Some(end) => *end = to,
            None => ends.push(to),
        }
        if let Some(slot) = lanes.get_mut(index) {
            *slot = lane;
        }
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_single_flag_stands_right_of_its_pole_and_left_at_the_right_end() {
        let flag = Flag { x: 100.0, width: 200.0 };
        assert_eq!(
            flags(&[flag], 0.0, 1000.0),
            [Placed {
                left: 110.0,
                row: 0,
                has_pole: true
            }]
        );
        let flag = Flag { x: 900.0, width: 200.0 };
        assert_eq!(
            flags(&[flag], 0.0, 1000.0),
            [Placed {
                left: 690.0,
                row: 0,
                has_pole: true
            }]
        );
    }

    #[test]
    fn two_flags_side_by_side_look_away_from_each_other() {
        let pair = [Flag { x: 500.0, width: 200.0 }, Flag { x: 510.0, width: 200.0 }];
        let placed = flags(&pair, 0.0, 1000.0);
        assert_eq!((placed[0].row, placed[1].row), (0, 0));
        assert!(placed[0].left < 500.0 && placed[1].left > 510.0);
    }

    #[test]
    fn names_keep_their_wish_where_they_can_and_their_order_always() {
        assert_eq!(
            stack(&[10.0, 100.0], &[20.0, 20.0], 0.0, 200.0),
            Some(vec![10.0, 100.0])
        );
        assert_eq!(stack(&[50.0, 50.0], &[20.0, 20.0], 0.0, 200.0), Some(vec![40.0, 60.0]));
        assert_eq!(
            stack(&[195.0, 200.0], &[20.0, 20.0], 0.0, 200.0),
            Some(vec![170.0, 190.0])
        );
        assert_eq!(stack(&[1.0, 2.0], &[20.0, 20.0], 0.0, 30.0), None);
    }

    #[test]
    fn stretches_that_overlap_take_lanes_of_their_own() {
        assert_eq!(lanes(&[(0.0, 10.0), (10.0, 20.0), (5.0, 12.0)], 1.0), [0, 0, 1]);
    }

    proptest! {
        #[test]
        fn flags_never_touch_and_no_pole_crosses_a_text(
            raw in proptest::collection::vec((0.0f64..1500.0, 20.0f64..640.0), 0..8),
        ) {
            let wanted: Vec<Flag> = raw.iter().map(|&(x, width)| Flag { x, width }).collect();
            let placed = flags(&wanted, -50.0, 1550.0);
            prop_assert_eq!(placed.len(), wanted.len());
            for (one, flag) in wanted.iter().enumerate() {
                let text = (placed[one].left, placed[one].left + flag.width);
                prop_assert!(text.0 >= -50.0 && text.1 <= 1550.0);
                for (two, other) in wanted.iter().enumerate().filter(|(two, _)| *two != one) {
                    let across = (placed[two].left, placed[two].left + other.width);
                    let same_row = placed[one].row == placed[two].row;
                    prop_assert!(!same_row || text.1 <= across.0 || across.1 <= text.0);
                    let passes = placed[two].has_pole && placed[two].row > placed[one].row;
                    prop_assert!(!passes || other.x <= text.0 || other.x >= text.1);
                }
            }
        }

        #[test]
        fn stacked_names_never_touch(
            names in proptest::collection::vec((-50.0f64..400.0, 10.0f64..60.0), 0..8),
        ) {
            let mut wanted: Vec<f64> = names.iter().map(|name| name.0).collect();
            wanted.sort_by(f64::total_cmp);
            let heights: Vec<f64> = names.iter().map(|name| name.1).collect();
            if let Some(centres) = stack(&wanted, &heights, 0.0, 300.0) {
                let mut end = -1e-6;
                for (centre, height) in centres.iter().zip(&heights) {
                    prop_assert!(centre - height / 2.0 >= end - 1e-6);
                    end = centre + height / 2.0;
                }
                prop_assert!(end <= 300.0 + 1e-6);
            }
        }
    }
}
