//! Hand-made timelines, one idea each, with the flags that tshark 4.0 gives to every segment.
//!
//! A row is `milliseconds  direction  flags  sequence  length  acknowledgement  window`, then `ws=N` where the
//! segment has a window scale option, then the expected flags after `=>`. `>` goes from a to b, `<` back; the flags
//! are letters of `SAFRP`, `-` for none. The last test writes every timeline to a capture and asks tshark itself,
//! where it is installed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::fmt::Write as _;
use std::process::Command;

use migqos::flow::Direction;
use migqos::measure::tcp::wireshark::WiresharkAnalyser;
use migqos::packet::Tcp;

struct Timeline {
    idea: &'static str,
    rows: &'static str,
}

const TIMELINES: &[Timeline] = &[
    Timeline {
        idea: "a transfer without trouble carries no flag",
        rows: "
            0     >  S   1000  0     0     64240  ws=7
            5     <  SA  9000  0     1001  65160  ws=7
            5.1   >  A   1001  0     9001  502
            6     >  AP  1001  1000  9001  502
            11    <  A   9001  0     2001  501
            12    >  AP  2001  1000  9001  502
            17    <  A   9001  0     3001  495
            18    >  FA  3001  0     9001  502
            23    <  FA  9001  0     3002  501
            23.1  >  A   3002  0     9002  502",
    },
    Timeline {
        idea: "a segment sent again after a long silence is a retransmission",
        rows: "
            0    >  A  1001  1000  9001  502
            1    >  A  2001  1000  9001  502
            250  >  A  1001  1000  9001  502  => retransmission",
    },
    Timeline {
        idea: "a lower segment within 3 ms of the highest one is out of order",
        rows: "
            0    >  A  1001  1000  9001  502
            1    >  A  3001  1000  9001  502  => lost_segment
            3.9  >  A  2001  1000  9001  502  => out_of_order",
    },
    Timeline {
        idea: "a lower segment 3 ms after the highest one is a retransmission",
        rows: "
            0  >  A  1001  1000  9001  502
            1  >  A  3001  1000  9001  502  => lost_segment
            4  >  A  2001  1000  9001  502  => retransmission",
    },
    Timeline {
        idea: "the handshake's round-trip time takes the place of the 3 ms",
        rows: "
            0     >  S   1000  0     0     64240
            10    <  SA  9000  0     1001  65160
            10.1  >  A   1001  0     9001  502
            11    >  A   2001  1000  9001  502  => lost_segment
            20    >  A   1001  1000  9001  502  => out_of_order
            21    >  A   4001  1000  9001  502  => lost_segment
            31.1  >  A   3001  1000  9001  502  => retransmission",
    },
    Timeline {
        idea: "the last segment sent again at once is a retransmission, never out of order",
        rows: "
            0  >  A  1001  1000  9001  502
            1  >  A  2001  1000  9001  502
            2  >  A  2001  1000  9001  502  => retransmission",
    },
    Timeline {
        idea: "a time that goes back is not close",
        rows: "
            10  >  A  1001  1000  9001  502
            11  >  A  3001  1000  9001  502  => lost_segment
            10  >  A  2001  1000  9001  502  => retransmission",
    },
    Timeline {
        idea: "the segment that two duplicate acknowledgements ask for is a fast retransmission",
        rows: "
            0   <  A  9001  0     1001  502
            0   >  A  1001  1000  9001  502
            1   >  A  2001  1000  9001  502
            2   >  A  3001  1000  9001  502
            5   <  A  9001  0     1001  502  => duplicate_ack
            6   <  A  9001  0     1001  502  => duplicate_ack
            7   >  A  1001  1000  9001  502  => retransmission fast_retransmission",
    },
    Timeline {
        idea: "one duplicate acknowledgement is not enough for a fast retransmission",
        rows: "
            0   <  A  9001  0     1001  502
            0   >  A  1001  1000  9001  502
            1   >  A  2001  1000  9001  502
            5   <  A  9001  0     1001  502  => duplicate_ack
            7   >  A  1001  1000  9001  502  => retransmission",
    },
    Timeline {
        idea: "20 ms after the last duplicate acknowledgement a retransmission is not fast",
        rows: "
            0   <  A  9001  0     1001  502
            0   >  A  1001  1000  9001  502
            1   >  A  2001  1000  9001  502
            5   <  A  9001  0     1001  502  => duplicate_ack
            6   <  A  9001  0     1001  502  => duplicate_ack
            26  >  A  1001  1000  9001  502  => retransmission",
    },
    Timeline {
        idea: "the second segment of a burst that duplicate acknowledgements ask for is not fast",
        rows: "
            0   <  A  9001  0     1001  502
            0   >  A  1001  1000  9001  502
            1   >  A  2001  1000  9001  502
            2   >  A  3001  1000  9001  502
            5   <  A  9001  0     1001  502  => duplicate_ack
            6   <  A  9001  0     1001  502  => duplicate_ack
            7   >  A  1001  1000  9001  502  => retransmission fast_retransmission
            8   >  A  2001  1000  9001  502  => retransmission",
    },
    Timeline {
        idea: "bytes sent again after they were acknowledged are a spurious retransmission",
        rows: "
            0  >  A  1001  1000  9001  502
            1  >  A  2001  1000  9001  502
            2  <  A  9001  0     3001  502
            3  >  A  1001  1000  9001  502  => retransmission spurious_retransmission
            4  >  A  2001  1000  9001  502  => retransmission spurious_retransmission",
    },
    Timeline {
        idea: "a retransmission that brings new bytes along is judged by its beginning",
        rows: "
            0   >  A  1001  1000  9001  502
            50  >  A  1501  1000  9001  502  => retransmission
            51  >  A  2001  1000  9001  502  => out_of_order",
    },
    Timeline {
        idea: "more than a byte from one below the next sequence number is not a retransmission",
        rows: "
            0   >  A  1001  1000  9001  502
            50  >  A  2000  1000  9001  502",
    },
    Timeline {
        idea: "a gap is said once, where it shows",
        rows: "
            0  >  A  1001  1000  9001  502
            1  >  A  4001  1000  9001  502  => lost_segment
            2  >  A  5001  1000  9001  502",
    },
    Timeline {
        idea: "a reset may lie anywhere above",
        rows: "
            0  >  A  1001  1000  9001  502
            1  >  R  4001  0     0     0",
    },
    Timeline {
        idea: "an acknowledgement of bytes that were never seen is said once while the sender is silent",
        rows: "
            0  >  A  1001  1000  9001  502
            1  <  A  9001  0     4001  502  => ack_lost_segment
            2  <  A  9001  0     5001  502
            3  <  A  9001  0     6001  502",
    },
    Timeline {
        idea: "bytes seen above the gap are acknowledged with one more word",
        rows: "
            0  >  A  1001  1000  9001  502
            1  >  A  4001  1000  9001  502  => lost_segment
            2  <  A  9001  0     5001  502  => ack_lost_segment
            3  >  A  5001  1000  9001  502
            4  <  A  9001  0     6001  502",
    },
    Timeline {
        idea: "the acknowledgement field counts only with its flag",
        rows: "
            0  >  A  1001  1000  9001  502
            1  <  P  9001  0     4001  502",
    },
    Timeline {
        idea: "an acknowledgement seen before its data, as on a mirror port, is one of unseen bytes",
        rows: "
            0    >  A  1001  1000  9001  502
            1    <  A  9001  0     2001  502
            2    <  A  9001  0     3001  502  => ack_lost_segment
            2.1  >  A  2001  1000  9001  502  => retransmission spurious_retransmission",
    },
    Timeline {
        idea: "duplicate acknowledgements repeat window and number; another window is an update",
        rows: "
            0  >  A   1001  1000  9001  502
            1  <  A   9001  0     2001  502
            2  <  A   9001  0     2001  502  => duplicate_ack
            3  <  A   9001  0     2001  600  => window_update
            4  <  A   9001  0     2001  600  => duplicate_ack
            5  <  AP  9001  10    2001  600
            6  <  FA  9011  0     2001  600",
    },
    Timeline {
        idea: "a keep-alive lies one byte below the next, with that byte or without, and is no retransmission",
        rows: "
            0      >  A  1001  1000  9001  502
            1      <  A  9001  0     2001  502
            10001  >  A  2000  0     9001  502  => keep_alive
            10002  <  A  9001  0     2001  502  => keep_alive_ack
            20001  >  A  2000  1     9001  502  => keep_alive
            20002  <  A  9001  0     2001  502  => keep_alive_ack",
    },
    Timeline {
        idea: "a keep-alive that is answered with data has no keep-alive answer",
        rows: "
            0      >  A   1001  1000  9001  502
            1      <  A   9001  0     2001  502
            10001  >  A   2000  0     9001  502  => keep_alive
            10002  <  AP  9001  10    2001  502",
    },
    Timeline {
        idea: "the last byte sent again counts as a keep-alive",
        rows: "
            0    >  AP  1001  1  9001  502
            200  >  AP  1001  1  9001  502  => keep_alive",
    },
    Timeline {
        idea: "a closed window is said of every segment but those that open or end the connection",
        rows: "
            0  >  S   1000  0     0     0
            1  <  SA  9000  0     1001  0
            2  >  A   1001  0     9001  0  => zero_window
            3  >  A   1001  1000  9001  0  => zero_window
            4  <  FA  9001  0     2001  0
            5  <  R   9002  0     0     0",
    },
    Timeline {
        idea: "a byte into a closed window is a probe, and its byte does not count as sent",
        rows: "
            0    >  A  1001  1000  9001  502
            1    <  A  9001  0     2001  0    => zero_window
            200  >  A  2001  1     9001  502  => zero_window_probe
            201  <  A  9001  0     2001  0    => zero_window zero_window_probe_ack
            600  >  A  2001  1     9001  502  => zero_window_probe
            601  <  A  9001  0     2001  0    => zero_window zero_window_probe_ack
            700  <  A  9001  0     2001  502  => window_update
            701  >  A  2001  1000  9001  502",
    },
    Timeline {
        idea: "a probe whose byte is taken is answered by an ordinary acknowledgement",
        rows: "
            0    >  A  1001  1000  9001  502
            1    <  A  9001  0     2001  0    => zero_window
            200  >  A  2001  1     9001  502  => zero_window_probe
            201  <  A  9001  0     2002  502  => ack_lost_segment
            202  >  A  2002  1000  9001  502  => lost_segment",
    },
    Timeline {
        idea: "a window is full when its scaled size is used up to the last byte",
        rows: "
            0    >  S   1000  0     0     64240  ws=0
            1    <  SA  9000  0     1001  65160  ws=2
            2    >  A   1001  0     9001  1000
            3    <  A   9001  0     1001  500    => window_update
            4    >  A   1001  1000  9001  1000
            5    >  A   2001  999   9001  1000
            6    >  A   3000  1     9001  1000   => window_full
            7    >  A   2001  1000  9001  1000   => retransmission window_full",
    },
    Timeline {
        idea: "the window of a SYN is never scaled",
        rows: "
            0  >  S   1000  0     0     64240  ws=7
            1  <  SA  9000  0     1001  1000   ws=7
            2  >  A   1001  0     9001  502
            3  >  A   1001  1000  9001  502    => window_full",
    },
    Timeline {
        idea: "a window scale that one side alone offers is not used",
        rows: "
            0  >  S   1000  0     0     64240  ws=7
            1  <  SA  9000  0     1001  1000
            2  >  A   1001  0     9001  502
            3  <  A   9001  0     1001  500    => window_update
            4  >  A   1001  500   9001  502    => window_full
            5  <  A   9001  502   1501  1000   => window_full",
    },
    Timeline {
        idea: "without the handshake the scale is not known and no window is full",
        rows: "
            0  <  A  9001  0     1001  1000
            1  >  A  1001  1000  9001  502",
    },
    Timeline {
        idea: "a SYN sent again is a retransmission, however soon",
        rows: "
            0     >  S   1000  0  0     64240
            1     >  S   1000  0  0     64240  => retransmission
            1001  >  S   1000  0  0     64240  => retransmission
            1002  <  SA  9000  0  1001  65160
            1003  <  SA  9000  0  1001  65160  => retransmission",
    },
    Timeline {
        idea: "a SYN of another number opens a new stream on reused ports",
        rows: "
            0    >  S   1000  0  0     64240
            1    <  SA  9000  0  1001  65160
            2    >  R   1001  0  0     0
            100  >  S   5000  0  0     64240  => reused_ports
            101  <  SA  7000  0  5001  65160
            102  >  A   5001  0  7001  502",
    },
    Timeline {
        idea: "a SYN from the other side opens a new stream as well",
        rows: "
            0    >  A   1001  10  9001  502
            100  <  S   4000  0   0     64240  => reused_ports
            101  >  SA  7000  0   4001  65160
            102  <  A   4001  0   7001  502",
    },
    Timeline {
        idea: "a SYN/ACK of another number belongs to the stream",
        rows: "
            0    >  S   1000  0  0     64240
            1    <  SA  9000  0  1001  65160
            100  <  SA  9500  0  1001  65160  => lost_segment reused_ports
            101  <  SA  9500  0  1001  65160  => retransmission",
    },
    Timeline {
        idea: "a SYN/ACK seen before its SYN does not make two streams",
        rows: "
            0  <  SA  9000  0  1001  65160
            1  >  S   1000  0  0     64240
            2  >  A   1001  0  9001  502",
    },
    Timeline {
        idea: "a SYN sent again after a stray reset takes the number back to its own",
        rows: "
            0     >  S   1000  0     0     64240
            1     >  R   5000  0     0     0
            1000  >  S   1000  0     0     64240  => retransmission
            1001  <  SA  9000  0     1001  65160
            1002  >  A   1001  1000  9001  502",
    },
    Timeline {
        idea: "a FIN sent again is a retransmission",
        rows: "
            0    >  A   1001  1000  9001  502
            1    >  FA  2001  0     9001  502
            300  >  FA  2001  0     9001  502  => retransmission",
    },
    Timeline {
        idea: "sequence numbers go on at their wrap",
        rows: "
            0    >  A  4294966000  1000  9001  502
            1    >  A  4294967000  1000  9001  502
            2    >  A  704         1000  9001  502
            3    <  A  9001        0     704   502
            250  >  A  704         1000  9001  502  => retransmission
            251  >  A  4294967000  1000  9001  502  => retransmission spurious_retransmission",
    },
    Timeline {
        idea: "a capture that begins in mid-connection begins without a flag",
        rows: "
            0  <  A   7000  1448  50000  1000
            1  >  A   50000 0     8448   502
            2  <  AP  8448  1448  50000  1000
            3  >  A   50000 0     9896   502",
    },
];

