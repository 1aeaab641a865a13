//! Instructions per packet, counted by valgrind's callgrind: the same on a busy machine as on a quiet one.
//!
//! Each input is counted at two sizes. What both have in common, the start and the answer, is gone from the difference.
//! One thread is used, since what threads do while they wait is a matter of chance.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Error, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::traffic::{Kind, Traffic};

/// Where the figures are that the repository records.
pub const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.toml");

/// A capture that instructions are counted on.
struct Input {
    name: &'static str,
    kind: Kind,
    pcapng: bool,
    gzip: bool,
    /// Both sizes in packets. 20,000 flows are all open, and their tables have grown, well before the smaller size.
    sizes: [u64; 2],
}

const BULK: Input = Input {
    name: "bulk",
    kind: Kind::Bulk,
    pcapng: false,
    gzip: false,
    sizes: [20_000, 60_000],
};

/// What is counted.
const INPUTS: [Input; 4] = [
    BULK,
    Input {
        name: "pcapng",
        pcapng: true,
        ..BULK
    },
    Input {
        name: "gzip",
        gzip: true,
        ..BULK
    },
    Input {
        name: "flows",
        kind: Kind::Flows,
        sizes: [120_000, 240_000],
        ..BULK
    },
];

/// Whether there is a valgrind to count with.
pub fn can_count() -> bool {
    let version = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// The figure of every input.
///
/// # Errors
/// As [`per_packet`].
pub fn all(migqos: &Path, folder: &Path) -> io::Result<Vec<(&'static str, f64)>> {
    let one = |input: &Input| Ok((input.name, per_packet(migqos, input, folder)?));
    INPUTS.iter().map(one).collect()
}

/// Instructions that `migqos` spends on one packet more.
///
/// # Errors
/// Where the program or valgrind fails, or the captures cannot be written into `folder`.
fn per_packet(migqos: &Path, input: &Input, folder: &Path) -> io::Result<f64> {
    let [small, large] = input.sizes;
    let count = |packets| -> io::Result<u64> {
        let path = folder.join(format!("{}-{packets}", input.name));
        let traffic = Traffic {
            kind: input.kind,
            packets,
            snaplen: 96,
            pcapng: input.pcapng,
        };
        let mut out = BufWriter::new(File::create(&path)?);
        if input.gzip {
            let mut packed = flate2::write::GzEncoder::new(&mut out, flate2::Compression::default());
            traffic.write(&mut packed)?;
            packed.finish()?;
        } else {
            traffic.write(&mut out)?;
        }
        out.flush()?;
        instructions(migqos, &path)
    };
    Ok((count(large)? as f64 - count(small)? as f64) / (large - small) as f64)
}

/// Of one run, start and end included.
fn instructions(migqos: &Path, capture: &Path) -> io::Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(migqos)
        .args(["analyze", "-j", "1", "--no-report", "--format", "json"])
        .args(["--source", "10.0.0.1", "--target", "10.0.1.1"])
        .arg(capture)
        .stdin(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let found = said.lines().find_map(|line| line.split("Collected :").nth(1));
    match found.and_then(|number| number.trim().parse().ok()) {
        Some(count) if output.status.success() => Ok(count),
        _ => Err(Error::other(format!("valgrind: {}: {said}", output.status))),
    }
}

/// The recorded figures, by input.
///
/// # Errors
/// Where the file cannot be read.
pub fn recorded() -> io::Result<BTreeMap<String, f64>> {
    toml::from_str(&std::fs::read_to_string(RECORD)?).map_err(Error::other)
}
