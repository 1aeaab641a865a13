//! Kinds of migrations that the lab does not hold, and transfers that only look like one, made frame by frame.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use migqos::figure::{Figure, Reason};
use migqos::migration::{Config, Findings, Kind, MigrationTracker, Outcome, PhaseName};
use migqos::packet::{Arp, Ip, LengthSource, Mac, Network, Packet, Tcp, Transport};

const MS: i64 = 1_000_000;
const SOURCE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const TARGET: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));
const VM: Mac = Mac([2, 0, 0, 0, 0, 7]);
const OTHER_VM: Mac = Mac([2, 0, 0, 0, 0, 8]);
const MIB: usize = 1 << 20;

/// A network that is watched.
struct Scene {
    tracker: MigrationTracker,
    now: i64,
    conversations: u32,
}

/// A connection; direction 0 is its opener's.
struct Line {
    conversation: u32,
    ends: [SocketAddr; 2],
    next: [u32; 2],
}

impl Scene {
    fn new() -> Self {
        Self {
            tracker: MigrationTracker::new(Config::default()),
            now: 1_700_000_000_000_000_000,
            conversations: 0,
        }
    }

    fn wait(&mut self, ms: i64) {
        self.now += ms * MS;
    }

    fn frame(&mut self, line: &Line, direction: usize, flags: u16, payload: &[u8], len: usize) {
        let [from, to] = if direction == 0 {
            line.ends
        } else {
            [line.ends[1], line.ends[0]]
        };
        let tcp = Tcp {
            src_port: from.port(),
            dst_port: to.port(),
            seq: line.next[direction],
            ack: line.next[1 - direction],
            flags,
            window: 65535,
            header_len: 20,
            window_scale: None,
            mss: None,
            timestamps: None,
            sack_blocks: 0,
            sack_permitted: false,
            sack: [(0, 0); 2],
            options_cut: false,
        };
        let packet = self.packet(from.ip(), to.ip(), 6, Transport::Tcp(tcp), len, payload.len());
        self.tracker
            .segment(line.conversation, direction, self.now, &packet, &tcp, payload);
        self.now += 1000;
    }

    fn packet(
        &self,
        src: IpAddr,
        dst: IpAddr,
        protocol: u8,
        transport: Transport,
        len: usize,
        captured: usize,
    ) -> Packet {
        Packet {
            time_ns: Some(self.now),
            wire_len: len as u32 + 54,
            captured_len: captured as u32 + 54,
            interface: 0,
            src_mac: Some(Mac([2, 0, 0, 0, 1, 1])),
            dst_mac: Some(Mac([2, 0, 0, 0, 1, 2])),
            network: Network::Ip(Ip {
                src,
                dst,
                protocol,
                ttl: 64,
                identification: None,
                total_len: len as u32 + 40,
                length_source: LengthSource::Header,
                fragment: None,
                transport,
                payload_len: len as u32,
                payload_offset: 54,
                payload_captured: captured as u32,
            }),
        }
    }

    /// A connection from the source to a port of the target.
    fn open(&mut self, port: u16) -> Line {
        let conversation = self.conversations;
        self.conversations += 1;
        let mut line = Line {
            conversation,
            ends: [
                SocketAddr::new(SOURCE, 40_000 + conversation as u16),
                SocketAddr::new(TARGET, port),
            ],
            next: [u32::MAX - 5, 7000],
        };
        self.shake_hands(&mut line);
        line
    }

    fn shake_hands(&mut self, line: &mut Line) {
        self.frame(line, 0, Tcp::SYN, &[], 0);
        line.next[0] = line.next[0].wrapping_add(1);
        self.frame(line, 1, Tcp::SYN | Tcp::ACK, &[], 0);
        line.next[1] = line.next[1].wrapping_add(1);
        self.frame(line, 0, Tcp::ACK, &[], 0);
    }

    /// Sends `bytes`, of which all is captured.
    fn send(&mut self, line: &mut Line, direction: usize, bytes: &[u8]) {
        for part in bytes.chunks(1448) {
            self.send_cut(line, direction, part, part.len());
        }
    }

