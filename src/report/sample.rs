//! A made-up run with realistic numbers, that the renderers' tests print.

mod moves;

use crate::capture::{Compression, FileFormat, Interface, LinkType};
use crate::figure::Figure::{self, Absent, Value};
use crate::figure::Reason;
use crate::grade::{Figures, Grader, Profile};
use crate::options::AnalysisOptions;
use crate::report::document::{Document, Picture, PictureKind};
use crate::report::locale::Style;
use crate::summary::{
    CaptureProperties, ChosenBy, ConversationRow, EchoRow, FlowRow, Inspection, Method, Metrics, Nodes, Percentiles,
    RtpRow, RttFigures, Second, Selection, ServiceSummary, Span, SpanOf, Standard, Summary, TcpDirection, TcpSummary,
    Warning, Wireshark,
};

pub(crate) use moves::moves;

/// 2026-11-20 14:42:00 UTC.
const START_NS: i64 = 1_795_185_720_000_000_000;

pub(crate) fn capture() -> CaptureProperties {
    CaptureProperties {
        path: "runs/game|01/src capture.pcapng.gz".to_owned(),
        title: None,
        format: FileFormat::Pcapng,
        compression: Some(Compression::Gzip),
        packets: 61_234,
        captured_bytes: 7_654_250,
        wire_bytes: 238_412_907,
        start_ns: Some(START_NS),
        first_ns: Some(START_NS),
        last_ns: Some(START_NS + 31_204_112_345),
        truncated_packets: 52_101,
        out_of_order_packets: 3,
        duplicate_packets: 0,
        super_frames: 4_211,
        unknown_link_packets: 0,
        interfaces: vec![Interface {
            link_type: LinkType::ETHERNET,
            snaplen: 128,
            ticks_per_second: 1_000_000_000,
            offset_s: 0,
            dropped: Some(0),
            name: Some("ens18".to_owned()),
        }],
    }
}

fn rtt(samples: u64, mean: f64) -> RttFigures {
    RttFigures {
        samples,
        min: Value(mean / 4.0),
        mean: Value(mean),
        median: Value(mean * 0.9),
        p95: Value(mean * 2.5),
        max: Value(mean * 12.5),
    }
}

fn metrics(of: SpanOf, start_s: f64, end_s: f64) -> Metrics {
    Metrics {
        span: Span { of, start_s, end_s },
        standard: Standard {
            throughput_bps: Value(403_694_930.0),
            wire_throughput_bps: Value(405_112_001.5),
            goodput_bps: Value(391_250_000.0),
            throughput_spread_bps: [Value(1.2e6), Value(398e6), Value(612e6), Value(934.5e6)],
            loss_pct: Value(0.123_456),
            loss_upstream_pct: Value(0.0),
            loss_downstream_pct: Value(0.123_456),
            delay_ms: Value(2.104_25),
            jitter_ms: Value(0.340_2),
            rtt_ms: Value(4.208_5),
            rtt_halves_ms: [Value(4.1), Value(0.108_5)],
            rtt_data_ack: rtt(18_214, 4.208_5),
            rtt_timestamps: rtt(18_020, 4.4),
            delay_ms_percentiles: Percentiles {
                p50: Value(1.9),
                p95: Value(5.25),
                p99: Value(9.75),
                p999: Value(24.5),
            },
            pdv_ms: Value(23.98),
            capture_missing_bytes: 4_344,
            spurious_bytes: 1_448,
            delay_method: Some(Method::TcpDataAck),
            jitter_method: Some(Method::TcpRttVariation),
            loss_method: Some(Method::TcpRetransmission),
            ip_bytes: 230_112_345,
            packets: 41_222,
            active_s: 30.91,
        },
        wireshark: Wireshark {
            throughput_bps: Value(410_002_000.0),
            loss_pct: Value(0.041),
            delay_ms: Value(0.509_1),
            jitter_ms: Value(0.622),
            packets: 60_988,
            lost_segments: 25,
        },
    }
}

