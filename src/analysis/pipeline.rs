//! Blocks read in turn, decoded on all cores, folded in the file's order.
//!
//! Every thread does what is to be done: it takes the next block through a half of the fold where that is possible, else
//! it reads a block and decodes it while its bytes are still in the core's cache. Reading and each half of the fold are
//! done by one thread at a time. The buffers go round and their number is fixed, so that memory does not depend on the
//! size of the capture. The fold sees the same packets in the same order whatever the number of threads is.
//!
//! What goes from core to core costs time. Where a block holds few flows, what was made of its frames outweighs the state
//! of these flows: a thread then leads a block all the way, as far as it can, and rather waits for a moment than reads
//! another one. Where it holds many it is the other way round: a thread then keeps to its half of the fold.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::decoded::DecodedBlock;
use crate::capture::{FileProperties, Reader};
use crate::error::Result;
use crate::packet::DecodeOptions;
use crate::progress::Progress;

/// Inputs smaller than this are read by one thread: to wake others would cost more than it saves.
const SMALL_INPUT_BYTES: u64 = 4 << 20;
/// Blocks that may wait for the fold, for each thread.
const BLOCKS_PER_THREAD: usize = 4;
/// How long a thread with nothing to do waits awake: to be put to sleep and woken takes longer than most waits for
/// whoever reads large frames.
const AWAKE: Duration = Duration::from_micros(60);
/// Pauses between two looks whether there is something to do.
const LOOKS: u32 = 16;

/// Reads to the end and gives every block to `place` and then to `measure`, to each in order. Must run inside the rayon
/// pool whose threads it may use.
pub fn run(
    reader: Reader,
    options: DecodeOptions,
    progress: &dyn Progress,
    place: impl FnMut(&mut DecodedBlock) + Send,
    measure: impl FnMut(&DecodedBlock) + Send,
) -> Result<FileProperties> {
    let small = reader.compression().is_none() && reader.total_len().is_some_and(|len| len < SMALL_INPUT_BYTES);
    let threads = if small { 1 } else { rayon::current_num_threads() };
    let line = Line {
        options,
        progress,
        consumed: reader.progress(),
        most_in_flight: threads * BLOCKS_PER_THREAD,
        reader: Mutex::new(reader),
        place: Mutex::new(place),
        measure: Mutex::new(measure),
        state: Mutex::default(),
        changed: Condvar::new(),
        changes: AtomicU64::new(0),
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
struct Line<'a, P, M> {
    options: DecodeOptions,
    progress: &'a dyn Progress,
    consumed: Arc<AtomicU64>,
    most_in_flight: usize,
    /// Held by whoever has set `State::reading`.
    reader: Mutex<Reader>,
    /// Held by whoever has set `State::placing`.
    place: Mutex<P>,
    /// Held by whoever has set `State::measuring`.
    measure: Mutex<M>,
    state: Mutex<State>,
    changed: Condvar,
    /// How often `state` has changed; written by whoever holds its lock.
    changes: AtomicU64,
}

/// How far the work is.
#[derive(Default)]
struct State {
    reading: bool,
    placing: bool,
    measuring: bool,
    /// Nothing more is to be read.
    ended: Option<Result<()>>,
    /// A thread panicked: the others must not wait for it.
    abandoned: bool,
    /// Number of the block at the front of `decoded`.
    first: u64,
    /// Number of the block to be read next.
    next: u64,
    /// Blocks read and not yet placed, in order; `None` while one is being decoded.
    decoded: VecDeque<Option<DecodedBlock>>,
    /// Blocks placed and not yet measured, in order.
    placed: VecDeque<DecodedBlock>,
    /// Blocks read and not yet measured.
    in_flight: usize,
    spare: Vec<DecodedBlock>,
    /// The block placed last held many flows: see the head of this file.
    many_flows: bool,
    /// Threads that wait for a change asleep.
    waiting: usize,
    /// One waits for it awake.
    looks_out: bool,
    /// Bytes of the input that progress was told of.
    reported: u64,
}

impl State {
    fn place(&mut self) -> Option<Task> {
        if self.placing {
            return None;
        }
        let block = self.decoded.front_mut().and_then(Option::take)?;
        self.decoded.pop_front();
        self.first += 1;
        self.placing = true;
        Some(Task::Place(block))
    }

    fn measure(&mut self) -> Option<Task> {
        if self.measuring {
            return None;
        }
        let block = self.placed.pop_front()?;
        self.measuring = true;
        Some(Task::Measure(block))
    }

    /// Nothing can be folded now, but the next block is decoded, and whoever is placing the one before will soon have
    /// done so. Where flows are few it pays to wait for that rather than to read another block: the block would be
    /// placed by another core than the one that has decoded it.
    fn is_worth_a_moment(&self) -> bool {
        let is_decoded = self.decoded.front().is_some_and(Option::is_some);
        let can_measure = !self.measuring && !self.placed.is_empty();
        self.placing && is_decoded && !can_measure && !self.many_flows && self.ended.is_none()
    }
}

/// What a thread does next.
enum Task {
    Place(DecodedBlock),
    Measure(DecodedBlock),
    Read(DecodedBlock),
    Leave,
}

impl<P, M> Line<'_, P, M> {
    /// Tells all that wait of a change.
    fn wake(&self, state: &State) {
        self.changes.fetch_add(1, Ordering::Relaxed);
        if state.waiting > 0 {
            self.changed.notify_all();
        }
    }
}

