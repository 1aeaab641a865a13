//! What is compared: the files, and who runs on each.

use std::io::Result;
use std::path::Path;
use std::process::{Command, Stdio};

use super::Plan;
use super::contest::{Contender, Outcome, hold};
use super::files::{Files, largest_lab_capture};
use super::measure::Call;
use super::traffic::Kind;

/// Everybody's figures on one file.
pub struct Section {
    pub letter: &'static str,
    pub title: String,
    pub packets: u64,
    pub outcomes: Vec<Outcome>,
}

/// Packets that tshark gets: it takes minutes for all.
pub const TSHARK_PACKETS: u64 = 500_000;
/// How often those run that take a minute: tshark, and tcptrace on many flows.
const SLOW_RUNS: usize = 1;
/// Captures side by side, and packets of each.
const MANY: (usize, u64) = (60, 5000);

pub const GIVEN: &str = "migqos, nodes given";
pub const FOUND: &str = "migqos, nodes not given";
pub const ONE_THREAD: &str = "migqos -j 1";
pub const TWO_THREADS: &str = "migqos -j 2";
pub const QUARTER: &str = "migqos, a quarter of the packets";
pub const STDIN: &str = "migqos, standard input";
pub const REPORT: &str = "migqos with report and charts";
pub const NO_REPORT: &str = "migqos without report";
pub const WALK: &str = "bare walk over the headers";
/// With -n, since it would look up the name of every host otherwise, which is no part of reading a capture.
pub const TCPTRACE: &str = "tcptrace -n -l -r";
pub const CAPINFOS: &str = "capinfos";
pub const TCPDUMP: &str = "tcpdump -r F -w /dev/null";
pub const TSHARK: &str = "tshark -q -z io,stat,…lost_segment";
pub const GZIP: &str = "gzip -dc";
pub const ZSTD: &str = "zstd -dc";

/// The generator's first flow, which is all of `bulk`.
const NODES: [&str; 4] = ["--source", "10.0.0.1", "--target", "10.0.1.1"];

/// The programs that were compared with, and whether each is here: name, first line of what it says of its version.
pub fn tools() -> Vec<(&'static str, Option<String>)> {
    let version = |tool: &str, flag: &str| {
        let output = Command::new(tool).arg(flag).stdin(Stdio::null()).output().ok()?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        let line = said.lines().find(|line| line.chars().any(|c| c.is_ascii_digit()))?;
        Some(line.trim().trim_end_matches('.').to_owned())
    };
    [
        ("tcptrace", "-version"),
        ("tshark", "--version"),
        ("capinfos", "--version"),
        ("tcpdump", "--version"),
        ("gzip", "--version"),
        ("zstd", "--version"),
    ]
    .map(|(tool, flag)| (tool, version(tool, flag)))
    .to_vec()
}

/// Holds the sections that the plan wants.
///
/// # Errors
/// Where a file cannot be made.
pub fn hold_all(plan: &Plan) -> Result<Vec<Section>> {
    let stage = Stage {
        plan,
        files: Files::new(plan.folder.clone())?,
        installed: tools()
            .into_iter()
            .filter(|(_, version)| version.is_some())
            .map(|(tool, _)| tool)
            .collect(),
    };
    let mut sections = Vec::new();
    for letter in ('a'..='h').filter(|&letter| plan.wants(letter)) {
        sections.extend(match letter {
            'a' => stage.large("a", Kind::Bulk, "one bulk flow")?,
            'b' => stage.whole()?,
            'c' => stage.large("c", Kind::Flows, "20,000 flows")?,
            'd' => stage.plain("d", "(a) in pcapng".to_owned(), plan.packets, 96, true)?,
            'e' => stage.compressed()?,
            'f' => stage.lab()?,
            'g' => stage.many()?,
            _ => stage.report()?,
        });
    }
    Ok(sections)
}

struct Stage<'a> {
    plan: &'a Plan,
    files: Files,
    installed: Vec<&'static str>,
}

