//! RTP (RFC 3550): streams found by their content, their loss and jitter.
//!
//! Nothing in a UDP datagram says that it is RTP, and the call set-up that would is rarely captured. Two rules decide,
//! the second of which Wireshark's heuristic lacks:
//!
//! 1. the payload reads as a header of version 2, see [`header::Header::read`];
//! 2. three packets with consecutive numbers came from one SSRC between the same endpoints (copies in between do not
//!    count). RFC 3550 appendix A.1 asks for two; two were met in the wild by protocols that count in the same place.
//!
//! Until then a stream is a *candidate*: it is measured from its first packet on but not spoken of, and a bounded
//! number of candidates is kept, the ones that were heard of last. A candidate that does not count up in
//! 64 packets begins anew.
//!
//! Two families of figures are kept apart: RFC 3550's, where a packet counts once, and [`wireshark`]'s.

pub mod clock;
pub mod header;
pub mod jitter;
pub mod sequence;
mod stream;
pub mod wireshark;

use std::net::{IpAddr, SocketAddr};

use rustc_hash::FxHashMap;

pub use self::stream::RtpStream;

use self::header::Header;
use self::sequence::Step;
use self::stream::Stream;
use crate::packet::{Network, Packet, Transport};

/// Packets in sequence that make a candidate a stream.
const IN_SEQUENCE: u32 = 3;

/// Packets within which a candidate must have shown them.
const PROBATION: u32 = 64;

/// Half of the candidates that are kept.
const CANDIDATES: usize = 4096;

/// Most streams that are followed.
const STREAMS: usize = 65_536;

/// What one packet of a stream told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RtpSample {
    /// Number of the stream, counted from 0 in the order in which streams were recognised: [`RtpTracker::stream`].
    pub stream: usize,
    /// Packets more that are known to have been sent: 1 in sequence, more after a gap, 0 for a copy or a late one. The
    /// packet by which a stream is recognised brings those of all its packets so far.
    pub expected: u64,
    /// Of these, how many are missing.
    pub lost: u64,
    /// The packet came late, and was counted as lost at this time: one loss less there.
    pub recovered_at_ns: Option<i64>,
    /// The packet's number had come before.
    pub duplicate: bool,
    /// Interarrival jitter after this packet (RFC 3550 section 6.4.1), nanoseconds; `None` for a first packet, a copy,
    /// and where the payload type's clock is not known.
    pub jitter_ns: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    src: IpAddr,
    dst: IpAddr,
    src_port: u16,
    dst_port: u16,
    ssrc: u32,
}

#[derive(Debug)]
struct Candidate {
    /// When its first packet came, in packets that looked like RTP.
    serial: u64,
    stream: Stream,
    packets: u32,
    in_sequence: u32,
    last_sequence: u16,
}

impl Candidate {
    fn new(serial: u64, header: &Header, time_ns: i64, since_start_ns: i64) -> Self {
        Self {
            serial,
            stream: Stream::new(header, time_ns, since_start_ns),
            packets: 1,
            in_sequence: 1,
            last_sequence: header.sequence,
        }
    }

    fn packet(&mut self, header: &Header, time_ns: i64, since_start_ns: i64) -> (Step, Option<u64>) {
        self.packets += 1;
        match header.sequence.wrapping_sub(self.last_sequence) {
            0 => {}
            1 => self.in_sequence += 1,
            _ => self.in_sequence = 1,
        }
        self.last_sequence = header.sequence;
        self.stream.packet(header, time_ns, since_start_ns)
    }
}

/// Finds RTP streams among UDP packets and measures them.
#[derive(Debug)]
pub struct RtpTracker {
    origin_ns: i64,
    serial: u64,
    index: FxHashMap<Key, usize>,
    streams: Vec<(Key, u64, Stream)>,
    /// Candidates in two generations: when `young` is full, it becomes `old`, and what was old is forgotten. One that
    /// is heard of again is young again.
    young: FxHashMap<Key, Candidate>,
    old: FxHashMap<Key, Candidate>,
    streams_left_out: u64,
}

impl RtpTracker {
    /// A tracker for a capture whose first frame was taken at `first_frame_ns`. (Wireshark's figures are sums of
    /// doubles that count from there.)
    pub fn new(first_frame_ns: i64) -> Self {
        Self {
            origin_ns: first_frame_ns,
            serial: 0,
            index: FxHashMap::default(),
            streams: Vec::new(),
            young: FxHashMap::default(),
            old: FxHashMap::default(),
            streams_left_out: 0,
        }
    }

