//! How the figures were computed: the formulas that apply to this report, and their sources.

use super::page::{Grid, Page, code};
use crate::options::WiresharkJitter;
use crate::report::document::{Document, duration};
use crate::summary::Method;

pub(super) fn write(document: &Document<'_>, page: &mut Page<'_>) {
    let style = document.style;
    page.heading(2, style.text("method.heading"));
    page.paragraph(&style.say("method.time", &[("interval", &document.interval())]));
    page.paragraph(style.text("method.selection"));
    page.heading(3, style.text("method.standard_heading"));
    page.table(style.text("method.standard_caption"), &standard(document));
    page.heading(3, style.text("method.wireshark_heading"));
    page.table(style.text("method.wireshark_caption"), &wireshark(document));
}

fn standard(document: &Document<'_>) -> Grid {
    let (style, standard) = (document.style, &document.summary.metrics.standard);
    let mut grid = Grid::new()
        .text(style.text("column.figure"))
        .text(style.text("column.formula"))
        .text(style.text("column.source_document"));
    let mut row = |name: &str, formula: &str, source: &str| {
        grid.row(vec![name.to_owned(), code(formula), source.to_owned()]);
    };
    row(
        style.text("name.throughput"),
        style.text("formula.throughput"),
        style.text("source.throughput"),
    );
    row("Goodput", style.text("formula.goodput"), style.text("source.goodput"));
    let timeout = duration(style, document.options.echo_timeout_ns);
    let echo = style.say("source.loss_echo", &[("timeout", &timeout)]);
    let loss = match standard.loss_method {
        Some(Method::Rtp) => Some((style.text("formula.loss_rtp"), style.text("source.loss_rtp"))),
        Some(Method::Echo) => Some((style.text("formula.loss_echo"), echo.as_str())),
        Some(Method::TwoPoints) => Some((
            style.text("formula.loss_two_points"),
            style.text("source.loss_two_points"),
        )),
        Some(_) => Some((style.text("formula.loss_tcp"), style.text("source.loss_tcp"))),
        None => None,
    };
    let delay = match standard.delay_method {
        Some(Method::TcpTimestamps) => Some((style.text("formula.delay_rtt"), style.text("source.delay_timestamps"))),
        Some(Method::Echo) => Some((style.text("formula.delay_echo"), style.text("source.delay_echo"))),
        Some(Method::TwoPoints) => Some((
            style.text("formula.delay_two_points"),
            style.text("source.delay_two_points"),
        )),
        Some(_) => Some((style.text("formula.delay_rtt"), style.text("source.delay_data_ack"))),
        None => None,
    };
    let jitter = match standard.jitter_method {
        Some(Method::Rtp) => Some((style.text("formula.jitter_rtp"), style.text("source.jitter_rtp"))),
        Some(Method::Echo) => Some((style.text("formula.jitter_echo"), style.text("source.jitter_echo"))),
        Some(Method::TwoPoints) => Some((
            style.text("formula.jitter_two_points"),
            style.text("source.jitter_two_points"),
        )),
        Some(_) => Some((style.text("formula.jitter_rtt"), style.text("source.jitter_rtt"))),
        None => None,
    };
    let names = [
        style.text("name.loss"),
        style.text("name.delay"),
        style.text("name.jitter"),
    ];
    for (name, entry) in names.into_iter().zip([loss, delay, jitter]) {
        if let Some((formula, source)) = entry {
            row(name, formula, source);
        }
    }
    grid
}

fn wireshark(document: &Document<'_>) -> Grid {
    let style = document.style;
    let mut grid = Grid::new()
        .text(style.text("column.figure"))
        .text(style.text("column.formula"))
        .text(style.text("column.remark"));
    let jitter_note = style.text("families.remark_jitter");
    let (jitter, note) = match document.options.wireshark_jitter {
        WiresharkJitter::Abs => (style.text("formula.wireshark_jitter_abs"), jitter_note),
        WiresharkJitter::Signed => (
            style.text("formula.wireshark_jitter_signed"),
            style.text("formula.jitter_signed_note"),
        ),
        WiresharkJitter::Spreadsheet => (
            style.text("formula.wireshark_jitter_spreadsheet"),
            style.text("formula.jitter_spreadsheet_note"),
        ),
    };
    let rows = [
        (
            style.text("name.throughput"),
            style.text("formula.wireshark_throughput"),
            style.text("families.remark_throughput"),
        ),
        (
            style.text("name.loss"),
            style.text("formula.wireshark_loss"),
            style.text("families.remark_loss"),
        ),
        (
            style.text("name.delay"),
            style.text("formula.wireshark_delay"),
            style.text("families.remark_delay"),
        ),
        (style.text("name.jitter"), jitter, note),
    ];
    for (name, formula, remark) in rows {
        grid.row(vec![name.to_owned(), code(formula), remark.to_owned()]);
    }
    grid
}
