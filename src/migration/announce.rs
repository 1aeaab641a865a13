//! Frames with which a virtual machine, or the hypervisor for it, tells the network where it now is.

use std::net::{IpAddr, Ipv4Addr};

use crate::packet::{Arp, Mac};

use super::model::{Announcement, AnnouncementKind};

/// Announcements kept. A migration makes about ten.
const MAX_KEPT: usize = 10_000;
/// A copy of a broadcast on another capture interface comes within this time.
const COPY_NS: i64 = 5_000_000;
/// Announcements among which a copy is looked for.
const COPY_DEPTH: usize = 64;

/// The announcements of one arrival come within this time.
const ARRIVAL_NS: i64 = 3_000_000_000;

const ARP_REQUEST: u16 = 1;
const ARP_REPLY: u16 = 2;
const RARP_REQUEST: u16 = 3;

/// An announcement with what else the frame says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) announcement: Announcement,
    /// The address that a gratuitous ARP announces.
    pub(super) address: Option<IpAddr>,
    interface: u32,
}

/// Collects announcements.
#[derive(Debug, Default)]
pub(super) struct Announcements {
    heard: Vec<Heard>,
    /// ARP or RARP was seen at all: this capture would hold announcements.
    pub(super) would_show: bool,
}

impl Announcements {
    /// Takes an ARP or RARP frame; whose arrival it is the first announcement of, if it is.
    pub(super) fn arp(&mut self, time_ns: i64, interface: u32, arp: &Arp) -> Option<Mac> {
        self.would_show = true;
        let (kind, address) = announces(arp)?;
        let again = self.heard.iter().rev().take(COPY_DEPTH).any(|earlier| {
            earlier.announcement.mac == arp.sender_mac
                && earlier.announcement.kind == AnnouncementKind::Rarp
                && time_ns.abs_diff(earlier.announcement.at_ns) <= ARRIVAL_NS.unsigned_abs()
        });
        let is_arrival = kind == AnnouncementKind::Rarp && !again && self.heard.len() < MAX_KEPT;
        let announcement = Announcement {
            at_ns: time_ns,
            mac: arp.sender_mac,
            kind,
        };
        // The guest may say the same twice in a moment, but a frame is on each interface but once.
        let is_copy = self.heard.iter_mut().rev().take(COPY_DEPTH).find(|earlier| {
            earlier.interface != interface
                && earlier.announcement.mac == announcement.mac
                && earlier.announcement.kind == kind
                && time_ns.abs_diff(earlier.announcement.at_ns) <= COPY_NS.unsigned_abs()
        });
        if let Some(earlier) = is_copy {
            earlier.announcement.at_ns = earlier.announcement.at_ns.min(time_ns);
        } else if self.heard.len() < MAX_KEPT {
            self.heard.push(Heard {
                announcement,
                address,
                interface,
            });
        }
        is_arrival.then_some(arp.sender_mac)
    }

    /// All of them, in order of time.
    pub(super) fn in_order(mut self) -> Vec<Heard> {
        self.heard.sort_by_key(|heard| heard.announcement.at_ns);
        self.heard
    }
}

fn announces(arp: &Arp) -> Option<(AnnouncementKind, Option<IpAddr>)> {
    if arp.sender_mac.0[0] & 1 != 0 || arp.sender_mac == Mac::default() {
        return None;
    }
    if arp.reverse {
        // Asking for one's own address, as QEMU, VMware and others do for the guest.
        let own = arp.operation == RARP_REQUEST && arp.sender_mac == arp.target_mac;
        return own.then_some((AnnouncementKind::Rarp, None));
    }
    let gratuitous =
        matches!(arp.operation, ARP_REQUEST | ARP_REPLY) && arp.sender_ip == arp.target_ip && arp.sender_ip != [0; 4];
    gratuitous.then(|| (AnnouncementKind::Garp, Some(IpAddr::V4(Ipv4Addr::from(arp.sender_ip)))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VM: Mac = Mac([0xbc, 0x24, 0x11, 0x5c, 0x64, 0x9a]);

    fn rarp() -> Arp {
        Arp {
            reverse: true,
            operation: 3,
            sender_mac: VM,
            sender_ip: [0; 4],
            target_mac: VM,
            target_ip: [0; 4],
        }
    }

    #[test]
    fn a_frame_seen_on_two_interfaces_is_one_announcement_of_the_earlier_time() {
        let mut announcements = Announcements::default();
        announcements.arp(1_010_000, 0, &rarp());
        announcements.arp(1_000_000, 1, &rarp());
        // The rounds that were due come out together where the target resumed late.
        announcements.arp(1_020_000, 0, &rarp());
        let times: Vec<i64> = announcements
            .in_order()
            .iter()
            .map(|heard| heard.announcement.at_ns)
            .collect();
        assert_eq!(times, [1_000_000, 1_020_000]);
    }

    #[test]
    fn an_ordinary_arp_request_is_no_announcement() {
        let ask = Arp {
            reverse: false,
            operation: 1,
            sender_ip: [10, 0, 0, 1],
            target_ip: [10, 0, 0, 2],
            target_mac: Mac::default(),
            ..rarp()
        };
        assert_eq!(announces(&ask), None);
        let gratuitous = Arp {
            target_ip: ask.sender_ip,
            ..ask
        };
        assert_eq!(
            announces(&gratuitous).map(|(kind, _)| kind),
            Some(AnnouncementKind::Garp)
        );
        let probe = Arp {
            sender_ip: [0; 4],
            target_ip: [0; 4],
            ..ask
        };
        assert_eq!(announces(&probe), None);
    }
}
