//! A bound on memory that was hit is said: by `inspect` and by `analyze`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use migqos::analysis;
use migqos::capture::write::Layout;
use migqos::capture::{Input, LinkType};
use migqos::options::AnalysisOptions;
use migqos::progress::Silent;
use migqos::summary::Warning;

/// A raw IPv4 packet of a TCP segment with 1000 bytes of payload, headers alone.
fn segment(seq: u32) -> Vec<u8> {
    let mut bytes = vec![0x45, 0];
    bytes.extend(1040_u16.to_be_bytes());
    bytes.extend([0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x9c, 0x40, 0, 80]);
    bytes.extend(seq.to_be_bytes());
    bytes.extend([0, 0, 0, 1, 0x50, 0x10, 1, 0, 0, 0, 0, 0]);
    bytes
}

/// One direction of a connection of which every second segment is missing: no gap is ever filled or acknowledged.
fn capture(segments: u32) -> tempfile::NamedTempFile {
    let packets: Vec<Vec<u8>> = (0..segments).map(|number| segment(number * 2000)).collect();
    let layout = Layout {
        link_type: LinkType::RAW,
        ..Layout::default()
    };
    let frames = packets.iter().enumerate();
    let bytes = layout.capture(frames.map(|(number, packet)| (number as i64 * 10_000, packet.as_slice(), 1040)));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    file
}

fn value<'a>(warnings: &'a [Warning], code: &str) -> Option<&'a str> {
    let warning = warnings.iter().find(|warning| warning.code == code)?;
    Some(warning.values.first()?.1.as_str())
}

#[test]
fn bounds_that_were_hit_are_counted_and_reported() {
    let file = capture(17_000);
    let input = Input::from_argument(file.path());
    let options = AnalysisOptions::default();

    // 16,999 gaps, of which the standard estimators keep 512.
    let summary = analysis::analyze(std::slice::from_ref(&input), &options, &Silent)
        .unwrap()
        .summary;
    assert_eq!(value(&summary.warnings, "bounds"), Some("16487"));

    // Of 17,000 segments Wireshark keeps 10,000, and tcptrace's list here 16,384: 16,487 + 7,000 + 616.
    let (inspection, _) = analysis::inspect(&input, &options, &Silent).unwrap();
    assert_eq!(value(&inspection.warnings, "conversation_bounds"), Some("24103"));
}

#[test]
fn below_the_bounds_nothing_is_said() {
    let file = capture(500);
    let input = Input::from_argument(file.path());
    let options = AnalysisOptions::default();
    let summary = analysis::analyze(std::slice::from_ref(&input), &options, &Silent)
        .unwrap()
        .summary;
    let (inspection, _) = analysis::inspect(&input, &options, &Silent).unwrap();
    assert_eq!(value(&summary.warnings, "bounds"), None);
    assert_eq!(value(&inspection.warnings, "conversation_bounds"), None);
}
