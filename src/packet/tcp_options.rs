//! TCP options, up to the first that contradicts itself.

use etherparse::{TcpOptionElement, TcpOptionsIterator};

/// What TCP options can say, see the fields of [`super::Tcp`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TcpOptions {
    pub(super) window_scale: Option<u8>,
    pub(super) mss: Option<u16>,
    pub(super) timestamps: Option<(u32, u32)>,
    pub(super) sack_blocks: u8,
    pub(super) sack_permitted: bool,
    pub(super) sack: [(u32, u32); 2],
}

/// Adds `options` to those that were `found` before them. An option of unknown kind, or of a known kind with an unknown
/// length, is stepped over by its own length; one whose length cannot be stepped over ends the options and nothing else.
pub(super) fn read(options: &[u8], mut found: TcpOptions) -> TcpOptions {
    let mut rest = options;
    while !rest.is_empty() {
        let mut elements = TcpOptionsIterator::from_slice(rest);
        let next = match elements.next() {
            Some(Ok(element)) => {
                found.add(&element);
                Some(elements.rest())
            }
            Some(Err(_)) => step_over(rest),
            None => None,
        };
        match next {
            Some(next) => rest = next,
            None => break,
        }
    }
    found
}

/// The options behind the first one; its length counts its kind and length bytes.
fn step_over(options: &[u8]) -> Option<&[u8]> {
    let len = usize::from(*options.get(1)?);
    if len < 2 { None } else { options.get(len..) }
}

impl TcpOptions {
    fn add(&mut self, element: &TcpOptionElement) {
        match *element {
            TcpOptionElement::Noop => {}
            TcpOptionElement::MaximumSegmentSize(mss) => self.mss = Some(mss),
            TcpOptionElement::WindowScale(shift) => self.window_scale = Some(shift),
            TcpOptionElement::SelectiveAcknowledgementPermitted => self.sack_permitted = true,
            TcpOptionElement::Timestamp(value, echo) => self.timestamps = Some((value, echo)),
            TcpOptionElement::SelectiveAcknowledgement(first, others) => {
                self.sack_blocks = 1 + others.iter().flatten().count() as u8;
                self.sack = [first, others[0].unwrap_or_default()];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ethernet, ip, ipv4, read, tcp};
    use super::super::{Tcp, Transport};
    use crate::capture::LinkType;

    /// The TCP header of a frame with these options, padded with "end of options".
    fn with(options: &[u8]) -> Tcp {
        let mut padded = options.to_vec();
        padded.resize(options.len().next_multiple_of(4), 0);
        let bytes = ethernet(0x0800, &ipv4(6, &tcp(&padded, b"x")));
        match ip(read(LinkType::ETHERNET, &bytes)).transport {
            Transport::Tcp(tcp) => tcp,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_syn_of_linux_has_all_its_options() {
        let tcp = with(&[2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 5, 0, 0, 0, 0, 1, 3, 3, 7]);
        assert_eq!(
            (tcp.mss, tcp.sack_permitted, tcp.window_scale),
            (Some(1460), true, Some(7))
        );
        assert_eq!(tcp.timestamps, Some((5, 0)));
        assert_eq!((tcp.header_len, tcp.options_cut), (40, false));
    }

    #[test]
    fn sack_blocks_are_counted_and_the_first_two_kept() {
        let mut option = vec![1, 1, 5, 26];
        for edge in [10_u32, 20, 5, 25, 40, 50] {
            option.extend_from_slice(&edge.to_be_bytes());
        }
        let tcp = with(&option);
        assert_eq!((tcp.sack_blocks, tcp.sack), (3, [(10, 20), (5, 25)]));
        let tcp = with(
            &option[..3]
                .iter()
                .copied()
                .chain([10, 0, 0, 0, 1, 0, 0, 0, 2])
                .collect::<Vec<_>>(),
        );
        assert_eq!((tcp.sack_blocks, tcp.sack), (1, [(1, 2), (0, 0)]));
    }

    #[test]
    fn an_unknown_option_is_stepped_over() {
        let tcp = with(&[254, 6, 1, 2, 3, 4, 8, 10, 0, 0, 0, 7, 0, 0, 0, 8]);
        assert_eq!(tcp.timestamps, Some((7, 8)));
    }

    #[test]
    fn a_known_option_of_a_wrong_length_is_stepped_over() {
        let tcp = with(&[2, 6, 1, 2, 3, 4, 3, 3, 9]);
        assert_eq!((tcp.mss, tcp.window_scale), (None, Some(9)));
    }

    #[test]
    fn a_length_that_leads_nowhere_ends_the_options_only() {
        for broken in [[254, 0], [254, 1], [254, 60], [8, 10]] {
            let tcp = with(&[3, 3, 9, 1, broken[0], broken[1], 2, 4, 5, 0xb4]);
            assert_eq!(
                (tcp.window_scale, tcp.mss, tcp.dst_port),
                (Some(9), None, 80),
                "{broken:?}"
            );
        }
    }

    #[test]
    fn nothing_counts_behind_the_end_of_options() {
        assert_eq!(with(&[0, 3, 3, 9]).window_scale, None);
    }
}
