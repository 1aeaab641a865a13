//! Hand-made timelines, one idea each, with the figures that tcptrace 6.6.7 gives for them.
//!
//! A row is `milliseconds  direction  flags  sequence  length  acknowledgement  window`: `>` goes from a to b, `<` back;
//! the flags are letters of `SAFR`, `-` for none. What is expected is written below: a line for each direction, `>` or
//! `<`, with the figures that are not 0. `resent=2/300` stands for two segments and 300 bytes, `rtt=10,20,60` for the
//! samples in milliseconds. `unique` is what was sent and not resent, unless it is given. The last test writes every
//! timeline to a capture and asks tcptrace itself, where it is installed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::fmt::Write as _;
use std::process::Command;

use migqos::flow::Direction;
use migqos::measure::tcp::tcptrace::{Figures, TcptraceTracker};
use migqos::packet::Tcp;

struct Timeline {
    idea: &'static str,
    rows: &'static str,
    expected: &'static str,
    /// Keys in which this library differs on purpose: docs/TCPTRACE.md.
    differs: &'static [&'static str],
}

const fn timeline(idea: &'static str, rows: &'static str, expected: &'static str) -> Timeline {
    Timeline {
        idea,
        rows,
        expected,
        differs: &[],
    }
}

const TIMELINES: &[Timeline] = &[
    timeline(
        "SYN and FIN are measured like data",
        "0   >  S   1000  0    0     5000
         10  <  SA  9000  0    1001  5000
         15  >  A   1001  0    9001  5000
         20  >  A   1001  100  9001  5000
         50  <  A   9001  0    1101  5000
         60  >  FA  1101  0    9001  5000
         80  <  FA  9001  0    1102  5000
         83  >  A   1102  0    9002  5000",
        "> rtt=10,30,20
         < rtt=5,3",
    ),
    timeline(
        "a reset acknowledges like any segment",
        "0   >  S   1000  0  0     5000
         12  <  RA  0     0  1001  0",
        "> rtt=12",
    ),
    timeline(
        "an acknowledgement of several segments gives the last one's sample alone",
        "20  >  A  1001  100  9001  5000
         22  >  A  1101  100  9001  5000
         50  <  A  9001  0    1201  5000",
        "> rtt=28",
    ),
    timeline(
        "an acknowledgement of part of a segment gives none, and neither does that of the rest",
        "20  >  A  1001  100  9001  5000
         50  <  A  9001  0    1051  5000
         60  <  A  9001  0    1101  5000
         70  >  A  1101  100  9001  5000
         75  <  A  9001  0    1201  5000",
        "> rtt=5",
    ),
    timeline(
        "the acknowledgement of a segment sent twice is ambiguous (Karn)",
        "20  >  A  1001  100  9001  5000
         40  >  A  1001  100  9001  5000
         50  <  A  9001  0    1101  5000",
        "> resent=1/100 ambiguous=1",
    ),
    timeline(
        "a segment sent again after its acknowledgement was measured the first time",
        "20  >  A  1001  100  9001  5000
         50  <  A  9001  0    1101  5000
         55  >  A  1001  100  9001  5000
         60  <  A  9001  0    1101  5000",
        "> resent=1/100 rtt=30",
    ),
    timeline(
        "an acknowledgement that waited for an earlier segment to be sent again gives no sample",
        "20  >  A  1001  100  9001  5000
         21  >  A  1101  100  9001  5000
         40  >  A  1001  100  9001  5000
         50  <  A  9001  0    1201  5000",
        "> resent=1/100 post_loss=1",
    ),
    timeline(
        "an earlier segment sent again before this one was sent spoils nothing",
        "20  >  A  1001  100  9001  5000
         21  >  A  1001  100  9001  5000
         22  >  A  1101  100  9001  5000
         50  <  A  9001  0    1201  5000",
        "> resent=1/100 rtt=28",
    ),
    timeline(
        "a segment below those seen is out of order, and what was above it waited for it",
        "20  >  A  1101  100  9001  5000
         22  >  A  1001  100  9001  5000
         50  <  A  9001  0    1101  5000
         60  <  A  9001  0    1201  5000",
        "> ooo=1 rtt=28 post_loss=1",
    ),
    timeline(
        "a segment that fills a gap and goes on above all others is not out of order",
        "20  >  A  1101  100  9001  5000
         22  >  A  1001  250  9001  5000
         50  <  A  9001  0    1201  5000
         60  <  A  9001  0    1251  5000",
        "> resent=1/100 ambiguous=1 rtt=38",
    ),
    timeline(
        "a segment that fills a gap and ends within the next one is out of order",
        "20  >  A  1101  100  9001  5000
         22  >  A  1001  150  9001  5000
         50  <  A  9001  0    1201  5000",
        "> resent=1/50 ooo=1 ambiguous=1",
    ),
    timeline(
        "a segment that fills a gap and ends where the next one ends is not",
        "20  >  A  1101  100  9001  5000
         22  >  A  1001  200  9001  5000
         50  <  A  9001  0    1201  5000",
        "> resent=1/100 ambiguous=1",
    ),
    timeline(
        "the new bytes behind resent ones are a segment of their own",
        "20  >  A  1001  100  9001  5000
         25  >  A  1001  200  9001  5000
         60  <  A  9001  0    1201  5000",
        "> resent=1/100 rtt=35",
    ),
    timeline(
        "a part sent again makes all of its segment ambiguous",
        "20  >  A  1001  300  9001  5000
         25  >  A  1101  100  9001  5000
         60  <  A  9001  0    1301  5000",
        "> resent=1/100 ambiguous=1",
    ),
    timeline(
        "of two segments sent again as one, only the first counts as sent now",
        "20  >  A  1001  100  9001  5000
         21  >  A  1101  100  9001  5000
         30  >  A  1001  200  9001  5000
         40  <  A  9001  0    1101  5000
         41  <  A  9001  0    1201  5000",
        "> resent=1/200 ambiguous=1 post_loss=1",
    ),
    timeline(
        "acknowledged neighbours are one segment: one of them sent again was sent later than what followed",
        "20  >  A  1001  100  9001  5000
         21  >  A  1101  100  9001  5000
         30  <  A  9001  0    1201  5000
         31  >  A  1201  100  9001  5000
         32  >  A  1051  10   9001  5000
         40  <  A  9001  0    1301  5000",
        "> resent=1/10 rtt=9 post_loss=1",
    ),
    timeline(
        "a FIN sent again is a segment and a byte resent, and no payload",
        "20  >  A   1001  10  9001  5000
         25  >  FA  1011  0   9001  5000
         30  >  FA  1011  0   9001  5000
         40  <  A   9001  0   1012  5000",
        "> resent=1/1 unique=10 ambiguous=1",
    ),
    timeline(
        "data sent again with a FIN behind it: the FIN is new",
        "20  >  A   1001  10  9001  5000
         22  >  FA  1001  10  9001  5000
         50  <  A   9001  0   1012  5000",
        "> resent=1/10 rtt=28",
    ),
    timeline(
        "a SYN sent again leaves no sample",
        "0    >  S   1000  0  0     5000
         500  >  S   1000  0  0     5000
         510  <  SA  9000  0  1001  5000
         515  >  A   1001  0  9001  5000",
        "> resent=1/1 unique=0 ambiguous=1
         < rtt=5",
    ),
    Timeline {
        idea: "a SYN of another number is no byte of payload",
        rows: "0   >  S   1000  0    0     5000
               1   >  S   2000  0    0     5000
               10  <  SA  9000  0    2001  5000
               15  >  A   2001  100  9001  5000",
        expected: "> rtt=9
                   < rtt=5",
        differs: &["unique"],
    },
    timeline(
        "what is sent into a closed window is a probe: not unique, not resent, not measured",
        "0   >  A  1001  100  9001  5000
         5   <  A  9001  0    1101  0
         10  >  A  1101  1    9001  5000
         11  <  A  9001  0    1101  0
         20  >  A  1101  1    9001  5000
         21  <  A  9001  0    1102  5000
         30  >  A  1102  100  9001  5000
         37  <  A  9001  0    1202  5000",
        "> unique=200 probes=2 rtt=5,7",
    ),
    timeline(
        "a SYN is no probe, and a reset closes no window",
        "0   <  A   9001  0    1000  0
         1   >  S   999   0    0     5000
         2   <  A   9001  0    1000  5000
         3   <  RA  9001  0    1000  0
         4   >  A   1000  100  9001  5000
         9   <  A   9001  0    1100  5000",
        "> rtt=1,5",
    ),
    timeline(
        "a window without the ACK flag counts as closed",
        "0  <  -  9001  10   0     5000
         1  >  A  1001  100  9011  5000
         2  <  A  9011  0    1101  5000
         3  >  A  1101  100  9011  5000",
        "> unique=100 probes=1
         < rtt=1",
    ),
    timeline(
        "a keep-alive sends a byte again",
        "0     >  A  1001  100  9001  5000
         5     <  A  9001  0    1101  5000
         5000  >  A  1100  1    9001  5000
         5004  <  A  9001  0    1101  5000",
        "> resent=1/1 rtt=5",
    ),
    timeline(
        "an acknowledgement of bytes that were never seen covers what was",
        "20  >  A  1001  100  9001  5000
         22  <  A  9001  0    1901  5000
         23  >  A  1101  100  9001  5000
         24  <  A  9001  0    1201  5000",
        "> rtt=1",
    ),
    timeline(
        "numbers wrap",
        "0   >  A  4294967246  50   9001  5000
         5   <  A  9001        0    0     5000
         10  >  A  0           100  9001  5000
         13  <  A  9001        0    100   5000",
        "> rtt=3",
    ),
    timeline(
        "a segment across a quadrant's border is two: the part above gives the sample",
        "0  >  A  1073741774  100  9001  5000
         3  <  A  9001        0    1073741874  5000",
        "> rtt=3",
    ),
    timeline(
        "an acknowledgement that begins a quadrant covers the one before and gives no sample",
        "0  >  A  1073741724  100  9001  5000
         3  <  A  9001        0    1073741824  5000",
        "",
    ),
    timeline(
        "what was sent again below a quadrant's border spoils the sample above it",
        "0   >  A  1073741724  50   9001  5000
         1   >  A  1073741824  100  9001  5000
         2   >  A  1073741724  50   9001  5000
         10  <  A  9001        0    1073741924  5000",
        "> resent=1/50 post_loss=1",
    ),
    timeline(
        "what is half the numbers away makes what was seen forgotten",
        "0  >  A  1001        100  9001  5000
         1  >  A  2147484649  100  9001  5000
         2  >  A  1001        100  9001  5000",
        "> unique=300",
    ),
    timeline(
        "a segment that reaches into a quadrant does not make the opposite one forgotten",
        "0  >  A  2147483618  20  9001  5000
         1  >  A  3221225452  50  9001  5000
         2  >  A  2147483618  20  9001  5000",
        "> resent=1/20",
    ),
    Timeline {
        idea: "an acknowledgement before its data took no time, and that is the minimum",
        rows: "20  >  A  1001  100  9001  5000
               19  <  A  9001  0    1101  5000
               30  >  A  1101  100  9001  5000
               37  <  A  9001  0    1201  5000",
        expected: "> rtt=0,7",
        differs: &["rtt_min"],
    },
];

