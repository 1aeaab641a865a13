//! Drives reader, decoder, conversations and tracker over a capture, as the engine does.

use std::ops::Range;
use std::path::Path;

use migqos::capture::{Block, Frame, Input, ReadOptions, Reader};
use migqos::flow::duplicates::{DuplicateFinder, Print};
use migqos::flow::table::{Endpoint, FlowKey, FlowTable, Tuple};
use migqos::migration::{Config, Findings, MigrationTracker};
use migqos::packet::{DecodeOptions, Network, Packet, Transport, decode};

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
    run(path, config, |number, snap, _| {
        *snap = cut.snap;
        (cut.keep)(number)
    })
}

/// Feeds a tracker. `change` is asked for each frame, by its number from 0: it may set a snap length, change the
/// packet, or leave the frame out.
fn run(path: &Path, config: Config, change: impl Fn(usize, &mut u32, &mut Packet) -> bool) -> Findings {
    let mut feed = Feed {
        tracker: MigrationTracker::new(config),
        table: FlowTable::default(),
        duplicates: DuplicateFinder::default(),
    };
    let Ok(mut reader) = Reader::open(&Input::from_argument(path), &ReadOptions::default()) else {
        return feed.tracker.finish();
    };
    let mut block = Block::default();
    let mut number = 0;
    while let Ok(Some(next)) = reader.next_block(block) {
        for frame in &next.frames {
            let bytes = next.bytes(frame);
            let mut packet = decode(frame, bytes, DecodeOptions::default());
            let mut snap = u32::MAX;
            if change(number, &mut snap, &mut packet) {
                let kept = bytes.len().min(snap as usize);
                if kept < bytes.len() {
                    let cut = Frame {
                        captured_len: kept as u32,
                        ..*frame
                    };
                    packet = decode(&cut, &bytes[..kept], DecodeOptions::default());
                }
                feed.take(&packet, &bytes[..kept]);
            }
            number += 1;
        }
        block = next;
    }
    feed.tracker.finish()
}

struct Feed {
    tracker: MigrationTracker,
    table: FlowTable,
    duplicates: DuplicateFinder,
}

impl Feed {
    fn take(&mut self, packet: &Packet, bytes: &[u8]) {
        let Some(time_ns) = packet.time_ns else { return };
        let Network::Ip(ip) = &packet.network else {
            self.tracker.other(None, time_ns, packet, &[]);
            return;
        };
        let start = ip.payload_offset as usize;
        let payload = bytes
            .get(start..start + ip.payload_captured as usize)
            .unwrap_or_default();
        let (src_port, dst_port, has_ports) = match ip.transport {
            Transport::Tcp(tcp) => (tcp.src_port, tcp.dst_port, true),
            Transport::Udp { src_port, dst_port } | Transport::Ports { src_port, dst_port } => {
                (src_port, dst_port, true)
            }
            _ => (0, 0, false),
        };
        let place = self.table.place(&FlowKey::of(&Tuple {
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
        }));
        if self.duplicates.is_copy(time_ns, Print::new(ip, payload).mark(&place)) {
            return;
        }
        let direction = place.direction.index();
        match &ip.transport {
            Transport::Tcp(tcp) => {
                self.tracker
                    .segment(place.conversation, direction, time_ns, packet, tcp, payload);
            }
            _ => {
                self.tracker
                    .other(Some((place.conversation, direction)), time_ns, packet, payload);
            }
        }
    }
}

/// What the tracker finds in a file that may be no capture, or a broken one.
pub fn findings_if_readable(path: &Path) -> Findings {
    run(path, Config::default(), |_, _, _| true)
}

/// What the tracker finds where one port is another.
pub fn findings_on_port(path: &Path, from: u16, to: u16) -> Findings {
    findings_of_piece(path, 0..usize::MAX, from, to)
}

/// The same for some of the frames.
pub fn findings_of_piece(path: &Path, frames: Range<usize>, from: u16, to: u16) -> Findings {
    let change = |port: &mut u16| {
        if *port == from {
            *port = to;
        }
    };
    run(path, Config::default(), |number, _, packet| {
        if let Network::Ip(ip) = &mut packet.network
            && let Transport::Tcp(tcp) = &mut ip.transport
        {
            change(&mut tcp.src_port);
            change(&mut tcp.dst_port);
        }
        frames.contains(&number)
    })
}
