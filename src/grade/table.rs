//! A profile as rows of cells, for a terminal, Markdown or LaTeX to render.

use super::band::{BandTable, Parameter};
use super::category::OverallCategory;
use super::grader::Grader;
use super::profile::Profile;
use crate::language::Language;
use crate::number::NumberStyle;

/// A table of texts, ready to be rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableModel {
    /// One cell per column.
    pub header: Vec<String>,
    /// As many cells in each.
    pub rows: Vec<Vec<String>>,
}

fn header(language: Language) -> Vec<String> {
    let columns = [
        ("Parameter", "Parameter"),
        ("Unit", "Satuan"),
        ("Interval", "Interval"),
        ("Index", "Indeks"),
    ];
    let more = [("Category", "Kategori"), ("Off the table", "Di luar tabel")];
    columns
        .into_iter()
        .chain(more)
        .map(|(english, indonesian)| language.pick(english, indonesian).to_owned())
        .collect()
}

fn rows<'t>(tables: impl Iterator<Item = &'t BandTable>, language: Language, style: NumberStyle) -> Vec<Vec<String>> {
    let row = |table: &BandTable, band: &super::band::Band| {
        vec![
            table.kind().parameter().name(language).to_owned(),
            table.kind().unit_text(language).to_owned(),
            band.range.write(style),
            band.index.to_string(),
            band.category.name(language).to_owned(),
            band.off_table.map_or_else(String::new, |off| off.write(style)),
        ]
    };
    tables
        .flat_map(|table| table.bands().iter().map(move |band| row(table, band)))
        .collect()
}

/// One line per band of the tables given: parameter, unit, exact interval, index, category, and the part of the
/// interval that lies off the table.
pub fn tables_model<'t>(
    tables: impl Iterator<Item = &'t BandTable>,
    language: Language,
    style: NumberStyle,
) -> TableModel {
    TableModel {
        header: header(language),
        rows: rows(tables, language, style),
    }
}

impl Profile {
    /// All its tables, one line per band.
    pub fn table_model(&self, language: Language, style: NumberStyle) -> TableModel {
        tables_model(self.tables(), language, style)
    }

    /// The remarks on its tables and bands: what each belongs to (`Delay, [0, 150]`) and its text.
    pub fn remarks(&self, language: Language, style: NumberStyle) -> Vec<(String, String)> {
        let mut remarks = Vec::new();
        for table in self.tables() {
            let name = table.kind().parameter().name(language);
            if let Some(note) = self.note(table.kind(), language) {
                remarks.push((name.to_owned(), note.to_owned()));
            }
            for band in table.bands() {
                if let Some([english, indonesian]) = &band.note {
                    let place = format!("{name}, {}", band.range.write(style));
                    remarks.push((place, language.pick(english, indonesian).clone()));
                }
            }
        }
        remarks
    }
}

impl Grader<'_> {
    /// The tables in force: the one for throughput that was chosen, and the other three.
    pub fn table_model(&self, language: Language, style: NumberStyle) -> TableModel {
        let in_force = Parameter::ALL
            .into_iter()
            .filter_map(|parameter| self.table(parameter).ok());
        tables_model(in_force, language, style)
    }
}

/// The scale of the mean index: interval, percent of 4, category.
pub fn overall_model(language: Language, style: NumberStyle) -> TableModel {
    let header = [
        ("Mean index", "Indeks rata-rata"),
        ("Percent", "Persen"),
        ("Category", "Kategori"),
    ];
    let (open, between) = ("[", if style.decimal_comma { "; " } else { ", " });
    let number = |value: f64| style.set(&value.to_string());
    let mut rows = Vec::new();
    let mut upper: Option<f64> = None;
    for (category, least) in OverallCategory::LEAST_INDEX {
        let interval = |factor: f64| {
            let (end, close) = upper.map_or((4.0, "]"), |upper| (upper, ")"));
            format!(
                "{open}{}{between}{}{close}",
                number(least * factor),
                number(end * factor)
            )
        };
        rows.push(vec![interval(1.0), interval(25.0), category.name(language).to_owned()]);
        upper = Some(least);
    }
    let header = header
        .map(|(english, indonesian)| language.pick(english, indonesian).to_owned())
        .to_vec();
    TableModel { header, rows }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_band_has_a_line_with_its_exact_interval() {
        let profile = Profile::named("tiphon").unwrap();
        let model = profile.table_model(Language::Indonesian, NumberStyle { decimal_comma: true });
        assert_eq!(model.rows.len(), 4 + 5 + 4 + 4 + 4);
        assert_eq!(model.rows[12], ["Packet loss", "%", "(15; ∞)", "1", "Jelek", "(25; ∞)"]);
        assert!(model.rows.iter().all(|row| row.len() == model.header.len()));
        let in_force = Grader::new(&profile, None).table_model(Language::English, NumberStyle::default());
        assert_eq!(in_force.rows.len(), 5 + 4 + 4 + 4);
        assert_eq!(
            in_force.rows[4],
            ["Throughput", "kbps", "[0, 338)", "0", "Poor", "[0, 338)"]
        );
    }

    #[test]
    fn the_overall_scale_is_printed_half_open() {
        let model = overall_model(Language::English, NumberStyle::default());
        assert_eq!(model.rows[0], ["[3.8, 4]", "[95, 100]", "Very satisfying"]);
        assert_eq!(model.rows[1], ["[3, 3.8)", "[75, 95)", "Satisfying"]);
        assert_eq!(model.rows[3], ["[0, 2)", "[0, 50)", "Poor"]);
    }
}