struct Row {
    time_ns: i64,
    direction: Direction,
    tcp: Tcp,
    len: u32,
}

fn rows(timeline: &Timeline) -> Vec<Row> {
    timeline.rows.lines().map(row).collect()
}

fn row(line: &str) -> Row {
    let words: Vec<&str> = line.split_whitespace().collect();
    let number = |index: usize| words[index].parse::<u32>().unwrap();
    let flags = words[2].bytes().map(|letter| match letter {
        b'S' => Tcp::SYN,
        b'A' => Tcp::ACK,
        b'F' => Tcp::FIN,
        b'R' => Tcp::RST,
        _ => 0,
    });
    Row {
        time_ns: 1_700_000_000_000_000_000 + (words[0].parse::<f64>().unwrap() * 1e6).round() as i64,
        direction: if words[1] == ">" { Direction::Ab } else { Direction::Ba },
        tcp: Tcp {
            src_port: 0,
            dst_port: 0,
            seq: number(3),
            ack: number(5),
            flags: flags.sum(),
            window: words[6].parse().unwrap(),
            header_len: 20,
            window_scale: None,
            mss: None,
            timestamps: None,
            sack_blocks: 0,
            sack_permitted: false,
            sack: [(0, 0); 2],
            options_cut: false,
        },
        len: number(4),
    }
}

