//! One TCP connection that may carry a migration: its bytes counted and followed.

mod verdict;

use std::net::{IpAddr, SocketAddr};

use crate::packet::Tcp;

use super::ledger::Ledger;
use super::model::Role;
use super::ports::{self, Owner};
use super::progress::Progress;
use super::reader::Reader;
use super::recognise::{self, Content};
use super::shape::{self, Shape};
use super::stream::Stream;
pub(super) use verdict::Verdict;

/// Bytes kept of the last segment.
const TAIL_BYTES: usize = 64;

/// One direction. There is one pair of these for every connection that is not known to be dull, and most will be.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) ledger: Ledger,
    pub(super) shape: Shape,
    pub(super) reader: Reader,
    stream: Stream,
    /// What is kept of a direction with a role or with bulk.
    course: Option<Box<Course>>,
}

/// How far a direction came, and what it ended with.
#[derive(Debug, Default)]
struct Course {
    progress: Progress,
    /// First bytes of the last segment of a main stream, as far as they were captured.
    tail: Vec<u8>,
    tail_end: u64,
}

impl Side {
    fn new() -> Self {
        Self {
            ledger: Ledger::default(),
            shape: Shape::default(),
            reader: Reader::Unread,
            stream: Stream::default(),
            course: None,
        }
    }

    /// The last segment's first bytes.
    pub(super) fn tail(&self) -> &[u8] {
        self.course.as_ref().map_or(&[], |course| &course.tail)
    }

    /// The offset reached just before a time; `None` where nothing was sent before, or no progress was kept.
    pub(super) fn reached_before(&self, time_ns: i64) -> Option<u64> {
        self.course.as_ref().and_then(|course| course.progress.before(time_ns))
    }

    fn keep_tail(&mut self, end: u64, captured: &[u8]) {
        let course = self.course.get_or_insert_default();
        if end > course.tail_end {
            course.tail_end = end;
            course.tail.clear();
            course
                .tail
                .extend_from_slice(&captured[..captured.len().min(TAIL_BYTES)]);
        }
    }
}

/// Bulk that its port, not its bytes, says to be a migration.
#[derive(Debug, Clone, Copy)]
pub(super) struct UnreadBulk {
    role: Role,
    source: IpAddr,
    target: SocketAddr,
    span_ns: (i64, i64),
}

/// A connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) conversation: u32,
    /// The sender of each direction.
    pub(super) ends: [SocketAddr; 2],
    pub(super) sides: [Side; 2],
    pub(super) verdict: Verdict,
    /// Time of the first SYN.
    pub(super) syn_ns: Option<i64>,
    /// Time of the first frame.
    pub(super) first_ns: i64,
    /// Which direction the opener of the connection sends.
    opener: Option<usize>,
    /// It was reset.
    pub(super) reset: bool,
    /// The moments that divide a migration, as many as the stream had shown when it was last asked.
    pub(super) phases_begun: usize,
    /// Its bytes were searched for those of a migration, in vain.
    refuted: bool,
}

impl Connection {
    /// A connection whose first frame goes from `ends[0]` to `ends[1]`.
    pub(super) fn new(conversation: u32, ends: [SocketAddr; 2], time_ns: i64) -> Self {
        Self {
            conversation,
            ends,
            sides: [Side::new(), Side::new()],
            verdict: Verdict::Undecided,
            syn_ns: None,
            first_ns: time_ns,
            opener: None,
            reset: false,
            phases_begun: 0,
            refuted: false,
        }
    }

    /// True where this segment opens another connection on the same ports.
    pub(super) fn is_other(&self, direction: usize, tcp: &Tcp) -> bool {
        tcp.has(Tcp::SYN) && self.sides[direction].ledger.is_other_syn(tcp.seq)
    }

    /// Reads a word of most cache lines that the next segment will touch.
    pub(super) fn fetch(&self, direction: usize) -> u64 {
        let [sent, acknowledged] = [&self.sides[direction], &self.sides[1 - direction]];
        sent.ledger.high() ^ sent.ledger.low() ^ sent.shape.fetch() ^ acknowledged.ledger.high() ^ self.first_ns as u64
    }

