//! Enough digits: a rounded figure must not contradict the grade beside it.

use crate::number::NumberStyle;

/// Beyond this many decimals a value is written with an exponent.
const MOST_DECIMALS: usize = 15;

/// The least number of decimals, `at_least` some and 15 at most, with which the printed `value` still satisfies
/// `same`.
pub fn decimals_that_keep(value: f64, at_least: usize, same: impl Fn(f64) -> bool) -> usize {
    (at_least..=MOST_DECIMALS.max(at_least))
        .find(|&decimals| printed(value, decimals).is_some_and(&same))
        .unwrap_or(MOST_DECIMALS)
}

/// `value` with that many decimals; with an exponent and all its digits where 15 decimals are not enough.
pub fn text(value: f64, at_least: usize, style: NumberStyle, same: impl Fn(f64) -> bool) -> String {
    let decimals = decimals_that_keep(value, at_least, &same);
    if printed(value, decimals).is_some_and(same) {
        style.write(value, decimals)
    } else {
        style.set(&format!("{value:e}"))
    }
}

fn printed(value: f64, decimals: usize) -> Option<f64> {
    format!("{value:.decimals$}").parse().ok()
}
