//! The per-second table as a polars frame: one row per bin, columns named as the JSON's keys, absent figures null.
//!
//! polars owns a thread pool of its own and can deadlock when it is called inside a rayon task: call this room after
//! the parallel work, never within it.

use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, PolarsError, Series};

use crate::error::{Error, ErrorKind, Result};
use crate::figure::Figure;
use crate::summary::{ConversationRow, Second};

/// The series: `start_s`, `packets`, `wire_bytes`, `ip_bytes`, `throughput_bps`, `goodput_bps`, `loss_pct`,
/// `jitter_ms`, `delay_ms`, `index`.
///
/// # Errors
/// What polars says; nothing that a series can hold.
pub fn seconds_frame(seconds: &[Second]) -> Result<DataFrame> {
    let figure = |name, get: fn(&Second) -> Figure| floats(name, seconds.iter().map(|s| get(s).value()));
    let count = |name, get: fn(&Second) -> u64| integers(name, seconds.iter().map(get));
    let columns = vec![
        floats("start_s", seconds.iter().map(|s| Some(s.start_ns as f64 / 1e9))),
        count("packets", |s| s.packets),
        count("wire_bytes", |s| s.wire_bytes),
        count("ip_bytes", |s| s.ip_bytes),
        figure("throughput_bps", |s| s.throughput_bps),
        figure("goodput_bps", |s| s.goodput_bps),
        figure("loss_pct", |s| s.loss_pct),
        figure("jitter_ms", |s| s.jitter_ms),
        figure("delay_ms", |s| s.delay_ms),
        floats("index", seconds.iter().map(|s| s.index)),
    ];
    DataFrame::new(seconds.len(), columns).map_err(refused)
}

/// The conversations of a capture: the addresses, and how much went each way.
///
/// # Errors
/// As [`seconds_frame`].
pub fn conversations_frame(conversations: &[ConversationRow]) -> Result<DataFrame> {
    let text = |name, get: fn(&ConversationRow) -> &str| texts(name, conversations.iter().map(get));
    let count = |name, get: fn(&ConversationRow) -> u64| integers(name, conversations.iter().map(get));
    let columns = vec![
        text("protocol", |c| &c.protocol),
        text("a", |c| &c.a),
        text("b", |c| &c.b),
        floats("start_s", conversations.iter().map(|c| Some(c.start_s))),
        floats("duration_s", conversations.iter().map(|c| Some(c.duration_s))),
        count("packets_ab", |c| c.packets_ab),
        count("bytes_ab", |c| c.bytes_ab),
        count("packets_ba", |c| c.packets_ba),
        count("bytes_ba", |c| c.bytes_ba),
    ];
    DataFrame::new(conversations.len(), columns).map_err(refused)
}

/// Puts a column that says the same in every row before the others.
///
/// # Errors
/// As [`seconds_frame`].
pub fn led_by(frame: DataFrame, name: &str, value: &str) -> Result<DataFrame> {
    let rows = frame.height();
    let mut columns = vec![texts(name, std::iter::repeat_n(value, rows))];
    columns.extend(frame.columns().iter().cloned());
    DataFrame::new(rows, columns).map_err(refused)
}

fn floats(name: &str, values: impl Iterator<Item = Option<f64>>) -> Column {
    // Negative zero is written as zero.
    let values: Vec<Option<f64>> = values.map(|v| v.map(|v| v + 0.0)).collect();
    Series::new(name.into(), values).into_column()
}

fn integers(name: &str, values: impl Iterator<Item = u64>) -> Column {
    Series::new(name.into(), values.collect::<Vec<_>>()).into_column()
}

fn texts<'a>(name: &str, values: impl Iterator<Item = &'a str>) -> Column {
    Series::new(name.into(), values.collect::<Vec<_>>()).into_column()
}

pub(crate) fn refused(error: PolarsError) -> Error {
    Error::new(ErrorKind::Output, format!("the table could not be made: {error}"))
}
