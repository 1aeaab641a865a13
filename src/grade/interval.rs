//! A range of values with open or closed edges, in the notation that the tables are written and printed in.

use std::fmt;
use std::str::FromStr;

use crate::number::{NumberStyle, read_number};

/// A range of values in the unit of its table. Never empty; `low` is finite and 0 or more, `high` may be infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    low: f64,
    low_closed: bool,
    high: f64,
    high_closed: bool,
}

impl Interval {
    /// The lower edge.
    pub fn low(&self) -> f64 {
        self.low
    }

    /// Whether the lower edge itself belongs to it.
    pub fn low_closed(&self) -> bool {
        self.low_closed
    }

    /// The upper edge; infinite where there is none.
    pub fn high(&self) -> f64 {
        self.high
    }

    /// Whether the upper edge itself belongs to it.
    pub fn high_closed(&self) -> bool {
        self.high_closed
    }

    /// True where `value` lies in it.
    pub fn contains(&self, value: f64) -> bool {
        let above = if self.low_closed {
            value >= self.low
        } else {
            value > self.low
        };
        let below = if self.high_closed {
            value <= self.high
        } else {
            value < self.high
        };
        above && below
    }

    /// True where every value of `other` lies in it.
    pub fn covers(&self, other: &Self) -> bool {
        let low = self.low < other.low || (self.low == other.low && (self.low_closed || !other.low_closed));
        let high = self.high > other.high || (self.high == other.high && (self.high_closed || !other.high_closed));
        low && high
    }

    /// The notation with the numbers in `style`: `[0, 150)`, with a decimal comma `[0; 0,1)`, a point as `0`, no upper edge as `∞`.
    pub fn write(&self, style: NumberStyle) -> String {
        let number = |value: f64| {
            if value.is_infinite() {
                "\u{221e}".to_owned()
            } else {
                style.set(&value.to_string())
            }
        };
        if self.low == self.high {
            return number(self.low);
        }
        let open = if self.low_closed { '[' } else { '(' };
        let close = if self.high_closed { ']' } else { ')' };
        let between = if style.decimal_comma { "; " } else { ", " };
        format!("{open}{}{between}{}{close}", number(self.low), number(self.high))
    }
}

/// The notation as a profile's file takes it: no thousands separators.
impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.low == self.high {
            return write!(f, "{}", self.low);
        }
        let open = if self.low_closed { '[' } else { '(' };
        let close = if self.high_closed { ']' } else { ')' };
        if self.high.is_infinite() {
            write!(f, "{open}{}, inf{close}", self.low)
        } else {
            write!(f, "{open}{}, {}{close}", self.low, self.high)
        }
    }
}

/// Why a text is no interval: what was found, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntervalError {
    /// What was found, a phrase.
    pub found: String,
    /// What to do.
    pub advice: String,
}

const EXAMPLE: &str = "write a range such as \"[0, 150)\", \"(75, inf)\", or a single point such as \"0\"";

/// `[a, b)` and its kin, `inf` for no upper edge; with decimal commas the edges are parted by `;`. A bare number is
/// a single point.
impl FromStr for Interval {
    type Err = IntervalError;

    fn from_str(text: &str) -> Result<Self, IntervalError> {
        let fail = |found: String, advice: &str| {
            Err(IntervalError {
                found,
                advice: advice.to_owned(),
            })
        };
        let text = text.trim();
        let low_closed = match text.chars().next() {
            Some('[') => true,
            Some('(') => false,
            _ if text.contains([',', ';']) => return fail("no brackets around the two edges".to_owned(), EXAMPLE),
            _ => {
                let point = edge(text)?;
                if point.is_infinite() {
                    return fail("infinity is no value".to_owned(), EXAMPLE);
                }
                return Ok(Self {
                    low: point,
                    low_closed: true,
                    high: point,
                    high_closed: true,
                });
            }
        };
        let high_closed = match text.chars().next_back() {
            Some(']') => true,
            Some(')') => false,
            _ => return fail("the closing bracket is missing".to_owned(), EXAMPLE),
        };
        let inner = text.trim_matches(['[', '(', ']', ')']);
        let separator = if inner.contains(';') { ';' } else { ',' };
        let edges: Vec<&str> = inner.split(separator).collect();
        let &[low, high] = edges.as_slice() else {
            let advice = "two edges; with decimal commas part them by a semicolon, as in \"[0; 0,1)\"";
            return fail(format!("{} numbers where an interval has two", edges.len()), advice);
        };
        let (low, high) = (edge(low)?, edge(high)?);
        if low.is_infinite() {
            return fail("infinity as the lower edge".to_owned(), EXAMPLE);
        }
        if high.is_infinite() && high_closed {
            return fail(
                "an infinite edge that is closed".to_owned(),
                "infinity is never reached: write \"inf)\"",
            );
        }
        if low > high {
            return fail(
                format!("the lower edge {low} lies above the upper edge {high}"),
                "swap the two",
            );
        }
        if low == high && !(low_closed && high_closed) {
            return fail("no value lies in it".to_owned(), "a single point has both edges closed");
        }
        Ok(Self {
            low,
            low_closed,
            high,
            high_closed,
        })
    }
}

