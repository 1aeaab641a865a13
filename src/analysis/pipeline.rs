//! Blocks read in turn, decoded on all cores, folded in the file's order.
//!
//! Every thread does what is to be done: it folds the next block where that one is decoded and nobody folds, else it
//! reads a block and decodes it while its bytes are still in the core's cache. Reading and folding are each done by one
//! thread at a time. The buffers go round and their number is fixed, so that memory does not depend on the size of the
//! capture. The fold sees the same packets in the same order whatever the number of threads is.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::capture::{Block, FileProperties, Reader};
use crate::error::Result;
use crate::packet::{DecodeOptions, Packet, decode};
use crate::progress::Progress;

/// Inputs smaller than this are read by one thread: to wake others would cost more than it saves.
const SMALL_INPUT_BYTES: u64 = 4 << 20;
/// Blocks that may wait for the fold, for each thread.
const BLOCKS_PER_THREAD: usize = 3;

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
    reader: Reader,
    options: DecodeOptions,
    progress: &dyn Progress,
    fold: impl FnMut(&DecodedBlock) + Send,
) -> Result<FileProperties> {
    let small = reader.compression().is_none() && reader.total_len().is_some_and(|len| len < SMALL_INPUT_BYTES);
    let threads = if small { 1 } else { rayon::current_num_threads() };
    let line = Line {
        options,
        progress,
        consumed: reader.progress(),
        most_in_flight: threads * BLOCKS_PER_THREAD,
        reader: Mutex::new(reader),
        fold: Mutex::new(fold),
        state: Mutex::default(),
        changed: Condvar::new(),
    };
    if threads == 1 {
        line.work();
    } else {
        rayon::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(|_| line.work());
            }
            line.work();
        });
    }
    line.finish()
}

/// What the threads share.
struct Line<'a, F> {
    options: DecodeOptions,
    progress: &'a dyn Progress,
    consumed: Arc<AtomicU64>,
    most_in_flight: usize,
    /// Held by whoever has set `State::reading`.
    reader: Mutex<Reader>,
    /// Held by whoever has set `State::folding`.
    fold: Mutex<F>,
    state: Mutex<State>,
    changed: Condvar,
}

/// How far the work is.
#[derive(Default)]
struct State {
    reading: bool,
    folding: bool,
    /// Nothing more is to be read.
    ended: Option<Result<()>>,
    /// A thread panicked: the others must not wait for it.
    abandoned: bool,
    /// Number of the block at the front of `decoded`.
    first: u64,
    /// Number of the block to be read next.
    next: u64,
    /// Blocks read and not yet folded, in order; `None` while one is being decoded.
    decoded: VecDeque<Option<DecodedBlock>>,
    spare: Vec<DecodedBlock>,
    /// Threads that wait for a change.
    waiting: usize,
    /// Bytes of the input that progress was told of.
    reported: u64,
}

/// What a thread does next.
enum Task {
    Fold(DecodedBlock),
    Read(DecodedBlock),
    Leave,
}

impl<F: FnMut(&DecodedBlock) + Send> Line<'_, F> {
    fn work(&self) {
        let _abandon = Abandon(self);
        let mut state = lock(&self.state);
        loop {
            match self.task(&mut state) {
                Some(Task::Fold(block)) => {
                    drop(state);
                    (lock(&self.fold))(&block);
                    state = lock(&self.state);
                    state.folding = false;
                    state.spare.push(block);
                    self.report(&mut state);
                }
                Some(Task::Read(block)) => {
                    drop(state);
                    state = self.read(block);
                }
                Some(Task::Leave) => {
                    self.wake(&state);
                    return;
                }
                None => {
                    state.waiting += 1;
                    state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                    state.waiting -= 1;
                    continue;
                }
            }
            self.wake(&state);
        }
    }

    /// What can be done now; `None` where only waiting is left.
    fn task(&self, state: &mut State) -> Option<Task> {
        if state.abandoned {
            return Some(Task::Leave);
        }
        if !state.folding
            && let Some(block) = state.decoded.front_mut().and_then(Option::take)
        {
            state.decoded.pop_front();
            state.first += 1;
            state.folding = true;
            return Some(Task::Fold(block));
        }
        if state.ended.is_some() {
            return (state.decoded.is_empty()).then_some(Task::Leave);
        }
        if !state.reading && state.decoded.len() < self.most_in_flight {
            state.reading = true;
            return Some(Task::Read(state.spare.pop().unwrap_or_default()));
        }
        None
    }

    /// Reads the next block, lets the next thread read, and decodes.
    fn read(&self, mut decoded: DecodedBlock) -> MutexGuard<'_, State> {
        let block = lock(&self.reader).next_block(std::mem::take(&mut decoded.block));
        let mut state = lock(&self.state);
        state.reading = false;
        match block {
            Ok(Some(block)) => decoded.block = block,
            Ok(None) => {
                state.ended = Some(Ok(()));
                return state;
            }
            Err(error) => {
                state.ended = Some(Err(error));
                return state;
            }
        }
        let number = state.next;
        state.next += 1;
        state.decoded.push_back(None);
        self.wake(&state);
        drop(state);
        decoded.decode(self.options);
        let mut state = lock(&self.state);
        // The blocks before this one may have been folded since, but not this one.
        let place = (number - state.first) as usize;
        if let Some(slot) = state.decoded.get_mut(place) {
            *slot = Some(decoded);
        }
        state
    }

    fn wake(&self, state: &State) {
        if state.waiting > 0 {
            self.changed.notify_all();
        }
    }

    fn report(&self, state: &mut State) {
        let now = self.consumed.load(Ordering::Relaxed);
        self.progress.advance(now - std::mem::replace(&mut state.reported, now));
    }

    fn finish(self) -> Result<FileProperties> {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let now = self.consumed.load(Ordering::Relaxed);
        self.progress.advance(now - std::mem::replace(&mut state.reported, now));
        state.ended.unwrap_or(Ok(()))?;
        let reader = self.reader.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(reader.finish())
    }
}

/// Tells the other threads when this one panics; the panic itself goes on to the caller.
struct Abandon<'a, 'b, F>(&'a Line<'b, F>);

impl<F> Drop for Abandon<'_, '_, F> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(&self.0.state).abandoned = true;
            self.0.changed.notify_all();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
