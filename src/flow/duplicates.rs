//! Frames that a capture holds twice: a mirror port that copies both directions, a bridge and its port, two interfaces.
//!
//! A copy has the same IP header but for TTL (and so checksum), the same transport header and comes within a short
//! time. Its fingerprint is kept in a fixed table, so that memory does not grow; sets of eight ways keep a copy
//! recognisable when thousands of frames lie between the two.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

use super::table::Place;
use crate::packet::{Ip, Tcp, Transport};

/// Longest time between copies where the IP identification tells a copy from a resend.
const WINDOW_NS: u64 = 100_000_000;
/// The same where there is no identification (IPv6, or 0 with DF): a resend within the same tick of the timestamp
/// clock looks like a copy, but comes a round trip later.
const WINDOW_WITHOUT_ID_NS: u64 = 1_000_000;
/// Times are kept in units of 2^14 ns (16.4 us), wrapping after 19 hours.
const TIME_SHIFT: u32 = 14;
const SETS: usize = 8192;
/// Payload bytes that tell datagrams without a sequence number apart.
const HASHED_PAYLOAD: usize = 32;
const WAYS: usize = 8;

/// Remembers the frames of the last moments.
#[derive(Debug)]
pub struct DuplicateFinder {
    sets: Vec<Set>,
}

/// Fingerprints and times apart, so that all ways are compared at once. One set is one cache line; the latest frame of
/// the file stands first, whatever its time.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct Set {
    /// 0: free.
    fingerprints: [u32; WAYS],
    /// See [`TIME_SHIFT`].
    times: [u32; WAYS],
}

impl Set {
    #[cold]
    fn holds(&self, fingerprint: u32, time: u32, window: u32) -> bool {
        let mut ways = self.fingerprints.iter().zip(self.times);
        // Copies may stand in the file in either order of time.
        ways.any(|(&way, at)| way == fingerprint && time.wrapping_sub(at).wrapping_add(window) <= 2 * window)
    }

    /// Puts a frame first and forgets the last one.
    #[inline(always)]
    fn remember(&mut self, fingerprint: u32, time: u32) {
        self.fingerprints.copy_within(..WAYS - 1, 1);
        self.times.copy_within(..WAYS - 1, 1);
        self.fingerprints[0] = fingerprint;
        self.times[0] = time;
    }
}

impl Default for DuplicateFinder {
    fn default() -> Self {
        Self {
            sets: vec![Set::default(); SETS],
        }
    }
}

/// What all copies of a packet have in common, but for the conversation and direction that they belong to. It can be made
/// anywhere; the finder itself must be asked in the file's order.
///
/// A hash, whose lowest bit tells whether the IP identification can tell a copy from a resend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Print(u64);

impl Print {
    /// Of no packet.
    pub const NONE: Self = Self(0);

    /// Of any packet; `payload` is the captured transport payload.
    pub fn new(ip: &Ip, payload: &[u8]) -> Self {
        let identification = ip.identification.unwrap_or(0);
        let mut hasher = FxHasher::default();
        if let Some(fragment) = &ip.fragment {
            hasher.write_u32(fragment.offset + 1);
        }
        match &ip.transport {
            Transport::Tcp(tcp) if ip.fragment.is_none() => return Self::of_tcp(identification, ip.total_len, tcp),
            Transport::Tcp(tcp) => hasher.write_u64(Self::of_tcp(identification, ip.total_len, tcp).0),
            Transport::Icmp {
                kind,
                code,
                identifier,
                sequence,
            } => {
                let header = u64::from(*kind) << 40 | u64::from(*code) << 32;
                hasher.write_u64(header | u64::from(*identifier) << 16 | u64::from(*sequence));
                payload[..payload.len().min(HASHED_PAYLOAD)].hash(&mut hasher);
            }
            Transport::Udp { .. } | Transport::Ports { .. } | Transport::Other | Transport::Cut => {
                payload[..payload.len().min(HASHED_PAYLOAD)].hash(&mut hasher);
            }
        }
        hasher.write_u64(u64::from(identification) << 32 | u64::from(ip.total_len));
        Self::of_hash(hasher.finish(), identification)
    }

