//! Frames cut out of a capture, as a capture that cannot keep up loses them: the network's loss must not move, and the
//! bytes that are gone must be told.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use migqos::analysis;
use migqos::capture::write::Layout;
use migqos::capture::{Block, Input, ReadOptions, Reader};
use migqos::figure::Figure;
use migqos::options::{AnalysisOptions, During, Host};
use migqos::packet::{DecodeOptions, Network, Tcp, Transport, decode};
use migqos::progress::Silent;

use crate::common::{fixture, shared};

const SOURCE: &str = "10.132.6.126";
const TARGET: &str = "10.132.4.16";

struct Frame {
    time_ns: i64,
    bytes: Vec<u8>,
    wire_len: u32,
    segment: Option<Segment>,
}

/// The port of the source, then of the target.
type Ports = (u16, u16);

/// A TCP segment between the nodes.
#[derive(Clone, Copy)]
struct Segment {
    forward: bool,
    ports: Ports,
    tcp: Tcp,
    len: u32,
}

fn frames(path: &Path) -> (Layout, Vec<Frame>) {
    let mut reader = Reader::open(&Input::from_argument(path), &ReadOptions::default()).unwrap();
    let mut frames = Vec::new();
    let mut layout = Layout::default();
    while let Some(block) = reader.next_block(Block::default()).unwrap() {
        for frame in &block.frames {
            let bytes = block.bytes(frame);
            layout.link_type = frame.link_type;
            frames.push(Frame {
                time_ns: frame.time_ns.unwrap(),
                bytes: bytes.to_vec(),
                wire_len: frame.wire_len,
                segment: segment(&decode(frame, bytes, DecodeOptions::default()).network),
            });
        }
    }
    layout.nanoseconds = true;
    (layout, frames)
}

fn segment(network: &Network) -> Option<Segment> {
    let Network::Ip(ip) = network else { return None };
    let Transport::Tcp(tcp) = ip.transport else { return None };
    let [source, target] = [SOURCE, TARGET].map(|host| host.parse::<std::net::IpAddr>().unwrap());
    let forward = (ip.src, ip.dst) == (source, target);
    let ports = if forward {
        (tcp.src_port, tcp.dst_port)
    } else {
        (tcp.dst_port, tcp.src_port)
    };
    (forward || (ip.src, ip.dst) == (target, source)).then_some(Segment {
        forward,
        ports,
        tcp,
        len: ip.payload_len,
    })
}

/// What the program says of a capture.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Told {
    lost: u64,
    spurious: u64,
    missing: u64,
}

fn told(layout: &Layout, frames: &[&Frame]) -> Told {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.pcap");
    let records = frames
        .iter()
        .map(|frame| (frame.time_ns, frame.bytes.as_slice(), frame.wire_len));
    std::fs::write(&path, layout.capture(records)).unwrap();
    let host = |host: &str| Some(Host::Addresses(vec![host.parse().unwrap()]));
    let options = AnalysisOptions {
        source: host(SOURCE),
        target: host(TARGET),
        during: Some(During::Capture),
        ..AnalysisOptions::default()
    };
    let answer = analysis::analyze(&[Input::from_argument(&path)], &options, &Silent).unwrap();
    let standard = answer.summary.metrics.standard;
    // Percent of the payload seen and lost before the point, solved for the bytes. Those that were taken back lie before
    // the point or behind it, all of them in these captures.
    let payload = payloads(frames).map(|segment| u64::from(segment.len)).sum::<u64>();
    let share = |figure: Figure| figure.value().unwrap() / 100.0;
    let lost = [0, standard.spurious_bytes].map(|taken_back_upstream| {
        let sent = (payload + taken_back_upstream) as f64 / (1.0 - share(standard.loss_upstream_pct));
        share(standard.loss_pct) * sent
    });
    let whole = lost.into_iter().find(|lost| (lost - lost.round()).abs() < 0.001);
    let lost = whole.unwrap_or_else(|| panic!("{lost:?} bytes lost"));
    Told {
        lost: lost.round() as u64,
        spurious: standard.spurious_bytes,
        missing: standard.capture_missing_bytes,
    }
}

