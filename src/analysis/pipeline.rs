//! Blocks read by one thread, decoded on all cores, folded in the file's order.
//!
//! While one batch of blocks is folded, the next is decoded; whoever is done first helps the other. Buffers go round,
//! so that memory does not depend on the size of the capture. The fold sees the same packets in the same order
//! whatever the number of threads is.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use rayon::prelude::*;

use crate::capture::{Block, FileProperties, Reader};
use crate::error::Result;
use crate::packet::{DecodeOptions, Packet, decode};
use crate::progress::Progress;

/// Inputs smaller than this are read by the thread that folds: a thread of its own would cost more than it saves.
const SMALL_INPUT_BYTES: u64 = 4 << 20;
/// Batches in flight: one folded, one decoded, one read.
const BATCHES_IN_FLIGHT: usize = 3;

/// A block and its decoded frames, in the same order.
#[derive(Debug, Default)]
pub struct DecodedBlock {
    /// The frames and their bytes.
    pub block: Block,
    /// `packets[i]` is `block.frames[i]`, decoded.
    pub packets: Vec<Packet>,
}

impl DecodedBlock {
    fn decode(&mut self, options: DecodeOptions) {
        self.packets.clear();
        let block = &self.block;
        self.packets.extend(
            block
                .frames
                .iter()
                .map(|frame| decode(frame, block.bytes(frame), options)),
        );
    }
}

/// Reads to the end and gives every block to `fold`, in order. Must run inside the rayon pool whose threads it may use.
pub fn run(
    mut reader: Reader,
    options: DecodeOptions,
    progress: &dyn Progress,
    mut fold: impl FnMut(&DecodedBlock) + Send,
) -> Result<FileProperties> {
    let consumed = reader.progress();
    let mut reported = 0;
    let mut report = move || {
        let now = consumed.load(Ordering::Relaxed);
        progress.advance(now - std::mem::replace(&mut reported, now));
    };
    let small = reader.compression().is_none() && reader.total_len().is_some_and(|len| len < SMALL_INPUT_BYTES);
    if rayon::current_num_threads() == 1 || small {
        let mut decoded = DecodedBlock::default();
        while let Some(block) = reader.next_block(std::mem::take(&mut decoded.block))? {
            decoded.block = block;
            decoded.decode(options);
            fold(&decoded);
            report();
        }
        report();
        return Ok(reader.finish());
    }
    let batch_len = rayon::current_num_threads();
    let (full, blocks) = sync_channel::<Block>(batch_len);
    let (recycle, empty) = sync_channel::<Block>(batch_len * BATCHES_IN_FLIGHT);
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || read(reader, &full, &empty));
        let mut folding: Vec<DecodedBlock> = Vec::new();
        let mut spare: Vec<DecodedBlock> = Vec::new();
        loop {
            let mut decoding = receive(&blocks, batch_len, &mut spare);
            report();
            let last = decoding.is_empty();
            rayon::join(
                || folding.iter().for_each(&mut fold),
                || decoding.par_iter_mut().for_each(|decoded| decoded.decode(options)),
            );
            for mut done in folding.drain(..) {
                // The reader may be gone already; then nobody needs the buffer.
                let _ = recycle.try_send(std::mem::take(&mut done.block));
                spare.push(done);
            }
            folding = decoding;
            if last {
                break;
            }
        }
        drop(blocks);
        match reading.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn read(mut reader: Reader, full: &SyncSender<Block>, empty: &Receiver<Block>) -> Result<FileProperties> {
    while let Some(block) = reader.next_block(empty.try_recv().unwrap_or_default())? {
        if full.send(block).is_err() {
            break;
        }
    }
    Ok(reader.finish())
}

/// Waits for one block and takes what else is there; empty at the end of the input.
fn receive(blocks: &Receiver<Block>, at_most: usize, spare: &mut Vec<DecodedBlock>) -> Vec<DecodedBlock> {
    let mut batch = Vec::with_capacity(at_most);
    let Ok(first) = blocks.recv() else {
        return batch;
    };
    let rest = std::iter::from_fn(|| blocks.try_recv().ok());
    for block in std::iter::once(first).chain(rest).take(at_most) {
        let mut decoded = spare.pop().unwrap_or_default();
        decoded.block = block;
        batch.push(decoded);
    }
    batch
}
