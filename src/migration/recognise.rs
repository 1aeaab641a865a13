//! What a connection carries, told by its bytes: by the first ones, or, where these were not captured, by what a
//! segment in the middle of a stream holds.

use super::multifd;
use super::nbd;
use super::qemu;

/// What the bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// QEMU's main stream, sent by the source.
    Qemu,
    /// A multifd channel, sent by the source.
    Multifd,
    /// NBD, sent by the server: the target.
    NbdServer,
    /// NBD, sent by the client: the source.
    NbdClient,
    /// An SSH banner (RFC 4253 section 4.2).
    Ssh,
    /// A TLS handshake record (RFC 8446 section 5.1) that opens a connection.
    Tls,
    /// vMotion.
    Vmotion,
    /// None of these.
    Nothing,
    /// The bytes that would tell were cut off.
    Unseen,
}

/// The longest beginning that [`head`] looks at.
pub(super) const HEAD_BYTES: usize = 12;

const SSH_BANNER: &[u8] = b"SSH-";
/// Published by traffic classifiers; not seen on a capture here.
const VMOTION_MAGIC: &[u8] = &[0, 0, 0, 0, 3, 0, 5, 0];

/// What a direction whose first bytes are `head` carries; `None` where more bytes are needed to say.
pub(super) fn head(head: &[u8]) -> Option<Content> {
    let magics: [(&[u8], Content); 5] = [
        (&qemu::MAGIC, Content::Qemu),
        (&multifd::MAGIC_AND_VERSION, Content::Multifd),
        (nbd::GREETING, Content::NbdServer),
        (SSH_BANNER, Content::Ssh),
        (VMOTION_MAGIC, Content::Vmotion),
    ];
    let mut undecided = false;
    for (magic, content) in magics {
        let known = head.len().min(magic.len());
        if head[..known] == magic[..known] {
            if known == magic.len() {
                return Some(content);
            }
            undecided = true;
        }
    }
    match is_client_hello(head) {
        Some(true) => return Some(Content::Tls),
        None => undecided = true,
        Some(false) => {}
    }
    (!undecided).then_some(Content::Nothing)
}

/// Handshake (22), version 3.x, two bytes of length, then client hello (1).
fn is_client_hello(head: &[u8]) -> Option<bool> {
    let fits = |index: usize, test: fn(u8) -> bool| head.get(index).copied().map(test);
    let tests = [
        fits(0, |byte| byte == 22),
        fits(1, |byte| byte == 3),
        fits(2, |byte| byte <= 4),
        fits(5, |byte| byte == 1),
    ];
    if tests.contains(&Some(false)) {
        Some(false)
    } else if tests.contains(&None) {
        None
    } else {
        Some(true)
    }
}

/// What a segment within a stream shows of it. Only patterns that chance does not make.
pub(super) fn segment(payload: &[u8]) -> Content {
    if multifd::starts_packet(payload) {
        Content::Multifd
    } else if qemu::starts_at_section_boundary(payload) {
        Content::Qemu
    } else if nbd::starts_request(payload) {
        Content::NbdClient
    } else if nbd::starts_reply(payload) {
        Content::NbdServer
    } else {
        Content::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_decide_as_soon_as_they_can() {
        assert_eq!(head(b"QEV"), None);
        assert_eq!(head(b"QEVM\0\0\0\x03"), Some(Content::Qemu));
        assert_eq!(head(b"\x11\x22\x33\x44\0\0\0\x01"), Some(Content::Multifd));
        assert_eq!(head(b"NBDMAGICIHAVEOPT"), Some(Content::NbdServer));
        assert_eq!(head(b"SSH-2.0-OpenSSH_9.2p1"), Some(Content::Ssh));
        assert_eq!(head(b"\x16\x03\x01\x02\x00\x01\x00"), Some(Content::Tls));
        assert_eq!(head(b"\x16\x03\x01\x02"), None);
        assert_eq!(head(b"GET / HTTP/1.1"), Some(Content::Nothing));
    }

    #[test]
    fn an_iperf3_cookie_is_nothing() {
        assert_eq!(head(b"vmgzdjdf6esvdagvgqbkmitrnei3ctewafzvy\0"), Some(Content::Nothing));
    }

    #[test]
    fn zeros_are_nothing_in_the_middle_and_no_decision_at_the_start() {
        assert_eq!(segment(&[0; 60]), Content::Nothing);
        assert_eq!(head(&[0; 3]), None);
        assert_eq!(head(&[0; 8]), Some(Content::Nothing));
    }
}