    /// Of a TCP segment; `identification` is 0 where there is none.
    #[inline]
    pub fn of_tcp(identification: u32, total_len: u32, tcp: &Tcp) -> Self {
        let mut hasher = FxHasher::default();
        hasher.write_u64(u64::from(identification) << 32 | u64::from(total_len));
        hasher.write_u64(u64::from(tcp.seq) << 32 | u64::from(tcp.ack));
        hasher.write_u64(u64::from(tcp.flags) << 16 | u64::from(tcp.window));
        if let Some((value, echo)) = tcp.timestamps {
            hasher.write_u64(u64::from(value) << 32 | u64::from(echo));
        }
        if tcp.sack_blocks > 0 {
            for (left, right) in tcp.sack {
                hasher.write_u64(u64::from(left) << 32 | u64::from(right));
            }
        }
        Self::of_hash(hasher.finish(), identification)
    }

    #[inline]
    fn of_hash(hash: u64, identification: u32) -> Self {
        Self(hash & !1 | u64::from(identification != 0))
    }

    /// The mark of the packet as one of this conversation and direction.
    #[inline(always)]
    pub fn mark(self, place: &Place) -> Mark {
        let mut hasher = FxHasher::default();
        hasher.write_u64(self.0);
        hasher.write_u64(u64::from(place.conversation) << 1 | place.direction.index() as u64);
        let hash = hasher.finish();
        let window_ns = if self.0 & 1 != 0 {
            WINDOW_NS
        } else {
            WINDOW_WITHOUT_ID_NS
        };
        Mark {
            set: (hash as usize % SETS) as u32,
            fingerprint: ((hash >> 32) as u32).max(1),
            window: (window_ns >> TIME_SHIFT) as u32,
        }
    }
}

/// Where the [finder](DuplicateFinder) looks for copies of a packet, and how it knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    set: u32,
    fingerprint: u32,
    /// Longest time between copies.
    window: u32,
}

impl DuplicateFinder {
    /// Brings what [`is_copy`](Self::is_copy) will look at into the core's cache. Asked for several packets in a row,
    /// the memory answers them together; the table is too large to stay there by itself.
    #[inline(always)]
    pub fn fetch(&self, mark: Mark) -> u32 {
        self.sets[mark.set as usize].times[0]
    }

