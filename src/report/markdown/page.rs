//! Markdown under construction: CommonMark with GFM tables, written so that pandoc's own dialect reads it alike.

use crate::report::locale::Style;

/// A column is padded to this width at most; the dashes below the header tell pandoc how wide it is.
const WIDEST_COLUMN: usize = 48;

/// A table: titles, which columns hold numbers, rows of cells in Markdown.
#[derive(Debug, Clone, Default)]
pub(super) struct Grid {
    titles: Vec<String>,
    numbers: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Grid {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// A column of text.
    pub(super) fn text(mut self, title: &str) -> Self {
        self.titles.push(title.to_owned());
        self.numbers.push(false);
        self
    }

    /// A column of numbers, set to the right.
    pub(super) fn number(mut self, title: &str) -> Self {
        self.titles.push(title.to_owned());
        self.numbers.push(true);
        self
    }

    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// A report under construction.
pub(super) struct Page<'a> {
    style: &'a Style,
    text: String,
    tables: u64,
    figures: u64,
}

impl<'a> Page<'a> {
    pub(super) fn new(style: &'a Style) -> Self {
        Self {
            style,
            text: String::new(),
            tables: 0,
            figures: 0,
        }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    fn block(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(text);
        self.text.push('\n');
    }

    pub(super) fn heading(&mut self, level: usize, text: &str) {
        self.block(&format!("{} {text}", "#".repeat(level)));
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        self.block(text);
    }

    pub(super) fn bullets(&mut self, items: &[String]) {
        if !items.is_empty() {
            self.block(&items.iter().map(|i| format!("- {i}")).collect::<Vec<_>>().join("\n"));
        }
    }

    /// Lines as they are.
    pub(super) fn verbatim(&mut self, text: &str) {
        let fence = "`".repeat(longest_run(text).max(2) + 1);
        self.block(&format!("{fence}\n{text}\n{fence}"));
    }

    /// A table with its numbered caption above; nothing where it has no rows.
    pub(super) fn table(&mut self, caption: &str, grid: &Grid) {
        if grid.is_empty() {
            return;
        }
        self.tables += 1;
        let label = self
            .style
            .say("caption.table", &[("n", &self.style.count(self.tables))]);
        self.block(&format!("**{label}** {caption}"));
        self.block(&markup(grid));
    }

    /// A picture with its numbered caption below. Both stand in one paragraph: pandoc makes a figure, with the
    /// description as a second caption, of a picture that stands alone.
    pub(super) fn picture(&mut self, file: &str, description: &str, caption: &str) {
        self.figures += 1;
        let label = self
            .style
            .say("caption.figure", &[("n", &self.style.count(self.figures))]);
        self.block(&format!("![{description}]({file})\\\n**{label}** {caption}"));
    }
}

fn markup(grid: &Grid) -> String {
    let columns = grid.titles.len();
    let width = |at: usize| {
        let cells = grid.rows.iter().filter_map(|row| row.get(at));
        let longest = cells.chain(grid.titles.get(at)).map(|c| c.chars().count()).max();
        longest.unwrap_or(0).clamp(3, WIDEST_COLUMN)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let is_number = |at: usize| grid.numbers.get(at).copied().unwrap_or(false);
    let line = |cells: &[String]| {
        let padded = widths.iter().enumerate().map(|(at, &width)| {
            let cell = cells.get(at).map(String::as_str).unwrap_or_default();
            if is_number(at) {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            }
        });
        format!("| {} |", padded.collect::<Vec<_>>().join(" | "))
    };
    let rule = widths.iter().enumerate().map(|(at, &width)| {
        let dashes = "-".repeat(width - usize::from(is_number(at)));
        if is_number(at) { format!("{dashes}:") } else { dashes }
    });
    let rule = format!("| {} |", rule.collect::<Vec<_>>().join(" | "));
    let mut lines = vec![line(&grid.titles), rule];
    lines.extend(grid.rows.iter().map(|row| line(row)));
    lines.join("\n")
}

/// Text as it is, whatever marks it holds.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        let mark = match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '$' | '&' | '@' | '^' | '#' => true,
            // Two hyphens or three points become one sign in pandoc's dialect.
            '-' | '.' => previous == c,
            // :100: and :1234:, which IPv6 addresses hold, name pictures on GitHub.
            ':' => names_a_picture(text.get(at + 1..).unwrap_or_default()),
            _ => false,
        };
        if mark {
            escaped.push('\\');
        }
        escaped.push(if c.is_control() { ' ' } else { c });
        previous = c;
    }
    escaped
}

/// True where what follows a colon is a name and a further colon.
fn names_a_picture(rest: &str) -> bool {
    rest.split_once(':').is_some_and(|(name, _)| {
        !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-'))
    })
}

/// Text in a fixed pitch, outside of tables.
pub(super) fn code(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Text in a fixed pitch within a table, where a bar would end the cell: there it is set as plain text.
pub(super) fn code_cell(text: &str) -> String {
    if text.contains(['|', '`']) {
        escape(text)
    } else {
        code(text)
    }
}

/// A sentence: its first letter large, a full stop at its end.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut letters = text.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    let stop = if text.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_keeps_its_marks() {
        assert_eq!(escape("a_b*c|d<e>"), "a\\_b\\*c\\|d\\<e\\>");
        assert_eq!(escape("--from"), "-\\-from");
        assert_eq!(escape("two\nlines"), "two lines");
        assert_eq!(escape("fd00:100::1 at 12:30"), "fd00\\:100::1 at 12:30");
    }

    #[test]
    fn code_is_fenced_by_more_ticks_than_it_holds() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code_cell("a|b"), "a\\|b");
    }

    #[test]
    fn a_table_is_padded_and_numbers_stand_right() {
        let mut grid = Grid::new().text("Name").number("n");
        grid.row(vec!["a".to_owned(), "1".to_owned()]);
        grid.row(vec!["longer".to_owned(), "12,345".to_owned()]);
        assert_eq!(
            markup(&grid),
            "| Name   |      n |\n| ------ | -----: |\n| a      |      1 |\n| longer | 12,345 |"
        );
    }

    #[test]
    fn sentences_begin_large_and_end() {
        assert_eq!(sentence("é is first"), "É is first.");
        assert_eq!(sentence("Done!"), "Done!");
        assert_eq!(sentence(""), ".");
    }
}