impl<P: FnMut(&mut DecodedBlock) + Send, M: FnMut(&DecodedBlock) + Send> Line<'_, P, M> {
    fn work(&self) {
        let _abandon = Abandon(self);
        let mut state = lock(&self.state);
        let mut placed_last = false;
        loop {
            if state.is_worth_a_moment() {
                state = self.look_out(state);
            }
            match self.task(&mut state, placed_last) {
                Some(Task::Place(mut block)) => {
                    placed_last = true;
                    drop(state);
                    (lock(&self.place))(&mut block);
                    state = lock(&self.state);
                    state.placing = false;
                    state.many_flows = block.has_many_flows();
                    state.placed.push_back(block);
                }
                Some(Task::Measure(block)) => {
                    placed_last = false;
                    drop(state);
                    (lock(&self.measure))(&block);
                    state = lock(&self.state);
                    state.measuring = false;
                    state.in_flight -= 1;
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
                    let seen = self.changes.load(Ordering::Relaxed);
                    state = self.look_out(state);
                    if self.changes.load(Ordering::Relaxed) == seen {
                        state.waiting += 1;
                        state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                        state.waiting -= 1;
                    }
                    continue;
                }
            }
            self.wake(&state);
        }
    }

    /// What can be done now; `None` where only waiting is left.
    fn task(&self, state: &mut State, placed_last: bool) -> Option<Task> {
        if state.abandoned {
            return Some(Task::Leave);
        }
        let fold = if placed_last && state.many_flows {
            state.place().or_else(|| state.measure())
        } else {
            state.measure().or_else(|| state.place())
        };
        if fold.is_some() {
            return fold;
        }
        if state.ended.is_some() {
            return (state.in_flight == 0).then_some(Task::Leave);
        }
        if !state.reading && state.in_flight < self.most_in_flight {
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
        state.in_flight += 1;
        state.decoded.push_back(None);
        self.wake(&state);
        drop(state);
        decoded.decode(self.options);
        let mut state = lock(&self.state);
        // The blocks before this one may have been placed since, but not this one.
        let place = (number - state.first) as usize;
        if let Some(slot) = state.decoded.get_mut(place) {
            *slot = Some(decoded);
        }
        state
    }

    /// Waits awake for a moment, until something has changed.
    fn look_out<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        // One at most: where there are many cores, most have nothing to do all the time.
        if state.looks_out {
            return state;
        }
        state.looks_out = true;
        let seen = self.changes.load(Ordering::Relaxed);
        drop(state);
        let until = Instant::now() + AWAKE;
        while self.changes.load(Ordering::Relaxed) == seen && Instant::now() < until {
            for _ in 0..LOOKS {
                std::hint::spin_loop();
            }
            // Where there are more threads than cores, the core is needed.
            std::thread::yield_now();
        }
        state = lock(&self.state);
        state.looks_out = false;
        state
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
struct Abandon<'a, 'b, P, M>(&'a Line<'b, P, M>);

impl<P, M> Drop for Abandon<'_, '_, P, M> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut state = lock(&self.0.state);
            state.abandoned = true;
            self.0.wake(&state);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
