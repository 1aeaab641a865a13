//! Reads the captures of one run through one engine.

use super::engine::{Engine, Measurer, Placer};
use super::pipeline;
use crate::capture::{FileProperties, Input, ReadOptions, Reader};
use crate::error::{Error, ErrorKind, Result};
use crate::options::AnalysisOptions;
use crate::packet::DecodeOptions;
use crate::progress::Progress;
use crate::summary::{CaptureProperties, Warning};

/// A run that was read to its end.
#[derive(Debug)]
pub struct Observed {
    /// What was kept of the frames.
    pub engine: Engine,
    /// The capture's properties; of all parts together where a run has several.
    pub capture: CaptureProperties,
    /// What the reader had to say.
    pub warnings: Vec<Warning>,
}

/// Reads `inputs`, the parts of one run, in order of their first frame.
pub fn read(inputs: &[Input], options: &AnalysisOptions, detail: bool, progress: &dyn Progress) -> Result<Observed> {
    let pool = options.threads.map(|threads| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads.max(1))
            .build()
            .map_err(|error| Error::new(ErrorKind::Io, format!("cannot start {threads} threads: {error}")))
    });
    match pool.transpose()? {
        None => read_here(inputs, options, detail, progress),
        Some(pool) => pool.install(|| read_here(inputs, options, detail, progress)),
    }
}

fn read_here(inputs: &[Input], options: &AnalysisOptions, detail: bool, progress: &dyn Progress) -> Result<Observed> {
    let read_options = ReadOptions {
        strict: options.strict,
        max_decompressed: options.max_decompressed,
        ..ReadOptions::default()
    };
    let decode_options = DecodeOptions {
        decapsulate: options.decapsulate,
    };
    let mut placer = Placer::new(options, detail);
    let mut measurer = Measurer::new(options);
    let mut parts = Vec::with_capacity(inputs.len());
    for input in in_order_of_time(inputs, &read_options)? {
        let reader = Reader::open(input, &read_options)?;
        parts.push(pipeline::run(
            reader,
            decode_options,
            progress,
            |block| placer.block(block),
            |block| measurer.block(block),
        )?);
    }
    let engine = Engine::join(placer, measurer);
    let path = inputs
        .iter()
        .map(|input| input.name().display().to_string())
        .collect::<Vec<_>>()
        .join(" ");
    let warnings = parts
        .iter()
        .flat_map(|part| &part.warnings)
        .map(reader_warning)
        .collect();
    let capture = properties(path, &engine, parts)?;
    Ok(Observed {
        engine,
        capture,
        warnings,
    })
}

/// Ring buffers are given in the order of their names at best; the frames' times decide.
fn in_order_of_time<'a>(inputs: &'a [Input], options: &ReadOptions) -> Result<Vec<&'a Input>> {
    if inputs.len() < 2 {
        return Ok(inputs.iter().collect());
    }
    let mut order = Vec::with_capacity(inputs.len());
    for input in inputs {
        if matches!(input, Input::Stdin) {
            return Err(
                Error::new(ErrorKind::Usage, "standard input cannot be joined with files")
                    .advice("write it to a file first"),
            );
        }
        let first = Reader::open(input, options)?.next_block(crate::capture::Block::default())?;
        let time = first.and_then(|block| block.frames.iter().find_map(|frame| frame.time_ns));
        order.push((time, input));
    }
    order.sort_by_key(|&(time, _)| time);
    Ok(order.into_iter().map(|(_, input)| input).collect())
}

fn properties(path: String, engine: &Engine, parts: Vec<FileProperties>) -> Result<CaptureProperties> {
    let quality = &engine.quality;
    let Some(first) = parts.first() else {
        return Err(Error::new(ErrorKind::Usage, "no capture was given"));
    };
    Ok(CaptureProperties {
        path,
        title: None,
        format: first.format,
        compression: first.compression,
        packets: quality.packets,
        captured_bytes: quality.captured_bytes,
        wire_bytes: quality.wire_bytes,
        start_ns: quality.start_ns,
        first_ns: quality.time.get().map(|(first, _)| first),
        last_ns: quality.time.get().map(|(_, last)| last),
        truncated_packets: quality.truncated,
        out_of_order_packets: quality.out_of_order,
        duplicate_packets: quality.duplicates,
        super_frames: quality.super_frames,
        unknown_link_packets: quality.unknown_link,
        interfaces: parts.into_iter().flat_map(|part| part.interfaces).collect(),
    })
}

fn reader_warning(warning: &crate::capture::ReadWarning) -> Warning {
    let places = [("frame", warning.frame), ("byte", warning.byte)];
    Warning {
        code: warning.code,
        values: places
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?.to_string())))
            .collect(),
        message: warning.message.clone(),
        template: None,
    }
}
