//! The stages of the hot path and of the report, each on the same fixture and on its own, one thread.
//!
//! `make bench`, or `cargo bench -- decode` for one of them. Criterion tells how each has changed since the last time.

use std::hint::black_box;
use std::io::Cursor;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use migqos::analysis::{self, DecodedBlock, Measurer, Placer};
use migqos::capture::{Block, Input, ReadOptions, Reader};
use migqos::flow::duplicates::{DuplicateFinder, Print};
use migqos::flow::ends::BlockFlows;
use migqos::flow::table::{FlowKey, FlowTable, Place};
use migqos::grade::{Grader, Profile};
use migqos::measure::tcp::standard::TcpTracker;
use migqos::measure::tcp::wireshark::WiresharkAnalyser;
use migqos::options::AnalysisOptions;
use migqos::packet::{DecodeOptions, Ends, Segment, segment};
use migqos::progress::Silent;
use migqos::report::document::Document;
use migqos::report::json::summary_json;
use migqos::report::locale::Style;
use migqos::report::markdown::markdown;
use migqos::report::pictures::draw;

const FIXTURE: &str = "fixtures/precopy-loss.pcap.zst";

/// One segment of the fixture, as the fold meets it.
struct Met {
    segment: Segment,
    ends: Ends,
    print: Print,
    key: FlowKey,
    place: Place,
}

/// Reads a capture from memory, block by block, to its end.
fn read(bytes: &[u8], mut each: impl FnMut(&Block)) {
    let input = Box::new(Cursor::new(bytes.to_vec()));
    let mut reader = Reader::from_read(input, "bench".as_ref(), None, &ReadOptions::default()).expect("a capture");
    let mut block = Block::default();
    while let Some(next) = reader.next_block(block).expect("a whole capture") {
        each(&next);
        block = next;
    }
}

/// The blocks of a capture, all at once.
fn blocks(bytes: &[u8]) -> Vec<Block> {
    let input = Box::new(Cursor::new(bytes.to_vec()));
    let mut reader = Reader::from_read(input, "bench".as_ref(), None, &ReadOptions::default()).expect("a capture");
    std::iter::from_fn(|| reader.next_block(Block::default()).expect("a whole capture")).collect()
}

/// The segments of open connections, which nearly all frames are.
fn segments(blocks: &[Block]) -> Vec<Met> {
    let mut table = FlowTable::default();
    let frames = blocks
        .iter()
        .flat_map(|block| block.frames.iter().map(|frame| (frame, block.bytes(frame))));
    let met = |(frame, bytes)| {
        let (segment, ends) = segment(frame, bytes)?;
        let key = FlowKey::from(&ends);
        let tcp = segment.tcp(ends.ports());
        Some(Met {
            print: Print::of_tcp(segment.identification().unwrap_or(0), segment.total_len(), &tcp),
            place: table.place(&key),
            segment,
            ends,
            key,
        })
    };
    frames.filter_map(met).collect()
}

/// Cutting into records, plain and from what the compressors make.
fn reading(group: &mut BenchmarkGroup<'_, WallTime>, plain: &[u8]) {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::copy(&mut Cursor::new(plain), &mut gzip).expect("memory");
    let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
    std::io::copy(&mut Cursor::new(plain), &mut lz4).expect("memory");
    for (name, bytes) in [
        ("read and cut", plain.to_vec()),
        ("read and cut, gzip", gzip.finish().expect("memory")),
        ("read and cut, zstd", std::fs::read(FIXTURE).expect("the fixture")),
        ("read and cut, lz4", lz4.finish().expect("memory")),
    ] {
        group.bench_function(name, |bench| {
            bench.iter(|| {
                read(&bytes, |block| {
                    black_box(block);
                })
            });
        });
    }
}

