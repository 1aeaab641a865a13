//! Grades as JSON, the same keys in every output that carries them.

use serde_json::{Map, Value, json};

use super::band::Parameter;
use super::grader::{Grader, Grades, ParameterGrade};
use super::shares::Shares;
use crate::figure::{Figure, Reason};
use crate::language::Language;

fn parameter(grade: &ParameterGrade) -> Value {
    let mut object = Map::new();
    object.insert("value".to_owned(), json!(grade.value.value()));
    if let Figure::Absent(reason) = grade.value {
        object.insert("value_reason".to_owned(), json!(reason.text()));
    }
    object.insert("unit".to_owned(), json!(grade.unit));
    object.insert("index".to_owned(), json!(grade.index));
    if let Some(reason) = grade.reason {
        object.insert("index_reason".to_owned(), json!(reason.text()));
    }
    object.insert(
        "category".to_owned(),
        json!(grade.category.map(|category| category.name(Language::English))),
    );
    if let Some(reason) = grade.reason {
        object.insert("category_reason".to_owned(), json!(reason.text()));
    }
    object.insert("off_table".to_owned(), json!(grade.off_table));
    if let Some(band) = grade.band {
        object.insert("band".to_owned(), json!(band.to_string()));
    }
    Value::Object(object)
}

/// `profile`, the link's capacity where it graded, the four grades and `overall`, with English category names. Put
/// `method` before and `shares` behind.
pub fn grades_json(grades: &Grades) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("profile".to_owned(), json!(grades.profile));
    if let Some(capacity) = grades.capacity {
        object.insert("link_capacity_bps".to_owned(), json!(capacity.bps()));
    }
    for grade in grades.parameters() {
        object.insert(grade.parameter.key().to_owned(), parameter(grade));
    }
    let overall = &grades.overall;
    let mut together = Map::new();
    let category = overall.category.map(|category| category.name(Language::English));
    for (key, value) in [
        ("index", json!(overall.index)),
        ("percent", json!(overall.percent)),
        ("category", json!(category)),
    ] {
        let absent = value.is_null();
        together.insert(key.to_owned(), value);
        if absent {
            together.insert(format!("{key}_reason"), json!(Reason::NoFigure.text()));
        }
    }
    let missing: Vec<&str> = overall.missing.iter().map(|parameter| parameter.key()).collect();
    together.insert("missing".to_owned(), json!(missing));
    object.insert("overall".to_owned(), Value::Object(together));
    object
}

/// For each parameter the share of graded seconds by index, best first: every index that the table in force has.
/// An empty object where no second was graded.
pub fn shares_json(shares: &Shares, grader: &Grader<'_>) -> Map<String, Value> {
    let mut object = Map::new();
    for parameter in Parameter::ALL {
        let mut by_index = Map::new();
        if let Ok(table) = grader.table(parameter) {
            let of_parameter = shares.get(parameter);
            for index in (0..=4)
                .rev()
                .filter(|&index| table.bands().iter().any(|band| band.index == index))
            {
                if let Some(share) = of_parameter.share(index) {
                    by_index.insert(index.to_string(), json!(share));
                }
            }
        }
        object.insert(parameter.key().to_owned(), Value::Object(by_index));
    }
    object
}
