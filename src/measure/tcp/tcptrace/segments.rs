//! The segments of one direction as tcptrace remembers them, and what an acknowledgement says about them.
//!
//! tcptrace cuts the sequence numbers into four quadrants of 2^30 and keeps a list of segments in each. To look at a
//! quadrant is to forget the opposite one, which is how the numbers can wrap. Lists of neighbouring quadrants know of
//! each other only in an acknowledgement, which covers all of the quadrant before its own.

use std::collections::VecDeque;

/// Sequence numbers in a quadrant.
const QUADRANT: u64 = 1 << 30;
/// Segments remembered of one direction. Acknowledged neighbours are one segment, so that a window's worth and the
/// holes of the capture are what counts.
pub(super) const MAX_SEGMENTS: usize = 16_384;

/// Bytes that were sent together, or that were acknowledged and follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Segment {
    /// First byte, counted from the quadrant's first.
    start: u32,
    /// The byte after the last.
    end: u32,
    /// When any of it was last sent.
    sent_ns: i64,
    /// Some of it was sent again.
    resent: bool,
    /// An acknowledgement has covered some of it.
    acknowledged: bool,
}

/// What a segment was, seen from those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sent {
    /// Bytes that were seen before.
    pub repeated: u64,
    /// It filled a gap, and did not go beyond what was seen.
    pub out_of_order: bool,
}

/// What an acknowledgement was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Acknowledged {
    /// It ends where a segment ends that was sent once, after all those before it.
    Sample(u64),
    /// It ends where a segment ends that was sent more than once (Karn).
    Ambiguous,
    /// It ends where a segment ends, but one before it was sent later: the receiver had been waiting for that.
    PostLoss,
}

#[derive(Debug, Clone, Default)]
struct Quadrant {
    /// In order of their numbers, without overlap.
    segments: VecDeque<Segment>,
    /// So many of the first are acknowledged, and no two of them follow each other without a gap.
    settled: usize,
    /// When the latest of these was sent.
    settled_ns: Option<i64>,
}

/// The segments of one direction.
#[derive(Debug, Clone, Default)]
pub(super) struct Segments {
    quadrants: [Quadrant; 4],
    /// Segments joined with others that they did not belong to, because too many were remembered.
    pub forgotten: u64,
}

impl Segments {
    /// `len` sequence numbers from `seq` on were sent.
    pub fn sent(&mut self, seq: u32, len: u64, sent_ns: i64) -> Sent {
        let mut sent = Sent::default();
        let mut from = u64::from(seq);
        let end = from + len;
        // Once: what reaches across the border does not look at the next quadrant.
        self.look_at(seq);
        while from < end {
            let border = (from / QUADRANT + 1) * QUADRANT;
            let to = end.min(border);
            let quadrant = &mut self.quadrants[(from / QUADRANT) as usize % 4];
            let start = (from % QUADRANT) as u32;
            let part = quadrant.sent(start, start + (to - from) as u32, sent_ns);
            sent.repeated += part.repeated;
            sent.out_of_order = part.out_of_order;
            from = to;
        }
        self.bound((end.wrapping_sub(1)) as u32);
        sent
    }

    /// Everything below `ack` was acknowledged; gives what that says of the segment which ends there.
    pub fn acknowledged(&mut self, ack: u32, time_ns: i64) -> Option<Acknowledged> {
        let index = (u64::from(ack) / QUADRANT) as usize;
        self.look_at(ack);
        let before = &mut self.quadrants[(index + 3) % 4];
        let before_ns = before.acknowledge_all();
        let offset = (u64::from(ack) % QUADRANT) as u32;
        self.quadrants[index].acknowledge(offset, time_ns, before_ns)
    }

    /// How many are remembered.
    pub fn len(&self) -> usize {
        self.quadrants.iter().map(|quadrant| quadrant.segments.len()).sum()
    }

    /// Forgets the quadrant opposite to that of `seq`.
    fn look_at(&mut self, seq: u32) {
        let index = (u64::from(seq) / QUADRANT) as usize;
        let opposite = &mut self.quadrants[(index + 2) % 4];
        if !opposite.segments.is_empty() {
            *opposite = Quadrant::default();
        }
    }

    /// Joins the two lowest segments while too many are remembered; those of the quadrant before that of `seq` first.
    fn bound(&mut self, seq: u32) {
        while self.len() > MAX_SEGMENTS {
            let index = (u64::from(seq) / QUADRANT) as usize;
            let lowest = [3, 0, 1].map(|step| (index + step) % 4);
            let Some(quadrant) = lowest.into_iter().find(|&at| self.quadrants[at].segments.len() > 1) else {
                return;
            };
            self.quadrants[quadrant].join_lowest();
            self.forgotten += 1;
        }
    }
}