    /// Sends a segment of `len` bytes, of which `captured` were kept.
    fn send_cut(&mut self, line: &mut Line, direction: usize, captured: &[u8], len: usize) {
        self.frame(line, direction, Tcp::ACK | Tcp::PSH, captured, len);
        line.next[direction] = line.next[direction].wrapping_add(len as u32);
        self.frame(line, 1 - direction, Tcp::ACK, &[], 0);
    }

    /// Sends bulk that begins with `head`, in segments of which 60 bytes are kept.
    fn bulk(&mut self, line: &mut Line, direction: usize, head: &[u8], len: usize) {
        let mut first = head.to_vec();
        first.resize(60, 0x9c);
        let mut sent = 0;
        while sent < len {
            let captured = if sent == 0 { &first[..] } else { &[0x9c; 60] };
            self.send_cut(line, direction, captured, 1448);
            self.now += 10_000;
            sent += 1448;
        }
    }

    fn close(&mut self, line: &mut Line) {
        for direction in 0..2 {
            self.frame(line, direction, Tcp::FIN | Tcp::ACK, &[], 0);
            line.next[direction] = line.next[direction].wrapping_add(1);
        }
        self.frame(line, 0, Tcp::ACK, &[], 0);
    }

    fn arp(&mut self, arp: Arp) {
        let mut packet = self.packet(SOURCE, TARGET, 0, Transport::Other, 0, 0);
        packet.network = Network::Arp(arp);
        packet.dst_mac = Some(Mac([0xff; 6]));
        self.tracker.other(None, self.now, &packet, &[]);
    }

    fn announce(&mut self, mac: Mac) {
        self.arp(Arp {
            reverse: true,
            operation: 3,
            sender_mac: mac,
            sender_ip: [0; 4],
            target_mac: mac,
            target_ip: [0; 4],
        });
    }

    /// Any ARP: the capture would hold announcements too.
    fn chatter(&mut self) {
        self.arp(Arp {
            reverse: false,
            operation: 1,
            sender_mac: Mac([2, 0, 0, 0, 1, 1]),
            sender_ip: [10, 0, 0, 1],
            target_mac: Mac::default(),
            target_ip: [10, 0, 0, 2],
        });
    }

    fn end(mut self) -> Findings {
        self.wait(5000);
        self.chatter();
        self.tracker.finish()
    }

    /// Ends a capture that holds nothing but the connections.
    fn end_without_arp(self) -> Findings {
        self.tracker.finish()
    }
}

fn page(address: u64, content: u8) -> Vec<u8> {
    [(address | 0x28).to_be_bytes().to_vec(), vec![content; 4096]].concat()
}

fn named_page(address: u64, content: u8) -> Vec<u8> {
    [
        (address | 0x08).to_be_bytes().to_vec(),
        b"\x03ram".to_vec(),
        vec![content; 4096],
    ]
    .concat()
}

const END_OF_PAGES: &[u8] = &[0, 0, 0, 0, 0, 0, 0, 0x10, 0x7e, 0, 0, 0, 2];

/// The stream's head: one block of 16 MiB.
fn head() -> Vec<u8> {
    [
        b"QEVM\0\0\0\x03\x07\0\0\0\x02pc\x01\0\0\0\x02\x03ram\0\0\0\0\0\0\0\x04".to_vec(),
        (0x100_0000_u64 | 4).to_be_bytes().to_vec(),
        b"\x03ram\0\0\0\0\x01\0\0\0".to_vec(),
        END_OF_PAGES.to_vec(),
    ]
    .concat()
}

fn precopy() -> Vec<u8> {
    let mut stream = head();
    stream.extend_from_slice(b"\x02\0\0\0\x02");
    stream.extend_from_slice(&named_page(0, 1));
    for number in 1..200 {
        stream.extend_from_slice(&page(number * 4096, 2));
    }
    stream.extend_from_slice(END_OF_PAGES);
    stream
}