    /// The same for what it owns elsewhere.
    pub(super) fn fetch_owned(&self, direction: usize) -> u64 {
        self.sides[direction].reader.fetch()
    }

    /// Takes a segment of the sender of `direction`, with `len` bytes of payload on the wire.
    pub(super) fn segment(&mut self, direction: usize, time_ns: i64, tcp: &Tcp, len: u32, captured: &[u8]) {
        let mut seq = tcp.seq;
        if tcp.has(Tcp::SYN) {
            self.sides[direction].ledger.syn(seq);
            seq = seq.wrapping_add(1);
            self.syn_ns = Some(self.syn_ns.map_or(time_ns, |first| first.min(time_ns)));
            self.opener = Some(if tcp.has(Tcp::ACK) { 1 - direction } else { direction });
        }
        self.first_ns = self.first_ns.min(time_ns);
        if tcp.has(Tcp::RST) {
            self.reset = true;
            return;
        }
        if tcp.has(Tcp::ACK) {
            self.sides[1 - direction].ledger.acknowledge(tcp.ack);
        }
        if len > 0 {
            self.payload(direction, time_ns, seq, len, captured);
        }
        if tcp.has(Tcp::FIN) {
            self.sides[direction].ledger.fin(seq.wrapping_add(len));
        }
    }

    fn payload(&mut self, direction: usize, time_ns: i64, seq: u32, len: u32, captured: &[u8]) {
        let side = &mut self.sides[direction];
        let is_first = side.ledger.first_ns().is_none();
        let Some(placed) = side.ledger.payload(seq, len, time_ns) else {
            return;
        };
        if is_first {
            if side.ledger.has_start() {
                side.stream = Stream::starting_at(0);
                if self.verdict != Verdict::Undecided {
                    side.reader.give_up_beginning();
                }
            } else {
                side.stream = Stream::starting_at(placed.offset);
                side.reader = match side.reader {
                    Reader::Unread => Reader::Middle(Box::default()),
                    _ => std::mem::replace(&mut side.reader, Reader::Nobody),
                };
            }
        }
        if placed.unacknowledged {
            side.shape.segment(placed.offset, len, time_ns);
        }
        // Small connections need no table of their progress.
        if matches!(self.verdict, Verdict::Carries(_, Some(_))) || side.shape.bulk().is_some() {
            let course = side.course.get_or_insert_default();
            course.progress.at(time_ns, side.ledger.high());
        }
        match &mut side.reader {
            Reader::Nobody => {}
            Reader::Main(_) => {
                side.keep_tail(placed.offset.saturating_add(u64::from(len)), captured);
                side.stream
                    .push(placed.offset, captured, len, time_ns, &mut side.reader);
            }
            Reader::Middle(trail) if trail.given_up() => {
                self.refuted |= trail.refuted();
                side.reader = Reader::Nobody;
            }
            Reader::Middle(trail) => {
                let proven = trail.look(placed.offset, captured);
                let content = match recognise::segment(captured) {
                    Content::Nothing if proven => Content::Qemu,
                    content => content,
                };
                self.middle(direction, content, placed.offset);
                let side = &mut self.sides[direction];
                side.stream
                    .push(placed.offset, captured, len, time_ns, &mut side.reader);
            }
            reader => side.stream.push(placed.offset, captured, len, time_ns, reader),
        }
        if self.verdict == Verdict::Undecided {
            self.decide();
        }
    }

    /// It is one of the connections of a migration whose main stream was recognised.
    pub(super) fn join_as_channel(&mut self) {
        self.settle(Verdict::Carries(Role::QemuChannel, self.opener));
    }

    /// Its bulk, where only the port speaks for it.
    pub(super) fn unread_bulk(&self) -> Option<UnreadBulk> {
        match (self.verdict, self.role()) {
            (Verdict::Carries(_, None), Some((role @ (Role::PortOnly | Role::Tls), forward))) => Some(UnreadBulk {
                role,
                source: self.ends[forward].ip(),
                target: self.ends[1 - forward],
                span_ns: (self.start_ns(), self.end_ns()),
            }),
            _ => None,
        }
    }

