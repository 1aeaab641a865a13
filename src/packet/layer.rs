//! A cursor over one layer of a frame that knows two ends: where the layer ended on the wire, and where the capture
//! stops.

/// The part of a frame that one protocol sees.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layer<'a> {
    /// Captured bytes of the whole frame.
    frame: &'a [u8],
    /// Where the layer begins, bytes from the start of the frame. May lie beyond what was captured.
    start: usize,
    /// Where the layer ended on the wire, never before `start`.
    end: usize,
}

impl<'a> Layer<'a> {
    /// The whole frame. A frame that claims to have been shorter on the wire than it was captured is taken at its
    /// captured length.
    pub(super) fn of_frame(frame: &'a [u8], wire_len: u32) -> Self {
        let end = (wire_len as usize).max(frame.len());
        Self { frame, start: 0, end }
    }

    /// Where the layer begins, bytes from the start of the frame.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// What was captured of this layer.
    pub(super) fn captured(&self) -> &'a [u8] {
        self.frame
            .get(self.start..self.end.min(self.frame.len()))
            .unwrap_or_default()
    }

    /// Bytes of this layer on the wire.
    pub(super) fn wire_len(&self) -> usize {
        self.end - self.start
    }

    /// The layer without its first `len` bytes.
    pub(super) fn skip(self, len: usize) -> Self {
        Self {
            start: self.start.saturating_add(len).min(self.end),
            ..self
        }
    }

    /// A layer that cannot be told where it is: empty, beyond any frame.
    pub(super) fn nowhere(self) -> Self {
        Self {
            start: usize::MAX,
            end: usize::MAX,
            ..self
        }
    }

    /// The layer ended after `len` bytes by its own account: what follows is padding. A length beyond the frame
    /// changes nothing.
    pub(super) fn limit(self, len: usize) -> Self {
        Self {
            end: self.start.saturating_add(len).min(self.end),
            ..self
        }
    }

    /// The first `N` bytes, zeros where they were not captured, so that a header view can always be laid over
    /// them; the second value says how many of them are real.
    pub(super) fn head<const N: usize>(&self) -> ([u8; N], usize) {
        let mut head = [0; N];
        let captured = self.captured();
        let real = captured.len().min(N);
        if let (Some(to), Some(from)) = (head.get_mut(..real), captured.get(..real)) {
            to.copy_from_slice(from);
        }
        (head, real)
    }

    /// `N` captured bytes at `offset`.
    pub(super) fn array<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        self.captured().get(offset..)?.first_chunk().copied()
    }

    /// The byte at `offset`.
    pub(super) fn u8(&self, offset: usize) -> Option<u8> {
        self.captured().get(offset).copied()
    }

    /// The big-endian 16-bit number at `offset`.
    pub(super) fn u16(&self, offset: usize) -> Option<u16> {
        self.array(offset).map(u16::from_be_bytes)
    }

    /// The big-endian 32-bit number at `offset`.
    pub(super) fn u32(&self, offset: usize) -> Option<u32> {
        self.array(offset).map(u32::from_be_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::Layer;

    #[test]
    fn the_wire_goes_on_where_the_capture_stops() {
        let layer = Layer::of_frame(&[1, 2, 3, 4], 10).skip(3);
        assert_eq!((layer.start(), layer.captured(), layer.wire_len()), (3, &[4][..], 7));
        let layer = layer.skip(2);
        assert_eq!((layer.captured(), layer.wire_len(), layer.u8(0)), (&[][..], 5, None));
    }

    #[test]
    fn a_limit_ends_what_was_captured_too_and_never_lengthens() {
        let layer = Layer::of_frame(&[1, 2, 3, 4], 4).limit(2);
        assert_eq!((layer.captured(), layer.wire_len()), (&[1, 2][..], 2));
        assert_eq!(layer.limit(100).wire_len(), 2);
        assert_eq!(layer.skip(100).wire_len(), 0);
    }

    #[test]
    fn a_head_beyond_the_capture_is_zeros() {
        let layer = Layer::of_frame(&[1, 2, 3], 9);
        assert_eq!(layer.head::<5>(), ([1, 2, 3, 0, 0], 3));
        assert_eq!(layer.head::<2>(), ([1, 2], 2));
    }

    #[test]
    fn a_number_that_is_not_all_there_is_none() {
        let layer = Layer::of_frame(&[1, 2, 3], 9);
        assert_eq!((layer.u16(1), layer.u16(2), layer.u32(0)), (Some(0x0203), None, None));
        assert_eq!(layer.u8(usize::MAX), None);
    }
}
