//! How the time of one thread divides, measured from the outside: each stage is what a pass with it takes more than the
//! pass before, which ends just short of it.

use std::fs::File;
use std::hint::black_box;
use std::io::{Error, Read, Result};
use std::path::Path;
use std::time::Duration;

use migqos::analysis::{self, DecodedBlock, Measurer, Placer};
use migqos::capture::{Block, Input, ReadOptions, Reader};
use migqos::options::AnalysisOptions;
use migqos::packet::DecodeOptions;
use migqos::progress::Silent;

use super::contest::median;
use super::measure::own_processor_time;

/// Makes this program measure the stages on one file and print a line for each: name, seconds of processor time.
pub const FLAG: &str = "--stages";

/// How often each pass is counted.
pub const ROUNDS: usize = 3;

type Pass = fn(&Path) -> Result<()>;

const PASSES: [(&str, Pass); 6] = [
    ("reading", read),
    ("cutting into records", cut),
    ("decoding", decode),
    ("folding: placing", place),
    ("folding: measuring", measure),
    ("choosing, adding up", analyze),
];

/// Measures and prints.
///
/// # Errors
/// Where the file is no capture.
pub fn print(path: &Path) -> Result<()> {
    let mut taken: [Vec<f64>; PASSES.len()] = Default::default();
    for round in 0..=ROUNDS {
        for ((_, pass), taken) in PASSES.iter().zip(&mut taken) {
            let before = own_processor_time();
            pass(path)?;
            let after = own_processor_time();
            if round > 0 {
                taken.push(after.saturating_sub(before).as_secs_f64());
            }
        }
    }
    let mut before = 0.0;
    for ((name, _), taken) in PASSES.iter().zip(taken) {
        let all = median(taken);
        println!(
            "{name}\t{}",
            Duration::from_secs_f64((all - before).max(0.0)).as_secs_f64()
        );
        before = all;
    }
    Ok(())
}

fn read(path: &Path) -> Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; ReadOptions::default().block_bytes];
    while file.read(&mut buffer)? > 0 {
        black_box(&buffer);
    }
    Ok(())
}

fn cut(path: &Path) -> Result<()> {
    let mut reader = open(path)?;
    let mut block = Block::default();
    while let Some(next) = reader.next_block(block).map_err(Error::other)? {
        black_box(&next);
        block = next;
    }
    Ok(())
}

fn decode(path: &Path) -> Result<()> {
    decoded(path, |decoded| {
        black_box(decoded);
    })
}

fn place(path: &Path) -> Result<()> {
    let mut placer = Placer::new(&options(), false);
    decoded(path, |decoded| placer.block(decoded))
}

fn measure(path: &Path) -> Result<()> {
    let options = options();
    let (mut placer, mut measurer) = (Placer::new(&options, false), Measurer::new(&options));
    decoded(path, |decoded| {
        placer.block(decoded);
        measurer.block(decoded);
    })
}

fn analyze(path: &Path) -> Result<()> {
    let answer = analysis::analyze(&[Input::Path(path.to_owned())], &options(), &Silent);
    black_box(answer).map(drop).map_err(Error::other)
}

fn options() -> AnalysisOptions {
    AnalysisOptions {
        threads: Some(1),
        ..AnalysisOptions::default()
    }
}

fn open(path: &Path) -> Result<Reader> {
    Reader::open(&Input::Path(path.to_owned()), &ReadOptions::default()).map_err(Error::other)
}

/// Reads and decodes block after block.
fn decoded(path: &Path, mut each: impl FnMut(&mut DecodedBlock)) -> Result<()> {
    let mut reader = open(path)?;
    let mut decoded = DecodedBlock::default();
    while let Some(next) = reader
        .next_block(std::mem::take(&mut decoded.block))
        .map_err(Error::other)?
    {
        decoded.block = next;
        decoded.decode(DecodeOptions::default());
        each(&mut decoded);
    }
    Ok(())
}
