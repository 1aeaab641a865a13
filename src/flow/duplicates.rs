//! Frames that a capture holds twice: a mirror port that copies both directions, a bridge and its port, two interfaces.
//!
//! A copy has the same IP header but for TTL (and so checksum), the same transport header and comes within a short
//! time. Its fingerprint is kept in a fixed table, so that memory does not grow; sets of eight ways keep a copy
//! recognisable when thousands of frames lie between the two.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

use crate::packet::{Ip, Transport};

/// Longest time between copies where the IP identification tells a copy from a resend.
const WINDOW_NS: u64 = 100_000_000;
/// The same where there is no identification (IPv6, or 0 with DF): a resend within the same tick of the timestamp
/// clock looks like a copy, but comes a round trip later.
const WINDOW_WITHOUT_ID_NS: u64 = 1_000_000;
const SETS: usize = 8192;
const WAYS: usize = 8;

/// Remembers the frames of the last moments.
#[derive(Debug)]
pub struct DuplicateFinder {
    sets: Vec<[Slot; WAYS]>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// 0: free.
    fingerprint: u32,
    /// Time in units of 2^14 ns (16.4 us), wrapping after 19 hours.
    time: u32,
}

impl Default for DuplicateFinder {
    fn default() -> Self {
        Self {
            sets: vec![[Slot::default(); WAYS]; SETS],
        }
    }
}

impl DuplicateFinder {
    /// True where the same packet was seen a moment ago. `payload` is the captured transport payload.
    ///
    pub fn is_duplicate(&mut self, time_ns: i64, ip: &Ip, payload: &[u8]) -> bool {
        let mut hasher = FxHasher::default();
        ip.src.hash(&mut hasher);
        ip.dst.hash(&mut hasher);
        let identification = ip.identification.unwrap_or(0);
        (u64::from(identification) << 32 | u64::from(ip.total_len)).hash(&mut hasher);
        let place = ip.fragment.map_or(0, |fragment| fragment.offset + 1);
        (u64::from(place) << 8 | u64::from(ip.protocol)).hash(&mut hasher);
        match ip.transport {
            Transport::Tcp(tcp) => {
                (u64::from(tcp.seq) << 32 | u64::from(tcp.ack)).hash(&mut hasher);
                let ports = u64::from(tcp.src_port) << 48 | u64::from(tcp.dst_port) << 32;
                (ports | u64::from(tcp.flags) << 16 | u64::from(tcp.window)).hash(&mut hasher);
                let (value, echo) = tcp.timestamps.unwrap_or_default();
                (u64::from(value) << 32 | u64::from(echo)).hash(&mut hasher);
                if tcp.sack_blocks > 0 {
                    tcp.sack.hash(&mut hasher);
                }
            }
            Transport::Udp { src_port, dst_port } | Transport::Ports { src_port, dst_port } => {
                (u64::from(src_port) << 16 | u64::from(dst_port)).hash(&mut hasher);
                payload[..payload.len().min(32)].hash(&mut hasher);
            }
            Transport::Icmp {
                kind,
                code,
                identifier,
                sequence,
            } => {
                let header = u64::from(kind) << 40 | u64::from(code) << 32;
                (header | u64::from(identifier) << 16 | u64::from(sequence)).hash(&mut hasher);
                payload[..payload.len().min(32)].hash(&mut hasher);
            }
            Transport::Other | Transport::Cut => payload[..payload.len().min(64)].hash(&mut hasher),
        }
        let hash = hasher.finish();
        let fingerprint = ((hash >> 32) as u32).max(1);
        let time = (time_ns >> 14) as u32;
        let window_ns = if identification == 0 {
            WINDOW_WITHOUT_ID_NS
        } else {
            WINDOW_NS
        };
        let set = &mut self.sets[hash as usize % SETS];
        let mut oldest = 0;
        for way in 0..WAYS {
            let slot = set[way];
            // Copies may stand in the file in either order of time.
            let apart = time.wrapping_sub(slot.time).min(slot.time.wrapping_sub(time));
            if slot.fingerprint == fingerprint && u64::from(apart) << 14 <= window_ns {
                return true;
            }
            if slot.fingerprint == 0
                || set[oldest].fingerprint != 0 && slot.time.wrapping_sub(set[oldest].time) as i32 <= 0
            {
                oldest = way;
            }
        }
        set[oldest] = Slot { fingerprint, time };
        false
    }
}
