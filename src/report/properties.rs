//! A capture's properties in words, for every renderer.

use crate::capture::{Compression, FileFormat, LinkType};
use crate::report::locale::Style;
use crate::summary::CaptureProperties;

/// What the interfaces dropped together; `None` where none of them says.
pub(super) fn dropped(capture: &CaptureProperties) -> Option<u64> {
    let known = capture.interfaces.iter().filter_map(|i| i.dropped);
    known.fold(None, |sum, n| Some(sum.unwrap_or(0_u64).saturating_add(n)))
}

/// `pcapng, compressed with gzip`.
pub(super) fn format(style: &Style, capture: &CaptureProperties) -> String {
    let format = match capture.format {
        FileFormat::Pcap => "pcap",
        FileFormat::Pcapng => "pcapng",
    };
    let compression = match capture.compression {
        None => return style.say("quality.plain", &[("format", format)]),
        Some(Compression::Gzip) => "gzip",
        Some(Compression::Zstd) => "zstd",
        Some(Compression::Lz4) => "lz4",
    };
    style.say(
        "quality.compressed",
        &[("format", format), ("compression", compression)],
    )
}

/// The link types, each once, in the order of the interfaces.
pub(super) fn links(capture: &CaptureProperties) -> String {
    let mut names: Vec<String> = Vec::new();
    for name in capture.interfaces.iter().map(|i| link(i.link_type)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

fn link(link_type: LinkType) -> String {
    match link_type {
        LinkType::ETHERNET => "Ethernet".to_owned(),
        LinkType::LINUX_SLL => "Linux cooked".to_owned(),
        LinkType::LINUX_SLL2 => "Linux cooked v2".to_owned(),
        LinkType::RAW | LinkType::RAW_DLT | LinkType::RAW_OPENBSD => "raw IP".to_owned(),
        LinkType::IPV4 => "raw IPv4".to_owned(),
        LinkType::IPV6 => "raw IPv6".to_owned(),
        LinkType::NULL | LinkType::LOOP => "BSD loopback".to_owned(),
        LinkType::PPP | LinkType::PPP_HDLC => "PPP".to_owned(),
        LinkType(n) => format!("LINKTYPE {n}"),
    }
}
