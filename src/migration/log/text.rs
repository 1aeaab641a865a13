//! From a log's bytes to its text, whichever way an editor or a shell wrote it.

/// UTF-8, or UTF-16 as PowerShell redirects write it, with or without a byte-order mark; what is not text becomes a
/// replacement character.
pub(super) fn decode(bytes: &[u8]) -> String {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_order_marks_and_utf_16_are_read() {
        assert_eq!(decode(b"\xef\xbb\xbfok"), "ok");
        assert_eq!(decode(b"\xff\xfeo\0k\0"), "ok");
        assert_eq!(decode(b"\xfe\xff\0o\0k"), "ok");
    }
}
