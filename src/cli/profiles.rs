//! `migqos profiles [NAME]`: the grading tables, band by band.

use serde_json::{Value, json};

use super::args::Format;
use super::text::{Manner, WIDTH, csv, paragraph, table};
use crate::error::Result;
use crate::grade::{Band, BandTable, Profile, Scale, TableModel, overall_model, tables_model, variants};
use crate::language::Language;

/// The answer of `migqos profiles`: one profile by its name or file, or all that ship and the variants of `--bands`.
///
/// # Errors
/// No profile of that name, or a file that is none.
pub fn profiles(name_or_path: Option<&str>, format: Format, manner: Manner) -> Result<String> {
    let shown = match name_or_path {
        Some(name) => vec![Profile::resolve(name)?],
        None => Profile::names()
            .iter()
            .map(|name| Profile::named(name))
            .collect::<Result<Vec<Profile>>>()?,
    };
    let with_variants = name_or_path.is_none();
    Ok(match format {
        Format::Table => as_tables(&shown, with_variants, manner),
        Format::Json => as_json(&shown, with_variants),
        Format::Csv => as_csv(&shown, with_variants, manner.language),
    })
}

fn as_tables(profiles: &[Profile], with_variants: bool, manner: Manner) -> String {
    let Manner { language, numbers } = manner;
    let mut text = String::new();
    for profile in profiles {
        text.push_str(&profile_text(profile, manner));
        text.push('\n');
    }
    if with_variants {
        let title = language.pick(
            "Variants, chosen with --bands PARAMETER=NAME; each also has tiphon, the table above",
            "Varian, dipilih dengan --bands PARAMETER=NAMA; masing-masing juga memiliki tiphon, tabel di atas",
        );
        text.push_str(&paragraph(title, "", usize::from(WIDTH)));
        let mut model = tables_model(variants().iter().map(|variant| &variant.table), language, numbers);
        let names = variants().iter().flat_map(|variant| {
            let name = format!("{}={}", variant.parameter().key(), variant.name);
            variant.table.bands().iter().map(move |_| name.clone())
        });
        for (row, name) in model.rows.iter_mut().zip(names) {
            if let Some(first) = row.first_mut() {
                *first = name;
            }
        }
        text.push('\n');
        text.push_str(&table(&compact(model), &[3], WIDTH));
        text.push('\n');
    }
    if profiles.iter().any(|profile| profile.scale() == Scale::Quality) {
        let title = language.pick(
            "Overall: the mean of the four indices",
            "Penilaian keseluruhan: rata-rata keempat indeks",
        );
        text.push_str(title);
        text.push_str("\n\n");
        text.push_str(&table(&overall_model(language, numbers), &[], WIDTH));
    }
    // Sections are parted by an empty line, and none follows the last.
    format!("{}\n", text.trim_end())
}

fn profile_text(profile: &Profile, manner: Manner) -> String {
    let Manner { language, numbers } = manner;
    let width = usize::from(WIDTH);
    let mut text = paragraph(&format!("{}: {}", profile.label(), profile.about(language)), "", width);
    if let Some(source) = profile.source(language) {
        text.push_str(&paragraph(
            &format!("{}: {source}", language.pick("Source", "Sumber")),
            "",
            width,
        ));
    }
    if let Some(origin) = profile.origin() {
        text.push_str(&paragraph(
            &format!("{}: {}", language.pick("File", "Berkas"), origin.display()),
            "",
            width,
        ));
    }
    text.push('\n');
    text.push_str(&table(&compact(profile.table_model(language, numbers)), &[3], WIDTH));
    for (place, remark) in profile.remarks(language, numbers) {
        text.push_str(&paragraph(&format!("{place}: {remark}."), "", width));
    }
    text
}

/// Leaves parameter and unit out where they are those of the row above, and a last column that is empty.
fn compact(mut model: TableModel) -> TableModel {
    if model.rows.iter().all(|row| row.last().is_some_and(String::is_empty)) {
        model.header.pop();
        for row in &mut model.rows {
            row.pop();
        }
    }
    let mut above: Vec<String> = Vec::new();
    for row in &mut model.rows {
        let lead: Vec<String> = row.iter().take(2).cloned().collect();
        if lead == above {
            row.iter_mut().take(2).for_each(String::clear);
        }
        above = lead;
    }
    model
}

fn band_json(band: &Band) -> Value {
    let edge = |value: f64| if value.is_finite() { json!(value) } else { Value::Null };
    json!({
        "range": band.range.to_string(),
        "low": band.range.low(),
        "low_closed": band.range.low_closed(),
        "high": edge(band.range.high()),
        "high_closed": band.range.high_closed(),
        "index": band.index,
        "category": band.category.name(Language::English),
        "off_table": band.off_table.map(|off| off.to_string()),
    })
}