/// Second `n`: a quiet one, one without traffic, or a busy one.
fn second(n: i64, grader: &Grader<'_>) -> Second {
    let wave = (n % 7) as f64;
    let absent = Absent(Reason::NoPackets);
    let (bps, loss, jitter, delay): (f64, Figure, Figure, Figure) = match n {
        17 => (0.0, absent, absent, absent),
        18 => (250_000.0, Value(31.25), Value(240.5), Value(512.0)),
        3 => (180e6, Value(4.5), Value(80.0), Value(160.0)),
        _ => (
            380e6 + wave * 12.5e6,
            Value(wave / 100.0),
            Value(0.3 + wave / 50.0),
            Value(2.0 + wave / 10.0),
        ),
    };
    let mut second = Second {
        start_ns: n * 1_000_000_000,
        packets: (bps / 8.0 / 5_600.0) as u64,
        wire_bytes: (bps / 8.0 * 1.004) as u64,
        ip_bytes: (bps / 8.0) as u64,
        throughput_bps: Value(bps),
        goodput_bps: Value(bps * 0.97),
        loss_pct: loss,
        jitter_ms: jitter,
        delay_ms: delay,
        index: None,
    };
    second.index = grader.mean_index(&Figures::from(&second));
    second
}

pub(crate) fn summary(seconds: i64) -> Summary {
    let profile = Profile::named("tiphon").unwrap();
    let grader = Grader::new(&profile, "1Gbit".parse().ok());
    Summary {
        capture: capture(),
        target_capture: None,
        nodes: Nodes {
            source: vec!["10.132.6.126".to_owned()],
            target: vec!["10.132.4.16".to_owned(), "fd00::4:16".to_owned()],
            chosen_by: ChosenBy::Port,
            runner_up: Some(("10.132.6.126 <-> 10.132.4.50".to_owned(), 8_123_456)),
        },
        selection: Selection {
            packets: 60_988,
            wire_bytes: 237_001_122,
            conversations: 2,
            left_out_packets: 246,
            left_out_bytes: 1_411_785,
            largest_left_out: vec![("udp 10.132.6.126:5405 <-> 10.132.4.50:5405".to_owned(), 1_204_112)],
            display_filter: "ip.addr == 10.132.6.126 && (ip.addr == 10.132.4.16 || ipv6.addr == fd00::4:16)".to_owned(),
        },
        metrics: metrics(SpanOf::Migration, 0.29, 31.2),
        metrics_capture: Some(metrics(SpanOf::Capture, 0.0, 31.204_112_345)),
        seconds: (0..seconds).map(|n| second(n, &grader)).collect(),
        interval_ns: 1_000_000_000,
        flows: vec![
            FlowRow {
                protocol: "tcp".to_owned(),
                source: "10.132.6.126:40112".to_owned(),
                target: "10.132.4.16:60000".to_owned(),
                start_s: 0.29,
                duration_s: 30.91,
                packets: [41_200, 19_700],
                wire_bytes: [235_900_000, 1_090_000],
                payload_bytes: [229_000_000, 1_204],
                loss_pct: Value(0.1235),
                rtt_ms: Value(4.2085),
                role: Some("qemu-main".to_owned()),
            },
            FlowRow {
                protocol: "icmpv6".to_owned(),
                source: "fd00:1234:5678:9abc:def0:1234:5678:6126".to_owned(),
                target: "fd00:1234:5678:9abc:def0:1234:5678:9416".to_owned(),
                start_s: 12.5,
                duration_s: 0.0,
                packets: [22, 66],
                wire_bytes: [2_200, 8_922],
                payload_bytes: [0, 0],
                loss_pct: Absent(Reason::NothingToLose),
                rtt_ms: Absent(Reason::NoRttSamples),
                role: None,
            },
        ],
        delay_buckets_ns: vec![(1_000_000, 2_000_000, 9_000), (2_000_000, 4_000_000, 9_214)],
        log: Err(Reason::NoLog),
        warnings: vec![
            Warning::new(
                "super_frames",
                "{count} frames are longer than the link's MTU: offload joined several segments into one frame",
                vec![("count", "4211".to_owned())],
            ),
            Warning::new(
                "made_up",
                "a_warning with *marks* | and <angles> in {file}, see --source",
                vec![("file", "x_y_z".to_owned())],
            ),
        ],
    }
}

/// The machine's traffic from second 25 on.
fn service() -> ServiceSummary {
    let profile = Profile::named("tiphon").unwrap();
    let grader = Grader::new(&profile, "1Gbit".parse().ok());
    let of = |start_s, end_s| metrics(SpanOf::Capture, start_s, end_s);
    ServiceSummary {
        vm: [10, 132, 5, 100].into(),
        client: [10, 132, 4, 50].into(),
        metrics: of(0.0, 31.9),
        before: Err(Reason::NoPackets),
        during: Ok(of(25.0, 31.0)),
        after: Ok(of(31.31, 31.9)),
        seconds: (25..32).map(|n| second(n, &grader)).collect(),
    }
}