impl Stage<'_> {
    /// Everything on, JSON, no report files.
    fn migqos(&self, file: &str, more: &[&str]) -> Call {
        Call::new([self.plan.program("migqos")])
            .with(&["analyze", file, "--no-report", "--format", "json"])
            .with(more)
    }

    fn walk(&self, file: &str) -> Contender {
        Contender::new(WALK, Call::new([self.plan.program("examples/walk")]).with(&[file]))
    }

    /// Other people's programs that read a whole capture, as far as they are installed.
    fn others(&self, file: &str) -> Vec<Contender> {
        let mut others = vec![
            Contender::new(CAPINFOS, Call::new(["capinfos", file])),
            Contender::new(TCPDUMP, Call::new(["tcpdump", "-r", file, "-w", "/dev/null"])),
            Contender::new(TCPTRACE, Call::new(["tcptrace", "-n", "-l", "-r", file])),
        ];
        others.retain(|other| self.installed.contains(&other.call.words[0].as_str()));
        others
    }

    /// tshark, on the beginning of a generated capture.
    fn tshark(&self, kind: Kind, packets: u64, snaplen: usize, pcapng: bool) -> Result<Vec<Contender>> {
        if !self.installed.contains(&"tshark") {
            return Ok(Vec::new());
        }
        let part = packets.min(TSHARK_PACKETS);
        let file = self.files.traffic(kind, part, snaplen, pcapng)?;
        let call = tshark(&text(&file));
        Ok(vec![
            Contender::new(TSHARK, call)
                .at_most(SLOW_RUNS)
                .scaled(packets as f64 / part as f64),
        ])
    }

    fn hold(&self, letter: &'static str, title: String, packets: u64, contenders: &[Contender]) -> Section {
        let outcomes = hold(&format!("({letter}) {title}"), contenders, self.plan.runs);
        Section {
            letter,
            title,
            packets,
            outcomes,
        }
    }

    fn large(&self, letter: &'static str, kind: Kind, what: &str) -> Result<Vec<Section>> {
        let packets = self.plan.packets;
        let path = self.files.traffic(kind, packets, 96, false)?;
        let file = text(&path);
        let quarter = text(&self.files.traffic(kind, packets / 4, 96, false)?);
        let mut contenders = vec![
            Contender::new(GIVEN, self.migqos(&file, &NODES)),
            Contender::new(FOUND, self.migqos(&file, &[])),
            Contender::new(ONE_THREAD, self.migqos(&file, &NODES).with(&["-j", "1"])),
            Contender::new(TWO_THREADS, self.migqos(&file, &NODES).with(&["-j", "2"])),
            Contender::new(STDIN, self.migqos("-", &NODES).reading(&path)),
            Contender::new(QUARTER, self.migqos(&quarter, &NODES)),
            self.walk(&file),
        ];
        contenders.extend(self.others(&file));
        if kind == Kind::Flows {
            // Many flows take every program longest: fewer rows and runs keep the whole within minutes.
            contenders.retain(|one| one.name != STDIN);
            contenders = contenders
                .into_iter()
                .map(|one| match one.name.as_str() {
                    TCPTRACE => one.at_most(SLOW_RUNS),
                    FOUND | ONE_THREAD | TWO_THREADS => one.at_most(2),
                    _ => one,
                })
                .collect();
        }
        contenders.extend(self.tshark(kind, packets, 96, false)?);
        let title = format!("{what}, {} packets cut at 96 bytes", grouped(packets));
        Ok(vec![self.hold(letter, title, packets, &contenders)])
    }

    fn whole(&self) -> Result<Vec<Section>> {
        let packets = self.plan.packets / 8;
        let title = format!("one bulk flow, {} packets whole (1514 bytes)", grouped(packets));
        self.plain("b", title, packets, 1514, false)
    }

    fn plain(
        &self,
        letter: &'static str,
        title: String,
        packets: u64,
        snaplen: usize,
        pcapng: bool,
    ) -> Result<Vec<Section>> {
        let path = self.files.traffic(Kind::Bulk, packets, snaplen, pcapng)?;
        let file = text(&path);
        let mut contenders = vec![
            Contender::new(GIVEN, self.migqos(&file, &NODES)),
            Contender::new(ONE_THREAD, self.migqos(&file, &NODES).with(&["-j", "1"])),
            Contender::new(STDIN, self.migqos("-", &NODES).reading(&path)),
            self.walk(&file),
        ];
        contenders.extend(self.others(&file));
        contenders.extend(self.tshark(Kind::Bulk, packets, snaplen, pcapng)?);
        Ok(vec![self.hold(letter, title, packets, &contenders)])
    }

    fn compressed(&self) -> Result<Vec<Section>> {
        let packets = self.plan.packets;
        let plain = self.files.traffic(Kind::Bulk, packets, 96, false)?;
        let packed = [
            ("e, gzip", GZIP, self.files.gzip(&plain)?),
            ("e, zstd", ZSTD, self.files.zstd(&plain)?),
        ];
        let hold = |(letter, tool, path): (&'static str, &'static str, std::path::PathBuf)| {
            let file = text(&path);
            let mut contenders = vec![
                Contender::new(GIVEN, self.migqos(&file, &NODES)),
                Contender::new(ONE_THREAD, self.migqos(&file, &NODES).with(&["-j", "1"])),
                Contender::new(STDIN, self.migqos("-", &NODES).reading(&path)),
            ];
            let words: Vec<&str> = tool.split(' ').chain([file.as_str()]).collect();
            if self.installed.contains(&words[0]) {
                contenders.push(Contender::new(tool, Call::new(words)));
            }
            let title = format!("(a) as {} makes it", tool.trim_end_matches(" -dc"));
            self.hold(letter, title, packets, &contenders)
        };
        Ok(packed.into_iter().map(hold).collect())
    }

    fn lab(&self) -> Result<Vec<Section>> {
        let path = self.files.unpacked(&largest_lab_capture())?;
        let file = text(&path);
        let walked = Command::new(self.plan.program("examples/walk")).arg(&file).output()?;
        let said = String::from_utf8_lossy(&walked.stdout).into_owned();
        let packets = said.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0);
        let mut contenders = vec![
            Contender::new(FOUND, self.migqos(&file, &[])),
            Contender::new(ONE_THREAD, self.migqos(&file, &["-j", "1"])),
            self.walk(&file),
        ];
        contenders.extend(self.others(&file));
        if self.installed.contains(&"tshark") {
            contenders.push(Contender::new(TSHARK, tshark(&file)).at_most(SLOW_RUNS));
        }
        let title = match file.contains("precopy-loss") {
            true => "the fixture precopy-loss",
            false => "the largest capture of the lab",
        };
        Ok(vec![self.hold(
            "f",
            format!("{title}, {} packets", grouped(packets)),
            packets,
            &contenders,
        )])
    }

    fn many(&self) -> Result<Vec<Section>> {
        let (count, packets) = MANY;
        let one = self.files.traffic(Kind::Bulk, packets, 96, false)?;
        let copies: Vec<String> = self.files.copies(&one, count)?.iter().map(|path| text(path)).collect();
        let words: Vec<&str> = copies.iter().map(String::as_str).collect();
        let scratch = text(&self.files.scratch());
        let analyze = Call::new([self.plan.program("migqos")]).with(&["analyze", "--format", "json"]);
        let contenders = [
            Contender::new(REPORT, analyze.clone().with(&["-o", &scratch]).with(&words)),
            Contender::new(NO_REPORT, analyze.with(&["--no-report"]).with(&words)),
        ];
        let title = format!("{count} captures of {} packets each", grouped(packets));
        Ok(vec![self.hold("g", title, packets * count as u64, &contenders)])
    }

    fn report(&self) -> Result<Vec<Section>> {
        let file = text(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/precopy-loss.pcap.zst"));
        let scratch = text(&self.files.scratch());
        let with =
            Call::new([self.plan.program("migqos")]).with(&["analyze", &file, "--format", "json", "-o", &scratch]);
        let contenders = [
            Contender::new(REPORT, with),
            Contender::new(NO_REPORT, self.migqos(&file, &[])),
        ];
        let title = "the report of the fixture precopy-loss".to_owned();
        Ok(vec![self.hold("h", title, 56_022, &contenders)])
    }
}

fn tshark(file: &str) -> Call {
    let statistics = "io,stat,1,COUNT(tcp.analysis.lost_segment)tcp.analysis.lost_segment";
    Call::new(["tshark", "-q", "-z", statistics, "-r", file])
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// With a comma before every third digit from the right.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