fn table_json(table: &BandTable) -> Value {
    json!({ "unit": table.kind().unit(), "bands": table.bands().iter().map(band_json).collect::<Vec<_>>() })
}

fn as_json(profiles: &[Profile], with_variants: bool) -> String {
    let profile = |profile: &Profile| {
        let tables: serde_json::Map<String, Value> = profile
            .tables()
            .map(|table| (table.kind().key().to_owned(), table_json(table)))
            .collect();
        json!({
            "name": profile.name(),
            "about": profile.about(Language::English),
            "source": profile.source(Language::English),
            "scale": profile.scale().key(),
            "tables": tables,
        })
    };
    let mut answer = json!({
        "schema": "migqos.profiles/1",
        "profiles": profiles.iter().map(profile).collect::<Vec<_>>(),
    });
    if let (true, Some(object)) = (with_variants, answer.as_object_mut()) {
        let variant = |variant: &crate::grade::Variant| {
            json!({
                "parameter": variant.parameter().key(),
                "name": variant.name,
                "table": variant.table.kind().key(),
                "unit": variant.table.kind().unit(),
                "bands": variant.table.bands().iter().map(band_json).collect::<Vec<_>>(),
            })
        };
        object.insert("variants".to_owned(), variants().iter().map(variant).collect());
    }
    format!("{answer:#}\n")
}

fn as_csv(profiles: &[Profile], with_variants: bool, language: Language) -> String {
    let mut rows = Vec::new();
    let mut add = |profile: &str, variant: &str, table: &BandTable| {
        for band in table.bands() {
            rows.push(vec![
                profile.to_owned(),
                variant.to_owned(),
                table.kind().key().to_owned(),
                table.kind().unit().to_owned(),
                band.range.to_string(),
                band.index.to_string(),
                band.category.name(language).to_owned(),
                band.off_table.map_or_else(String::new, |off| off.to_string()),
            ]);
        }
    };
    for profile in profiles {
        profile.tables().for_each(|table| add(profile.name(), "", table));
    }
    if with_variants {
        variants()
            .iter()
            .for_each(|variant| add("", &variant.name, &variant.table));
    }
    let header = [
        "profile",
        "variant",
        "table",
        "unit",
        "range",
        "index",
        "category",
        "off_table",
    ];
    csv(&TableModel {
        header: header.map(str::to_owned).to_vec(),
        rows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::NumberStyle;

    #[test]
    fn every_table_keeps_to_80_columns_in_both_languages() {
        for language in [Language::English, Language::Indonesian] {
            let manner = Manner {
                language,
                numbers: NumberStyle { decimal_comma: true },
            };
            let text = profiles(None, Format::Table, manner).unwrap();
            for line in text.lines() {
                assert!(line.chars().count() <= 80, "{line}");
            }
            for name in Profile::names() {
                assert!(text.contains(&format!("{name}: ")), "{name}");
            }
            assert!(text.contains("jitter=shifted"));
            assert!(text.ends_with('\n') && !text.ends_with("\n\n"));
        }
    }

    #[test]
    fn one_profile_is_shown_alone_with_its_remarks() {
        let text = profiles(Some("g114"), Format::Table, Manner::default()).unwrap();
        assert!(text.starts_with("g114: ITU-T G.114"));
        assert!(
            text.contains("Delay, (150, 400]: acceptable where the planner is aware"),
            "{text}"
        );
        assert!(!text.contains("--bands") && !text.contains("Overall"));
        let error = profiles(Some("tifon"), Format::Table, Manner::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no profile \"tifon\" (tiphon, tiphon-lenient, y1541-class0, y1541-class1, g114, or the path of a TOML file)"
        );
    }

    #[test]
    fn json_gives_each_edge() {
        let answer: Value =
            serde_json::from_str(&profiles(Some("tiphon"), Format::Json, Manner::default()).unwrap()).unwrap();
        let jitter = &answer["profiles"][0]["tables"]["jitter"];
        assert_eq!(jitter["unit"], "ms");
        assert_eq!(jitter["bands"][3]["range"], "(125, inf)");
        assert_eq!(jitter["bands"][3]["off_table"], "(225, inf)");
        assert_eq!(jitter["bands"][1]["low_closed"], false);
        assert_eq!(jitter["bands"][1]["high"], 75.0);
    }

    #[test]
    fn csv_has_a_record_per_band() {
        let text = profiles(None, Format::Csv, Manner::default()).unwrap();
        assert!(
            text.contains("\ntiphon,,loss,%,\"(15, inf)\",1,Poor,\"(25, inf)\"\n"),
            "{text}"
        );
        assert!(
            text.contains("\n,percent-pln,throughput_pct,%,\"[50, inf)\",3,Good,\n"),
            "{text}"
        );
    }
}
