//! `migqos sanity`: figures typed in from a paper, checked against each other and graded.

use serde_json::{Map, Value, json};

use super::args::Format;
use super::text::{Manner, WIDTH, csv, paragraph, table};
use crate::error::{Error, ErrorKind, Result};
use crate::grade::sanity::{Finding, Reading, Sanity, TypedFigures, brief, sanity};
use crate::grade::{Grader, Grades, LinkCapacity, ParameterGrade, Profile, TableKind, TableModel, grades_json};
use crate::language::Language;
use crate::number::{NumberStyle, parse_bytes, read_number};

/// The figures as they were typed: decimal comma or point, see [`read_number`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypedTexts {
    /// `--throughput-kbps`.
    pub throughput_kbps: Option<String>,
    /// `--loss-pct`.
    pub loss_pct: Option<String>,
    /// `--jitter-ms`.
    pub jitter_ms: Option<String>,
    /// `--delay-ms`.
    pub delay_ms: Option<String>,
    /// `--migration-time-ms`.
    pub migration_time_ms: Option<String>,
    /// `--downtime-ms`.
    pub downtime_ms: Option<String>,
    /// `--transferred`: bytes, or with a unit: `1,2 GiB`.
    pub transferred: Option<String>,
}

impl TypedTexts {
    /// The figures, and a finding for each that could be read in two ways.
    ///
    /// # Errors
    /// No figure at all, or one that is no number of 0 or more: the message names its option.
    pub fn read(&self) -> Result<(TypedFigures, Vec<Finding>)> {
        let mut ambiguous = Vec::new();
        let mut read = |option: &str, text: &Option<String>| -> Result<Option<Reading>> {
            let Some(text) = text else { return Ok(None) };
            let reading = Reading::typed(text).map_err(|error| of_option(option, &error))?;
            if read_number(text).is_ok_and(|number| number.ambiguous) {
                ambiguous.push(Finding::ambiguous_number(text, reading.value));
            }
            Ok(Some(reading))
        };
        let figures = TypedFigures {
            throughput_bps: read("--throughput-kbps", &self.throughput_kbps)?.map(|kbps| kbps.times(1000.0)),
            loss_pct: read("--loss-pct", &self.loss_pct)?,
            jitter_ms: read("--jitter-ms", &self.jitter_ms)?,
            delay_ms: read("--delay-ms", &self.delay_ms)?,
            migration_time_ms: read("--migration-time-ms", &self.migration_time_ms)?,
            downtime_ms: read("--downtime-ms", &self.downtime_ms)?,
            transferred_bytes: match &self.transferred {
                Some(text) => Some(
                    parse_bytes(text)
                        .map_err(|error| of_option("--transferred", &error))?
                        .into(),
                ),
                None => None,
            },
            packets: None,
        };
        if figures == TypedFigures::default() {
            let advice = "give what the paper prints, as in --throughput-kbps 403694.93 --delay-ms 434.46";
            return Err(Error::new(ErrorKind::Usage, "no figures").advice(advice));
        }
        Ok((figures, ambiguous))
    }
}

fn of_option(option: &str, error: &Error) -> Error {
    Error::new(ErrorKind::Usage, format!("{option}: {error}"))
}

/// The answer of `migqos sanity`.
///
/// # Errors
/// As [`TypedTexts::read`].
pub fn sanity_command(
    texts: &TypedTexts,
    profile: &Profile,
    capacity: Option<LinkCapacity>,
    format: Format,
    manner: Manner,
) -> Result<String> {
    let (figures, ambiguous) = texts.read()?;
    let mut answer = sanity(&figures, profile, capacity);
    answer.findings.splice(0..0, ambiguous);
    let grader = Grader::new(profile, capacity);
    Ok(match format {
        Format::Table => as_table(&answer, &grader, manner),
        Format::Json => as_json(&figures, &answer, manner),
        Format::Csv => as_csv(&answer, manner),
    })
}