/// A row of a timeline.
#[derive(Debug)]
struct Row {
    time_ns: i64,
    direction: Direction,
    tcp: Tcp,
    len: u32,
    expected: Vec<String>,
}

fn rows(timeline: &Timeline) -> Vec<Row> {
    let rows = timeline.rows.lines().map(str::trim).filter(|row| !row.is_empty());
    rows.map(row).collect()
}

fn row(text: &str) -> Row {
    let (segment, expected) = text.split_once("=>").unwrap_or((text, ""));
    let words: Vec<&str> = segment.split_whitespace().collect();
    let number = |i: usize| words[i].parse::<u32>().unwrap();
    let flags = words[2].bytes().map(|letter| match letter {
        b'S' => Tcp::SYN,
        b'A' => Tcp::ACK,
        b'F' => Tcp::FIN,
        b'R' => Tcp::RST,
        b'P' => Tcp::PSH,
        _ => 0,
    });
    let window_scale = words
        .get(7)
        .map(|option| option.strip_prefix("ws=").unwrap().parse().unwrap());
    let mut expected: Vec<String> = expected.split_whitespace().map(str::to_owned).collect();
    expected.sort();
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
            header_len: if window_scale.is_some() { 24 } else { 20 },
            window_scale,
            mss: None,
            timestamps: None,
            sack_blocks: 0,
            sack_permitted: false,
            sack: [(0, 0); 2],
            options_cut: false,
        },
        len: number(4),
        expected,
    }
}

