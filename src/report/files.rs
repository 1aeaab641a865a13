//! All files of a report.

use super::csv::{seconds_csv, seconds_parquet};
use super::document::{Document, Picture};
use super::folder::Folder;
use super::json::{self, summary_json};
use super::markdown::markdown;
use crate::error::Result;
use crate::summary::Second;

/// The tables of one run, made by polars: outside of rayon tasks, see [`crate::series`].
#[derive(Debug, Clone)]
pub struct Tables {
    csv: Vec<u8>,
    parquet: Option<Vec<u8>>,
}

impl Tables {
    /// seconds.csv, and seconds.parquet where it was asked for.
    ///
    /// # Errors
    /// As [`seconds_csv`].
    pub fn new(seconds: &[Second], parquet: bool) -> Result<Self> {
        Ok(Self {
            csv: seconds_csv(seconds)?,
            parquet: parquet.then(|| seconds_parquet(seconds)).transpose()?,
        })
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
    for (name, bytes) in drawn.iter().flat_map(|d| &d.files) {
        folder.write(name, bytes)?;
    }
    folder.write("seconds.csv", &tables.csv)?;
    if let Some(parquet) = &tables.parquet {
        folder.write("seconds.parquet", parquet)?;
    }
    folder.write_with("summary.json", |out| json::write(&summary_json(document), out))?;
    let pictures: Vec<Picture> = drawn.iter().map(|d| d.picture.clone()).collect();
    let report = markdown(&Document {
        pictures: &pictures,
        ..*document
    });
    folder.write("report.md", report.as_bytes())
}