/// The memory's end part, a device, the end mark and the description.
fn last_stage() -> Vec<u8> {
    [
        b"\x03\0\0\0\x02".to_vec(),
        named_page(4096, 3),
        END_OF_PAGES.to_vec(),
        b"\x04\0\0\0\x05\x05timer\0\0\0\0\0\0\0\x02state\x7e\0\0\0\x05\0\x06\0\0\0\x02{}".to_vec(),
    ]
    .concat()
}

fn value(figure: Figure) -> f64 {
    figure.value().unwrap_or_else(|| panic!("{figure:?}"))
}

#[test]
fn libvirts_port_and_a_whole_stream_give_every_figure_without_any_arp() {
    let mut scene = Scene::new();
    let start = scene.now;
    let mut line = scene.open(49_153);
    scene.send(&mut line, 0, &precopy());
    scene.wait(100);
    let stop = scene.now;
    scene.send(&mut line, 0, &last_stage());
    let end = scene.now;
    scene.wait(3);
    scene.close(&mut line);
    let found = scene.end_without_arp().migrations;
    assert_eq!(
        (found.len(), found[0].kind, found[0].outcome),
        (1, Kind::Qemu, Outcome::Completed)
    );
    let migration = &found[0];
    assert_eq!((migration.start_ns, migration.inferred.len()), (start, 0));
    assert_eq!(migration.pages.unwrap().normal, 201);
    assert_eq!(migration.rounds, Figure::Value(2.0));
    let downtime = value(migration.stream_downtime_ms);
    assert!((downtime - (end - stop) as f64 / 1e6).abs() < 0.01, "{downtime}");
    let bytes = precopy().len() + last_stage().len();
    assert_eq!(migration.ram_bytes, Figure::Value(bytes as f64));
    let names: Vec<_> = migration.phases.iter().map(|phase| phase.name).collect();
    assert_eq!(names, [PhaseName::Setup, PhaseName::Precopy, PhaseName::StopAndCopy]);
    assert_eq!(migration.phases[2].bytes, last_stage().len() as u64);
}

#[test]
fn a_whole_postcopy_stream_is_told_by_its_run_command_and_its_requests() {
    let mut scene = Scene::new();
    let mut line = scene.open(60_000);
    scene.send(&mut line, 0, &precopy());
    scene.wait(50);
    let stop = scene.now;
    scene.send(&mut line, 0, b"\x08\0\x06\0\x03abc");
    scene.wait(7);
    scene.send(&mut line, 0, b"\x08\0\x07\0\x04\0\0\0\x0apackage-xx");
    let run = scene.now;
    scene.wait(20);
    scene.send(&mut line, 1, b"\0\x02\0\x04\0\0\0\x03");
    scene.send(&mut line, 1, b"\0\x04\0\x0c\0\0\0\0\0\0\x50\0\0\0\x10\0");
    scene.announce(VM);
    let pages = [
        b"\x02\0\0\0\x02".to_vec(),
        named_page(0x5000, 1),
        page(0x3000, 1),
        END_OF_PAGES.to_vec(),
    ]
    .concat();
    scene.send(&mut line, 0, &pages);
    scene.send(&mut line, 1, b"\0\x01\0\x04\0\0\0\0");
    scene.close(&mut line);
    let found = scene.end().migrations;
    let migration = &found[0];
    assert_eq!((found.len(), migration.outcome), (1, Outcome::Postcopy));
    let downtime = value(migration.stream_downtime_ms);
    assert!((downtime - (run - stop) as f64 / 1e6).abs() < 0.01, "{downtime}");
    assert_eq!(
        (migration.rounds, migration.pages.unwrap().normal),
        (Figure::Value(1.0), 202)
    );
    let last = migration.phases.last().unwrap();
    assert_eq!((last.name, last.end_ns), (PhaseName::Postcopy, migration.end_ns));
    assert_eq!(migration.announcements.len(), 1);
}