/// One edge: a number of 0 or more, or infinity.
fn edge(text: &str) -> Result<f64, IntervalError> {
    let text = text.trim();
    if ["inf", "infinity", "\u{221e}"].contains(&text.to_lowercase().as_str()) {
        return Ok(f64::INFINITY);
    }
    let number = read_number(text).map_err(|_| IntervalError {
        found: format!("{text:?} is not a number"),
        advice: EXAMPLE.to_owned(),
    })?;
    if number.ambiguous {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        return Err(IntervalError {
            found: format!("{text:?} may mean {} or {digits}", number.value),
            advice: format!("write {}0 or {digits}", number.value),
        });
    }
    if number.value < 0.0 {
        return Err(IntervalError {
            found: format!("the edge {text} is below 0"),
            advice: "no figure is".to_owned(),
        });
    }
    // -0 would be printed as such.
    Ok(number.value + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(text: &str) -> Interval {
        text.parse().unwrap()
    }

    #[test]
    fn edges_belong_to_an_interval_as_its_brackets_say() {
        assert!(interval("[0,150)").contains(0.0));
        assert!(interval("[0,150)").contains(150f64.next_down()));
        assert!(!interval("[0,150)").contains(150.0));
        assert!(!interval("(0,3]").contains(0.0));
        assert!(interval("(0,3]").contains(f64::MIN_POSITIVE));
        assert!(interval("(0,3]").contains(3.0));
        assert!(interval("(75, inf)").contains(f64::MAX));
        assert!(interval("0").contains(0.0) && !interval("0").contains(f64::MIN_POSITIVE));
        assert!(!interval("[0, inf)").contains(f64::NAN));
    }

    #[test]
    fn the_notation_survives_reading_and_printing() {
        for text in ["[0, 150)", "(75, inf)", "0", "[0.1, 2.5]", "[338, 700)"] {
            assert_eq!(interval(text).to_string(), text);
        }
        assert_eq!(interval("[ 0 ; 0,1 )").to_string(), "[0, 0.1)");
        assert_eq!(interval("(3, \u{221e})").to_string(), "(3, inf)");
        assert_eq!(interval("[0, 0]").to_string(), "0");
        let comma = NumberStyle { decimal_comma: true };
        assert_eq!(interval("[0.5, 2100]").write(comma), "[0,5; 2.100]");
        assert_eq!(
            interval("(2100, inf)").write(NumberStyle::default()),
            "(2,100, \u{221e})"
        );
    }

    #[test]
    fn what_is_no_interval_is_refused_with_advice() {
        for (text, found) in [
            ("0,75", "no brackets"),
            ("[0,75", "closing bracket"),
            ("[0,0,75)", "3 numbers"),
            ("[75,0)", "lies above"),
            ("(3,3]", "no value"),
            ("[3,inf]", "infinite edge that is closed"),
            ("[-1,3)", "below 0"),
            ("[a,3)", "\"a\" is not a number"),
            ("[NaN,3)", "not a number"),
            ("(inf,inf)", "lower edge"),
            ("inf", "infinity is no value"),
            ("[1.200; 2.100)", "may mean 1.2 or 1200"),
            ("", "not a number"),
            ("<=3", "not a number"),
        ] {
            let error = text.parse::<Interval>().expect_err(text);
            assert!(error.found.contains(found), "{text}: {}", error.found);
            assert!(!error.advice.is_empty());
        }
    }

    #[test]
    fn an_interval_covers_another_only_with_its_edges() {
        assert!(interval("(125, inf)").covers(&interval("(225, inf)")));
        assert!(interval("[0, 3]").covers(&interval("[0, 3]")));
        assert!(!interval("[0, 3)").covers(&interval("[0, 3]")));
        assert!(!interval("(0, 3]").covers(&interval("[0, 1]")));
    }
}
