//! The shape of a direction whose content cannot be read: where its bulk began and ended.
//!
//! A log-in, commands and the close of a tunnel are small and have silences between them. The bulk is the first burst
//! that carries a lot without such a silence; it lasts to the last large segment, however long the rest lingers.

/// A silence that divides bursts. A migration that is held to a rate pauses for up to 100 ms at a time.
pub(super) const SILENCE_NS: i64 = 200_000_000;
/// A burst that carries this much is bulk.
const BULK_BYTES: u64 = 1 << 20;
/// Payload of a segment that is more than a message of the tunnel itself.
const LARGE_BYTES: u32 = 512;

/// A place in a direction, by time and stream offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) time_ns: i64,
    pub(super) offset: u64,
}

/// Watches one direction.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    /// Where the latest burst began; once one is bulk, where that one did.
    burst: Option<Edge>,
    is_bulk: bool,
    latest_ns: i64,
    end: Option<Edge>,
}

impl Shape {
    /// Reads a word of it.
    pub(super) fn fetch(&self) -> u64 {
        self.latest_ns as u64
    }

    /// Takes a segment with payload: where it begins, how long it is, and when it came.
    pub(super) fn segment(&mut self, offset: u64, len: u32, time_ns: i64) {
        let end_offset = offset.saturating_add(u64::from(len));
        match self.burst {
            Some(burst) => {
                if !self.is_bulk {
                    if time_ns.saturating_sub(self.latest_ns) >= SILENCE_NS {
                        self.burst = Some(Edge { time_ns, offset });
                    } else if end_offset.saturating_sub(burst.offset) >= BULK_BYTES {
                        self.is_bulk = true;
                    }
                }
            }
            None => self.burst = Some(Edge { time_ns, offset }),
        }
        self.latest_ns = self.latest_ns.max(time_ns);
        if len >= LARGE_BYTES {
            let end = self.end.get_or_insert(Edge {
                time_ns,
                offset: end_offset,
            });
            end.time_ns = end.time_ns.max(time_ns);
            end.offset = end.offset.max(end_offset);
        }
    }

    /// Where the bulk began and where it ended, so far.
    pub(super) fn bulk(&self) -> Option<(Edge, Edge)> {
        self.burst.filter(|_| self.is_bulk).zip(self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    #[test]
    fn the_bulk_lies_between_the_log_in_and_the_close() {
        let mut shape = Shape::default();
        // A key exchange, its last message 365 ms before the tunnel opens.
        shape.segment(0, 1560, 0);
        shape.segment(1560, 1208, 80 * MS);
        shape.segment(2768, 116, 445 * MS);
        let mut offset = 2884;
        for step in 0..200 {
            shape.segment(offset, 32_804, (450 + 3 * step) * MS);
            offset += 32_804;
        }
        assert!(shape.bulk().is_some());
        shape.segment(offset, 36, 1060 * MS);
        shape.segment(offset + 36, 60, 3400 * MS);
        let (start, end) = shape.bulk().unwrap();
        assert_eq!((start.time_ns, start.offset), (445 * MS, 2768));
        assert_eq!((end.time_ns, end.offset), ((450 + 597) * MS, offset));
    }

    #[test]
    fn an_interactive_session_has_no_bulk() {
        let mut shape = Shape::default();
        for step in 0..100_000 {
            shape.segment(step * 100, 100, step as i64 * 250 * MS);
        }
        assert!(shape.bulk().is_none());
    }
}
