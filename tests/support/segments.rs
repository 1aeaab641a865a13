//! TCP segments written as rows of text, and the frames that carry them.
//!
//! A row is `milliseconds  direction  flags  sequence  length  acknowledgement`, then words, then the flags that
//! Wireshark gives it after `=>`; tests/timelines/README.md lists the words.

use migqos::capture::write::Layout;

/// Time 0 of a timeline, nanoseconds since the epoch.
pub const START_NS: i64 = 1_700_000_000_000_000_000;

/// Ethernet's header, bytes.
const ETHERNET: usize = 14;

/// What the network or the capture did to a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fate {
    /// Carried and captured.
    #[default]
    Arrived,
    /// Lost by the network before the capture point: not in the capture.
    LostBefore,
    /// Lost by the network behind the capture point.
    LostBehind,
    /// Carried, but not captured.
    Missed,
    /// The capture's second copy of the segment before.
    Copy,
}

/// One segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Nanoseconds after [`START_NS`].
    pub time_ns: i64,
    /// Sent by b.
    pub from_b: bool,
    /// The port of a.
    pub port: u16,
    /// The flags of the TCP header.
    pub flags: u8,
    /// Sequence number.
    pub seq: u32,
    /// Payload bytes.
    pub len: u32,
    /// The first of them; the rest are 0.
    pub payload: Vec<u8>,
    /// Acknowledgement number.
    pub ack: u32,
    /// The window field.
    pub window: u16,
    /// Window scale option.
    pub window_scale: Option<u8>,
    /// Maximum segment size option.
    pub mss: Option<u16>,
    /// SACK permitted option.
    pub sack_permitted: bool,
    /// SACK blocks.
    pub sack: Vec<(u32, u32)>,
    /// TSval and TSecr.
    pub timestamps: Option<(u32, u32)>,
    /// IPv4 identification.
    pub id: u16,
    /// Time to live.
    pub ttl: u8,
    /// 802.1Q tag.
    pub vlan: Option<u16>,
    /// Bytes of the frame that were captured.
    pub cut: Option<usize>,
    /// The IP header's length field is 0, as in a frame whose segmentation is left to the network card.
    pub no_length: bool,
    /// What became of it.
    pub fate: Fate,
    /// The flags that Wireshark gives it, sorted.
    pub expected: Vec<String>,
}

impl Default for Segment {
    fn default() -> Self {
        Self {
            time_ns: 0,
            from_b: false,
            port: 40_000,
            flags: 0x10,
            seq: 0,
            len: 0,
            payload: Vec::new(),
            ack: 0,
            window: 502,
            window_scale: None,
            mss: None,
            sack_permitted: false,
            sack: Vec::new(),
            timestamps: None,
            id: 0,
            ttl: 64,
            vlan: None,
            cut: None,
            no_length: false,
            fate: Fate::Arrived,
            expected: Vec::new(),
        }
    }
}

/// The letters of the flags, from the lowest bit.
const FLAG_LETTERS: &str = "FSRPAUEC";

impl Segment {
    /// Whether the capture holds it.
    pub fn is_captured(&self) -> bool {
        !matches!(self.fate, Fate::LostBefore | Fate::Missed)
    }

