//! What `inspect` says of each direction of a conversation, held against tcptrace 6.6.7: its answers on public
//! captures, and the outputs that its own regression suite expects.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use migqos::analysis;
use migqos::capture::Input;
use migqos::figure::Figure;
use migqos::options::AnalysisOptions;
use migqos::progress::Silent;
use migqos::summary::TcpDirection;

#[path = "support/shared.rs"]
mod location;

use location::shared;

/// Figures that are counted.
const COUNTS: [&str; 8] = [
    "payload bytes",
    "unique bytes",
    "retransmitted segments",
    "retransmitted bytes",
    "out-of-order segments",
    "rtt samples",
    "ambiguous acks",
    "post-loss acks",
];
/// Figures in milliseconds.
const TIMES: [&str; 3] = ["rtt min", "rtt mean", "rtt max"];

/// tcptrace prints tenths of a millisecond.
const PRINTED_MS: f64 = 0.05 + 1e-9;

/// One direction; `None` where the truth does not say.
#[derive(Debug, Clone, Copy, Default)]
struct Answer {
    counts: [Option<u64>; COUNTS.len()],
    times_ms: [Option<f64>; TIMES.len()],
}

impl Answer {
    fn ours(direction: &TcpDirection) -> Self {
        let rtt = &direction.rtt;
        // tcptrace prints 0 where there is no sample.
        let ms = |figure: Figure| Some(figure.value().unwrap_or(0.0));
        // Its mean comes out as if there were a ten-thousandth of a sample more.
        let share = rtt.samples as f64 / (rtt.samples as f64 + 0.0001);
        let mean = ms(rtt.mean).map(|mean| mean * share);
        let counts = [
            direction.payload_bytes,
            direction.unique_bytes,
            direction.retransmitted_segments,
            direction.retransmitted_bytes,
            direction.out_of_order_segments,
            rtt.samples,
            direction.ambiguous_acks,
            direction.post_loss_acks,
        ];
        Self {
            counts: counts.map(Some),
            times_ms: [ms(rtt.min), mean, ms(rtt.max)],
        }
    }

    /// The figures that the truth gives, and whether they are the same here.
    fn compare(&self, truth: &Self) -> Vec<(&'static str, bool)> {
        let counts = COUNTS.into_iter().zip(self.counts.iter().zip(truth.counts));
        let counts = counts.filter_map(|(name, (ours, theirs))| Some((name, ours.as_ref() == Some(&theirs?))));
        let times = TIMES.into_iter().zip(self.times_ms.iter().zip(truth.times_ms));
        let times = times.filter_map(|(name, (ours, theirs))| Some((name, (*ours)?, theirs?)));
        counts
            .chain(times.map(|(name, ours, theirs)| (name, (ours - theirs).abs() <= PRINTED_MS)))
            .collect()
    }
}

/// The endpoints, lower one first, and how many earlier conversations they had.
type Key = ([SocketAddr; 2], usize);

#[derive(Default)]
struct Keys(HashMap<[SocketAddr; 2], usize>);

impl Keys {
    fn next(&mut self, a: SocketAddr, b: SocketAddr) -> Key {
        let ends = [a.min(b), a.max(b)];
        let earlier = self.0.entry(ends).or_insert(0);
        *earlier += 1;
        (ends, *earlier - 1)
    }
}

/// Each direction of each conversation by its sender.
type Answers = HashMap<(Key, SocketAddr), Answer>;

fn ours(path: &Path, decapsulate: bool) -> Answers {
    let options = AnalysisOptions {
        decapsulate,
        ..AnalysisOptions::default()
    };
    let (inspection, _) = analysis::inspect(&Input::from_argument(path), &options, &Silent).unwrap();
    let mut keys = Keys::default();
    let mut answers = Answers::new();
    for row in &inspection.conversations {
        if let Some(tcp) = &row.tcp {
            let (a, b) = (row.a.parse().unwrap(), row.b.parse().unwrap());
            let key = keys.next(a, b);
            answers.insert((key, a), Answer::ours(&tcp.ab));
            answers.insert((key, b), Answer::ours(&tcp.ba));
        }
    }
    answers
}