/// The flags that this library gives to each segment of a timeline.
fn ours(rows: &[Row]) -> Vec<Vec<String>> {
    let mut analyser = WiresharkAnalyser::new();
    let mut first = None;
    let segments = rows.iter().map(|row| {
        // Directions are those of the stream, whose a is the endpoint that opened it.
        let mut direction = if *first.get_or_insert(row.direction) == row.direction {
            Direction::Ab
        } else {
            Direction::Ba
        };
        if analyser.opens_new_stream(direction, &row.tcp) {
            analyser = WiresharkAnalyser::on_reused_ports();
            first = Some(row.direction);
            direction = Direction::Ab;
        }
        let flags = analyser.segment(direction, row.time_ns, &row.tcp, row.len);
        sorted(flags.iter().map(|flag| flag.name().to_owned()))
    });
    segments.collect()
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn every_segment_of_the_timelines_carries_the_flags_that_tshark_gives_it() {
    let mut wrong = String::new();
    for timeline in TIMELINES {
        let rows = rows(timeline);
        for (number, (flags, row)) in ours(&rows).iter().zip(&rows).enumerate() {
            if *flags != row.expected {
                writeln!(
                    wrong,
                    "{}: row {}: {flags:?}, not {:?}",
                    timeline.idea,
                    number + 1,
                    row.expected
                )
                .unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// One capture of all timelines, each on a port of its own; frames of raw IPv4.
fn capture() -> Vec<u8> {
    let mut file = Vec::new();
    let header = [0xa1b2_3c4d_u32, 0x0002_0004, 0, 0, 65_535, 101];
    file.extend(header.iter().flat_map(|word| word.to_be_bytes()));
    for (port, timeline) in (2000_u16..).zip(TIMELINES) {
        for row in rows(timeline) {
            let options = row.tcp.window_scale.map_or(Vec::new(), |shift| vec![3, 3, shift, 0]);
            let captured = 40 + options.len() as u32;
            let (ends, ports) = match row.direction {
                Direction::Ab => ([[10, 0, 0, 1], [10, 0, 0, 2]], [port, 80]),
                Direction::Ba => ([[10, 0, 0, 2], [10, 0, 0, 1]], [80, port]),
            };
            for word in [
                (row.time_ns / 1_000_000_000) as u32,
                (row.time_ns % 1_000_000_000) as u32,
                captured,
                captured + row.len,
            ] {
                file.extend(word.to_be_bytes());
            }
            file.extend([0x45, 0]);
            file.extend(((captured + row.len) as u16).to_be_bytes());
            file.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
            file.extend(ends.as_flattened());
            file.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
            file.extend(row.tcp.seq.to_be_bytes());
            file.extend(row.tcp.ack.to_be_bytes());
            file.extend([row.tcp.header_len << 2, row.tcp.flags as u8]);
            file.extend(row.tcp.window.to_be_bytes());
            file.extend([0; 4]);
            file.extend(options);
        }
    }
    file
}

/// Later versions judge some segments otherwise.
fn is_tshark_4_0() -> bool {
    let version = Command::new("tshark").arg("--version").output();
    version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(" 4.0."))
}

#[test]
fn the_expected_flags_are_those_of_the_tshark_that_is_installed() {
    if !is_tshark_4_0() {
        eprintln!("skipped: tshark 4.0 is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("timelines.pcap");
    std::fs::write(&path, capture()).unwrap();
    let names = migqos::measure::tcp::wireshark::Flag::ALL.map(|flag| flag.name());
    let mut command = Command::new("tshark");
    command.args(["-n", "-T", "fields", "-r"]).arg(&path);
    for name in names {
        command.args(["-e", &format!("tcp.analysis.{name}")]);
    }
    let theirs = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let mut theirs = theirs.lines().map(|line| {
        let fields = line.split('\t').zip(names).filter(|(field, _)| !field.is_empty());
        sorted(fields.map(|(_, name)| name.to_owned()))
    });
    let mut wrong = String::new();
    for timeline in TIMELINES {
        for (number, row) in rows(timeline).iter().enumerate() {
            let flags = theirs.next().unwrap();
            if flags != row.expected {
                writeln!(
                    wrong,
                    "{}: row {}: {flags:?}, not {:?}",
                    timeline.idea,
                    number + 1,
                    row.expected
                )
                .unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