    /// Reads a row.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn parse(row: &str) -> Result<Self, String> {
        let (columns, expected) = row.split_once("=>").unwrap_or((row, ""));
        let mut words = columns.split_whitespace();
        let mut column = |name: &str| words.next().ok_or_else(|| format!("{row:?} has no {name}"));
        let time_ms: f64 = number(column("time")?)?;
        let mut segment = Self {
            time_ns: (time_ms * 1e6).round() as i64,
            from_b: match column("direction")? {
                ">" => false,
                "<" => true,
                other => return Err(format!("{other:?} is no direction")),
            },
            flags: flags(column("flags")?)?,
            seq: number(column("sequence number")?)?,
            len: number(column("length")?)?,
            ack: number(column("acknowledgement")?)?,
            ..Self::default()
        };
        for word in words {
            segment.word(word)?;
        }
        segment.expected = expected.split_whitespace().map(str::to_owned).collect();
        segment.expected.sort();
        Ok(segment)
    }

    fn word(&mut self, word: &str) -> Result<(), String> {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        match key {
            "win" => self.window = number(value)?,
            "ws" => self.window_scale = Some(number(value)?),
            "mss" => self.mss = Some(number(value)?),
            "sackok" => self.sack_permitted = true,
            "sack" => {
                let blocks = value.split(',').map(|block| pair(block, '-'));
                self.sack = blocks.collect::<Result<_, _>>()?;
            }
            "ts" => self.timestamps = Some(pair(value, '/')?),
            "id" => self.id = number(value)?,
            "ttl" => self.ttl = number(value)?,
            "vlan" => self.vlan = Some(number(value)?),
            "port" => self.port = number(value)?,
            "cut" => self.cut = Some(number(value)?),
            "nolength" => self.no_length = true,
            "lost-before" => self.fate = Fate::LostBefore,
            "lost-behind" => self.fate = Fate::LostBehind,
            "missed" => self.fate = Fate::Missed,
            "copy" => self.fate = Fate::Copy,
            _ => return Err(format!("{word:?} is no word of a row")),
        }
        Ok(())
    }

    fn options(&self) -> Vec<u8> {
        let mut options = Vec::new();
        if let Some(mss) = self.mss {
            options.extend([2, 4]);
            options.extend(mss.to_be_bytes());
        }
        if self.sack_permitted {
            options.extend([4, 2]);
        }
        if let Some((value, echo)) = self.timestamps {
            options.extend([8, 10]);
            options.extend(value.to_be_bytes());
            options.extend(echo.to_be_bytes());
        }
        if let Some(shift) = self.window_scale {
            options.extend([3, 3, shift]);
        }
        if !self.sack.is_empty() {
            options.extend([5, 2 + 8 * self.sack.len() as u8]);
            for (left, right) in &self.sack {
                options.extend(left.to_be_bytes());
                options.extend(right.to_be_bytes());
            }
        }
        // No operation, up to a whole word.
        options.resize(options.len().next_multiple_of(4), 1);
        options
    }

    fn tcp(&self, b_port: u16) -> Vec<u8> {
        let options = self.options();
        let ports = if self.from_b {
            [b_port, self.port]
        } else {
            [self.port, b_port]
        };
        let mut tcp = Vec::with_capacity(20 + options.len());
        tcp.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
        tcp.extend(self.seq.to_be_bytes());
        tcp.extend(self.ack.to_be_bytes());
        tcp.extend([(5 + options.len() / 4) as u8 * 16, self.flags]);
        tcp.extend(self.window.to_be_bytes());
        tcp.extend([0; 4]);
        tcp.extend(options);
        tcp
    }

    /// The frame as captured, and its length on the wire.
    pub fn frame(&self, hosts: &Hosts) -> (Vec<u8>, u32) {
        let tcp = self.tcp(hosts.port);
        let mut frame = Vec::with_capacity(128);
        let [to, from] = if self.from_b { [1, 2] } else { [2, 1] };
        frame.extend([2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from]);
        if let Some(vlan) = self.vlan {
            frame.extend([0x81, 0]);
            frame.extend(vlan.to_be_bytes());
        }
        let after_ip = tcp.len() + self.len as usize;
        if hosts.ipv6 {
            frame.extend([0x86, 0xdd, 0x60, 0, 0, 0]);
            frame.extend((after_ip as u16).to_be_bytes());
            frame.extend([6, self.ttl]);
            for host in [from, to] {
                frame.extend([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host]);
            }
        } else {
            let total = if self.no_length { 0 } else { 20 + after_ip };
            frame.extend([8, 0, 0x45, 0]);
            frame.extend((total as u16).to_be_bytes());
            frame.extend(self.id.to_be_bytes());
            frame.extend([0x40, 0, self.ttl, 6, 0, 0]);
            frame.extend([10, 0, 0, from, 10, 0, 0, to]);
        }
        frame.extend(tcp);
        let end = frame.len() + self.len as usize;
        frame.extend(&self.payload);
        frame.resize(end, 0);
        let wire_len = frame.len() as u32;
        frame.truncate(self.cut.unwrap_or(usize::MAX).max(ETHERNET));
        (frame, wire_len)
    }
}

/// The row again, as a failing test prints it.
impl std::fmt::Display for Segment {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let letters = FLAG_LETTERS.chars().enumerate();
        let set: String = letters
            .filter(|(bit, _)| self.flags >> bit & 1 == 1)
            .map(|(_, letter)| letter)
            .collect();
        let direction = if self.from_b { '<' } else { '>' };
        let time_ms = self.time_ns as f64 / 1e6;
        write!(
            out,
            "{time_ms:>10} {direction} {set:<4} {:>10} {:>5} {:>10}",
            self.seq, self.len, self.ack
        )?;
        if let Some((value, echo)) = self.timestamps {
            write!(out, " ts={value}/{echo}")?;
        }
        for (left, right) in &self.sack {
            write!(out, " sack={left}-{right}")?;
        }
        if self.fate != Fate::Arrived {
            write!(out, " {:?}", self.fate)?;
        }
        Ok(())
    }
}

/// The two ends: a is 10.0.0.1 or fd00::1, b 10.0.0.2 or fd00::2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hosts {
    /// Of IPv6.
    pub ipv6: bool,
    /// The port of b.
    pub port: u16,
}

impl Hosts {
    /// The addresses of a and b.
    pub fn addresses(&self) -> [std::net::IpAddr; 2] {
        let text = if self.ipv6 {
            ["fd00::1", "fd00::2"]
        } else {
            ["10.0.0.1", "10.0.0.2"]
        };
        text.map(|address| address.parse().unwrap())
    }
}

/// The layout of the captures made here.
pub fn layout() -> Layout {
    Layout {
        nanoseconds: true,
        ..Layout::default()
    }
}

/// A capture of `segments`, in the order given, without those that it does not hold.
pub fn capture<'a>(segments: impl IntoIterator<Item = &'a Segment>, hosts: &Hosts) -> Vec<u8> {
    let mut file = Vec::new();
    layout().header(&mut file);
    append(&mut file, segments, hosts);
    file
}

/// Appends the captured ones of `segments` to a capture.
pub fn append<'a>(file: &mut Vec<u8>, segments: impl IntoIterator<Item = &'a Segment>, hosts: &Hosts) {
    for segment in segments.into_iter().filter(|segment| segment.is_captured()) {
        let (bytes, wire_len) = segment.frame(hosts);
        layout().frame(file, START_NS + segment.time_ns, &bytes, wire_len);
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text:?} is no number that fits"))
}

fn pair(text: &str, between: char) -> Result<(u32, u32), String> {
    let (one, other) = text
        .split_once(between)
        .ok_or_else(|| format!("{text:?} is no pair of numbers"))?;
    Ok((number(one)?, number(other)?))
}

fn flags(letters: &str) -> Result<u8, String> {
    let mut flags = 0;
    for letter in letters.chars().filter(|&letter| letter != '-') {
        let bit = FLAG_LETTERS
            .find(letter)
            .ok_or_else(|| format!("{letter:?} is no flag"))?;
        flags |= 1 << bit;
    }
    Ok(flags)
}