fn as_table(answer: &Sanity, grader: &Grader<'_>, manner: Manner) -> String {
    let language = manner.language;
    let mut text = String::new();
    let title = match language {
        Language::English => format!("Graded by the profile {}", answer.grades.profile),
        Language::Indonesian => format!("Dinilai menurut profil {}", answer.grades.profile),
    };
    if answer.grades.overall.index.is_some() {
        text.push_str(&grades_text(&title, &answer.grades, grader, manner));
        text.push('\n');
    }
    if let Some(suggested) = &answer.suggested {
        let title = language.pick(
            "The same in the unit that fits",
            "Hal yang sama dalam satuan yang sesuai",
        );
        text.push_str(&grades_text(title, suggested, grader, manner));
        text.push('\n');
    }
    if answer.findings.is_empty() {
        text.push_str(language.pick("The figures fit together.\n", "Nilai-nilai itu saling sesuai.\n"));
        return text;
    }
    text.push_str(language.pick("Findings\n", "Temuan\n"));
    for finding in &answer.findings {
        text.push_str(&format!("\n{} ({}):\n", finding.severity.name(language), finding.code));
        let sentence = finding.message(language, manner.numbers);
        text.push_str(&paragraph(&sentence, "  ", usize::from(WIDTH)));
    }
    text
}

fn grades_text(title: &str, grades: &Grades, grader: &Grader<'_>, manner: Manner) -> String {
    let Manner { language, numbers } = manner;
    let header = [
        ("Parameter", "Parameter"),
        ("Value", "Nilai"),
        ("Unit", "Satuan"),
        ("Band", "Rentang"),
        ("Index", "Indeks"),
        ("Category", "Kategori"),
    ];
    let rows = grades.parameters().into_iter().map(|grade| {
        let unit = grade.table.map_or(grade.unit, |kind| kind.unit_text(language));
        let mut category = grade
            .category
            .map_or_else(|| "-".to_owned(), |category| category.name(language).to_owned());
        if grade.off_table {
            category.push_str(language.pick(", off the table", ", di luar tabel"));
        }
        vec![
            grade.parameter.name(language).to_owned(),
            value_text(grade, grader, numbers),
            unit.to_owned(),
            grade.band.map_or_else(|| "-".to_owned(), |band| band.write(numbers)),
            grade.index.map_or_else(|| "-".to_owned(), |index| index.to_string()),
            category,
        ]
    });
    let model = TableModel {
        header: header
            .map(|(english, indonesian)| language.pick(english, indonesian).to_owned())
            .to_vec(),
        rows: rows.collect(),
    };
    let mut text = format!("{title}\n\n{}", table(&model, &[1, 4], WIDTH));
    let overall = &grades.overall;
    if let (Some(index), Some(percent), Some(category)) =
        (overall.index_text(numbers), overall.percent, overall.category)
    {
        let name = category.name(language);
        let percent = numbers.write(percent, 2);
        text.push_str(&paragraph(
            &match language {
                Language::English => format!("Overall: index {index} of 4 ({percent} %), {name}"),
                Language::Indonesian => format!("Keseluruhan: indeks {index} dari 4 ({percent}%), {name}"),
            },
            "",
            usize::from(WIDTH),
        ));
        if !overall.missing.is_empty() {
            let missing: Vec<&str> = overall
                .missing
                .iter()
                .map(|parameter| parameter.name(language))
                .collect();
            let missing = missing.join(", ");
            text.push_str(&paragraph(
                &match language {
                    Language::English => format!("It rests on fewer than four figures; without a grade: {missing}."),
                    Language::Indonesian => {
                        format!("Didasarkan pada kurang dari empat parameter; tanpa nilai: {missing}.")
                    }
                },
                "",
                usize::from(WIDTH),
            ));
        }
    }
    text
}

/// The value as it was typed; one that was computed from it in two decimals. More where that would show another band.
fn value_text(grade: &ParameterGrade, grader: &Grader<'_>, numbers: NumberStyle) -> String {
    let typed = grade.value.value().map(brief).unwrap_or_default();
    let decimals = typed.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let at_least = if grade.table == Some(TableKind::ThroughputPct) {
        decimals.min(2)
    } else {
        decimals.min(9)
    };
    grader
        .value_text(grade, at_least, numbers)
        .unwrap_or_else(|| "-".to_owned())
}