/// What the fold does with one segment after the other, part by part.
fn parts(group: &mut BenchmarkGroup<'_, WallTime>, segments: &[Met]) {
    let flows = segments
        .iter()
        .map(|one| one.place.conversation as usize + 1)
        .max()
        .unwrap_or(0);
    group.bench_function("part: flows of a block", |bench| {
        bench.iter(|| {
            let mut flows = BlockFlows::default();
            for one in segments {
                black_box(flows.number(&one.ends));
            }
        });
    });
    group.bench_function("part: conversations", |bench| {
        let mut table = FlowTable::default();
        for one in segments {
            table.place(&one.key);
        }
        bench.iter(|| {
            for one in segments {
                black_box(table.find(&one.key));
            }
        });
    });
    group.bench_function("part: copies", |bench| {
        bench.iter(|| {
            let mut copies = DuplicateFinder::default();
            for one in segments {
                black_box(copies.is_copy(one.segment.time_ns, one.print.mark(&one.place)));
            }
        });
    });
    group.bench_function("part: standard", |bench| {
        bench.iter(|| {
            let mut trackers: Vec<TcpTracker> = (0..flows).map(|_| TcpTracker::default()).collect();
            for Met { segment, place, .. } in segments {
                let (id, payload, tcp) = (
                    segment.identification(),
                    segment.payload_len.into(),
                    segment.tcp((0, 0)),
                );
                let tracker = &mut trackers[place.conversation as usize];
                black_box(tracker.take(place.direction, segment.time_ns, id, payload, &tcp));
            }
        });
    });
    group.bench_function("part: wireshark", |bench| {
        bench.iter(|| {
            let mut analysers: Vec<WiresharkAnalyser> = (0..flows).map(|_| WiresharkAnalyser::new()).collect();
            for Met { segment, place, .. } in segments {
                let (payload, tcp) = (segment.payload_len.into(), segment.tcp((0, 0)));
                let analyser = &mut analysers[place.conversation as usize];
                black_box(analyser.segment(place.direction, segment.time_ns, &tcp, payload));
            }
        });
    });
}

/// Decoding, and the two halves of the fold.
fn folding(group: &mut BenchmarkGroup<'_, WallTime>, blocks: Vec<Block>) {
    let options = AnalysisOptions::default();
    let mut placer = Placer::new(&options, false);
    let ready = |block| {
        let mut decoded = DecodedBlock::default();
        decoded.block = block;
        decoded.decode(DecodeOptions::default());
        placer.block(&mut decoded);
        decoded
    };
    let mut blocks: Vec<DecodedBlock> = blocks.into_iter().map(ready).collect();
    group.bench_function("decode", |bench| {
        bench.iter(|| {
            for block in &mut blocks {
                block.decode(DecodeOptions::default());
            }
        });
    });
    group.bench_function("place", |bench| {
        bench.iter(|| {
            let mut placer = Placer::new(&options, false);
            for block in &mut blocks {
                placer.block(block);
            }
        });
    });
    group.bench_function("measure", |bench| {
        bench.iter(|| {
            let mut measurer = Measurer::new(&options);
            for block in &blocks {
                measurer.block(block);
            }
        });
    });
}

fn hot_path(criterion: &mut Criterion) {
    let file = std::fs::File::open(FIXTURE).expect("run from the repository's top folder");
    let plain = zstd::stream::decode_all(file).expect("the fixture is whole");
    let blocks = blocks(&plain);
    let frames = blocks.iter().map(|block| block.frames.len() as u64).sum();
    let mut group = criterion.benchmark_group("packets");
    group.throughput(Throughput::Elements(frames));
    reading(&mut group, &plain);
    parts(&mut group, &segments(&blocks));
    folding(&mut group, blocks);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("plain.pcap");
    std::fs::write(&path, &plain).expect("room for the capture");
    let inputs = [Input::Path(path)];
    for threads in [1, 2] {
        let options = AnalysisOptions {
            threads: Some(threads),
            ..AnalysisOptions::default()
        };
        group.bench_function(format!("analyze, threads: {threads}"), |bench| {
            bench.iter(|| black_box(analysis::analyze(&inputs, &options, &Silent).is_ok()));
        });
    }
    group.finish();
}

fn report(criterion: &mut Criterion) {
    let options = AnalysisOptions::default();
    let inputs = [Input::Path(FIXTURE.into())];
    let answer = analysis::analyze(&inputs, &options, &Silent).expect("the fixture holds a migration");
    let profile = Profile::named("tiphon").expect("it ships");
    let document = Document {
        summary: &answer.summary,
        moves: &answer.moves,
        service: answer.service.as_ref(),
        options: &options,
        grader: &Grader::new(&profile, None),
        style: &Style::default(),
        command: "migqos analyze",
        pictures: &[],
    };
    let mut group = criterion.benchmark_group("report");
    group.bench_function("JSON", |bench| {
        bench.iter(|| black_box(serde_json::to_string_pretty(&summary_json(&document))).is_ok());
    });
    group.bench_function("Markdown", |bench| bench.iter(|| black_box(markdown(&document)).len()));
    group.bench_function("charts", |bench| bench.iter(|| black_box(draw(&document)).is_ok()));
    group.finish();
}

criterion_group!(benches, hot_path, report);
criterion_main!(benches);