/// How many directions were compared in each figure, and in how many it was the same.
#[derive(Default)]
struct Agreement(BTreeMap<&'static str, (usize, usize)>);

impl Agreement {
    /// True where every figure is the same.
    fn add(&mut self, ours: &Answer, truth: &Answer) -> bool {
        let figures = ours.compare(truth);
        for (name, same) in &figures {
            let (all, exact) = self.0.entry(name).or_default();
            *all += 1;
            *exact += usize::from(*same);
        }
        figures.iter().all(|(_, same)| *same)
    }

    fn exact(&self, name: &str) -> (usize, usize) {
        self.0.get(name).copied().unwrap_or_default()
    }
}

/// Captures in which a direction may differ, why (docs/TCPTRACE.md has the reasons at length), and how many do.
const DIFFERING: [(&str, &str, usize); 8] = [
    (
        "filecontainer-smb.pcap",
        "a sample of 0 makes tcptrace forget the minimum",
        1,
    ),
    ("psc.fddi.dmp.gz", "a sample of 0 makes tcptrace forget the minimum", 1),
    (
        "tls-subjectaltname/input.pcap",
        "tcptrace takes what follows a reset for a new connection, from the SYN/ACK on",
        18,
    ),
    (
        "wireshark_samples-test.pcapng",
        "tcptrace begins a new connection after four minutes of silence",
        1,
    ),
    (
        "test2.replay_unique_ip",
        "the file counts more than a million microseconds to a second",
        28,
    ),
    (
        "mail_sender_attachment.pcapng",
        "tcptrace skips packets with an IP length of 0",
        2,
    ),
    ("cisco-fabric-path.pcap", "tcptrace does not see every other frame", 8),
    (
        "yandex_direct.pcapng",
        "tcptrace reads nanoseconds as microseconds, in which two segments are at the same time",
        1,
    ),
];

/// The same for a capture that was damaged on purpose.
const DAMAGED: [(&str, usize); 1] = [("reasm_crash_anon.pcapng", 1)];

#[test]
fn shared_directions_of_public_captures_have_the_figures_that_tcptrace_prints() {
    let Some(corpus) = shared("corpus") else { return };
    let text = std::fs::read_to_string(corpus.join("truth/tcp.tsv")).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let column: HashMap<&str, usize> = header.iter().enumerate().map(|(i, name)| (*name, i)).collect();
    let mut files: BTreeMap<&str, Vec<Vec<&str>>> = BTreeMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        files.entry(cells[column["file"]]).or_default().push(cells);
    }
    let mut agreement = Agreement::default();
    let mut differing: BTreeMap<&str, usize> = BTreeMap::new();
    let mut directions = 0;
    for (file, rows) in files {
        let ours = ours(&corpus.join("accuracy").join(file), true);
        let mut keys = Keys::default();
        let mut streams: HashMap<&str, Key> = HashMap::new();
        for row in rows {
            let cell = |name: &str| row[column[name]];
            let end = |name: &str| {
                let (address, port) = cell(name).split_once('|').unwrap();
                SocketAddr::new(address.parse::<IpAddr>().unwrap(), port.parse().unwrap())
            };
            let (src, dst) = (end("src"), end("dst"));
            let key = *streams.entry(cell("stream")).or_insert_with(|| keys.next(src, dst));
            if cell("tt_packets").is_empty() {
                continue;
            }
            let number = |name: &str| Some(cell(name).parse::<f64>().unwrap());
            let count = |name: &str| number(name).map(|number| number as u64);
            let truth = Answer {
                counts: [
                    None,
                    None,
                    count("tt_rexmt_pkts"),
                    count("tt_rexmt_bytes"),
                    count("tt_outoforder"),
                    count("tt_rtt_n"),
                    None,
                    None,
                ],
                times_ms: ["tt_rtt_min_ms", "tt_rtt_avg_ms", "tt_rtt_max_ms"].map(number),
            };
            let answer = ours.get(&(key, src)).copied().unwrap_or_default();
            directions += 1;
            if !agreement.add(&answer, &truth) {
                eprintln!("{file} {src} -> {dst} #{}: {answer:?} theirs {truth:?}", key.1);
                let known = DIFFERING.iter().map(|(name, _, _)| *name);
                let damaged = DAMAGED.iter().map(|(name, _)| *name);
                let name = known
                    .chain(damaged)
                    .find(|name| file.ends_with(name))
                    .unwrap_or("others");
                *differing.entry(name).or_default() += 1;
            }
        }
    }
    assert_eq!(directions, 3702);
    // Of 3,702 directions.
    for (name, at_least) in [
        ("retransmitted segments", 3690),
        ("retransmitted bytes", 3690),
        ("out-of-order segments", 3700),
        ("rtt samples", 3668),
        ("rtt min", 3658),
        ("rtt mean", 3658),
        ("rtt max", 3660),
    ] {
        let (all, exact) = agreement.exact(name);
        println!("{name}: {exact} of {all} exact");
        assert!(all == directions && exact >= at_least, "{name}: {exact} of {all}");
    }
    let known = DIFFERING.iter().map(|&(name, _, count)| (name, count));
    let known: BTreeMap<&str, usize> = known.chain(DAMAGED).collect();
    for (name, count) in differing {
        let at_most = known.get(name).copied().unwrap_or(0);
        assert!(count <= at_most, "{name}: {count} directions differ, not {at_most}");
    }
}