fn as_json(figures: &TypedFigures, answer: &Sanity, manner: Manner) -> String {
    let given = [
        ("throughput_bps", figures.throughput_bps),
        ("loss_pct", figures.loss_pct),
        ("jitter_ms", figures.jitter_ms),
        ("delay_ms", figures.delay_ms),
        ("migration_time_ms", figures.migration_time_ms),
        ("downtime_ms", figures.downtime_ms),
        ("transferred_bytes", figures.transferred_bytes),
    ];
    let given: Map<String, Value> = given
        .into_iter()
        .filter_map(|(key, reading)| reading.map(|reading| (key.to_owned(), json!(reading.value))))
        .collect();
    let finding = |finding: &Finding| {
        let data: Map<String, Value> = finding
            .figures
            .iter()
            .map(|(key, value)| ((*key).to_owned(), json!(value)))
            .collect();
        json!({
            "code": finding.code,
            "severity": finding.severity.key(),
            "message": finding.message(manner.language, manner.numbers),
            "figures": data,
        })
    };
    let answer = json!({
        "schema": "migqos.sanity/1",
        "figures": given,
        "findings": answer.findings.iter().map(finding).collect::<Vec<_>>(),
        "grades": grades_json(&answer.grades),
        "suggested_grades": answer.suggested.as_ref().map(grades_json),
    });
    format!("{answer:#}\n")
}