    /// A connection of the same kind between the same nodes at the same time.
    pub(super) fn is_beside(&self, bulk: &UnreadBulk) -> bool {
        self.verdict == Verdict::Carries(bulk.role, None)
            && self.role().is_none()
            && self.towards(bulk).is_some()
            && self.start_ns() <= bulk.span_ns.1
            && self.end_ns() >= bulk.span_ns.0
    }

    fn towards(&self, bulk: &UnreadBulk) -> Option<usize> {
        (0..2).find(|&forward| self.ends[forward].ip() == bulk.source && self.ends[1 - forward] == bulk.target)
    }

    /// It belongs to the migration of that bulk.
    pub(super) fn join(&mut self, bulk: &UnreadBulk) {
        self.verdict = Verdict::Carries(bulk.role, self.towards(bulk));
    }

    /// Enough of its bytes was looked at to say that they are no migration's that can be read.
    pub(super) fn is_refuted(&self) -> bool {
        let in_vain = |side: &Side| matches!(&side.reader, Reader::Middle(trail) if trail.refuted());
        self.refuted || self.sides.iter().any(in_vain)
    }

    /// No more segments.
    pub(super) fn finish(&mut self) {
        for side in &mut self.sides {
            side.stream.finish(&mut side.reader);
        }
    }

    /// Whose port the listening end has.
    pub(super) fn owner(&self) -> Option<Owner> {
        match self.opener {
            Some(opener) => ports::owner(self.ends[1 - opener].port()),
            None => self.ends.iter().find_map(|end| ports::owner(end.port())),
        }
    }

    /// The direction that carries most.
    fn heavier(&self) -> usize {
        usize::from(self.sides[1].ledger.extent() > self.sides[0].ledger.extent())
    }

    /// What it carries and in which direction, as far as can be said now; `None` for a connection that is none of a
    /// migration's, or carries no bulk where only that would make it one.
    pub(super) fn role(&self) -> Option<(Role, usize)> {
        match self.verdict {
            Verdict::Undecided | Verdict::Dull => None,
            Verdict::Carries(role, Some(forward)) => Some((role, forward)),
            Verdict::Carries(role, None) => {
                let forward = self.heavier();
                self.sides[forward].shape.bulk()?;
                // A target listens: bulk from the listening end is a download.
                let download = match self.opener {
                    Some(opener) => opener != forward,
                    None => ports::owner(self.ends[1 - forward].port()).is_none(),
                };
                (!download).then_some((role, forward))
            }
        }
    }

    /// Sender and receiver of the state.
    pub(super) fn nodes(&self, forward: usize) -> (IpAddr, IpAddr) {
        (self.ends[forward].ip(), self.ends[1 - forward].ip())
    }

    /// The connection's beginning was captured.
    pub(super) fn has_start(&self) -> bool {
        self.syn_ns.is_some()
    }

    /// Its bulk began some time after its first frame.
    pub(super) fn bulk_follows_a_silence(&self) -> bool {
        self.role()
            .and_then(|(_, forward)| self.sides[forward].shape.bulk())
            .is_some_and(|(start, _)| start.time_ns.saturating_sub(self.first_ns) >= shape::SILENCE_NS)
    }

    /// First SYN, or first frame.
    pub(super) fn start_ns(&self) -> i64 {
        self.syn_ns.unwrap_or(self.first_ns)
    }

    /// Last payload byte of either direction; no earlier than the start, where the capture's times go backwards.
    pub(super) fn end_ns(&self) -> i64 {
        let last = self.sides.iter().filter_map(|side| side.ledger.last_ns()).max();
        last.unwrap_or(self.first_ns).max(self.start_ns())
    }

