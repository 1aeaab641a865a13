//! Tables for spreadsheets and scripts: comma-separated or Parquet. Points as decimal marks whatever the report's
//! language is; an absent figure is an empty cell, or a null.

use std::io::Cursor;

use polars::prelude::DataFrame;
use polars_io::SerWriter;
use polars_io::csv::write::CsvWriter;
use polars_io::parquet::write::{ParquetCompression, ParquetWriter};

use crate::error::Result;
use crate::series;
use crate::summary::{Inspection, Second, Summary};

/// seconds.csv. Never call it inside a rayon task (see [`crate::series`]).
///
/// # Errors
/// As [`series::seconds_frame`].
pub fn seconds_csv(seconds: &[Second]) -> Result<Vec<u8>> {
    text(series::seconds_frame(seconds)?, true)
}

/// seconds.parquet, the same table. Never call it inside a rayon task.
///
/// # Errors
/// As [`series::seconds_frame`].
pub fn seconds_parquet(seconds: &[Second]) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    ParquetWriter::new(&mut bytes)
        .with_compression(ParquetCompression::Uncompressed)
        .finish(&mut series::seconds_frame(seconds)?)
        .map_err(series::refused)?;
    Ok(bytes.into_inner())
}

/// What `migqos analyze --format csv` prints: the seconds; of several runs one after the other, led by a column
/// `capture`. Never call it inside a rayon task.
///
/// # Errors
/// As [`series::seconds_frame`].
pub fn summaries_csv(summaries: &[&Summary], several: bool) -> Result<Vec<u8>> {
    let frames = summaries
        .iter()
        .map(|s| Ok((s.capture.path.as_str(), series::seconds_frame(&s.seconds)?)));
    concatenated(frames, several)
}

/// What `migqos inspect --format csv` prints: the conversations, as [`summaries_csv`].
///
/// # Errors
/// As [`series::seconds_frame`].
pub fn inspections_csv(inspections: &[&Inspection], several: bool) -> Result<Vec<u8>> {
    let frames = inspections
        .iter()
        .map(|i| Ok((i.capture.path.as_str(), series::conversations_frame(&i.conversations)?)));
    concatenated(frames, several)
}

fn concatenated<'a>(frames: impl Iterator<Item = Result<(&'a str, DataFrame)>>, several: bool) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    for item in frames {
        let (path, frame) = item?;
        let frame = if several {
            series::led_by(frame, "capture", path)?
        } else {
            frame
        };
        let header = all.is_empty();
        all.extend(text(frame, header)?);
    }
    Ok(all)
}

fn text(mut frame: DataFrame, header: bool) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    CsvWriter::new(&mut bytes)
        .include_header(header)
        .finish(&mut frame)
        .map_err(series::refused)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Figure::{Absent, Value};
    use crate::figure::Reason;

    fn seconds() -> Vec<Second> {
        let full = Second {
            start_ns: 0,
            packets: 3,
            wire_bytes: 4542,
            ip_bytes: 4500,
            throughput_bps: Value(36_000.0),
            goodput_bps: Value(34_752.5),
            loss_pct: Value(0.1),
            jitter_ms: Value(1e-7),
            delay_ms: Value(1234.5678901234567),
            index: Some(3.25),
        };
        let empty = Second {
            start_ns: 500_000_000,
            packets: 0,
            wire_bytes: 0,
            ip_bytes: 0,
            throughput_bps: Value(0.0),
            goodput_bps: Value(-0.0),
            loss_pct: Absent(Reason::NoPackets),
            jitter_ms: Absent(Reason::NoPackets),
            delay_ms: Absent(Reason::NoPackets),
            index: None,
        };
        let large = Second {
            start_ns: 86_400_123_456_789,
            throughput_bps: Value(123_456_789_012.25),
            goodput_bps: Value(1e22),
            ..full
        };
        vec![full, empty, large]
    }

    #[test]
    fn the_csv_reads_back_as_the_same_doubles_and_absent_cells_are_empty() {
        let csv = String::from_utf8(seconds_csv(&seconds()).unwrap()).unwrap();
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(
            lines[0],
            "start_s,packets,wire_bytes,ip_bytes,throughput_bps,goodput_bps,loss_pct,jitter_ms,delay_ms,index"
        );
        assert_eq!(lines.len(), 4);
        assert!(lines[2].starts_with("0.5,0,0,0,0.0,0.0,,,,"), "{}", lines[2]);
        let cell = |line: usize, column: usize| lines[line].split(',').nth(column).unwrap().parse::<f64>().unwrap();
        assert_eq!(cell(1, 7), 1e-7);
        assert_eq!(cell(1, 8), 1234.5678901234567);
        assert_eq!(cell(3, 0), 86_400.123_456_789);
        assert_eq!(cell(3, 4), 123_456_789_012.25);
        assert_eq!(cell(3, 5), 1e22);
    }

    #[test]
    fn no_seconds_give_the_header_alone() {
        let csv = String::from_utf8(seconds_csv(&[]).unwrap()).unwrap();
        assert_eq!(csv.lines().count(), 1);
    }

    #[test]
    fn a_parquet_file_begins_and_ends_with_its_magic() {
        let bytes = seconds_parquet(&seconds()).unwrap();
        assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    }
}
