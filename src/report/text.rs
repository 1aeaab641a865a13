//! Text for a terminal of 80 columns, and lines of CSV.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use crate::grade::TableModel;
use crate::language::Language;
use crate::number::NumberStyle;
use crate::report::locale::Style;

/// No line of a table or paragraph is longer.
pub const WIDTH: u16 = 80;

const RULE_UNDER_HEADER: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('\u{2500}').junction('\u{2500}'));

/// How texts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Manner {
    /// The language of names and sentences.
    pub language: Language,
    /// The notation of numbers.
    pub numbers: NumberStyle,
}

impl From<&Style> for Manner {
    fn from(style: &Style) -> Self {
        Self {
            language: style.language,
            numbers: NumberStyle {
                decimal_comma: style.decimal_comma,
            },
        }
    }
}

/// A table in at most `width` columns, long cells broken; columns of `right` are aligned to the right. Ends with a
/// line feed, and has no spaces at the ends of lines.
pub fn table(model: &TableModel, right: &[usize], width: u16) -> String {
    let mut table = Table::new();
    table.load_style(RULE_UNDER_HEADER);
    table
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width);
    table.set_header(&model.header);
    table.add_rows(&model.rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 1));
    }
    for &column in right {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A paragraph broken at spaces into lines of at most `width` characters, each led by `indent`. A longer word stands
/// alone.
pub fn paragraph(text: &str, indent: &str, width: usize) -> String {
    let mut lines = String::new();
    let mut line = String::new();
    let room = width.saturating_sub(indent.chars().count());
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            lines.push_str(indent);
            lines.push_str(&line);
            lines.push('\n');
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push_str(indent);
        lines.push_str(&line);
        lines.push('\n');
    }
    lines
}

/// One record of RFC 4180, with its line feed.
pub fn csv_line<S: AsRef<str>>(cells: &[S]) -> String {
    let quoted = |cell: &S| {
        let cell = cell.as_ref();
        if cell.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.to_owned()
        }
    };
    let mut line = cells.iter().map(quoted).collect::<Vec<_>>().join(",");
    line.push('\n');
    line
}

/// A table as CSV, its header first.
pub fn csv(model: &TableModel) -> String {
    std::iter::once(&model.header)
        .chain(&model.rows)
        .map(|cells| csv_line(cells))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_is_broken_at_spaces() {
        assert_eq!(
            paragraph("one two three four", "  ", 11),
            "  one two\n  three\n  four\n"
        );
        assert_eq!(paragraph("", "  ", 11), "");
        assert_eq!(paragraph("abcdefghijklmnop q", "", 4), "abcdefghijklmnop\nq\n");
    }

    #[test]
    fn cells_with_commas_and_quotes_are_quoted() {
        assert_eq!(csv_line(&["a", "b,c", "d\"e"]), "a,\"b,c\",\"d\"\"e\"\n");
    }

    #[test]
    fn a_table_keeps_to_its_width() {
        let model = TableModel {
            header: vec!["Name".to_owned(), "Text".to_owned()],
            rows: vec![vec!["a".to_owned(), "word ".repeat(60)]],
        };
        let text = table(&model, &[], WIDTH);
        assert!(text.lines().count() > 4);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}