    /// It was closed, by whomever and however.
    pub(super) fn is_closed(&self) -> bool {
        self.reset || self.sides.iter().any(|side| side.ledger.finished())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACK: u16 = 1 << 4;
    const SYN: u16 = 1 << 1;

    /// A connection from port 40000 to this one.
    fn connection(port: u16) -> Connection {
        let ends = [([10, 0, 0, 1], 40_000), ([10, 0, 0, 2], port)];
        Connection::new(0, ends.map(SocketAddr::from), 0)
    }

    fn segment(connection: &mut Connection, direction: usize, flags: u16, seq: u32, len: u32, captured: &[u8]) {
        let tcp = Tcp {
            src_port: connection.ends[direction].port(),
            dst_port: connection.ends[1 - direction].port(),
            seq,
            ack: 0,
            flags,
            window: 1000,
            header_len: 20,
            window_scale: None,
            mss: None,
            timestamps: None,
            sack_blocks: 0,
            sack_permitted: false,
            sack: [(0, 0); 2],
            options_cut: false,
        };
        connection.segment(direction, 0, &tcp, len, captured);
    }

    #[test]
    fn an_undecided_connection_is_small() {
        assert!(size_of::<Connection>() <= 600, "{}", size_of::<Connection>());
    }

    #[test]
    fn a_download_whose_request_was_not_captured_from_its_start_is_not_kept() {
        let mut connection = connection(8080);
        segment(&mut connection, 0, ACK, 5000, 4, b"more");
        segment(&mut connection, 1, SYN | ACK, 0, 0, &[]);
        for index in 0..10_000 {
            segment(&mut connection, 1, ACK, 1 + index * 1000, 1000, &[b'x'; 1000]);
        }
        // The request's direction may still show something.
        assert_eq!(connection.verdict, Verdict::Undecided);
        assert_eq!(connection.sides[1].reader.early_pieces(), 0);
    }

    #[test]
    fn bulk_on_a_migration_port_whose_payload_was_cut_is_not_kept() {
        let mut connection = connection(60_000);
        segment(&mut connection, 0, SYN, 0, 0, &[]);
        segment(&mut connection, 1, SYN | ACK, 0, 0, &[]);
        for index in 0..10_000 {
            segment(&mut connection, 0, ACK, 1 + index * 1000, 1000, &[]);
        }
        segment(&mut connection, 1, ACK, 1, 100, b"an answer");
        assert_eq!(connection.role(), Some((Role::PortOnly, 0)));
        for side in &connection.sides {
            assert!(matches!(side.reader, Reader::Passing), "{:?}", side.reader);
        }
    }

    #[test]
    fn a_stream_recognised_in_its_middle_gives_the_other_direction_a_reader_at_its_place() {
        let mut connection = connection(60_000);
        segment(&mut connection, 1, SYN | ACK, 0, 0, &[]);
        segment(&mut connection, 0, ACK, 5000, 4, b"????");
        segment(&mut connection, 1, ACK, 1, 8, b"????????");
        let channel = [&[0x11, 0x22, 0x33, 0x44, 0, 0, 0, 1][..], &[0; 60]].concat();
        segment(&mut connection, 0, ACK, 5004, 68, &channel);
        assert_eq!(connection.role(), Some((Role::QemuChannel, 0)));
    }

    #[test]
    fn what_the_target_sent_before_the_sources_first_byte_is_read() {
        // A pong, and a request for a page.
        let back = b"\0\x02\0\x04\0\0\0\x03\0\x04\0\x0c\0\0\0\0\x05\x70\x60\0\0\0\x10\0";
        for first in [1, 9, back.len()] {
            let mut connection = connection(60_000);
            segment(&mut connection, 0, SYN, 0, 0, &[]);
            segment(&mut connection, 1, SYN | ACK, 0, 0, &[]);
            segment(&mut connection, 1, ACK, 1, first as u32, &back[..first]);
            segment(&mut connection, 0, ACK, 1, 8, b"QEVM\0\0\0\x03");
            let rest = &back[first..];
            segment(&mut connection, 1, ACK, 1 + first as u32, rest.len() as u32, rest);
            let path = connection.return_path().unwrap();
            assert_eq!((path.requests, path.about_to_run.is_some()), (1, true), "{first}");
        }
    }
}
