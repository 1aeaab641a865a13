//! Holds a table's bands against each other: in order, no hole, no overlap, indices that follow the values.

use super::band::{Band, TableError, TableKind};

/// Holds the bands against each other. Gives the place of the one with the greatest values.
pub(super) fn check(kind: TableKind, bands: &[Band]) -> Result<usize, TableError> {
    let rising = match bands {
        [first, second, ..] => {
            let (first, second) = (first.range, second.range);
            first.low() < second.low() || (first.low() == second.low() && first.high() <= second.high())
        }
        _ => true,
    };
    let mut in_order: Vec<(usize, &Band)> = bands.iter().enumerate().map(|(at, band)| (at + 1, band)).collect();
    if !rising {
        in_order.reverse();
    }

    // The band that comes later in the file is named, for that is where a reader finds the break.
    let neighbours = |lower: (usize, &Band), upper: (usize, &Band)| {
        let (named, other) = if rising { (upper, lower) } else { (lower, upper) };
        (
            named.0,
            format!("{} beside band {}, {}", named.1.range, other.0, other.1.range),
        )
    };
    let pairs = || {
        in_order
            .iter()
            .zip(in_order.iter().skip(1))
            .map(|(&lower, &upper)| (lower, upper))
    };

    for (lower, upper) in pairs() {
        let (low, high) = (lower.1.range, upper.1.range);
        if high.low() < low.low() || (high.low() == low.low() && high.high() < low.high()) {
            let (named, neighbours) = neighbours(lower, upper);
            let advice = "put the bands in order of their values, rising or falling";
            return Err(TableError::band(named, format!("out of order: {neighbours}"), advice));
        }
    }
    for (lower, upper) in pairs() {
        let (named, neighbours) = neighbours(lower, upper);
        let (lower, upper) = (lower.1, upper.1);
        let (low, high) = (lower.range, upper.range);
        let edge = low.high();
        if high.low() < edge {
            let found = format!("overlap from {} to {}: {neighbours}", high.low(), edge.min(high.high()));
            return Err(TableError::band(named, found, "let each value lie in one band only"));
        }
        if high.low() > edge {
            let found = format!("hole from {edge} to {}: {neighbours}", high.low());
            return Err(TableError::band(named, found, "let the two bands meet at one edge"));
        }
        match (low.high_closed(), high.low_closed()) {
            (true, true) => {
                let found = format!("overlap at {edge}: {neighbours}");
                return Err(TableError::band(
                    named,
                    found,
                    format!("close the edge {edge} in one band only"),
                ));
            }
            (false, false) => {
                let found = format!("hole at {edge}: {neighbours}");
                return Err(TableError::band(
                    named,
                    found,
                    format!("close the edge {edge} in one of the two bands"),
                ));
            }
            _ => {}
        }
        let contradicts = if kind.more_is_better() {
            upper.index < lower.index
        } else {
            upper.index > lower.index
        };
        if contradicts {
            let better = if kind.more_is_better() { "more" } else { "less" };
            let found = format!(
                "index {} for {} but {} for {}",
                upper.index, upper.range, lower.index, lower.range
            );
            let advice = format!("{better} {} never has the lower index", kind.parameter().key());
            return Err(TableError::band(named, found, advice));
        }
    }

    let (Some(&(bottom_number, bottom)), Some(&(top_number, top))) = (in_order.first(), in_order.last()) else {
        return Ok(0);
    };
    if bottom.range.low() > 0.0 {
        let found = format!(
            "hole from 0 to {}: the lowest band is {}",
            bottom.range.low(),
            bottom.range
        );
        return Err(TableError::band(
            bottom_number,
            found,
            "let the lowest band begin with \"[0\"",
        ));
    }
    if !bottom.range.low_closed() {
        let found = format!("hole at 0: the lowest band is {}", bottom.range);
        return Err(TableError::band(
            bottom_number,
            found,
            "write \"[0\", or give the point 0 a band of its own",
        ));
    }
    let end = top.range.high();
    let ends_at_domain = kind
        .domain_end()
        .is_some_and(|domain| end >= domain && top.range.high_closed());
    if end.is_finite() && !ends_at_domain {
        let domain = kind.domain_end().unwrap_or(f64::INFINITY);
        let (last, advice) = if domain.is_finite() {
            (domain.to_string(), format!("write \"inf)\" or \"{domain}]\""))
        } else {
            ("infinity".to_owned(), "write \"inf)\"".to_owned())
        };
        let hole = if end == domain {
            format!("hole at {end}")
        } else {
            format!("hole from {end} to {last}")
        };
        let found = format!("{hole}: the highest band is {}", top.range);
        return Err(TableError::band(top_number, found, advice));
    }
    Ok(top_number - 1)
}
