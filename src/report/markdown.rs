//! report.md: the answer first, then the pictures, the seconds, the connections, the capture, the method, and how to
//! repeat it. Written for somebody who has to defend the figures tomorrow.

mod answer;
mod bands;
mod families;
mod flows;
mod log;
mod method;
mod migration;
mod page;
mod quality;
mod references;
mod repeat;
mod series;
mod service;

use std::path::Path;

use self::page::{Page, escape};
use super::document::Document;

/// The report of one run, CommonMark with GFM tables. The pictures are named relative to it.
pub fn markdown(document: &Document<'_>) -> String {
    let mut page = Page::new(document.style);
    let capture = &document.summary.capture;
    let file_name = || {
        Path::new(&capture.path)
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
    };
    let name = capture.title.clone().or_else(file_name);
    let name = name.unwrap_or_else(|| capture.path.clone());
    let name = escape(&name);
    let title = if document.moves.migrations.is_empty() {
        document.style.say("report.title_without_migration", &[("name", &name)])
    } else {
        document.style.say("report.title", &[("name", &name)])
    };
    page.heading(1, &title);
    answer::write(document, &mut page);
    migration::write(document, &mut page);
    log::write(document, &mut page);
    series::write(document, &mut page);
    service::write(document, &mut page);
    families::write(document, &mut page);
    flows::write(document, &mut page);
    quality::write(document, &mut page);
    method::write(document, &mut page);
    bands::write(document, &mut page);
    repeat::write(document, &mut page);
    references::write(document, &mut page);
    page.finish()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use jiff::tz::TimeZone;

    use crate::language::Language;
    use crate::report::locale::Style;
    use crate::report::sample;

    fn indonesian() -> Style {
        Style {
            language: Language::Indonesian,
            decimal_comma: true,
            timezone: TimeZone::get("Asia/Jakarta").unwrap(),
        }
    }

    #[test]
    fn the_english_report() {
        insta::assert_snapshot!(sample::with_document(32, &Style::default(), super::markdown));
    }

    #[test]
    fn the_indonesian_report() {
        insta::assert_snapshot!(sample::with_document(90, &indonesian(), super::markdown));
    }

    /// A PNG of one pixel.
    const PNG: &[u8] = &[
        0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0, 1,
        8, 0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0xf8, 0x0f, 0,
        1, 1, 1, 0, 0x1b, 0xb6, 0xee, 0x56, 0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
    ];

    /// What pandoc answers.
    fn pandoc(folder: &std::path::Path, arguments: &[&str]) -> String {
        let output = Command::new("pandoc")
            .current_dir(folder)
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn pandoc_makes_a_word_file_of_the_report_without_loss() {
        if Command::new("pandoc").arg("--version").output().is_err() {
            println!("skipped: pandoc is not installed");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("timeline.png"), PNG).unwrap();
        std::fs::write(folder.path().join("delay.png"), PNG).unwrap();
        std::fs::write(folder.path().join("service.png"), PNG).unwrap();
        for style in [Style::default(), indonesian()] {
            let report = sample::with_document(32, &style, super::markdown);
            let captions = |what: &str| report.lines().filter(|l| l.starts_with(&format!("**{what} "))).count();
            let (table, figure) = match style.language {
                Language::English => ("Table", "Figure"),
                Language::Indonesian => ("Tabel", "Gambar"),
            };
            std::fs::write(folder.path().join("report.md"), &report).unwrap();
            for dialect in ["gfm", "markdown", "commonmark_x"] {
                pandoc(folder.path(), &["-f", dialect, "report.md", "-o", "report.docx"]);
                let word = pandoc(folder.path(), &["report.docx", "-t", "native"]);
                assert_eq!(word.matches("Table\n").count(), captions(table), "{dialect}: tables");
                assert_eq!(word.matches("Image\n").count(), captions(figure), "{dialect}: pictures");
                let plain = pandoc(folder.path(), &["report.docx", "-t", "plain", "--wrap=none"]);
                assert_eq!(
                    plain.matches(&format!("{figure} 1.")).count(),
                    1,
                    "{dialect}: one caption"
                );
                for text in [
                    "ip.addr == 10.132.6.126 && (ip.addr == 10.132.4.16 || ipv6.addr == fd00::4:16)",
                    "runs/game|01/src capture.pcapng.gz",
                    "x_y_z",
                    "*marks* | and <angles>",
                    "--source",
                    "(t_N − t_1)",
                    "\u{25b8} 17",
                ] {
                    assert!(plain.contains(text), "{dialect}: {text} is not in\n{plain}");
                }
                // Every cell of every table arrives: none is cut, none splits at a bar.
                let html = pandoc(folder.path(), &["report.docx", "-t", "html", "--wrap=none"]);
                let texts: String = html
                    .split('<')
                    .filter_map(|part| Some(part.split_once('>')?.1))
                    .collect();
                let texts = texts
                    .replace("&lt;", "<")
                    .replace("&gt;", ">")
                    .replace("&amp;", "&")
                    .replace('\u{fe0e}', "")
                    .replace('’', "'");
                for line in report.lines().filter(|l| l.starts_with("| ") && !l.starts_with("| -")) {
                    for cell in line.trim_matches('|').replace("\\|", "\u{1}").split('|') {
                        let cell = cell.replace('\u{1}', "|").replace(['\\', '`'], "");
                        assert!(texts.contains(cell.trim()), "{dialect}: {cell} is not in\n{texts}");
                    }
                }
            }
        }
    }
}