    /// Takes the next packet in the file's order; `payload` is what was captured of its transport payload. Gives a
    /// sample if it belongs to a stream that is recognised. Copies of frames are to be given too: Wireshark's figures
    /// count them, the others do not. Frames without a time are passed over.
    pub fn packet(&mut self, packet: &Packet, payload: &[u8]) -> Option<RtpSample> {
        let Network::Ip(ip) = &packet.network else { return None };
        let Transport::Udp { src_port, dst_port } = ip.transport else {
            return None;
        };
        let header = Header::read(payload, ip.payload_len)?;
        let time_ns = packet.time_ns?;
        let key = Key {
            src: ip.src,
            dst: ip.dst,
            src_port,
            dst_port,
            ssrc: header.ssrc,
        };
        self.take(key, &header, time_ns)
    }

    fn take(&mut self, key: Key, header: &Header, time_ns: i64) -> Option<RtpSample> {
        let since_start_ns = time_ns.saturating_sub(self.origin_ns);
        self.serial += 1;
        if let Some(&number) = self.index.get(&key) {
            let (_, _, stream) = self.streams.get_mut(number)?;
            let (step, jitter_ns) = stream.packet(header, time_ns, since_start_ns);
            return Some(RtpSample {
                stream: number,
                expected: step.expected,
                lost: step.lost,
                recovered_at_ns: step.recovered_at_ns,
                duplicate: step.duplicate,
                jitter_ns,
            });
        }
        if !self.young.contains_key(&key) {
            let candidate = self.old.remove(&key);
            let known = candidate.is_some();
            let candidate = candidate.unwrap_or_else(|| Candidate::new(self.serial, header, time_ns, since_start_ns));
            self.keep(key, candidate);
            if !known {
                return None;
            }
        }
        let candidate = self.young.get_mut(&key)?;
        let (step, jitter_ns) = candidate.packet(header, time_ns, since_start_ns);
        if candidate.in_sequence < IN_SEQUENCE {
            if candidate.packets >= PROBATION {
                *candidate = Candidate::new(self.serial, header, time_ns, since_start_ns);
            }
            return None;
        }
        let Candidate { serial, stream, .. } = self.young.remove(&key)?;
        if self.streams.len() >= STREAMS {
            self.streams_left_out += 1;
            return None;
        }
        let number = self.streams.len();
        let sample = RtpSample {
            stream: number,
            expected: stream.expected(),
            lost: stream.lost(),
            recovered_at_ns: None,
            duplicate: step.duplicate,
            jitter_ns,
        };
        self.index.insert(key, number);
        self.streams.push((key, serial, stream));
        Some(sample)
    }

    fn keep(&mut self, key: Key, candidate: Candidate) {
        if self.young.len() >= CANDIDATES {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, candidate);
    }

    /// The stream that samples call `number`.
    pub fn stream(&self, number: usize) -> Option<RtpStream> {
        let (key, _, stream) = self.streams.get(number)?;
        let src = SocketAddr::new(key.src, key.src_port);
        let dst = SocketAddr::new(key.dst, key.dst_port);
        Some(stream.report(src, dst, key.ssrc))
    }

    /// All streams, in the order of their first packets.
    pub fn streams(&self) -> Vec<RtpStream> {
        let mut numbers: Vec<_> = (0..self.streams.len()).collect();
        numbers.sort_by_key(|&number| self.streams.get(number).map(|(_, serial, _)| *serial));
        numbers.into_iter().filter_map(|number| self.stream(number)).collect()
    }

