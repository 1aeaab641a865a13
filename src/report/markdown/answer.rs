//! The answer: four figures, their grades, what was measured, and what casts doubt on it.

use super::page::{Grid, Page, code, escape, sentence};
use crate::grade::{Grades, Parameter, ParameterGrade, Scale};
use crate::options::Family;
use crate::report::document::{Document, figures};
use crate::summary::{ChosenBy, Method, SpanOf};

pub(super) fn write(document: &Document<'_>, page: &mut Page<'_>) {
    let family = document.options.family;
    let grades = document.grades(family);
    page.heading(2, document.style.text("answer.heading"));
    page.paragraph(&format!("**{}**", overall(document, &grades)));
    figures_table(document, &grades, page);
    page.paragraph(&format!("{} {}", measured(document), span(document)));
    page.paragraph(document.style.text("answer.rests_on"));
    page.bullets(&basis(document));
    doubts(document, page);
}

fn overall(document: &Document<'_>, grades: &Grades) -> String {
    let style = document.style;
    let (Some(category), Some(index), Some(percent)) =
        (grades.overall.category, grades.overall.index, grades.overall.percent)
    else {
        return style.text("answer.overall_absent").to_owned();
    };
    let category = category.name(style.language);
    if document.grader.profile().scale() == Scale::PassFail {
        return style.say("answer.overall_pass", &[("category", category)]);
    }
    let index = style.number(index, 2);
    let percent = style.percent(percent);
    let values = [("category", category), ("index", &index), ("percent", &percent)];
    match document.graded_of_four(grades) {
        None => style.say("answer.overall", &values),
        Some(n) => style.say("answer.overall_partly", &[&values[..], &[("n", &n)]].concat()),
    }
}

fn figures_table(document: &Document<'_>, grades: &Grades, page: &mut Page<'_>) {
    let style = document.style;
    let family = document.options.family;
    let four = figures(&document.summary.metrics, family);
    let mut grid = Grid::new()
        .text(style.text("column.parameter"))
        .number(style.text("column.value"))
        .number(style.text("column.index"))
        .text(style.text("column.category"));
    for grade in grades.parameters() {
        grid.row(vec![
            document.name(grade.parameter).to_owned(),
            document.shown(grade.parameter, four.get(grade.parameter)),
            grade.index.map_or("–".to_owned(), |i| i.to_string()),
            category(document, grade),
        ]);
    }
    if document.grader.profile().scale() == Scale::Quality
        && let (Some(category), Some(index), Some(percent)) =
            (grades.overall.category, grades.overall.index, grades.overall.percent)
    {
        grid.row(vec![
            document.overall_name(grades),
            style.percent(percent),
            style.number(index, 2),
            category.name(style.language).to_owned(),
        ]);
    }
    let caption = style.say(
        "answer.caption",
        &[
            ("direction", document.direction()),
            ("profile", &escape(&grades.profile)),
            ("family", document.family_name(family)),
        ],
    );
    page.table(&caption, &grid);
    if grades.parameters().iter().any(|grade| grade.off_table) {
        page.paragraph(style.text("answer.off_table"));
    }
    let about = escape(document.grader.profile().about(style.language));
    page.paragraph(&style.say("answer.profile", &[("about", about.trim_end_matches('.'))]));
    if !grades.overall.missing.is_empty() && grades.overall.index.is_some() {
        let names: Vec<&str> = grades.overall.missing.iter().map(|p| document.name(*p)).collect();
        page.paragraph(&style.say("answer.overall_missing", &[("names", &names.join(", "))]));
    }
}

/// The category's name, marked where the value lies off the table; a dash where there is none.
pub(super) fn category(document: &Document<'_>, grade: &ParameterGrade) -> String {
    let mark = if grade.off_table { " \\*" } else { "" };
    grade.category.map_or("–".to_owned(), |category| {
        format!("{}{mark}", category.name(document.style.language))
    })
}

