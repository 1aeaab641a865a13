//! TCP options, up to the first that contradicts itself.

use etherparse::{TcpOptionElement, TcpOptionsIterator};

use super::Tcp;

/// Reads `options` into `tcp`. An option of unknown kind, or of a known kind with an unknown length, is stepped over
/// by its own length; one whose length cannot be stepped over ends the options and nothing else.
pub(super) fn read(options: &[u8], tcp: &mut Tcp) {
    let mut rest = options;
    while !rest.is_empty() {
        let mut elements = TcpOptionsIterator::from_slice(rest);
        match elements.next() {
            None => return,
            Some(Ok(element)) => {
                keep(&element, tcp);
                rest = elements.rest();
            }
            Some(Err(_)) => match step_over(rest) {
                Some(next) => rest = next,
                None => return,
            },
        }
    }
}

/// The options behind the first one; its length counts its kind and length bytes.
fn step_over(options: &[u8]) -> Option<&[u8]> {
    let len = usize::from(*options.get(1)?);
    if len < 2 { None } else { options.get(len..) }
}

fn keep(element: &TcpOptionElement, tcp: &mut Tcp) {
    match *element {
        TcpOptionElement::Noop => {}
        TcpOptionElement::MaximumSegmentSize(mss) => tcp.mss = Some(mss),
        TcpOptionElement::WindowScale(shift) => tcp.window_scale = Some(shift),
        TcpOptionElement::SelectiveAcknowledgementPermitted => tcp.sack_permitted = true,
        TcpOptionElement::Timestamp(value, echo) => tcp.timestamps = Some((value, echo)),
        TcpOptionElement::SelectiveAcknowledgement(first, others) => {
            tcp.sack_blocks = 1 + others.iter().flatten().count() as u8;
            tcp.sack = [first, others[0].unwrap_or_default()];
        }
    }
}
