//! What is known of one client and the server that it asks.

use std::net::IpAddr;

use super::silence::{Silence, Silences};
use crate::measure::histogram::Histogram;

/// How the echo travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EchoKind {
    /// ICMP or ICMPv6 echo request and reply (RFC 792, RFC 4443).
    Icmp,
    /// A UDP datagram that comes back (RFC 862, and probes of one's own).
    Udp,
}

/// One end of an echo flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EchoEnd {
    /// Address.
    pub address: IpAddr,
    /// UDP port; `None` for ICMP.
    pub port: Option<u16>,
}

impl std::fmt::Display for EchoEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}", std::net::SocketAddr::new(self.address, port)),
            None => write!(f, "{}", self.address),
        }
    }
}

/// A stretch of time in which the client asked and nothing came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EchoGap {
    /// The reply before it; where the client had been idle, the first request after that.
    pub from_ns: i64,
    /// The reply that ended it; where none did, the last request that was lost.
    pub to_ns: i64,
}

impl EchoGap {
    /// Its length.
    pub fn len_ns(&self) -> u64 {
        self.to_ns.saturating_sub(self.from_ns).max(0).unsigned_abs()
    }
}

/// A client's requests to a server, and what became of them.
///
/// `sent` = `answered` + `lost` + `unanswered_at_end` + `forgotten`.
#[derive(Debug, Clone, PartialEq)]
pub struct EchoFlow {
    /// How.
    pub kind: EchoKind,
    /// Who asks.
    pub client: EchoEnd,
    /// Who answers.
    pub server: EchoEnd,
    /// Number of the conversation, as the caller counts them.
    pub conversation: u32,
    /// The conversation's direction from client to server.
    pub direction: usize,
    /// Requests.
    pub sent: u64,
    /// Requests with a reply within the timeout.
    pub answered: u64,
    /// Requests whose timeout passed without one.
    pub lost: u64,
    /// Requests whose timeout had not passed when the capture ended: not lost, as far as is known.
    pub unanswered_at_end: u64,
    /// Requests that could not be remembered until their timeout, there were too many: neither lost nor answered.
    pub forgotten: u64,
    /// Replies that answer no request: second ones, too late, or to requests that were not captured.
    pub stray_replies: u64,
    /// From request to reply at the capture point, nanoseconds.
    pub rtt_ns: Histogram,
    /// The longest time without a reply while requests were sent; `None` before there is any.
    pub longest_gap: Option<EchoGap>,
    /// Time of the first request.
    pub first_ns: i64,
    silences: Silences,
    last_rtt_ns: Option<u64>,
    /// Since when no reply has come while requests were sent.
    silent_since_ns: Option<i64>,
    last_request_ns: Option<i64>,
    last_lost_ns: Option<i64>,
    /// There was a request since `silent_since_ns`.
    waiting: bool,
}

impl EchoFlow {
    pub(super) fn new(kind: EchoKind, ends: (EchoEnd, EchoEnd), place: (u32, usize), first_ns: i64) -> Self {
        Self {
            kind,
            client: ends.0,
            server: ends.1,
            conversation: place.0,
            direction: place.1,
            sent: 0,
            answered: 0,
            lost: 0,
            unanswered_at_end: 0,
            forgotten: 0,
            stray_replies: 0,
            rtt_ns: Histogram::new(),
            longest_gap: None,
            first_ns,
            silences: Silences::default(),
            last_rtt_ns: None,
            silent_since_ns: None,
            last_request_ns: None,
            last_lost_ns: None,
            waiting: false,
        }
    }

    pub(super) fn request(&mut self, time_ns: i64, timeout_ns: i64) {
        self.sent += 1;
        let idle_since = self
            .last_request_ns
            .filter(|&last| time_ns.saturating_sub(last) > timeout_ns);
        if let Some(last_ns) = idle_since {
            if self.waiting {
                self.note_silence(last_ns);
            }
            self.silent_since_ns = None;
        }
        self.silent_since_ns.get_or_insert(time_ns);
        self.last_request_ns = Some(time_ns);
        self.waiting = true;
    }

    /// Gives the round-trip time, and its absolute difference to the one before.
    pub(super) fn reply(&mut self, sent_ns: i64, time_ns: i64) -> (u64, Option<u64>) {
        // Frames may stand a few microseconds out of order: a reply is never before its request.
        let rtt_ns = time_ns.saturating_sub(sent_ns).max(0).unsigned_abs();
        self.answered += 1;
        self.rtt_ns.record(rtt_ns);
        self.note_silence(time_ns);
        if let Some(from_ns) = self.silent_since_ns {
            self.silences.end(from_ns, time_ns);
        }
        self.silences.answered(sent_ns);
        self.silent_since_ns = Some(time_ns);
        self.waiting = false;
        let change_ns = self.last_rtt_ns.map(|last| last.abs_diff(rtt_ns));
        self.last_rtt_ns = Some(rtt_ns);
        (rtt_ns, change_ns)
    }