fn measured(document: &Document<'_>) -> String {
    let (style, summary) = (document.style, document.summary);
    let capture = &summary.capture;
    let period = match (capture.first_ns, capture.last_ns) {
        (Some(first), Some(last)) => style.period(first, last),
        _ => style.text("answer.untimed").to_owned(),
    };
    let node = |addresses: &[String]| addresses.iter().map(|a| code(a)).collect::<Vec<_>>().join(", ");
    let selection = &summary.selection;
    let what = style.say(
        "answer.what",
        &[
            ("source", &node(&summary.nodes.source)),
            ("target", &node(&summary.nodes.target)),
            ("frames", &style.plural("unit.frames", selection.packets)),
            ("bytes", &style.bytes(selection.wire_bytes)),
            (
                "connections",
                &style.plural("unit.connections", selection.conversations),
            ),
            ("period", &period),
            ("direction", document.direction()),
        ],
    );
    let nodes = match summary.nodes.chosen_by {
        ChosenBy::Arguments => style.text("answer.nodes_arguments"),
        ChosenBy::Content => style.text("answer.nodes_content"),
        ChosenBy::Port => style.text("answer.nodes_port"),
        ChosenBy::Volume => style.text("answer.nodes_volume"),
    };
    match &summary.nodes.runner_up {
        // Where the choice is a guess, what it might have been is worth a look.
        Some((pair, bytes)) if matches!(summary.nodes.chosen_by, ChosenBy::Port | ChosenBy::Volume) => {
            let values = [
                ("pair", code(&pair.replace(" and ", " ↔ ").replace("<->", "↔"))),
                ("bytes", style.bytes(*bytes)),
            ];
            let next = style.say("answer.runner_up", &values.each_ref().map(|(n, v)| (*n, v.as_str())));
            format!("{what} {nodes} {next}")
        }
        _ => format!("{what} {nodes}"),
    }
}

fn span(document: &Document<'_>) -> String {
    let style = document.style;
    let span = document.summary.metrics.span;
    let key = match span.of {
        SpanOf::Migration => "answer.span_migration",
        SpanOf::Capture => "answer.span_capture",
    };
    style.say(
        key,
        &[
            ("length", &style.seconds(span.end_s - span.start_s)),
            ("start", &style.number(span.start_s, 2)),
            ("end", &style.number(span.end_s, 2)),
        ],
    )
}

/// What each graded figure was measured on, or why it was not.
fn basis(document: &Document<'_>) -> Vec<String> {
    let (style, standard) = (document.style, &document.summary.metrics.standard);
    if document.options.family == Family::Wireshark {
        let frames = style.plural("unit.frames", document.summary.metrics.wireshark.packets);
        return vec![style.say("basis.wireshark", &[("frames", &frames)])];
    }
    let four = figures(&document.summary.metrics, Family::Standard);
    let line = |parameter: Parameter| {
        let name = document.name(parameter);
        if let Some(reason) = four.get(parameter).reason() {
            return style.say("basis.absent", &[("name", name), ("reason", style.reason(reason))]);
        }
        let method = match parameter {
            Parameter::Throughput => {
                return style.say(
                    "basis.throughput",
                    &[
                        ("name", name),
                        ("direction", document.direction()),
                        ("seconds", &style.seconds(standard.active_s)),
                        ("frames", &style.plural("unit.frames", standard.packets)),
                    ],
                );
            }
            Parameter::Loss => standard.loss_method,
            Parameter::Jitter => standard.jitter_method,
            Parameter::Delay => standard.delay_method,
        };
        let data_ack = style.plural("unit.samples", standard.rtt_data_ack.samples);
        let timestamps = style.plural("unit.samples", standard.rtt_timestamps.samples);
        match method {
            Some(Method::TcpDataAck) => style.say("basis.tcp_data_ack", &[("name", name), ("samples", &data_ack)]),
            Some(Method::TcpTimestamps) => {
                style.say("basis.tcp_timestamps", &[("name", name), ("samples", &timestamps)])
            }
            Some(Method::TcpRttVariation) => style.say("basis.tcp_rtt_variation", &[("name", name)]),
            Some(Method::TcpRetransmission) => style.say("basis.tcp_retransmission", &[("name", name)]),
            Some(Method::Rtp) => style.say("basis.rtp", &[("name", name)]),
            Some(Method::Echo) => style.say("basis.echo", &[("name", name)]),
            Some(Method::TwoPoints) => style.say("basis.two_points", &[("name", name)]),
            None => name.to_owned(),
        }
    };
    Parameter::ALL.map(line).to_vec()
}

fn doubts(document: &Document<'_>, page: &mut Page<'_>) {
    let style = document.style;
    page.heading(3, style.text("answer.warnings"));
    if document.summary.warnings.is_empty() {
        page.paragraph(style.text("answer.no_warnings"));
        return;
    }
    let sentences: Vec<String> = document
        .summary
        .warnings
        .iter()
        .map(|warning| sentence(&escape(&style.warning(warning))))
        .collect();
    page.bullets(&sentences);
}

/// The four figures of one family, short: value, and index with category.
pub(super) fn graded_cells(document: &Document<'_>, family: Family, parameter: Parameter) -> [String; 2] {
    let figure = figures(&document.summary.metrics, family).get(parameter);
    let grade = document.grader.grade_parameter(parameter, figure);
    let text = match (grade.index, grade.category) {
        (Some(index), Some(_)) => format!("{index}, {}", category(document, &grade)),
        _ => "–".to_owned(),
    };
    [document.shown_short(parameter, figure), text]
}