#[test]
fn multifd_pages_and_passes_are_added_up_over_the_channels() {
    let packet = |flags: u32, normal: u32, zero: u32| {
        let mut bytes = b"\x11\x22\x33\x44\0\0\0\x01".to_vec();
        for number in [flags, 128, normal, normal * 4096, 0, 0, zero] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.resize(320 + 1024 + normal as usize * 4096, 0);
        bytes
    };
    let mut hello = b"\x11\x22\x33\x44\0\0\0\x01".to_vec();
    hello.resize(64, 0);
    let mut scene = Scene::new();
    let mut main = scene.open(60_000);
    scene.send(&mut main, 0, &head());
    let mut channels = [scene.open(60_000), scene.open(60_000)];
    for channel in &mut channels {
        scene.send(channel, 0, &hello);
        // The mark of the set-up, a pass, its mark, and the last pass, which only one channel has pages for.
        for bytes in [packet(1, 0, 0), packet(0, 100, 3), packet(1, 0, 0)] {
            scene.send(channel, 0, &bytes);
        }
    }
    scene.send(&mut channels[1], 0, &packet(0, 7, 0));
    let stage = b"\x03\0\0\0\x02\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\0\x10\x7e\0\0\0\x02\0";
    scene.send(&mut main, 0, stage);
    for line in [&mut main].into_iter().chain(&mut channels) {
        scene.close(line);
    }
    scene.announce(VM);
    let found = scene.end().migrations;
    assert_eq!(
        (found.len(), found[0].kind, found[0].outcome),
        (1, Kind::QemuMultifd, Outcome::Completed)
    );
    let pages = found[0].pages.unwrap();
    assert_eq!(
        (pages.normal, pages.zero, found[0].rounds),
        (207, 6, Figure::Value(2.0))
    );
    assert_eq!(found[0].connections.len(), 3);
    let sum: u64 = found[0].connections.iter().map(|line| line.forward_bytes).sum();
    assert_eq!(found[0].ram_bytes, Figure::Value(sum as f64));
}

#[test]
fn vmotion_is_told_by_its_magic() {
    let mut scene = Scene::new();
    let mut line = scene.open(8000);
    scene.bulk(&mut line, 0, &[0, 0, 0, 0, 3, 0, 5, 0], 4 * MIB);
    scene.close(&mut line);
    scene.wait(100);
    scene.announce(VM);
    let found = scene.end().migrations;
    assert_eq!(
        (found.len(), found[0].kind, found[0].outcome),
        (1, Kind::Vmotion, Outcome::Completed)
    );
    assert_eq!(found[0].pages, Err(Reason::NotOfThisKind));
}

#[test]
fn tls_on_a_migration_port_needs_the_announcement() {
    for (port, announced, expected) in [
        (60_000, true, true),
        (49_152, true, true),
        (60_000, false, false),
        (443, true, false),
    ] {
        let mut scene = Scene::new();
        let mut line = scene.open(port);
        scene.send(&mut line, 0, b"\x16\x03\x01\x00\xf8\x01\0\0");
        scene.send(&mut line, 1, b"\x16\x03\x03\x00\x5a\x02\0\0");
        scene.bulk(&mut line, 0, b"\x17\x03\x03", 4 * MIB);
        scene.close(&mut line);
        scene.wait(100);
        if announced {
            scene.announce(VM);
        }
        let found = scene.end().migrations;
        let encrypted: Vec<_> = found.iter().filter(|found| found.encrypted).collect();
        assert_eq!(encrypted.len(), usize::from(expected), "{port} {announced}");
        for migration in encrypted {
            assert_eq!((migration.kind, migration.pages), (Kind::Qemu, Err(Reason::Encrypted)));
            assert!(migration.inferred.contains(&"kind"));
            assert_eq!(migration.stream_downtime_ms.reason(), Some(Reason::Encrypted));
        }
    }
}

