//! The virtual machine's own traffic: what its users had of it, before, during and after the migration.

use super::answer::category;
use super::page::{Grid, Page, code, escape};
use super::series::timeline_legend;
use crate::grade::{Parameter, ParameterGrade, Scale};
use crate::report::document::{Document, PictureKind, figures};
use crate::summary::{Metrics, ServiceSummary};

pub(super) fn write(document: &Document<'_>, page: &mut Page<'_>) {
    let Some(service) = document.service else {
        return;
    };
    let style = document.style;
    page.heading(2, style.text("service.heading"));
    let (vm, client) = (code(&service.vm.to_string()), code(&service.client.to_string()));
    page.paragraph(&style.say("service.text", &[("vm", &vm), ("client", &client)]));
    let family = document.family_name(document.options.family);
    let interval = document.interval();
    for picture in document.pictures.iter().filter(|p| p.kind == PictureKind::Service) {
        let mut caption = style.say("service.timeline", &[("interval", &interval), ("family", family)]);
        caption.push_str(&timeline_legend(document));
        page.picture(&picture.file, style.text("service.timeline_alt"), &caption);
    }
    let profile = escape(document.grader.profile().name());
    // A client's capture holds the switchover alone.
    let arrival_only = document
        .moves
        .chosen()
        .is_some_and(|migration| migration.connections.is_empty());
    let caption = if arrival_only {
        "service.switchover_caption"
    } else {
        "service.caption"
    };
    let caption = style.say(caption, &[("family", family), ("profile", &profile)]);
    page.table(&caption, &parts(document, service, arrival_only));
}

/// A row for each part of the capture in which there was such traffic.
fn parts(document: &Document<'_>, service: &ServiceSummary, arrival_only: bool) -> Grid {
    let style = document.style;
    let mut grid = Grid::new()
        .text(style.text("column.part"))
        .number(style.text("column.start_s"))
        .number(style.text("column.duration_s"));
    for parameter in Parameter::ALL {
        grid = grid.number(document.name(parameter));
    }
    grid = grid.number("RTT").text(style.text("column.grade"));
    let [before, during, after] = if arrival_only {
        [
            "service.before_switchover",
            "service.during_switchover",
            "service.after_switchover",
        ]
    } else {
        ["service.before", "service.during", "service.after"]
    };
    let parts = [
        (before, service.before.as_ref().ok()),
        (during, service.during.as_ref().ok()),
        (after, service.after.as_ref().ok()),
        ("service.whole", Some(&service.metrics)),
    ];
    for (key, metrics) in parts {
        if let Some(metrics) = metrics {
            grid.row(row(document, style.text(key), metrics));
        }
    }
    grid
}

fn row(document: &Document<'_>, name: &str, metrics: &Metrics) -> Vec<String> {
    let style = document.style;
    let four = figures(metrics, document.options.family);
    let grades = document.grader.grade(&four);
    let span = metrics.span;
    let mut row = vec![
        name.to_owned(),
        style.number(span.start_s, 2),
        style.number(span.end_s - span.start_s, 2),
    ];
    row.extend(grades.parameters().into_iter().map(|grade| {
        let value = document.shown_short(grade.parameter, four.get(grade.parameter));
        match in_brackets(document, grade) {
            Some(grade) => format!("{value} ({grade})"),
            None => value,
        }
    }));
    let rtt = metrics.standard.rtt_ms.value();
    row.push(rtt.map_or("–".to_owned(), |ms| style.ms(ms)));
    row.push(match (grades.overall.index, grades.overall.category) {
        (Some(index), Some(category)) if document.grader.profile().scale() == Scale::Quality => {
            format!("{}, {}", style.number(index, 2), category.name(style.language))
        }
        (_, Some(category)) => category.name(style.language).to_owned(),
        _ => "–".to_owned(),
    });
    row
}

/// The index; the category where the profile knows pass and fail only.
fn in_brackets(document: &Document<'_>, grade: &ParameterGrade) -> Option<String> {
    grade.category?;
    let index = grade.index.map(|index| index.to_string());
    Some(index.unwrap_or_else(|| category(document, grade)))
}