    /// Streams that were recognised beyond the bound on how many are followed, and not measured.
    pub fn streams_left_out(&self) -> u64 {
        self.streams_left_out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::lab;

    const START_NS: i64 = 1_700_000_000_000_000_000;

    fn packet(time_ms: i64, from: u8, to: u8, payload_len: usize) -> Packet {
        let mut packet = lab::udp_packet(START_NS + time_ms * 1_000_000, payload_len);
        if let Network::Ip(ip) = &mut packet.network {
            ip.src = IpAddr::from([10, 0, 0, from]);
            ip.dst = IpAddr::from([10, 0, 0, to]);
        }
        packet
    }

    fn rtp(sequence: u16, timestamp: u32, ssrc: u32) -> Vec<u8> {
        let mut bytes = vec![0x80, 0];
        bytes.extend(sequence.to_be_bytes());
        bytes.extend(timestamp.to_be_bytes());
        bytes.extend(ssrc.to_be_bytes());
        bytes.extend([0x55; 20]);
        bytes
    }

    fn tracker() -> RtpTracker {
        RtpTracker::new(START_NS)
    }

    /// Feeds (time in ms, sequence, SSRC) from host 1 to host 2, timestamps at 8 kHz.
    fn fed(rows: impl IntoIterator<Item = (i64, u16, u32)>) -> (RtpTracker, Vec<RtpSample>) {
        let mut tracker = tracker();
        let mut samples = Vec::new();
        for (time_ms, sequence, ssrc) in rows {
            let payload = rtp(sequence, u32::from(sequence) * 160, ssrc);
            samples.extend(tracker.packet(&packet(time_ms, 1, 2, payload.len()), &payload));
        }
        (tracker, samples)
    }

    #[test]
    fn the_third_in_sequence_speaks_for_all_three() {
        let (tracker, samples) = fed([(0, 7, 1), (20, 8, 1), (40, 9, 1), (60, 10, 1), (100, 12, 1)]);
        let told: Vec<_> = samples.iter().map(|s| (s.expected, s.lost, s.jitter_ns)).collect();
        assert_eq!(told, [(3, 0, Some(0)), (1, 0, Some(0)), (2, 1, Some(0))]);
        let streams = tracker.streams();
        assert_eq!(streams.len(), 1);
        let s = &streams[0];
        assert_eq!((s.packets, s.expected, s.lost, s.payload_type), (5, 6, 1, 0));
        assert_eq!(
            (s.src.to_string(), s.dst.to_string()),
            ("10.0.0.1:5004".into(), "10.0.0.2:5006".into())
        );
        assert_eq!((s.clock_hz, s.clock_inferred), (Some(8000), false));
    }

    #[test]
    fn a_stream_that_was_captured_twice_is_recognised() {
        let (tracker, _) = fed((0..10).flat_map(|n| [(i64::from(n) * 20, n, 1), (i64::from(n) * 20, n, 1)]));
        let s = &tracker.streams()[0];
        assert_eq!((s.packets, s.expected, s.lost, s.duplicates), (20, 10, 0, 10));
        assert_eq!(s.wireshark.lost, -10);
    }

    #[test]
    fn packets_that_do_not_count_up_are_no_stream() {
        assert!(
            fed((0..500).map(|n| (n * 20, 7, 1))).0.streams().is_empty(),
            "a constant"
        );
        assert!(
            fed((0..500).map(|n| (n * 20, n as u16 * 2, 1))).0.streams().is_empty(),
            "steps of two"
        );
        assert!(
            fed((0..500).map(|n| (n * 20, n as u16, n as u32)))
                .0
                .streams()
                .is_empty(),
            "each its own SSRC"
        );
        assert!(
            fed((0..500).map(|n| (n * 20, n as u16 % 2, 1))).0.streams().is_empty(),
            "pairs"
        );
    }

    #[test]
    fn a_frame_without_a_time_or_of_another_transport_is_passed_over() {
        let mut tracker = tracker();
        for n in 0..5 {
            let payload = rtp(n, 0, 1);
            let mut timeless = packet(0, 1, 2, payload.len());
            timeless.time_ns = None;
            assert_eq!(tracker.packet(&timeless, &payload), None);
            let mut other = packet(0, 1, 2, payload.len());
            other.network = Network::Other(0x86dd);
            assert_eq!(tracker.packet(&other, &payload), None);
        }
        assert!(tracker.streams().is_empty());
    }

    #[test]
    fn streams_of_one_flow_are_told_apart_by_ssrc_and_listed_by_first_packet() {
        // The second stream is recognised first: the first one loses a packet early.
        let rows = [
            (0, 1, 0xa),
            (1, 1, 0xb),
            (20, 3, 0xa),
            (21, 2, 0xb),
            (40, 4, 0xa),
            (41, 3, 0xb),
            (60, 5, 0xa),
        ];
        let (tracker, samples) = fed(rows);
        assert_eq!(samples.iter().map(|s| s.stream).collect::<Vec<_>>(), [0, 1]);
        let listed: Vec<_> = tracker.streams().iter().map(|s| (s.ssrc, s.packets, s.lost)).collect();
        assert_eq!(listed, [(0xa, 4, 1), (0xb, 3, 0)]);
        assert_eq!(tracker.stream(0).map(|s| s.ssrc), Some(0xb));
    }

    #[test]
    fn candidates_are_bounded_and_a_stream_among_them_is_still_found() {
        let mut tracker = tracker();
        for n in 0..300_000_u32 {
            let noise = rtp(n as u16, n, 0x8000_0000 | n.wrapping_mul(2_654_435_761) >> 1);
            tracker.packet(&packet(i64::from(n), 3, 4, noise.len()), &noise);
            if n % 1000 == 0 {
                let real = rtp((n / 1000) as u16, n, 1);
                tracker.packet(&packet(i64::from(n), 1, 2, real.len()), &real);
            }
            assert!(tracker.young.len() + tracker.old.len() <= 2 * CANDIDATES);
        }
        let found: Vec<_> = tracker.streams().iter().map(|s| (s.ssrc, s.packets)).collect();
        assert_eq!(found, [(1, 300)]);
    }

    #[test]
    fn an_arrival_gap_without_a_gap_in_numbers_is_delay_and_no_loss() {
        // A paused sender catches up: what lab capture 10 shows.
        let rows = (0..100).map(|n| (if (50..60).contains(&n) { 1200 } else { n * 20 }, n as u16, 1));
        let (tracker, _) = fed(rows);
        let s = &tracker.streams()[0];
        assert_eq!((s.expected, s.lost, s.reordered), (100, 0, 0));
        assert_eq!(s.wireshark.max_delta_ms, Some(220.0));
        // |D| = 200 ms after an even stream: J rises to 200/16.
        assert!(s.jitter_ns.max() >= Some(12_500_000));
    }

    /// The streams of a capture as tshark prints them: endpoints, SSRC, packets, lost, maximum delta, mean and maximum
    /// jitter.
    fn listed(capture: &str) -> Option<Vec<String>> {
        let mut tracker: Option<RtpTracker> = None;
        lab::each_packet(capture, |_, _, packet, payload| {
            let first_ns = packet.time_ns.unwrap_or_default();
            tracker
                .get_or_insert_with(|| RtpTracker::new(first_ns))
                .packet(packet, payload);
        })?;
        let streams = tracker.map(|tracker| tracker.streams()).unwrap_or_default();
        let rows = streams.iter().map(|s| {
            let w = s.wireshark;
            let [delta, mean, max] = [w.max_delta_ms, w.jitter_mean_ms, w.jitter_max_ms].map(Option::unwrap_or_default);
            let (src, dst) = (s.src.to_string().replace(':', " "), s.dst.to_string().replace(':', " "));
            format!(
                "{src} {dst} 0x{:08X} {} {} {delta:.3} {mean:.3} {max:.3}",
                s.ssrc, w.packets, w.lost
            )
        });
        Some(rows.collect())
    }

    #[test]
    fn shared_corpus_streams_agree_with_tshark() {
        let mut by_file: std::collections::BTreeMap<String, Vec<String>> = Default::default();
        for row in lab::corpus_truth("rtp.tsv") {
            let fields: Vec<_> = row[2].split(' ').filter(|text| *text != "X").collect();
            let [n, src, src_port, dst, dst_port, ssrc] = [fields.len(), 2, 3, 4, 5, 6];
            let at = |index: usize| fields[index];
            let line = format!(
                "{} {} {} {} {} {} {} {} {} {}",
                at(src),
                at(src_port),
                at(dst),
                at(dst_port),
                at(ssrc),
                at(n - 9),
                at(n - 8),
                at(n - 4),
                at(n - 2),
                at(n - 1),
            );
            by_file.entry(row[0].clone()).or_default().push(line);
        }
        for (file, mut theirs) in by_file {
            theirs.sort_unstable();
            theirs.dedup();
            // What tshark's heuristic takes for RTP: one packet, or always the same number (SSRC 0 besides).
            theirs.retain(|line| {
                let fields: Vec<_> = line.split(' ').collect();
                let (packets, lost) = (fields[5].parse::<i64>().unwrap(), fields[6].parse::<i64>().unwrap());
                packets > 1 && packets + lost > 1
            });
            let mut ours = listed(&format!("corpus/accuracy/{file}")).unwrap();
            ours.sort_unstable();
            assert_eq!(ours, theirs, "{file}");
        }
    }

    #[test]
    fn shared_lab_stream_agrees_with_tshark_and_the_receiver() {
        // Right of the SSRC: the output of tshark 4.0.17 for each capture, with -d udp.port==5004,rtp.
        let stream = "10.132.5.100 5004 10.132.4.50 40000 0x1234ABCD";
        for (capture, figures) in [
            ("src.pcap.zst", "351 0 68.697 3.146 11.406"),
            ("dst.pcap.zst", "161 0 26.899 0.909 3.307"),
            ("client.pcapng.gz", "512 0 226.333 2.988 17.575"),
        ] {
            if let Some(streams) = listed(&format!("lab/10-client-http-rtp/{capture}")) {
                assert_eq!(streams, [format!("{stream} {figures}")], "{capture}");
            }
        }
        // The receiver's own log: 512 packets, none lost, longest gap 226.334 ms, jitter at the end 0.0731 ms.
        let mut tracker = RtpTracker::new(0);
        let mut last_ns = None;
        lab::each_packet("lab/10-client-http-rtp/client.pcapng.gz", |_, _, packet, payload| {
            last_ns = tracker
                .packet(packet, payload)
                .map_or(last_ns, |sample| sample.jitter_ns);
        });
        if let [stream] = &tracker.streams()[..] {
            assert_eq!(
                (stream.expected, stream.lost, stream.duplicates, stream.reordered),
                (512, 0, 0, 0)
            );
            assert!(last_ns.unwrap().abs_diff(73_121) < 10_000, "{last_ns:?}");
        }
    }
}
