//! The tests that Wireshark puts a segment to, in its order.

use super::side::{DuplicateAcks, Side, after, at_most, before};
use super::{Flag, FlagSet, Segment};
use crate::packet::Tcp;

/// How long after the latest duplicate acknowledgement a retransmission counts as its answer.
const FAST_RETRANSMISSION_NS: i64 = 20_000_000;

/// True where `later` is `limit` or more after `earlier`, or before it: a time that goes back counts as far away.
fn apart(later: i64, earlier: i64, limit: i64) -> bool {
    later.wrapping_sub(earlier) as u64 >= limit as u64
}

/// What the segment's place, window and acknowledgement say. The answers to probes exclude what stands after them.
pub(super) fn window_and_ack(segment: &Segment, sender: &mut Side, receiver: &mut Side, flags: &mut FlagSet) {
    if segment.len == 1 && segment.seq == sender.next_seq && receiver.window == 0 {
        flags.insert(Flag::ZeroWindowProbe);
    } else {
        place_and_window(segment, sender, receiver, flags);
        if segment.len == 0 && segment.is_plain() {
            repeated_ack(segment, sender, receiver, flags);
        }
    }
    if segment.ack != sender.last_ack {
        sender.duplicate_acks = DuplicateAcks::default();
    }
}

/// Where the segment begins, and what its window says.
fn place_and_window(segment: &Segment, sender: &Side, receiver: &Side, flags: &mut FlagSet) {
    if sender.next_seq != 0 && after(segment.seq, sender.next_seq) && !segment.has(Tcp::RST) {
        flags.insert(Flag::LostSegment);
    }
    if !segment.is_plain() {
        return;
    }
    if segment.window == 0 {
        flags.insert(Flag::ZeroWindow);
    }
    if segment.len <= 1 && segment.seq == sender.next_seq.wrapping_sub(1) {
        flags.insert(Flag::KeepAlive);
    }
    if segment.len > 0 && receiver.is_filled_by(segment.payload_end()) {
        flags.insert(Flag::WindowFull);
    }
}

/// An empty segment that acknowledges what the one before it did.
fn repeated_ack(segment: &Segment, sender: &mut Side, receiver: &Side, flags: &mut FlagSet) {
    if segment.seq != sender.next_seq || segment.ack != sender.last_ack {
        return;
    }
    let same_window = segment.window == sender.window;
    let flag = match (segment.window, same_window) {
        (0, true) if receiver.last_flags.contains(Flag::ZeroWindowProbe) => Flag::ZeroWindowProbeAck,
        (0, _) => return,
        (_, false) => Flag::WindowUpdate,
        (_, true) if receiver.last_flags.contains(Flag::KeepAlive) => Flag::KeepAliveAck,
        (_, true) => {
            sender.duplicate_acks.count();
            Flag::DuplicateAck
        }
    };
    flags.insert(flag);
}

/// An acknowledgement of bytes that were never seen.
pub(super) fn unseen_acked(segment: &Segment, receiver: &mut Side, flags: &mut FlagSet) {
    if !segment.has(Tcp::ACK) || receiver.contiguous_end == 0 || !after(segment.ack, receiver.contiguous_end) {
        return;
    }
    if before(receiver.contiguous_end, receiver.next_seq) {
        // Bytes seen above the gap can be acknowledged from now on without saying it again.
        receiver.contiguous_end = receiver.next_seq;
        flags.insert(Flag::AckLostSegment);
    } else {
        if receiver.duplicate_acks == DuplicateAcks::Repeated(0) {
            flags.insert(Flag::AckLostSegment);
        }
        receiver.duplicate_acks = DuplicateAcks::AfterUnseen;
    }
}

/// A segment that begins below what was expected next.
pub(super) fn order(segment: &Segment, sender: &Side, receiver: &Side, reordering_ns: i64, flags: &mut FlagSet) {
    if !segment.occupies() || flags.contains(Flag::KeepAlive) {
        return;
    }
    if segment.len > 0 && receiver.last_ack != 0 && at_most(segment.payload_end(), receiver.last_ack) {
        flags.insert(Flag::SpuriousRetransmission);
        flags.insert(Flag::Retransmission);
        return;
    }
    // More than a byte from one below the next: the byte of a probe sent again, together with new ones.
    let extends_probe = segment.len > 1 && segment.seq == sender.next_seq.wrapping_sub(1);
    if sender.next_seq == 0 || !before(segment.seq, sender.next_seq) || extends_probe {
        return;
    }
    let answers_duplicates = receiver.duplicate_acks.ask_for_retransmission()
        && receiver.last_ack == segment.seq
        && !apart(segment.time_ns, receiver.last_ack_ns, FAST_RETRANSMISSION_NS);
    if answers_duplicates {
        flags.insert(Flag::FastRetransmission);
        flags.insert(Flag::Retransmission);
    } else if segment.end() != sender.next_seq && !apart(segment.time_ns, sender.next_seq_ns, reordering_ns) {
        flags.insert(Flag::OutOfOrder);
    } else {
        flags.insert(Flag::Retransmission);
    }
}