/// One direction's figures by name; those of the round trip in tenths of a millisecond, as tcptrace prints them.
type Named = Vec<(&'static str, u64)>;

fn tenths(ms: f64) -> u64 {
    (ms * 10.0).round() as u64
}

/// What a timeline expects of one direction.
fn expected(timeline: &Timeline, direction: Direction) -> Named {
    let sign = if direction == Direction::Ab { ">" } else { "<" };
    let lines = timeline.expected.lines().map(str::trim);
    let line = lines.filter_map(|line| line.strip_prefix(sign)).next().unwrap_or("");
    let word = |key: &str| {
        line.split_whitespace()
            .find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    };
    let number = |key: &str| word(key).map_or(0, |word| word.parse().unwrap());
    let (segments, bytes) = word("resent").map_or((0, 0), |word| {
        let (segments, bytes) = word.split_once('/').unwrap();
        (segments.parse().unwrap(), bytes.parse().unwrap())
    });
    let own = rows(timeline).into_iter().filter(|row| row.direction == direction);
    let payload: u64 = own.map(|row| u64::from(row.len)).sum();
    let unique = word("unique").map_or_else(|| payload - bytes, |word| word.parse().unwrap());
    let rtt: Vec<f64> = word("rtt").map_or(Vec::new(), |word| {
        word.split(',').map(|sample| sample.parse().unwrap()).collect()
    });
    let mean = rtt.iter().sum::<f64>() / rtt.len().max(1) as f64;
    vec![
        ("payload", payload),
        ("unique", unique),
        ("resent_segments", segments),
        ("resent_bytes", bytes),
        ("ooo", number("ooo")),
        ("probes", number("probes")),
        ("ambiguous", number("ambiguous")),
        ("post_loss", number("post_loss")),
        ("rtt_samples", rtt.len() as u64),
        ("rtt_min", tenths(rtt.iter().copied().reduce(f64::min).unwrap_or(0.0))),
        ("rtt_mean", tenths(mean)),
        ("rtt_max", tenths(rtt.iter().copied().reduce(f64::max).unwrap_or(0.0))),
    ]
}

/// What this library says of one direction.
fn named(figures: &Figures) -> Named {
    let rtt = &figures.rtt_ns;
    let ms = |ns: Option<u64>| tenths(ns.unwrap_or(0) as f64 / 1e6);
    vec![
        ("payload", figures.payload_bytes),
        ("unique", figures.unique_bytes),
        ("resent_segments", figures.retransmitted_segments),
        ("resent_bytes", figures.retransmitted_bytes),
        ("ooo", figures.out_of_order_segments),
        ("probes", figures.window_probes),
        ("ambiguous", figures.ambiguous_acks),
        ("post_loss", figures.post_loss_acks),
        ("rtt_samples", rtt.count()),
        ("rtt_min", ms(rtt.min())),
        ("rtt_mean", tenths(rtt.mean_ns().unwrap_or(0.0) / 1e6)),
        ("rtt_max", ms(rtt.max())),
    ]
}

/// The names that differ, with both values.
fn differences(found: &Named, expected: &Named) -> Vec<String> {
    let pairs = found.iter().zip(expected).filter(|(found, expected)| found != expected);
    pairs
        .map(|((name, found), (_, expected))| format!("{name} is {found}, not {expected}"))
        .collect()
}

const BOTH: [Direction; 2] = [Direction::Ab, Direction::Ba];

#[test]
fn every_timeline_has_the_figures_that_follow_from_its_idea() {
    let mut wrong = String::new();
    for timeline in TIMELINES {
        let mut tracker = TcptraceTracker::default();
        for row in rows(timeline) {
            tracker.segment(row.direction, row.time_ns, row.len, &row.tcp);
        }
        for direction in BOTH {
            let found = named(tracker.figures(direction));
            for difference in differences(&found, &expected(timeline, direction)) {
                writeln!(wrong, "{} ({direction:?}): {difference}", timeline.idea).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A capture of one timeline; frames of raw IPv4.
fn capture(timeline: &Timeline) -> Vec<u8> {
    let mut file = Vec::new();
    let header = [0xa1b2_c3d4_u32, 0x0002_0004, 0, 0, 65_535, 101];
    file.extend(header.iter().flat_map(|word| word.to_be_bytes()));
    for row in rows(timeline) {
        let (ends, ports) = match row.direction {
            Direction::Ab => ([[10, 0, 0, 1], [10, 0, 0, 2]], [2000_u16, 80]),
            Direction::Ba => ([[10, 0, 0, 2], [10, 0, 0, 1]], [80, 2000]),
        };
        let seconds = row.time_ns / 1_000_000_000;
        let micros = row.time_ns % 1_000_000_000 / 1000;
        for word in [seconds as u32, micros as u32, 40, 40 + row.len] {
            file.extend(word.to_be_bytes());
        }
        file.extend([0x45, 0]);
        file.extend(((40 + row.len) as u16).to_be_bytes());
        file.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
        file.extend(ends.as_flattened());
        file.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
        file.extend(row.tcp.seq.to_be_bytes());
        file.extend(row.tcp.ack.to_be_bytes());
        file.extend([0x50, row.tcp.flags as u8]);
        file.extend(row.tcp.window.to_be_bytes());
        file.extend([0; 4]);
    }
    file
}

/// The first connection's figures in tcptrace's list, and which direction it names first.
fn theirs(path: &std::path::Path) -> [Named; 2] {
    let output = Command::new("tcptrace")
        .args(["-l", "-r", "-n", "--csv"])
        .arg(path)
        .output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    let mut lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let cells = |line: &str| line.split(',').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let names = cells(lines.next().unwrap());
    let values = cells(lines.next().unwrap());
    let value = |name: &str| {
        let at = names.iter().position(|found| found == name).unwrap();
        values[at].as_str()
    };
    let suffixes = if value("port_a") == "80" {
        ["b2a", "a2b"]
    } else {
        ["a2b", "b2a"]
    };
    suffixes.map(|suffix| {
        let number = |name: &str| value(&format!("{name}_{suffix}")).parse::<u64>().unwrap();
        let ms = |name: &str| tenths(value(&format!("{name}_{suffix}")).parse::<f64>().unwrap());
        vec![
            ("payload", number("actual_data_bytes")),
            ("unique", number("unique_bytes_sent")),
            ("resent_segments", number("rexmt_data_pkts")),
            ("resent_bytes", number("rexmt_data_bytes")),
            ("ooo", number("outoforder_pkts")),
            ("probes", number("zwnd_probe_pkts")),
            ("ambiguous", number("ambiguous_acks")),
            ("post_loss", number("post-loss_acks")),
            ("rtt_samples", number("RTT_samples")),
            ("rtt_min", ms("RTT_min")),
            ("rtt_mean", ms("RTT_avg")),
            ("rtt_max", ms("RTT_max")),
        ]
    })
}

#[test]
fn the_expected_figures_are_those_of_the_tcptrace_that_is_installed() {
    let version = Command::new("tcptrace").arg("-v").output();
    if !version.is_ok_and(|output| format!("{output:?}").contains("6.6.7")) {
        eprintln!("skipped: tcptrace 6.6.7 is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("timeline.pcap");
    let mut wrong = String::new();
    for timeline in TIMELINES {
        std::fs::write(&path, capture(timeline)).unwrap();
        for (theirs, direction) in theirs(&path).iter().zip(BOTH) {
            for difference in differences(theirs, &expected(timeline, direction)) {
                if !timeline.differs.iter().any(|key| difference.starts_with(key)) {
                    writeln!(wrong, "{} ({direction:?}): {difference}", timeline.idea).unwrap();
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