pub(crate) fn inspection() -> Inspection {
    let direction = |n: u64| TcpDirection {
        payload_bytes: 1_000_000 * n,
        unique_bytes: 990_000 * n,
        retransmitted_segments: 7 * n,
        retransmitted_bytes: 10_136 * n,
        out_of_order_segments: n,
        window_probes: 2 * n,
        rtt: rtt(1_234, 4.2),
        ambiguous_acks: 4 * n,
        post_loss_acks: 3 * n,
    };
    let names = [
        "retransmission",
        "fast_retransmission",
        "spurious_retransmission",
        "out_of_order",
        "lost_segment",
        "ack_lost_segment",
        "duplicate_ack",
        "keep_alive",
        "keep_alive_ack",
        "zero_window",
        "window_full",
        "window_update",
        "zero_window_probe",
        "zero_window_probe_ack",
        "reused_ports",
    ];
    Inspection {
        capture: capture(),
        conversations: vec![
            ConversationRow {
                protocol: "tcp".to_owned(),
                a: "10.132.6.126:40112".to_owned(),
                b: "10.132.4.16:60000".to_owned(),
                start_s: 0.29,
                duration_s: 30.91,
                packets_ab: 41_200,
                bytes_ab: 235_900_000,
                packets_ba: 19_700,
                bytes_ba: 1_090_000,
                tcp: Some(TcpSummary {
                    flags: names
                        .iter()
                        .enumerate()
                        .map(|(i, n)| (*n, (i as u64 * 7) % 5))
                        .collect(),
                    ab: direction(3),
                    ba: TcpDirection {
                        rtt: RttFigures {
                            samples: 0,
                            min: Absent(Reason::NoRttSamples),
                            mean: Absent(Reason::NoRttSamples),
                            median: Absent(Reason::NoRttSamples),
                            p95: Absent(Reason::NoRttSamples),
                            max: Absent(Reason::NoRttSamples),
                        },
                        ..direction(0)
                    },
                }),
            },
            ConversationRow {
                protocol: "udp".to_owned(),
                a: "[fd00:1234:5678:9abc:def0:1234:5678:6126]:5405".to_owned(),
                b: "[fd00:1234:5678:9abc:def0:1234:5678:9416]:5405".to_owned(),
                start_s: 1.5,
                duration_s: 28.0,
                packets_ab: 123,
                bytes_ab: 45_678,
                packets_ba: 0,
                bytes_ba: 0,
                tcp: None,
            },
        ],
        rtp_streams: vec![RtpRow {
            src: "10.132.5.100:5004".to_owned(),
            dst: "10.132.4.50:5004".to_owned(),
            ssrc: 0xdead_beef,
            payload_type: 96,
            packets: 1_490,
            expected: 1_500,
            lost: 10,
            jitter_mean_ms: Value(0.52),
            jitter_max_ms: Value(12.3),
            max_delta_ms: Value(402.1),
        }],
        seconds: vec![(0, 2_000, 8_000_000), (1_000_000_000, 0, 0), (2_000_000_000, 12, 1_234)],
        echo: vec![EchoRow {
            kind: "icmp",
            client: "10.132.4.50".to_owned(),
            server: "10.132.5.100".to_owned(),
            sent: 1_500,
            lost: 21,
            rtt_mean_ms: Value(1.25),
            rtt_min_ms: Value(0.31),
            rtt_max_ms: Value(88.0),
            longest_gap_ms: Value(420.0),
        }],
        warnings: Vec::new(),
    }
}

/// Hands the document of [`summary`] with so many seconds to `test`.
pub(crate) fn with_document<T>(seconds: i64, style: &Style, test: impl FnOnce(&Document<'_>) -> T) -> T {
    let profile = Profile::named("tiphon").unwrap();
    let grader = Grader::new(&profile, "1Gbit".parse().ok());
    test(&Document {
        summary: &summary(seconds),
        moves: &moves(),
        service: Some(&service()),
        options: &AnalysisOptions::default(),
        grader: &grader,
        style,
        command: "migqos analyze \"runs/game|01/src capture.pcapng.gz\" --link-capacity 1Gbit",
        pictures: &[
            Picture {
                kind: PictureKind::Timeline,
                file: "timeline.png".to_owned(),
            },
            Picture {
                kind: PictureKind::DelayDistribution,
                file: "delay.png".to_owned(),
            },
            Picture {
                kind: PictureKind::Service,
                file: "service.png".to_owned(),
            },
        ],
    })
}