    pub(super) fn lose(&mut self, sent_ns: i64) {
        self.lost += 1;
        self.silences.lost(sent_ns, self.silent_since_ns);
        self.last_lost_ns = self.last_lost_ns.max(Some(sent_ns));
    }

    /// The silence that a time lies in, where it is among the flow's longest.
    pub fn silence_at(&self, time_ns: i64) -> Option<Silence> {
        self.silences.at(time_ns)
    }

    /// The capture is over: a silence that no reply ended reaches to the last request that is known to be lost.
    pub(super) fn finish(&mut self) {
        let lost_since = self
            .last_lost_ns
            .filter(|&lost_ns| Some(lost_ns) > self.silent_since_ns);
        if let Some(lost_ns) = lost_since {
            self.note_silence(lost_ns);
        }
    }

    fn note_silence(&mut self, to_ns: i64) {
        let Some(from_ns) = self.silent_since_ns else { return };
        let gap = EchoGap { from_ns, to_ns };
        if self.longest_gap.is_none_or(|longest| longest.len_ns() < gap.len_ns()) {
            self.longest_gap = Some(gap);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const MS: i64 = 1_000_000;
    const TIMEOUT: i64 = 2000 * MS;

    /// `q` asks, `r` is the reply to the request of that time, `l` loses it. Times in ms; gap in ms.
    fn gap(steps: &[(char, i64, i64)]) -> Option<(i64, i64)> {
        let end = EchoEnd {
            address: Ipv4Addr::LOCALHOST.into(),
            port: None,
        };
        let mut flow = EchoFlow::new(EchoKind::Icmp, (end, end), (0, 0), 0);
        for &(what, sent, at) in steps {
            match what {
                'q' => flow.request(sent * MS, TIMEOUT),
                'r' => drop(flow.reply(sent * MS, at * MS)),
                _ => flow.lose(sent * MS),
            }
        }
        flow.finish();
        flow.longest_gap.map(|gap| (gap.from_ns / MS, gap.to_ns / MS))
    }

    #[test]
    fn a_gap_lies_between_two_replies() {
        let steps = [
            ('q', 0, 0),
            ('r', 0, 1),
            ('q', 10, 0),
            ('q', 20, 0),
            ('r', 20, 95),
            ('q', 100, 0),
            ('r', 100, 101),
        ];
        assert_eq!(gap(&steps), Some((1, 95)));
    }

    #[test]
    fn a_client_that_asked_nothing_was_not_left_waiting() {
        let steps = [
            ('q', 0, 0),
            ('r', 0, 3),
            ('q', 60_000, 0),
            ('r', 60_000, 60_001),
            ('q', 60_010, 0),
            ('r', 60_010, 60_011),
        ];
        assert_eq!(gap(&steps), Some((60_001, 60_011)));
        let every_second = [('q', 0, 0), ('r', 0, 1), ('q', 1000, 0), ('r', 1000, 1002)];
        assert_eq!(
            gap(&every_second),
            Some((1, 1002)),
            "within the timeout it still counts"
        );
    }

    #[test]
    fn requests_that_go_another_way_for_a_while_make_no_gap() {
        // The VM pauses, is on the other node for 8 s, and comes back.
        let steps = [
            ('q', 0, 0),
            ('r', 0, 1),
            ('q', 10, 0),
            ('q', 20, 0),
            ('l', 10, 0),
            ('l', 20, 0),
            ('q', 8020, 0),
            ('r', 8020, 8027),
        ];
        assert_eq!(gap(&steps), Some((1, 20)));
    }

    #[test]
    fn a_server_that_never_comes_back_is_gone_until_the_last_request_lost() {
        let steps = [
            ('q', 0, 0),
            ('r', 0, 1),
            ('q', 500, 0),
            ('q', 1000, 0),
            ('q', 1500, 0),
            ('l', 500, 0),
            ('l', 1000, 0),
        ];
        assert_eq!(gap(&steps), Some((1, 1000)));
    }

    #[test]
    fn a_server_that_was_not_there_yet_is_gone_from_the_first_request_on() {
        let steps = [
            ('q', 0, 0),
            ('q', 100, 0),
            ('q', 200, 0),
            ('r', 200, 201),
            ('l', 0, 0),
            ('l', 100, 0),
        ];
        assert_eq!(gap(&steps), Some((0, 201)));
        assert_eq!(gap(&[('q', 0, 0)]), None);
    }
}