#[test]
fn xens_port_is_named_but_a_web_server_on_it_is_not() {
    for (head, direction, expected) in [
        (&b"\x01\x02binary"[..], 0, 1),
        (b"POST /upload HTTP/1.1\r\n", 0, 0),
        (b"\x01\x02binary", 1, 0),
    ] {
        let mut scene = Scene::new();
        let mut line = scene.open(8002);
        scene.send(&mut line, 1 - direction, b"\x03answer");
        scene.bulk(&mut line, direction, head, 4 * MIB);
        scene.close(&mut line);
        let found = scene.end().migrations;
        assert_eq!(found.len(), expected, "{head:?} {direction}");
        for migration in found {
            assert_eq!((migration.kind, migration.system), (Kind::Unknown, Some("xen")));
        }
    }
}

#[test]
fn bulk_through_ssh_is_a_migration_only_with_an_announcement_soon_after_it() {
    for (uploads, announced_after_ms, expected) in [
        (true, Some(1900), true),
        (true, Some(2200), false),
        (true, None, false),
        (false, Some(100), false),
    ] {
        let mut scene = Scene::new();
        let mut line = scene.open(22);
        scene.send(&mut line, 0, b"SSH-2.0-OpenSSH_9.2p1\r\n");
        scene.send(&mut line, 1, b"SSH-2.0-OpenSSH_9.2p1\r\n");
        scene.send(&mut line, 0, &[7; 1000]);
        scene.wait(500);
        let start = scene.now;
        scene.bulk(&mut line, usize::from(!uploads), &[], 8 * MIB);
        if let Some(ms) = announced_after_ms {
            scene.wait(ms);
            scene.announce(VM);
        }
        scene.wait(2000);
        scene.close(&mut line);
        let found = scene.end().migrations;
        let context = format!("{uploads} {announced_after_ms:?}");
        assert_eq!(found.iter().any(|found| found.kind == Kind::Ssh), expected, "{context}");
        // An announcement without its stream is still an arrival.
        assert_eq!(found.len(), usize::from(announced_after_ms.is_some()), "{context}");
        if expected {
            assert_eq!(found[0].start_ns, start);
            assert!(found[0].inferred.contains(&"migration_time_ms") && found[0].inferred.contains(&"ram_bytes"));
            let ratio = value(found[0].ram_bytes) / (8 * MIB) as f64;
            assert!((ratio - 1.0).abs() < 0.001, "{ratio}");
        }
    }
}

#[test]
fn two_virtual_machines_at_once_each_have_their_own_announcement() {
    let mut scene = Scene::new();
    let mut one = scene.open(60_000);
    let mut two = scene.open(60_001);
    scene.send(&mut one, 0, &precopy());
    scene.send(&mut two, 0, &precopy());
    scene.send(&mut one, 0, &last_stage());
    scene.close(&mut one);
    scene.announce(VM);
    scene.wait(400);
    scene.send(&mut two, 0, &last_stage());
    scene.close(&mut two);
    scene.wait(1);
    scene.announce(OTHER_VM);
    let found = scene.end().migrations;
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].announcements.iter().map(|a| a.mac).collect::<Vec<_>>(), [VM]);
    assert_eq!(
        found[1].announcements.iter().map(|a| a.mac).collect::<Vec<_>>(),
        [OTHER_VM]
    );
}

#[test]
fn a_cancelled_attempt_and_its_repetition_on_the_same_ports_are_two() {
    let mut scene = Scene::new();
    let mut line = scene.open(60_000);
    scene.send(&mut line, 0, &precopy());
    scene.close(&mut line);
    scene.wait(3000);
    // The engine may or may not take this for a conversation of its own.
    line.next = [0x1234_5678, 0x2345_6789];
    scene.shake_hands(&mut line);
    scene.send(&mut line, 0, &[precopy(), last_stage()].concat());
    scene.close(&mut line);
    scene.announce(VM);
    let found = scene.end().migrations;
    let outcomes: Vec<_> = found.iter().map(|found| found.outcome).collect();
    assert_eq!(outcomes, [Outcome::Cancelled, Outcome::Completed]);
    assert_eq!(found[0].ram_bytes, Figure::Value(precopy().len() as f64));
    assert_eq!(found[0].stream_downtime_ms.reason(), Some(Reason::NoSwitchover));
    assert_eq!(found[0].service.downtime_ms.reason(), Some(Reason::NoSwitchover));
}

