//! One run: the four figures, their grades, and what they are of.

use super::labelled;
use crate::grade::{Parameter, Scale, TableKind, TableModel};
use crate::options::GradedDirection;
use crate::report::document::{Document, figures, other};
use crate::report::logged;
use crate::report::movement;
use crate::report::text::{WIDTH, paragraph, table};
use crate::summary::{ChosenBy, SpanOf};

/// What `migqos analyze` prints for one run.
pub fn analysis_table(document: &Document<'_>) -> String {
    let mut text = paragraph(&document.summary.capture.path, "", usize::from(WIDTH));
    text.push('\n');
    text.push_str(&table(&grades(document), &[1, 2, 4], WIDTH));
    text.push('\n');
    text.push_str(&labelled(&context(document)));
    text
}

fn grades(document: &Document<'_>) -> TableModel {
    let style = document.style;
    let (family, compared) = (document.options.family, other(document.options.family));
    let four = figures(&document.summary.metrics, family);
    let others = figures(&document.summary.metrics, compared);
    let grades = document.grades(family);
    let mut rows: Vec<Vec<String>> = grades
        .parameters()
        .into_iter()
        .map(|grade| {
            let mark = if grade.off_table { " *" } else { "" };
            let category = grade.category.map_or("-", |c| c.name(style.language));
            vec![
                document.name(grade.parameter).to_owned(),
                document.shown_short(grade.parameter, four.get(grade.parameter)),
                grade.index.map_or("-".to_owned(), |i| i.to_string()),
                format!("{category}{mark}"),
                document.shown_short(grade.parameter, others.get(grade.parameter)),
            ]
        })
        .collect();
    let overall = &grades.overall;
    if let Some(category) = overall.category {
        let scored = document.grader.profile().scale() == Scale::Quality;
        let percent = overall.percent.filter(|_| scored).map(|p| style.percent(p));
        let index = overall.index_text(style.numbers()).filter(|_| scored);
        rows.push(vec![
            document.overall_name(&grades),
            percent.unwrap_or_default(),
            index.unwrap_or_default(),
            category.name(style.language).to_owned(),
            String::new(),
        ]);
    }
    let header = [
        style.text("column.parameter"),
        document.family_title(family),
        style.text("column.index"),
        style.text("column.category"),
        document.family_title(compared),
    ];
    TableModel {
        header: header.map(str::to_owned).to_vec(),
        rows,
    }
}

fn context<'d>(document: &Document<'d>) -> Vec<(&'d str, String)> {
    let (style, summary) = (document.style, document.summary);
    let mut pairs = Vec::new();
    let grades = document.grades(document.options.family);

    let direction = match document.options.direction {
        GradedDirection::Forward => style.text("terminal.forward"),
        GradedDirection::Reverse => style.text("terminal.reverse"),
        GradedDirection::Both => style.text("terminal.both"),
    };
    let values = [
        ("profile", grades.profile.as_str()),
        ("family", document.family_name(document.options.family)),
        ("direction", direction),
    ];
    pairs.push((style.text("terminal.graded"), style.say("terminal.graded_by", &values)));
    if let (Ok(table), Some(capacity), Some(bps)) = (
        document.grader.table(Parameter::Throughput),
        grades.capacity,
        figures(&summary.metrics, document.options.family)
            .throughput_bps
            .value(),
    ) && table.kind() == TableKind::ThroughputPct
    {
        let percent = document.graded_text(Parameter::Throughput, bps);
        let rate = style.rate(capacity.bps() as f64);
        let values = [("value", percent.as_str()), ("rate", rate.as_str())];
        pairs.push((
            style.text("terminal.capacity"),
            style.say("terminal.of_capacity", &values),
        ));
    }

    let found = match summary.nodes.chosen_by {
        ChosenBy::Arguments => style.text("terminal.by_arguments"),
        ChosenBy::Content => style.text("terminal.by_content"),
        ChosenBy::Port => style.text("terminal.by_port"),
        ChosenBy::Volume => style.text("terminal.by_volume"),
    };
    let source = summary.nodes.source.join(", ");
    let target = summary.nodes.target.join(", ");
    let from_to = style.say("terminal.from_to", &[("source", &source), ("target", &target)]);
    pairs.push((style.text("terminal.nodes"), format!("{from_to} ({found})")));

    if let Some(migration) = document.moves.chosen() {
        pairs.push((style.text("terminal.migration"), movement::line(style, migration)));
        if let Some(downtimes) = movement::downtimes_line(style, migration) {
            pairs.push((style.text("terminal.downtime"), downtimes));
        }
    }
    if document.moves.migrations.len() > 1 {
        let n = style.count(document.moves.migrations.len() as u64);
        pairs.push(("", style.say("terminal.migrations", &[("n", &n)])));
    }

    if let Ok(beside) = &summary.log {
        pairs.push((style.text("terminal.log"), logged::line(style, beside)));
    }

    let span = summary.metrics.span;
    let length = style.seconds(span.end_s - span.start_s);
    let start = style.number(span.start_s, 2);
    let values = [("length", length.as_str()), ("start", start.as_str())];
    let of = match span.of {
        SpanOf::Migration => style.say("terminal.span_migration", &values),
        SpanOf::Capture => style.say("terminal.span_capture", &values),
    };
    pairs.push((style.text("terminal.span"), of));

    let selection = &summary.selection;
    let measured = [
        style.plural("unit.frames", selection.packets),
        style.bytes(selection.wire_bytes),
        style.plural("unit.connections", selection.conversations),
    ];
    pairs.push((style.text("terminal.selection"), measured.join(", ")));
    if selection.left_out_packets > 0 {
        let frames = style.plural("unit.frames", selection.left_out_packets);
        let bytes = style.bytes(selection.left_out_bytes);
        let left_out = style.say("terminal.left_out", &[("frames", &frames), ("bytes", &bytes)]);
        pairs.push(("", left_out));
    }
    let absent = figures(&summary.metrics, document.options.family);
    for parameter in Parameter::ALL {
        if let Some(reason) = absent.get(parameter).reason() {
            pairs.push((document.name(parameter), style.reason(reason).to_owned()));
        }
    }
    if grades.parameters().iter().any(|grade| grade.off_table) {
        pairs.push(("", style.text("terminal.off_table").to_owned()));
    }
    pairs
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use crate::figure::{Figure, Reason};
    use crate::language::Language;
    use crate::report::document::Document;
    use crate::report::locale::Style;
    use crate::report::sample;

    fn indonesian() -> Style {
        Style {
            language: Language::Indonesian,
            decimal_comma: true,
            timezone: TimeZone::UTC,
        }
    }

    #[test]
    fn the_answer_in_both_languages_keeps_to_80_columns() {
        for (name, style) in [("english", Style::default()), ("indonesian", indonesian())] {
            let text = sample::with_document(32, &style, super::analysis_table);
            assert!(text.lines().all(|l| l.chars().count() <= 80), "{text}");
            assert!(!text.contains('\u{1b}'), "colours");
            insta::assert_snapshot!(name, text);
        }
    }

    #[test]
    fn an_absent_figure_says_why() {
        let mut summary = sample::summary(3);
        summary.metrics.standard.delay_ms = Figure::Absent(Reason::OneDirectionOnly);
        let text = sample::with_document(3, &Style::default(), |document| {
            super::analysis_table(&Document {
                summary: &summary,
                ..*document
            })
        });
        assert!(text.contains("not measured"), "{text}");
        assert!(text.contains("only one direction was captured"), "{text}");
    }
}
