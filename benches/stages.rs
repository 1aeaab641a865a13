//! The stages of the hot path, each on the same fixture: cutting into blocks, decoding, the whole analysis.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use migqos::analysis;
use migqos::capture::{Block, Input, ReadOptions, Reader};
use migqos::options::AnalysisOptions;
use migqos::packet::{DecodeOptions, decode};
use migqos::progress::Silent;

const FIXTURE: &str = "fixtures/precopy-loss.pcap.zst";

/// The fixture without its compression, in memory.
fn plain() -> Vec<u8> {
    let file = std::fs::File::open(FIXTURE).expect("run from the repository's top folder");
    zstd::stream::decode_all(file).expect("the fixture is whole")
}

fn blocks(bytes: &[u8]) -> Vec<Block> {
    let read = Box::new(std::io::Cursor::new(bytes.to_vec()));
    let mut reader = Reader::from_read(read, "bench".as_ref(), None, &ReadOptions::default()).expect("a capture");
    std::iter::from_fn(|| reader.next_block(Block::default()).expect("a whole capture")).collect()
}

fn stages(criterion: &mut Criterion) {
    let bytes = plain();
    let all = blocks(&bytes);
    let frames: u64 = all.iter().map(|block| block.frames.len() as u64).sum();
    let mut group = criterion.benchmark_group("stages");
    group.throughput(Throughput::Elements(frames));
    group.bench_function("cut", |bench| bench.iter(|| black_box(blocks(&bytes)).len()));
    group.bench_function("decode", |bench| {
        bench.iter(|| {
            for block in &all {
                for frame in &block.frames {
                    black_box(decode(frame, block.bytes(frame), DecodeOptions::default()));
                }
            }
        });
    });
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("plain.pcap");
    std::fs::write(&path, &bytes).expect("room for the capture");
    let inputs = [Input::Path(path)];
    let options = AnalysisOptions {
        threads: Some(1),
        ..AnalysisOptions::default()
    };
    group.bench_function("analyze", |bench| {
        bench.iter(|| black_box(analysis::analyze(&inputs, &options, &Silent).is_ok()));
    });
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