impl Quadrant {
    fn sent(&mut self, start: u32, end: u32, sent_ns: i64) -> Sent {
        let mut sent = Sent::default();
        let mut from = start;
        let mut index = match self.segments.back() {
            Some(last) if last.end <= start => self.segments.len(),
            _ => self.segments.partition_point(|segment| segment.end <= start),
        };
        loop {
            let Some(next) = self.segments.get(index).copied() else {
                // What raises the highest number seen is not out of order, whatever it filled below.
                self.insert(index, from, end, sent_ns);
                sent.out_of_order = false;
                return sent;
            };
            if from < next.start {
                let until = end.min(next.start);
                self.insert(index, from, until, sent_ns);
                sent.out_of_order = true;
                from = until;
                index += 1;
            } else {
                let until = end.min(next.end);
                self.send_again(index, (sent.repeated == 0).then_some(sent_ns));
                sent.repeated += u64::from(until - from);
                if end >= next.end {
                    sent.out_of_order = false;
                }
                from = until;
                index += 1;
            }
            if from == end {
                return sent;
            }
        }
    }

    fn insert(&mut self, index: usize, start: u32, end: u32, sent_ns: i64) {
        if index < self.settled {
            self.settled = index;
            self.look_for_latest();
        }
        let segment = Segment {
            start,
            end,
            sent_ns,
            resent: false,
            acknowledged: false,
        };
        self.segments.insert(index, segment);
    }

    fn send_again(&mut self, index: usize, sent_ns: Option<i64>) {
        let Some(segment) = self.segments.get_mut(index) else {
            return;
        };
        segment.resent = true;
        let Some(sent_ns) = sent_ns else { return };
        let before = std::mem::replace(&mut segment.sent_ns, sent_ns);
        if index < self.settled {
            if sent_ns >= before {
                self.settled_ns = self.settled_ns.max(Some(sent_ns));
            } else {
                self.look_for_latest();
            }
        }
    }

    fn look_for_latest(&mut self) {
        let settled = self.segments.iter().take(self.settled);
        self.settled_ns = settled.map(|segment| segment.sent_ns).max();
    }

    /// Gives when the latest of all was sent.
    fn acknowledge_all(&mut self) -> Option<i64> {
        let mut latest_ns = None;
        for segment in self.segments.range_mut(self.settled..) {
            if !segment.acknowledged {
                segment.acknowledged = true;
                latest_ns = latest_ns.max(Some(segment.sent_ns));
            }
        }
        self.settle();
        latest_ns
    }

    fn acknowledge(&mut self, ack: u32, time_ns: i64, before_ns: Option<i64>) -> Option<Acknowledged> {
        let mut latest_ns = self.settled_ns.max(before_ns);
        let mut found = None;
        let mut changed = false;
        for segment in self.segments.range_mut(self.settled..) {
            if ack <= segment.start {
                break;
            }
            if !segment.acknowledged {
                segment.acknowledged = true;
                changed = true;
                if ack == segment.end {
                    found = Some(if latest_ns > Some(segment.sent_ns) {
                        Acknowledged::PostLoss
                    } else if segment.resent {
                        Acknowledged::Ambiguous
                    } else {
                        // A frame that the capture holds before the one it answers took no time.
                        let rtt_ns = time_ns.saturating_sub(segment.sent_ns).max(0);
                        Acknowledged::Sample(rtt_ns.unsigned_abs())
                    });
                }
            }
            latest_ns = latest_ns.max(Some(segment.sent_ns));
        }
        if changed {
            self.settle();
        }
        found
    }

    /// Makes one of acknowledged segments that follow each other.
    fn settle(&mut self) {
        let mut kept = self.settled;
        let mut next = self.settled;
        while let Some(segment) = self.segments.get(next).copied() {
            if !segment.acknowledged {
                break;
            }
            self.settled_ns = self.settled_ns.max(Some(segment.sent_ns));
            next += 1;
            match kept.checked_sub(1).and_then(|last| self.segments.get_mut(last)) {
                Some(last) if last.end == segment.start => {
                    last.end = segment.end;
                    last.sent_ns = last.sent_ns.max(segment.sent_ns);
                }
                _ => {
                    if let Some(slot) = self.segments.get_mut(kept) {
                        *slot = segment;
                    }
                    kept += 1;
                }
            }
        }
        self.segments.drain(kept..next);
        self.settled = kept;
    }

    fn join_lowest(&mut self) {
        let Some(lowest) = self.segments.pop_front() else {
            return;
        };
        if let Some(next) = self.segments.front_mut() {
            next.start = lowest.start;
            next.sent_ns = next.sent_ns.max(lowest.sent_ns);
            next.resent |= lowest.resent;
            // The time of the one before is not that of what an acknowledgement of the other would end.
            self.settled = self.settled.saturating_sub(1);
        }
    }
}
