//! One direction's payload in the order of its bytes: what was captured, and how much was not.
//!
//! Segments that arrive early wait, up to a bound; what a snap length cut off or the capture lost becomes a gap of a
//! known length. The parsers behind it see each byte of the stream once, or are told that it is missing.

use std::collections::BTreeMap;

/// Captured bytes that may wait for an earlier segment, with what a waiting segment itself costs.
const MAX_WAITING_BYTES: usize = 4 << 20;
const SEGMENT_COST: usize = 64;

/// Takes a stream's bytes in order.
pub(super) trait Sink {
    /// The next bytes, the first of them at `offset`, captured at `time_ns`.
    fn bytes(&mut self, offset: u64, bytes: &[u8], time_ns: i64);
    /// The next `len` bytes were not captured.
    fn gap(&mut self, offset: u64, len: u64, time_ns: i64);
}

#[derive(Debug)]
struct Waiting {
    captured: Box<[u8]>,
    wire_len: u64,
    time_ns: i64,
}

/// Puts segments in order.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// First byte that was not handed on yet; `None` before the first segment.
    next: Option<u64>,
    /// Segments from behind it. Most streams never have any.
    queue: Option<Box<Queue>>,
}

#[derive(Debug, Default)]
struct Queue {
    segments: BTreeMap<u64, Waiting>,
    bytes: usize,
}

impl Queue {
    /// Takes a segment, unless one that is no shorter waits in its place.
    fn insert(&mut self, offset: u64, captured: &[u8], wire_len: u64, time_ns: i64) {
        let held = self.segments.get(&offset).map_or(0, |held| held.wire_len);
        if held >= wire_len {
            return;
        }
        self.bytes += captured.len() + SEGMENT_COST;
        let segment = Waiting {
            captured: captured.into(),
            wire_len,
            time_ns,
        };
        if let Some(shorter) = self.segments.insert(offset, segment) {
            self.bytes -= shorter.captured.len() + SEGMENT_COST;
        }
    }

    /// Takes the first segment out, if it begins at or before `next`.
    fn pop(&mut self, next: u64) -> Option<(u64, Waiting)> {
        let entry = self.segments.first_entry().filter(|entry| *entry.key() <= next)?;
        let (offset, segment) = entry.remove_entry();
        self.bytes -= segment.captured.len() + SEGMENT_COST;
        Some((offset, segment))
    }
}

impl Stream {
    /// A stream whose first byte is at `offset`.
    pub(super) fn starting_at(offset: u64) -> Self {
        Self {
            next: Some(offset),
            ..Self::default()
        }
    }

    /// Takes a segment whose payload is `wire_len` bytes long, of which `captured` were kept.
    pub(super) fn push(&mut self, offset: u64, captured: &[u8], wire_len: u32, time_ns: i64, sink: &mut impl Sink) {
        let wire_len = u64::from(wire_len);
        let captured = &captured[..captured.len().min(wire_len as usize)];
        let next = *self.next.get_or_insert(offset);
        if offset > next {
            self.wait(offset, captured, wire_len, time_ns, sink);
            return;
        }
        self.hand_on(offset, captured, wire_len, time_ns, sink);
        if self.queue.is_some() {
            self.drain(sink);
        }
    }

    /// No segment will come any more.
    pub(super) fn finish(&mut self, sink: &mut impl Sink) {
        while self.give_up_hole(0, sink) {}
    }

    fn wait(&mut self, offset: u64, captured: &[u8], wire_len: u64, time_ns: i64, sink: &mut impl Sink) {
        let queue = self.queue.get_or_insert_default();
        queue.insert(offset, captured, wire_len, time_ns);
        while self.give_up_hole(MAX_WAITING_BYTES, sink) {}
    }

    /// Goes on behind the first hole, if more than `enough_bytes` wait for what is missing.
    fn give_up_hole(&mut self, enough_bytes: usize, sink: &mut impl Sink) -> bool {
        let queue = self.queue.as_ref().filter(|queue| queue.bytes > enough_bytes);
        let Some((&offset, segment)) = queue.and_then(|queue| queue.segments.first_key_value()) else {
            return false;
        };
        let time_ns = segment.time_ns;
        self.skip_to(offset, time_ns, sink);
        self.drain(sink);
        true
    }

