//! The stages of the hot path and of the report, each on the same fixture and on its own, one thread.
//!
//! `make bench`, or `cargo bench -- decode` for one of them. Criterion tells how each has changed since the last time.

use std::hint::black_box;
use std::io::Cursor;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use migqos::analysis;
use migqos::capture::{Block, Input, ReadOptions, Reader};
use migqos::flow::duplicates::DuplicateFinder;
use migqos::flow::table::{Endpoint, FlowTable, Place, Tuple};
use migqos::grade::{Grader, Profile};
use migqos::measure::tcp::standard::TcpTracker;
use migqos::measure::tcp::wireshark::WiresharkAnalyser;
use migqos::options::AnalysisOptions;
use migqos::packet::{DecodeOptions, Ip, Network, Packet, Tcp, Transport, decode};
use migqos::progress::Silent;
use migqos::report::document::Document;
use migqos::report::json::summary_json;
use migqos::report::locale::Style;
use migqos::report::markdown::markdown;
use migqos::report::pictures::draw;

const FIXTURE: &str = "fixtures/precopy-loss.pcap.zst";

/// One TCP segment of the fixture, as the fold meets it.
struct Segment<'a> {
    time_ns: i64,
    packet: &'a Packet,
    ip: &'a Ip,
    tcp: &'a Tcp,
    tuple: Tuple,
    place: Place,
    payload: &'a [u8],
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

fn segments<'a>(blocks: &'a [Block], packets: &'a [Packet]) -> Vec<Segment<'a>> {
    let mut table = FlowTable::default();
    let frames = blocks
        .iter()
        .flat_map(|block| block.frames.iter().map(move |frame| (block, frame)));
    let segment = |((block, frame), packet): ((&'a Block, _), &'a Packet)| {
        let Network::Ip(ip) = &packet.network else { return None };
        let Transport::Tcp(tcp) = &ip.transport else {
            return None;
        };
        let end = |address, port| Endpoint { address, port };
        let tuple = Tuple {
            protocol: ip.protocol,
            has_ports: true,
            src: end(ip.src, tcp.src_port),
            dst: end(ip.dst, tcp.dst_port),
        };
        let bytes: &[u8] = block.bytes(frame);
        let start = ip.payload_offset as usize;
        let payload = bytes.get(start..start.saturating_add(ip.payload_captured as usize));
        Some(Segment {
            time_ns: frame.time_ns.unwrap_or(0),
            packet,
            ip,
            tcp,
            tuple,
            place: table.place(&tuple),
            payload: payload.unwrap_or_default(),
        })
    };
    frames.zip(packets).filter_map(segment).collect()
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
fn folding(group: &mut BenchmarkGroup<'_, WallTime>, segments: &[Segment<'_>]) {
    let flows = segments
        .iter()
        .map(|one| one.place.conversation as usize + 1)
        .max()
        .unwrap_or(0);
    group.bench_function("fold: conversations", |bench| {
        bench.iter(|| {
            let mut table = FlowTable::default();
            for one in segments {
                black_box(table.place(&one.tuple));
            }
        });
    });
    group.bench_function("fold: copies", |bench| {
        bench.iter(|| {
            let mut copies = DuplicateFinder::default();
            for one in segments {
                black_box(copies.is_duplicate(one.time_ns, &one.place, one.ip, one.payload));
            }
        });
    });
    group.bench_function("fold: standard", |bench| {
        bench.iter(|| {
            let mut trackers: Vec<TcpTracker> = (0..flows).map(|_| TcpTracker::default()).collect();
            for one in segments {
                let tracker = &mut trackers[one.place.conversation as usize];
                black_box(tracker.segment(one.place.direction, one.time_ns, one.ip, one.tcp));
            }
        });
    });
    group.bench_function("fold: wireshark", |bench| {
        bench.iter(|| {
            let mut analysers: Vec<WiresharkAnalyser> = (0..flows).map(|_| WiresharkAnalyser::new()).collect();
            for one in segments {
                let analyser = &mut analysers[one.place.conversation as usize];
                black_box(analyser.packet(one.place.direction, one.time_ns, one.packet, one.ip, one.tcp));
            }
        });
    });
}

fn hot_path(criterion: &mut Criterion) {
    let file = std::fs::File::open(FIXTURE).expect("run from the repository's top folder");
    let plain = zstd::stream::decode_all(file).expect("the fixture is whole");
    let blocks = blocks(&plain);
    let decode_all = |packets: &mut Vec<Packet>| {
        packets.clear();
        for block in &blocks {
            let decoded = |frame| decode(frame, block.bytes(frame), DecodeOptions::default());
            packets.extend(block.frames.iter().map(decoded));
        }
    };
    let mut packets = Vec::new();
    decode_all(&mut packets);
    let mut group = criterion.benchmark_group("packets");
    group.throughput(Throughput::Elements(packets.len() as u64));
    reading(&mut group, &plain);
    let mut again = Vec::with_capacity(packets.len());
    group.bench_function("decode", |bench| bench.iter(|| decode_all(black_box(&mut again))));
    folding(&mut group, &segments(&blocks, &packets));
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
