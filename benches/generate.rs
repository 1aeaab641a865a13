//! Makes large captures: seeded, so that everybody measures the same bytes.
//!
//! ```text
//! generate bulk|flows PACKETS SNAPLEN pcap|pcapng FILE
//! ```

use std::fs::File;
use std::io::{BufWriter, Result, Write};

mod traffic;

use traffic::{Kind, Traffic};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, packets, snaplen, format, path] = arguments.as_slice() else {
        eprintln!("usage: generate bulk|flows PACKETS SNAPLEN pcap|pcapng FILE");
        std::process::exit(2);
    };
    let number = |text: &str| text.parse::<u64>().map_err(std::io::Error::other);
    let traffic = Traffic {
        kind: if kind == "flows" { Kind::Flows } else { Kind::Bulk },
        packets: number(packets)?,
        snaplen: number(snaplen)? as usize,
        pcapng: format == "pcapng",
    };
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    traffic.write(&mut out)?;
    out.flush()
}