/// The connections of an expected output: their ends as printed, and both directions' figures.
fn expected_connections(text: &str) -> Vec<([String; 2], [Answer; 2])> {
    let blocks = text.split("TCP connection ").filter(|block| block.contains("\thost "));
    blocks
        .map(|block| {
            let mut ends = block.lines().filter_map(|line| {
                let (_, end) = line.trim().strip_prefix("host ")?.split_once(':')?;
                Some(end.trim().to_owned())
            });
            let ends = [ends.next().unwrap(), ends.next().unwrap()];
            // `label: value unit  label: value unit`, first a to b, then back.
            let both = |label: &str| {
                let line = block.lines().find(|line| line.trim_start().starts_with(label))?;
                let mut values = line.split(label).skip(1).map(|rest| {
                    let word = rest.split_whitespace().next();
                    word.and_then(|word| word.parse::<f64>().ok())
                });
                Some([values.next()??, values.next()??])
            };
            let answer = |at: usize| {
                let count = |label: &str| both(label).map(|values| values[at] as u64);
                Answer {
                    counts: [
                        "actual data bytes:",
                        "unique bytes sent:",
                        "rexmt data pkts:",
                        "rexmt data bytes:",
                        "outoforder pkts:",
                        "RTT samples:",
                        "ambiguous acks:",
                        "post-loss acks:",
                    ]
                    .map(count),
                    times_ms: ["RTT min:", "RTT avg:", "RTT max:"].map(|label| both(label).map(|values| values[at])),
                }
            };
            (ends, [answer(0), answer(1)])
        })
        .collect()
}

#[test]
fn shared_the_regression_suite_of_tcptrace_has_the_answers_that_it_expects() {
    let Some(corpus) = shared("corpus") else { return };
    let mut agreement = Agreement::default();
    let mut directions = 0;
    let mut differing = Vec::new();
    let mut outputs: Vec<PathBuf> = std::fs::read_dir(corpus.join("truth/tcptrace_bench"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    outputs.sort();
    for output in outputs {
        let capture = output.file_name().unwrap().to_str().unwrap().strip_suffix(".long");
        let Some(capture) = capture.map(|name| corpus.join("accuracy/blitz+tcptrace/input").join(name)) else {
            continue;
        };
        // snoop, netm, EtherPeek and ERF are not read.
        if !capture.is_file() {
            continue;
        }
        let ours = ours(&capture, false);
        let text = String::from_utf8_lossy(&std::fs::read(&output).unwrap()).into_owned();
        let mut keys = Keys::default();
        for (ends, answers) in expected_connections(&text) {
            let [a, b] = ends.map(|end| end.parse::<SocketAddr>().unwrap());
            let key = keys.next(a, b);
            for (src, truth) in [a, b].into_iter().zip(answers) {
                let answer = ours.get(&(key, src)).copied().unwrap_or_default();
                directions += 1;
                if !agreement.add(&answer, &truth) {
                    eprintln!("{} {src}: {answer:?} theirs {truth:?}", capture.display());
                    differing.push(format!("{} {src}", capture.file_name().unwrap().display()));
                }
            }
        }
    }
    for (name, (all, exact)) in &agreement.0 {
        println!("{name}: {exact} of {all} exact");
    }
    // The clock of this capture ticks in milliseconds: some samples are 0, and tcptrace's minimum is of those after.
    assert_eq!(differing, ["psc.fddi.dmp.gz 128.182.61.120:1066"]);
    assert_eq!(directions, 208);
    for name in COUNTS.into_iter().chain(TIMES) {
        // Ambiguous acknowledgements are printed for a connection that has some.
        let at_least = if name == "ambiguous acks" { 20 } else { directions };
        assert!(agreement.exact(name).0 >= at_least, "{name}: {:?}", agreement.0);
    }
}