    fn drain(&mut self, sink: &mut impl Sink) {
        while let Some(queue) = &mut self.queue
            && let Some((offset, segment)) = self.next.and_then(|next| queue.pop(next))
        {
            self.hand_on(offset, &segment.captured, segment.wire_len, segment.time_ns, sink);
        }
    }

    /// Hands on what of a segment, which begins at or before `next`, was not handed on yet.
    fn hand_on(&mut self, offset: u64, captured: &[u8], wire_len: u64, time_ns: i64, sink: &mut impl Sink) {
        let next = self.next.unwrap_or(offset);
        let end = offset.saturating_add(wire_len);
        if end <= next {
            return;
        }
        let known = usize::try_from(next - offset)
            .ok()
            .and_then(|seen| captured.get(seen..))
            .unwrap_or_default();
        if !known.is_empty() {
            sink.bytes(next, known, time_ns);
        }
        let cut_at = next + known.len() as u64;
        if cut_at < end {
            sink.gap(cut_at, end - cut_at, time_ns);
        }
        self.next = Some(end.max(cut_at));
    }

    fn skip_to(&mut self, offset: u64, time_ns: i64, sink: &mut impl Sink) {
        let next = self.next.unwrap_or(offset);
        if offset > next {
            sink.gap(next, offset - next, time_ns);
            self.next = Some(offset);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Seen(Vec<String>);

    impl Sink for Seen {
        fn bytes(&mut self, offset: u64, bytes: &[u8], time_ns: i64) {
            self.0
                .push(format!("{offset}:{}@{time_ns}", String::from_utf8_lossy(bytes)));
        }

        fn gap(&mut self, offset: u64, len: u64, _: i64) {
            self.0.push(format!("{offset}:gap {len}"));
        }
    }

    fn run(segments: &[(u64, &str, u32)]) -> Vec<String> {
        let mut stream = Stream::starting_at(0);
        let mut seen = Seen::default();
        for (time, (offset, captured, wire_len)) in (0..).zip(segments) {
            stream.push(*offset, captured.as_bytes(), *wire_len, time, &mut seen);
        }
        stream.finish(&mut seen);
        seen.0
    }

    #[test]
    fn early_segments_wait_for_those_before_them() {
        assert_eq!(run(&[(3, "def", 3), (0, "abc", 3)]), ["0:abc@1", "3:def@0"]);
    }

    #[test]
    fn what_was_sent_again_is_handed_on_once() {
        assert_eq!(
            run(&[(0, "abc", 3), (0, "abc", 3), (1, "bcde", 4), (2, "c", 1)]),
            ["0:abc@0", "3:de@2"]
        );
    }

    #[test]
    fn a_snap_length_leaves_a_gap_of_the_cut_bytes() {
        assert_eq!(
            run(&[(0, "ab", 10), (10, "cd", 10)]),
            ["0:ab@0", "2:gap 8", "10:cd@1", "12:gap 8"]
        );
    }

    #[test]
    fn what_never_came_is_a_gap_in_the_end() {
        assert_eq!(run(&[(0, "ab", 2), (5, "fg", 2)]), ["0:ab@0", "2:gap 3", "5:fg@1"]);
    }

    #[test]
    fn waiting_is_bounded_and_a_hole_is_given_up_then() {
        let mut stream = Stream::starting_at(0);
        let mut seen = Seen::default();
        let chunk = vec![b'x'; 60_000];
        for index in 0..80_u64 {
            stream.push(1 + index * 60_000, &chunk, 60_000, 0, &mut seen);
        }
        assert_eq!(seen.0.first().map(String::as_str), Some("0:gap 1"));
        assert!(stream.queue.is_none_or(|queue| queue.segments.is_empty()));
    }

    #[test]
    fn a_longer_copy_of_a_waiting_segment_replaces_it() {
        assert_eq!(run(&[(2, "c", 1), (2, "cd", 2), (0, "ab", 2)]), ["0:ab@2", "2:cd@1"]);
    }
}
