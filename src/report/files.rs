//! All files of a report.

use super::csv::{seconds_csv, seconds_parquet};
use super::document::{Document, Picture};
use super::folder::Folder;
use super::json::{self, summary_json};
use super::markdown::markdown;
use crate::error::Result;
use crate::summary::{ServiceSummary, Summary};

/// The tables of one run, made by polars: outside of rayon tasks, see [`crate::series`].
#[derive(Debug, Clone)]
pub struct Tables {
    files: Vec<(String, Vec<u8>)>,
}

impl Tables {
    /// seconds.csv, service.csv where the virtual machine's own traffic was seen, and the same as Parquet where that was
    /// asked for.
    ///
    /// # Errors
    /// As [`seconds_csv`].
    pub fn new(summary: &Summary, service: Option<&ServiceSummary>, parquet: bool) -> Result<Self> {
        let series = [
            Some(("seconds", &summary.seconds)),
            service.map(|service| ("service", &service.seconds)),
        ];
        let mut files = Vec::new();
        for (stem, seconds) in series.into_iter().flatten() {
            files.push((format!("{stem}.csv"), seconds_csv(seconds)?));
            if parquet {
                files.push((format!("{stem}.parquet"), seconds_parquet(seconds)?));
            }
        }
        Ok(Self { files })
    }
}

/// A chart, drawn.
#[derive(Debug, Clone)]
pub struct Drawn {
    /// What it shows and the name of its PNG.
    pub picture: Picture,
    /// The files: name and content.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Writes every file of the report, report.md last: where it is, all that it names is.
///
/// # Errors
/// `Output`, naming the file that could not be written.
pub fn write(document: &Document<'_>, tables: &Tables, drawn: &[Drawn], folder: &Folder) -> Result<()> {
    for (name, bytes) in drawn.iter().flat_map(|d| &d.files).chain(&tables.files) {
        folder.write(name, bytes)?;
    }
    folder.write_with("summary.json", |out| json::write(&summary_json(document), out))?;
    let pictures: Vec<Picture> = drawn.iter().map(|d| d.picture.clone()).collect();
    let report = markdown(&Document {
        pictures: &pictures,
        ..*document
    });
    folder.write("report.md", report.as_bytes())
}