#[test]
fn a_connection_beside_the_main_one_counts_though_its_bytes_say_nothing() {
    let mut scene = Scene::new();
    let mut main = scene.open(60_000);
    scene.send(&mut main, 0, &precopy());
    let mut urgent = scene.open(60_000);
    scene.send(&mut urgent, 0, &page(0x1000, 1));
    scene.send(&mut main, 0, &last_stage());
    scene.close(&mut main);
    scene.close(&mut urgent);
    let found = scene.end().migrations;
    assert_eq!((found.len(), found[0].kind), (1, Kind::Qemu));
    let bytes = precopy().len() + last_stage().len() + page(0, 1).len();
    assert_eq!(found[0].ram_bytes, Figure::Value(bytes as f64));
}

#[test]
fn a_hostile_stream_ends_its_reading_with_a_note_at_its_byte() {
    let mut scene = Scene::new();
    let mut line = scene.open(60_000);
    let good = head();
    scene.send(&mut line, 0, &good);
    scene.send(&mut line, 0, &[0xff; 4000]);
    scene.close(&mut line);
    let found = scene.end().migrations;
    assert_eq!(found[0].pages, Err(Reason::StreamMalformed));
    let note = found[0]
        .notes
        .iter()
        .find(|note| note.code == "migration_stream_malformed")
        .unwrap();
    assert!(
        note.message.contains(&format!("byte {}", good.len())),
        "{}",
        note.message
    );
}

#[test]
fn a_disk_alone_is_no_migration() {
    let mut scene = Scene::new();
    let mut line = scene.open(10_809);
    scene.send(&mut line, 1, b"NBDMAGICIHAVEOPT\0\x03");
    scene.send(&mut line, 0, b"\0\0\0\x03");
    scene.bulk(&mut line, 0, b"\x25\x60\x95\x13\0\0\0\x01", 4 * MIB);
    scene.close(&mut line);
    assert_eq!(scene.end().migrations, []);
}

#[test]
fn what_nothing_shows_is_unknown() {
    // The payload was cut, the connection closed, and the capture would hold no announcement.
    let mut scene = Scene::new();
    let mut line = scene.open(60_000);
    scene.bulk(&mut line, 0, &head(), 4 * MIB);
    scene.close(&mut line);
    let found = scene.end_without_arp().migrations;
    assert_eq!((found.len(), found[0].outcome), (1, Outcome::Unknown));
    assert!(found[0].migration_time_ms.value().is_some() && found[0].ram_bytes.value().is_some());
    // The same, and the capture ends before it.
    let mut scene = Scene::new();
    let mut line = scene.open(60_000);
    scene.bulk(&mut line, 0, &head(), 4 * MIB);
    let found = scene.end_without_arp().migrations;
    assert_eq!(found[0].migration_time_ms.reason(), Some(Reason::EndMissing));
}

proptest::proptest! {
    #[test]
    fn no_segments_make_it_panic(
        seed in proptest::collection::vec((0_usize..2, 0_u32..40_000, 0_u16..64, 0_usize..80, 0_i64..400), 1..200),
        head in 0_usize..6,
    ) {
        let heads: [&[u8]; 6] = [b"QEVM\0\0\0\x03\x01\0\0\0\x02\x03ram", b"\x11\x22\x33\x44\0\0\0\x01", b"NBDMAGIC", b"SSH-2", b"\x16\x03\x01\0\x40\x01", b"\0\0\0\0\x03\0\x05\0"];
        let mut scene = Scene::new();
        let mut line = scene.open(60_000);
        scene.send(&mut line, head % 2, heads[head]);
        let base = line.next;
        for (direction, offset, flags, len, ms) in seed {
            line.next[direction] = base[direction].wrapping_add(offset).wrapping_sub(20_000);
            scene.frame(&line, direction, flags, &vec![offset as u8; len], len * 3);
            scene.now += (ms - 100) * MS;
        }
        scene.announce(VM);
        let _ = scene.end();
    }
}
