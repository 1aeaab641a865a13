//! The ordered fold: takes every frame of a run once, in the file's order, and keeps what the answers need.
//!
//! It has two halves, each of which takes the blocks in order: [`Placer`] says of every frame which conversation it
//! belongs to, whether the capture holds it twice, what Wireshark would flag and what the standard estimators make of
//! it; [`Measurer`] adds that to the seconds of the pairs of hosts and follows migrations. Neither looks at the other's
//! state, so that one can take a block while the other takes the one before. [`Engine`] is what both have kept when the
//! capture is at its end.

mod fetch;
mod measuring;
mod placing;

use rustc_hash::FxHashMap;

use super::conversation::Conversation;
use super::pairs::Pairs;
use super::quality::Quality;
use crate::flow::table::{Endpoint, Tuple};
use crate::measure::echo::EchoTracker;
use crate::measure::rtp::RtpTracker;
use crate::migration::{Migration, MigrationTracker, Moves};
use crate::packet::{Completed, Ip, Transport};

pub use measuring::Measurer;
pub use placing::Placer;

/// What was kept of a run.
#[derive(Debug)]
pub struct Engine {
    /// Conversations in order of their first frame.
    pub conversations: Vec<Conversation>,
    /// Pairs of hosts.
    pub pairs: Pairs,
    /// The capture itself.
    pub quality: Quality,
    /// ICMP and UDP echo.
    pub echo: EchoTracker,
    /// RTP streams; made with the first datagram.
    pub rtp: Option<RtpTracker>,
    /// Migrations.
    pub migration: MigrationTracker,
    /// IP packets left out by `--from` and `--to`: frames and wire bytes.
    pub outside_time: (u64, u64),
}

impl Engine {
    /// Puts the two halves together, after the last block.
    pub fn join(placer: Placer, mut measurer: Measurer) -> Self {
        measurer.finish(placer.quality.time.last_ns());
        let courses = std::mem::take(&mut measurer.courses);
        let conversations = placer.conversations.into_iter().zip(courses);
        let conversations = conversations.map(|(known, course)| Conversation {
            protocol: known.protocol,
            has_ports: known.has_ports,
            a: known.a,
            b: known.b,
            time: known.time,
            packets: known.packets,
            wire_bytes: known.wire_bytes,
            copied_bytes: known.copied_bytes,
            pair: course.pair,
            flipped: course.flipped,
            role: course.role,
            tcp: known.tcp,
        });
        Self {
            conversations: conversations.collect(),
            pairs: measurer.pairs,
            quality: placer.quality,
            echo: measurer.echo,
            rtp: measurer.rtp,
            migration: measurer.migration,
            outside_time: measurer.outside_time,
        }
    }

    /// The migrations, with the conversations that they name.
    pub fn moves(&self, migrations: Vec<Migration>, chosen: Option<usize>) -> Moves {
        let numbers = migrations.iter().flat_map(Migration::conversations);
        let conversations = numbers
            .filter_map(|number| Some((number, self.conversations.get(number as usize)?.named())))
            .collect();
        Moves {
            migrations,
            chosen,
            phase_metrics: Vec::new(),
            conversations,
        }
    }

    /// Hosts by their bytes on the wire, the largest first; for the message that lists who is there.
    pub fn hosts(&self) -> Vec<(std::net::IpAddr, u64)> {
        let mut bytes: FxHashMap<std::net::IpAddr, u64> = FxHashMap::default();
        for conversation in &self.conversations {
            let sum = conversation.wire_bytes.iter().sum::<u64>();
            *bytes.entry(conversation.a.address).or_default() += sum;
            *bytes.entry(conversation.b.address).or_default() += sum;
        }
        let mut hosts: Vec<_> = bytes.into_iter().collect();
        hosts.sort_by_key(|&(address, bytes)| (std::cmp::Reverse(bytes), address));
        hosts
    }
}

fn captured_payload<'a>(ip: &Ip, bytes: &'a [u8]) -> &'a [u8] {
    let start = ip.payload_offset as usize;
    bytes
        .get(start..start.saturating_add(ip.payload_captured as usize))
        .unwrap_or_default()
}

/// The packet that a frame stands for where it completes a datagram; the other fragments belong to no transport.
fn whole(ip: &Ip, completed: Option<Completed>) -> Option<Ip> {
    completed.map(|datagram| Ip {
        protocol: datagram.protocol,
        transport: datagram.transport,
        payload_len: datagram.payload_len,
        payload_captured: 0,
        fragment: None,
        ..*ip
    })
}

fn tuple_of(ip: &Ip) -> Tuple {
    let ports = match (&ip.fragment, &ip.transport) {
        (Some(_), _) => None,
        (None, Transport::Tcp(tcp)) => Some((tcp.src_port, tcp.dst_port)),
        (None, Transport::Udp { src_port, dst_port } | Transport::Ports { src_port, dst_port }) => {
            Some((*src_port, *dst_port))
        }
        (None, _) => None,
    };
    let (src_port, dst_port) = ports.unwrap_or_default();
    Tuple {
        protocol: ip.protocol,
        has_ports: ports.is_some(),
        src: Endpoint {
            address: ip.src,
            port: src_port,
        },
        dst: Endpoint {
            address: ip.dst,
            port: dst_port,
        },
    }
}
