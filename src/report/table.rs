//! The answer on a terminal of 80 columns: figures and grades of a run, or what is in a capture.

mod analysis;
mod inspection;

pub use analysis::analysis_table;
pub use inspection::inspection_table;

use super::text::{WIDTH, paragraph};

/// Lines of `label  text`, the texts below each other and broken where a line is full.
fn labelled(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0) + 2;
    let indent = " ".repeat(width);
    let mut lines = String::new();
    for (label, text) in pairs {
        let block = paragraph(text, &indent, usize::from(WIDTH));
        // The indent of the first line makes room for the label.
        let rest = block.strip_prefix(&indent).unwrap_or(&block);
        lines.push_str(&format!("{label:<width$}{rest}"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stand_before_texts_that_stand_below_each_other() {
        let text = labelled(&[("Nodes", "a b".to_owned()), ("Measured", "word ".repeat(20))]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "Nodes     a b");
        assert!(lines[1].starts_with("Measured  word word"));
        assert!(lines[2].starts_with("          word"));
        assert!(lines.iter().all(|l| l.chars().count() <= 80));
    }
}