fn as_csv(answer: &Sanity, manner: Manner) -> String {
    let language = manner.language;
    let header = [
        "row",
        "name",
        "value",
        "unit",
        "index",
        "category",
        "off_table",
        "severity",
        "message",
    ];
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut add_grades = |row: &str, grades: &Grades| {
        for grade in grades
            .parameters()
            .into_iter()
            .filter(|grade| grade.value.value().is_some())
        {
            rows.push(vec![
                row.to_owned(),
                grade.parameter.key().to_owned(),
                grade.value.value().map_or_else(String::new, |value| value.to_string()),
                grade.unit.to_owned(),
                grade.index.map_or_else(String::new, |index| index.to_string()),
                grade
                    .category
                    .map_or_else(String::new, |category| category.name(language).to_owned()),
                grade.off_table.to_string(),
                String::new(),
                String::new(),
            ]);
        }
        let overall = &grades.overall;
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        rows.push(vec![
            row.to_owned(),
            "overall".to_owned(),
            number(overall.percent),
            "%".to_owned(),
            number(overall.index),
            overall
                .category
                .map_or_else(String::new, |category| category.name(language).to_owned()),
            String::new(),
            String::new(),
            String::new(),
        ]);
    };
    add_grades("grade", &answer.grades);
    if let Some(suggested) = &answer.suggested {
        add_grades("suggested", suggested);
    }
    for finding in &answer.findings {
        let mut row = vec!["finding".to_owned(), finding.code.to_owned()];
        row.resize(7, String::new());
        row.push(finding.severity.key().to_owned());
        row.push(finding.message(language, NumberStyle::default()));
        rows.push(row);
    }
    csv(&TableModel {
        header: header.map(str::to_owned).to_vec(),
        rows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_scenario() -> TypedTexts {
        TypedTexts {
            throughput_kbps: Some("403694.93".to_owned()),
            loss_pct: Some("0.12".to_owned()),
            jitter_ms: Some("261.7".to_owned()),
            delay_ms: Some("434.46".to_owned()),
            ..TypedTexts::default()
        }
    }

    fn run(texts: &TypedTexts, format: Format, manner: Manner) -> String {
        sanity_command(texts, &Profile::named("tiphon").unwrap(), None, format, manner).unwrap()
    }

    #[test]
    fn the_table_keeps_to_80_columns_and_tells_the_slip() {
        for language in [Language::English, Language::Indonesian] {
            let text = run(
                &first_scenario(),
                Format::Table,
                Manner {
                    language,
                    numbers: NumberStyle::default(),
                },
            );
            assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
            assert!(text.contains("21.9 MB") && text.contains("21.9 kB"), "{text}");
        }
        let text = run(&first_scenario(), Format::Table, Manner::default());
        assert!(
            text.contains("Overall: index 2.50 of 4 (62.50 %), Less satisfying"),
            "{text}"
        );
        assert!(text.contains("Poor, off the table"), "{text}");
    }

    #[test]
    fn json_carries_findings_and_grades() {
        let answer: Value = serde_json::from_str(&run(&first_scenario(), Format::Json, Manner::default())).unwrap();
        assert_eq!(answer["schema"], "migqos.sanity/1");
        assert_eq!(answer["figures"]["throughput_bps"], 403_694_930.0);
        assert_eq!(answer["findings"][0]["code"], "frame_too_large");
        assert_eq!(
            answer["findings"][0]["figures"]["mean_packet_bytes"],
            21_923_662.410_975
        );
        assert_eq!(answer["findings"][1]["figures"]["suggested_delay_ms"], 0.434_46);
        assert_eq!(answer["grades"]["jitter"]["index"], 1);
        assert_eq!(answer["grades"]["jitter"]["off_table"], true);
        assert_eq!(answer["grades"]["overall"]["percent"], 62.5);
        assert_eq!(answer["suggested_grades"]["delay"]["category"], "Excellent");
    }

    #[test]
    fn csv_has_a_record_per_grade_and_finding() {
        let text = run(&first_scenario(), Format::Csv, Manner::default());
        assert!(
            text.contains("\ngrade,throughput,403694.93,kbps,4,Excellent,false,,\n"),
            "{text}"
        );
        assert!(
            text.contains("\ngrade,overall,62.5,%,2.5,Less satisfying,,,\n"),
            "{text}"
        );
        assert!(
            text.contains("\nfinding,frame_too_large,,,,,,impossible,\"A throughput"),
            "{text}"
        );
        assert!(
            text.lines()
                .all(|line| line.starts_with("row,") || line.split(',').count() >= 9),
            "{text}"
        );
    }

    #[test]
    fn a_figure_left_out_is_said_to_be_missing() {
        let texts = TypedTexts {
            delay_ms: Some("10".to_owned()),
            ..TypedTexts::default()
        };
        let text = run(&texts, Format::Table, Manner::default());
        assert!(
            text.replace('\n', " ")
                .contains("without a grade: Throughput, Packet loss, Jitter."),
            "{text}"
        );
        assert!(text.contains("The figures fit together."), "{text}");
        let json: Value = serde_json::from_str(&run(&texts, Format::Json, Manner::default())).unwrap();
        assert_eq!(json["grades"]["loss"]["value"], Value::Null);
        assert_eq!(json["grades"]["loss"]["value_reason"], "not given");
        assert_eq!(
            json["grades"]["overall"]["missing"],
            json!(["throughput", "loss", "jitter"])
        );
    }

    #[test]
    fn a_wrong_figure_is_named_by_its_option() {
        let texts = TypedTexts {
            delay_ms: Some("12 ms".to_owned()),
            ..TypedTexts::default()
        };
        assert_eq!(
            texts.read().unwrap_err().to_string(),
            "--delay-ms: not a number: \"12 ms\" (digits with a decimal comma or point, without a unit)"
        );
        assert!(
            TypedTexts::default()
                .read()
                .unwrap_err()
                .to_string()
                .starts_with("no figures (give")
        );
        let texts = TypedTexts {
            transferred: Some("3 Mbit".to_owned()),
            ..TypedTexts::default()
        };
        assert!(
            texts
                .read()
                .unwrap_err()
                .to_string()
                .starts_with("--transferred: unknown unit")
        );
        let texts = TypedTexts {
            loss_pct: Some("-1".to_owned()),
            ..TypedTexts::default()
        };
        assert!(texts.read().unwrap_err().to_string().contains("below 0"));
    }

    #[test]
    fn a_number_that_reads_two_ways_is_pointed_out() {
        let texts = TypedTexts {
            throughput_kbps: Some("403.694".to_owned()),
            ..TypedTexts::default()
        };
        let text = run(&texts, Format::Table, Manner::default());
        assert!(
            text.contains("ambiguous_number") && text.contains("Write 403694"),
            "{text}"
        );
    }
}