    /// True where a packet of this mark was seen a moment ago: the same packet of the same direction of the same
    /// conversation.
    #[inline(always)]
    pub fn is_copy(&mut self, time_ns: i64, mark: Mark) -> bool {
        let time = (time_ns >> TIME_SHIFT) as u32;
        let set = &mut self.sets[mark.set as usize];
        // All ways at once; their times are looked at only where one has the fingerprint, which is rare.
        let known = set
            .fingerprints
            .iter()
            .fold(false, |known, &way| known | (way == mark.fingerprint));
        if known && set.holds(mark.fingerprint, time, mark.window) {
            return true;
        }
        set.remember(mark.fingerprint, time);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Direction;
    use crate::packet::LengthSource;

    fn segment(identification: u32, seq: u32, ttl: u8) -> Ip {
        let tcp = Tcp {
            src_port: 40000,
            dst_port: 60000,
            seq,
            ack: 1,
            flags: Tcp::ACK,
            window: 500,
            header_len: 32,
            window_scale: None,
            mss: None,
            timestamps: Some((7, 6)),
            sack_blocks: 0,
            sack_permitted: false,
            sack: [(0, 0); 2],
            options_cut: false,
        };
        Ip {
            src: [10, 0, 0, 1].into(),
            dst: [10, 0, 0, 2].into(),
            protocol: 6,
            ttl,
            identification: Some(identification),
            total_len: 1500,
            length_source: LengthSource::Header,
            fragment: None,
            transport: Transport::Tcp(tcp),
            payload_len: 1448,
            payload_offset: 66,
            payload_captured: 0,
        }
    }

    const PLACE: Place = Place {
        conversation: 3,
        direction: Direction::Ab,
        new: false,
    };

    #[test]
    fn a_copy_after_a_hop_is_a_duplicate_and_a_resend_is_not() {
        let mut finder = DuplicateFinder::default();
        assert!(!finder.is_copy(1_000_000, Print::new(&segment(9, 1000, 64), &[]).mark(&PLACE)));
        assert!(finder.is_copy(1_050_000, Print::new(&segment(9, 1000, 63), &[]).mark(&PLACE)));
        assert!(!finder.is_copy(1_100_000, Print::new(&segment(10, 1000, 64), &[]).mark(&PLACE)));
        assert!(!finder.is_copy(500_000_000, Print::new(&segment(9, 1000, 64), &[]).mark(&PLACE)));
    }

    #[test]
    fn a_copy_is_found_behind_two_thousand_other_frames_and_earlier_in_time() {
        let mut finder = DuplicateFinder::default();
        for number in 0..2000 {
            assert!(!finder.is_copy(
                10_000_000,
                Print::new(&segment(number + 1, number * 1448, 64), &[]).mark(&PLACE)
            ));
        }
        let copies = (0..2000).filter(|number| {
            finder.is_copy(
                9_950_000,
                Print::new(&segment(number + 1, number * 1448, 64), &[]).mark(&PLACE),
            )
        });
        assert_eq!(copies.count(), 2000);
    }

    #[test]
    fn frames_of_a_clock_that_is_ahead_left_no_room_for_those_that_followed() {
        let mut finder = DuplicateFinder::default();
        // Enough to fill every set: 8192 sets of 8.
        for number in 0..200_000 {
            let ip = segment(number % 65_535 + 1, number * 1448, 64);
            finder.is_copy(3_600_000_000_000, Print::new(&ip, &[]).mark(&PLACE));
        }
        let frames = || (0..2000).map(|number| segment(number + 1, 7 + number * 1448, 64));
        for ip in frames() {
            assert!(!finder.is_copy(10_000_000, Print::new(&ip, &[]).mark(&PLACE)));
        }
        let copies = frames().filter(|ip| finder.is_copy(10_020_000, Print::new(ip, &[]).mark(&PLACE)));
        assert_eq!(copies.count(), 2000);
    }

    #[test]
    fn frames_of_another_interface_earlier_in_time_do_not_push_out_those_whose_copies_are_to_come() {
        let mut finder = DuplicateFinder::default();
        let batch = |from: u32| (from..from + 6_000).map(|number| segment(number % 65_535 + 1, number * 1448, 64));
        let mut missed = 0;
        // Each batch of one interface is followed by its copies on the other, which are 20 us earlier in time and mixed
        // with frames that were not seen before.
        for from in [0, 100_000, 200_000] {
            for ip in batch(from).step_by(3) {
                finder.is_copy(i64::from(from) * 10_000 + 10_000_000, Print::new(&ip, &[]).mark(&PLACE));
            }
            for (index, ip) in batch(from).enumerate() {
                let copy = finder.is_copy(i64::from(from) * 10_000 + 9_980_000, Print::new(&ip, &[]).mark(&PLACE));
                missed += u32::from(index % 3 == 0 && !copy);
            }
        }
        assert_eq!(missed, 0);
    }

    #[test]
    fn without_identification_a_copy_comes_within_a_millisecond() {
        let mut finder = DuplicateFinder::default();
        assert!(!finder.is_copy(0, Print::new(&segment(0, 1000, 64), &[]).mark(&PLACE)));
        assert!(finder.is_copy(500_000, Print::new(&segment(0, 1000, 64), &[]).mark(&PLACE)));
        assert!(!finder.is_copy(5_000_000, Print::new(&segment(0, 1000, 64), &[]).mark(&PLACE)));
    }
}
