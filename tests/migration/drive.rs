//! Drives reader, decoder, conversations and tracker over a capture, as the engine does.

use std::path::{Path, PathBuf};

use migqos::capture::{Block, Frame, Input, ReadOptions, Reader};
use migqos::flow::duplicates::DuplicateFinder;
use migqos::flow::table::{Endpoint, FlowTable, Tuple};
use migqos::migration::{Config, Findings, MigrationTracker};
use migqos::packet::{DecodeOptions, Network, Packet, Transport, decode};

/// The folder of captures that is shared between checkouts; `None` where it is not there.
pub fn shared() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = here
        .ancestors()
        .map(|dir| dir.join("shared"))
        .find(|dir| dir.join("captures/lab").is_dir());
    if found.is_none() {
        println!("skipped: ../shared is not there");
    }
    found
}

/// Frames of a capture that a test lets through.
pub struct Cut<'a> {
    /// Whether the frame of this number (from 0) is let through, and how many of its bytes.
    pub keep: &'a dyn Fn(usize) -> bool,
    /// Bytes captured of each frame.
    pub snap: u32,
}

/// What the tracker finds in a capture.
pub fn findings(path: &Path, config: Config) -> Findings {
    let all = Cut {
        keep: &|_| true,
        snap: u32::MAX,
    };
    findings_of(path, config, &all)
}

/// The same for some of its frames.
pub fn findings_of(path: &Path, config: Config, cut: &Cut<'_>) -> Findings {
    let mut reader = Reader::open(&Input::from_argument(path), &ReadOptions::default()).unwrap();
    let mut table = FlowTable::default();
    let mut duplicates = DuplicateFinder::default();
    let mut tracker = MigrationTracker::new(config);
    let mut block = Block::default();
    let mut number = 0;
    while let Some(next) = reader.next_block(block).unwrap() {
        for frame in &next.frames {
            if (cut.keep)(number) {
                let bytes = next.bytes(frame);
                let kept = bytes.len().min(cut.snap as usize);
                let frame = Frame {
                    captured_len: kept as u32,
                    ..*frame
                };
                take(&mut tracker, &mut table, &mut duplicates, &frame, &bytes[..kept]);
            }
            number += 1;
        }
        block = next;
    }
    tracker.finish()
}

fn take(
    tracker: &mut MigrationTracker,
    table: &mut FlowTable,
    duplicates: &mut DuplicateFinder,
    frame: &Frame,
    bytes: &[u8],
) {
    let packet: Packet = decode(frame, bytes, DecodeOptions::default());
    let Some(time_ns) = packet.time_ns else { return };
    let Network::Ip(ip) = &packet.network else {
        tracker.other(None, time_ns, &packet, &[]);
        return;
    };
    let start = ip.payload_offset as usize;
    let payload = bytes
        .get(start..start + ip.payload_captured as usize)
        .unwrap_or_default();
    if duplicates.is_duplicate(time_ns, ip, payload) {
        return;
    }
    let (src_port, dst_port, has_ports) = match ip.transport {
        Transport::Tcp(tcp) => (tcp.src_port, tcp.dst_port, true),
        Transport::Udp { src_port, dst_port } | Transport::Ports { src_port, dst_port } => (src_port, dst_port, true),
        _ => (0, 0, false),
    };
    let place = table.place(&Tuple {
        protocol: ip.protocol,
        has_ports,
        src: Endpoint {
            address: ip.src,
            port: src_port,
        },
        dst: Endpoint {
            address: ip.dst,
            port: dst_port,
        },
    });
    let direction = place.direction.index();
    match &ip.transport {
        Transport::Tcp(tcp) => {
            tracker.segment(place.conversation, direction, time_ns, &packet, tcp, payload);
        }
        _ => tracker.other(Some((place.conversation, direction)), time_ns, &packet, payload),
    }
}