fn payloads<'a>(frames: &'a [&'a Frame]) -> impl Iterator<Item = Segment> + 'a {
    let segments = frames.iter().filter_map(|frame| frame.segment);
    segments.filter(|segment| segment.forward && segment.len > 0)
}

/// Bytes of a direction by their distance from its first segment's number, each range with how often it was captured.
type Ranges = HashMap<Ports, Vec<(u32, u32)>>;

fn ranges(frames: &[&Frame], bases: &HashMap<Ports, u32>) -> Ranges {
    let mut ranges = Ranges::new();
    for segment in payloads(frames) {
        let start = segment.tcp.seq.wrapping_sub(bases[&segment.ports]);
        ranges
            .entry(segment.ports)
            .or_default()
            .push((start, start + segment.len));
    }
    ranges
}

/// The number of the first byte that each connection could carry.
fn bases(frames: &[&Frame]) -> HashMap<Ports, u32> {
    let mut bases = HashMap::new();
    for segment in frames
        .iter()
        .filter_map(|frame| frame.segment)
        .filter(|segment| segment.forward)
    {
        let syn = u32::from(segment.tcp.has(Tcp::SYN));
        bases.entry(segment.ports).or_insert(segment.tcp.seq.wrapping_add(syn));
    }
    bases
}

/// How many bytes lie in at least one of the ranges.
fn covered(ranges: &Ranges) -> u64 {
    let mut bytes = 0;
    for mut ranges in ranges.values().cloned() {
        ranges.sort_unstable();
        let mut end = 0;
        for (from, to) in ranges {
            bytes += u64::from(to.saturating_sub(from.max(end)));
            end = end.max(to);
        }
    }
    bytes
}

/// Numbers that look random, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }
}

/// `count` of `candidates`, single or in runs of `run` neighbours.
fn chosen(candidates: &[usize], count: usize, run: usize, numbers: &mut Numbers) -> Vec<usize> {
    let mut chosen = std::collections::BTreeSet::new();
    while chosen.len() < count.min(candidates.len().div_ceil(2)) {
        let first = numbers.next(candidates.len());
        chosen.extend(candidates.iter().skip(first).take(run.min(count - chosen.len())));
    }
    chosen.into_iter().collect()
}

fn without<'a>(frames: &'a [Frame], gone: &[usize]) -> Vec<&'a Frame> {
    let kept = frames
        .iter()
        .enumerate()
        .filter(|(index, _)| gone.binary_search(index).is_err());
    kept.map(|(_, frame)| frame).collect()
}

/// The segments with payload from the source, by whether their bytes came more than once: those that came once, the
/// first of those that came again whole, and the second of these.
struct Kinds {
    once: Vec<usize>,
    /// Without the last segments before a silence: no hole tells that the capture missed one, so that its resend is
    /// the first that is known of it (tests/timelines/tail-loss-before-the-point.toml).
    originals: Vec<usize>,
    resends: Vec<usize>,
    /// Acknowledgements without payload, DSACKs apart.
    acks: Vec<usize>,
}

/// Frame, length, and whether bytes above it had been seen.
type Occurrence = (usize, u32, bool);

fn kinds(frames: &[Frame]) -> Kinds {
    let mut by_start: BTreeMap<(Ports, u32), Vec<Occurrence>> = BTreeMap::new();
    let mut kinds = Kinds {
        once: Vec::new(),
        originals: Vec::new(),
        resends: Vec::new(),
        acks: Vec::new(),
    };
    // The higher of the right edges so far.
    let mut ends: HashMap<Ports, u32> = HashMap::new();
    let mut overlaps: Vec<(usize, Ports, u32, u32)> = Vec::new();
    for (index, frame) in frames.iter().enumerate() {
        let Some(segment) = frame.segment else { continue };
        let tcp = &segment.tcp;
        if !segment.forward {
            let plain = segment.len == 0 && tcp.sack_blocks == 0 && tcp.flags == Tcp::ACK;
            kinds.acks.extend(plain.then_some(index));
            continue;
        }
        if segment.len == 0 {
            continue;
        }
        let end = tcp.seq.wrapping_add(segment.len);
        let highest = ends.entry(segment.ports).or_insert(tcp.seq);
        let below = (end.wrapping_sub(*highest) as i32) < 0;
        let same_start = by_start.entry((segment.ports, tcp.seq)).or_default();
        same_start.push((index, segment.len, below));
        if (tcp.seq.wrapping_sub(*highest) as i32) < 0 {
            overlaps.push((index, segment.ports, tcp.seq, end));
        } else {
            *highest = end;
        }
    }
    for ((ports, start), found) in &by_start {
        let (index, len, _) = found[0];
        let end = start.wrapping_add(len);
        let touched = overlaps.iter().any(|&(other, of, from, to)| {
            other != index && of == *ports && (from.wrapping_sub(end) as i32) < 0 && (start.wrapping_sub(to) as i32) < 0
        });
        match found[..] {
            [_] if !touched => kinds.once.push(index),
            [(first, len, _), (second, again, below)] if len == again => {
                kinds.originals.extend(below.then_some(first));
                kinds.resends.push(second);
            }
            _ => {}
        }
    }
    for list in [&mut kinds.once, &mut kinds.originals, &mut kinds.resends] {
        list.sort_unstable();
    }
    kinds
}

