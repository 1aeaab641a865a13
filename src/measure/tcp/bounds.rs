//! The memory of a connection: the same for 10 GB as for 10 MB, and bounded whatever comes.

use std::net::{IpAddr, Ipv4Addr};

use super::standard::TcpTracker;
use super::tcptrace::TcptraceTracker;
use super::wireshark::WiresharkAnalyser;
use crate::flow::Direction;
use crate::packet::{Ip, LengthSource, Tcp, Transport};

const MEGABYTES_10: u64 = 10_000_000;
const GIGABYTES_10: u64 = 10_000_000_000;
/// An offloaded frame, so that 10 GB do not take the test a minute.
const SEGMENT: u32 = 16_384;
/// Both directions of a connection: holes, segments in flight, retransmissions, DSACKs, timestamps.
const STANDARD_ITEMS: usize = 2 * (512 + 65_536 + 4096 + 64 + 1024);
/// What Wireshark itself keeps in each direction.
const WIRESHARK_ITEMS: usize = 2 * 10_000;
const TCPTRACE_ITEMS: usize = 2 * 16_384;

/// The three analyses of one connection, with the most that each held at any time.
#[derive(Default)]
struct Trackers {
    standard: TcpTracker,
    wireshark: WiresharkAnalyser,
    tcptrace: TcptraceTracker,
    time_ns: i64,
    peak: [usize; 3],
}

impl Trackers {
    fn segment(&mut self, direction: Direction, seq: u64, ack: u64, payload_len: u32) {
        self.time_ns += 10_000;
        let tick = (self.time_ns / 1_000_000) as u32;
        let tcp = Tcp {
            src_port: 40_000,
            dst_port: 60_000,
            seq: seq as u32,
            ack: ack as u32,
            flags: Tcp::ACK,
            window: 65_535,
            header_len: 32,
            window_scale: None,
            mss: None,
            timestamps: Some((tick, tick)),
            sack_blocks: 0,
            sack_permitted: false,
            sack: [(0, 0); 2],
            options_cut: false,
        };
        let ip = Ip {
            src: IpAddr::V4(Ipv4Addr::LOCALHOST),
            dst: IpAddr::V4(Ipv4Addr::LOCALHOST),
            protocol: 6,
            ttl: 64,
            identification: Some(0),
            total_len: 52 + payload_len,
            length_source: LengthSource::Header,
            fragment: None,
            transport: Transport::Tcp(tcp),
            payload_len,
            payload_offset: 66,
            payload_captured: 0,
        };
        self.standard
            .take(direction, self.time_ns, ip.identification, ip.payload_len, &tcp);
        self.wireshark.segment(direction, self.time_ns, &tcp, payload_len);
        self.tcptrace.segment(direction, self.time_ns, payload_len, &tcp);
        let held = [
            self.standard.remembered(),
            self.wireshark.remembered(),
            self.tcptrace.remembered(),
        ];
        for (peak, held) in self.peak.iter_mut().zip(held) {
            *peak = held.max(*peak);
        }
    }

    fn data(&mut self, number: u64) {
        self.segment(Direction::Ab, number * u64::from(SEGMENT), 0, SEGMENT);
    }

    /// Acknowledges all before segment `number`.
    fn acknowledge(&mut self, number: u64) {
        self.segment(Direction::Ba, 0, number * u64::from(SEGMENT), 0);
    }

    fn hits(&self) -> [u64; 3] {
        [
            self.standard.bounds_hit(),
            self.wireshark.bounds_hit(),
            self.tcptrace.bounds_hit(),
        ]
    }
}

fn segments(bytes: u64) -> u64 {
    bytes / u64::from(SEGMENT)
}

/// A window of 64 segments, each acknowledged 64 later.
fn without_trouble(bytes: u64) -> Trackers {
    let mut trackers = Trackers::default();
    for number in 0..segments(bytes) {
        trackers.data(number);
        if number >= 64 {
            trackers.acknowledge(number - 63);
        }
    }
    trackers
}

/// Of every hundred segments one is lost before the capture, and sent again 50 later, which is when the receiver goes
/// on.
fn with_repaired_losses(bytes: u64) -> Trackers {
    let mut trackers = Trackers::default();
    for number in 0..segments(bytes) {
        match number % 100 {
            20 => {}
            70 => {
                trackers.data(number - 50);
                trackers.data(number);
                trackers.acknowledge(number + 1);
            }
            21..70 => {
                trackers.data(number);
                trackers.acknowledge(number - number % 100 + 20);
            }
            _ => {
                trackers.data(number);
                trackers.acknowledge(number + 1);
            }
        }
    }
    trackers
}

/// Nothing is ever acknowledged; every tenth segment is missing, and every twentieth comes 50 later.
fn without_acknowledgements(bytes: u64) -> Trackers {
    let mut trackers = Trackers::default();
    for number in 0..segments(bytes) {
        if number % 10 != 5 {
            trackers.data(number);
        }
        if number % 20 == 15 && number >= 50 {
            trackers.data(number - 50);
            trackers.data(number - 51);
        }
    }
    trackers
}

fn stays_the_same(small: &[usize], large: &[usize]) {
    for (small, large) in small.iter().zip(large) {
        assert!(*large <= small + 2, "{large} items, not {small}");
    }
}

#[test]
fn ten_gigabytes_take_the_memory_of_ten_megabytes() {
    let (small, large) = (without_trouble(MEGABYTES_10), without_trouble(GIGABYTES_10));
    // 64 segments in flight and the one just sent; tcptrace has one more for all that is acknowledged, and another two
    // at the border of its quadrants, which 10 MB do not reach.
    assert!(small.peak[1] <= 66 && small.peak[2] <= 66, "{:?}", small.peak);
    stays_the_same(&small.peak, &large.peak);
    assert_eq!((small.hits(), large.hits()), ([0; 3], [0; 3]));
}

#[test]
fn repaired_losses_leave_only_the_retransmissions_that_a_dsack_may_still_name() {
    let (small, large) = (with_repaired_losses(MEGABYTES_10), with_repaired_losses(GIGABYTES_10));
    assert_eq!(segments(GIGABYTES_10).div_ceil(100), 6_104);
    // So many retransmissions, of which 4,096 are remembered for a DSACK.
    assert!(
        large.peak[0] <= small.peak[0] + 4096,
        "{:?} {:?}",
        large.peak,
        small.peak
    );
    stays_the_same(&small.peak[1..], &large.peak[1..]);
    // Those that were forgotten were older than any DSACK could be.
    assert_eq!(large.hits(), [0; 3]);
}

#[test]
fn a_connection_without_acknowledgements_stays_within_its_bounds_and_says_so() {
    let large = without_acknowledgements(GIGABYTES_10);
    let bounds = [STANDARD_ITEMS, WIRESHARK_ITEMS, TCPTRACE_ITEMS];
    for (held, bound) in large.peak.iter().zip(bounds) {
        assert!(*held <= bound, "{:?} of {bounds:?}", large.peak);
    }
    // Every bound was reached, and every tracker has counted that.
    assert!(large.peak[0] >= 65_536 && large.peak[1] == 10_000 && large.peak[2] == 16_384);
    assert!(large.hits().iter().all(|&hits| hits > 100_000), "{:?}", large.hits());
    // No bound was reached by a hundredth of it.
    assert_eq!(without_acknowledgements(MEGABYTES_10).hits(), [0; 3]);
}