/// Frames of any kind gone at once: the bytes are told, and no loss is made up. A DSACK that is gone takes nothing back.
fn check_any(path: &Path, count: usize) {
    let (layout, frames) = frames(path);
    let all: Vec<&Frame> = frames.iter().collect();
    let bases = bases(&all);
    let whole = told(&layout, &all);
    let handshake = |frame: &Frame| frame.segment.is_some_and(|segment| segment.tcp.has(Tcp::SYN));
    let candidates: Vec<usize> = (0..frames.len()).filter(|&index| !handshake(&frames[index])).collect();
    let gone = chosen(&candidates, count, 3, &mut Numbers(7));
    let kept = without(&frames, &gone);
    let found = told(&layout, &kept);
    let bytes = covered(&ranges(&all, &bases)) - covered(&ranges(&kept, &bases));
    let name = path.display();
    // Where a connection's last bytes and its FIN are gone together, the acknowledgement covers the FIN as if it were one
    // more of them: nothing in the capture tells the two apart.
    let more = found.missing.checked_sub(whole.missing + bytes);
    let connections = bases.len() as u64;
    assert!(
        more.is_some_and(|more| more <= connections),
        "{name}: {count} frames, {bytes} bytes: {found:?}"
    );
    if count <= 10 {
        assert_eq!(more, Some(0), "{name}");
    }
    assert!(
        found.lost <= whole.lost + whole.spurious,
        "{name}: {found:?}, not {whole:?}"
    );
}

fn check(path: &Path) {
    let name = path.display();
    let (layout, frames) = frames(path);
    let all: Vec<&Frame> = frames.iter().collect();
    let bases = bases(&all);
    let before = covered(&ranges(&all, &bases));
    let whole = told(&layout, &all);
    let kinds = kinds(&frames);
    println!(
        "{name}: {whole:?}; {} segments came once, {} came twice, {} acknowledgements",
        kinds.once.len(),
        kinds.originals.len(),
        kinds.acks.len()
    );
    let mut numbers = Numbers(2026);
    for count in [1, 10, 100] {
        for run in [1, 5] {
            let gone = chosen(&kinds.once, count, run, &mut numbers);
            let kept = without(&frames, &gone);
            let bytes = before - covered(&ranges(&kept, &bases));
            let found = told(&layout, &kept);
            let expected = Told {
                missing: whole.missing + bytes,
                ..whole
            };
            assert_eq!(
                found, expected,
                "{name}: {count} segments in runs of {run}, frames {gone:?}"
            );
        }
        let gone = chosen(&kinds.acks, count, 1, &mut numbers);
        assert_eq!(
            told(&layout, &without(&frames, &gone)),
            whole,
            "{name}: acknowledgements {gone:?}"
        );
        // The resend still tells of the loss: a hole filled late instead of bytes seen again.
        let gone = chosen(&kinds.originals, count, 1, &mut numbers);
        assert_eq!(
            told(&layout, &without(&frames, &gone)),
            whole,
            "{name}: originals {gone:?}"
        );
        // The only witness is gone: what it told is not known any more, and nothing else changes.
        let gone = chosen(&kinds.resends, count, 1, &mut numbers);
        let found = told(&layout, &without(&frames, &gone));
        let bytes = gone
            .iter()
            .map(|&index| u64::from(frames[index].segment.unwrap().len))
            .sum::<u64>();
        assert_eq!(found.missing, whole.missing, "{name}: resends {gone:?}");
        assert_eq!(
            found.lost + found.spurious + bytes,
            whole.lost + whole.spurious,
            "{name}: resends {gone:?}"
        );
    }
}

#[test]
fn frames_that_the_capture_lost_are_told_and_move_no_loss() {
    check(&fixture("precopy-loss.pcap.zst"));
    check(&fixture("precopy-loss-target.pcap.zst"));
    check(&fixture("precopy.pcap.zst"));
    check(&fixture("multifd.pcap.zst"));
}

#[test]
fn frames_of_any_kind_that_the_capture_lost_are_told() {
    for name in [
        "precopy-loss.pcap.zst",
        "precopy-loss-target.pcap.zst",
        "precopy.pcap.zst",
        "multifd.pcap.zst",
    ] {
        for count in [10, 300, 3000] {
            check_any(&fixture(name), count);
        }
    }
}

#[test]
fn shared_frames_that_the_capture_lost_are_told_and_move_no_loss() {
    let Some(lab) = shared("lab") else { return };
    for name in [
        "02-precopy-dirty-mtu/src.pcap.zst",
        "09-client-udp-ping/src.pcap.zst",
        "03-precopy-loss-delay/dst.pcap.zst",
    ] {
        let path = lab.join(name);
        if path.exists() {
            check(&path);
        } else {
            println!("skipped: {} is not there", path.display());
        }
    }
}
