//! The figures as Markdown.

use std::fmt::Write as _;
use std::io::{Error, Result};
use std::path::Path;
use std::process::Command;

use super::contest::Outcome;
use super::sections::{FOUND, GIVEN, NO_REPORT, ONE_THREAD, REPORT, Section, TSHARK_PACKETS, grouped};
use super::targets::{Limit, outcome, targets};
use super::{Plan, count, machine, stages};

const BEGIN: &str = "<!-- what follows is written by make performance -->\n";
const END: &str = "<!-- so far -->\n";

/// Targets, how the time divides, instructions, and every time.
///
/// # Errors
/// Where one of this project's programs fails.
pub fn markdown(plan: &Plan, sections: &[Section]) -> Result<String> {
    let mut text = machine::description();
    let _ = writeln!(
        text,
        "(a), (c), (d) and (e) hold {} packets, (b) {}. Whole processes with the file in the page cache, in turns; medians \
         of {}, where a row of the times does not say fewer.\n",
        grouped(plan.packets),
        grouped(plan.packets / 8),
        runs(plan.runs)
    );
    text.push_str(&of_targets(sections));
    text.push_str(&of_stages(plan, sections)?);
    text.push_str(&of_instructions(plan)?);
    text.push_str("### Times\n\n");
    for section in sections {
        text.push_str(&of_times(section));
    }
    Ok(text)
}

fn runs(count: usize) -> String {
    match count {
        1 => "1 run".to_owned(),
        _ => format!("{count} runs"),
    }
}

/// Puts `text` between the markers of a document.
///
/// # Errors
/// Where the document has no markers, or cannot be written.
pub fn into_document(path: &Path, text: &str) -> Result<()> {
    let document = std::fs::read_to_string(path)?;
    let parts = document.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) = parts.ok_or_else(|| Error::other(format!("{}: the markers are missing", path.display())))?;
    std::fs::write(path, format!("{before}{BEGIN}\n{}\n\n{END}{after}", text.trim_end()))
}

const RECORD_HEAD: &str = "\
# Instructions that one packet more costs, counted by valgrind's callgrind on one thread: `make instructions`.
# A test fails where one of them grows by more than a tenth.
";

/// Counts, and puts the figures where the test finds them.
///
/// # Errors
/// Where there is no valgrind, or the file cannot be written.
pub fn record_instructions(plan: &Plan) -> Result<()> {
    if !count::can_count() {
        return Err(Error::other("valgrind is not installed"));
    }
    let folder = tempfile::tempdir()?;
    let mut text = RECORD_HEAD.to_owned();
    for (input, counted) in count::all(plan.program("migqos").as_ref(), folder.path())? {
        let _ = writeln!(text, "{input} = {counted:.1}");
    }
    print!("{text}");
    std::fs::write(count::RECORD, text)
}

fn of_targets(sections: &[Section]) -> String {
    let mut text = "### Targets\n\n| what | must be | is | |\n| --- | --- | ---: | --- |\n".to_owned();
    for target in targets(sections) {
        let limit = match target.limit {
            Limit::AtLeast(least) => format!("at least {least}"),
            Limit::AtMost(most) => format!("at most {most}"),
        };
        let met = if target.is_met() { "met" } else { "**not met**" };
        let _ = writeln!(
            text,
            "| {} | {limit} | {:.*} | {met} |",
            target.what, target.places, target.figure
        );
    }
    text.push('\n');
    text
}

/// How one thread's time on (a) divides.
fn of_stages(plan: &Plan, sections: &[Section]) -> Result<String> {
    let Some(section) = sections.iter().find(|section| section.letter == "a") else {
        return Ok(String::new());
    };
    let file = plan.folder.join(format!("bulk-{}-96.pcap", plan.packets));
    eprintln!("how the time divides");
    let output = Command::new(std::env::current_exe()?)
        .arg(stages::FLAG)
        .arg(file)
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut rows: Vec<(&str, f64)> = said
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(name, seconds)| Some((name, seconds.parse().ok()?)))
        .collect();
    let inside: f64 = rows.iter().map(|(_, seconds)| seconds).sum();
    if let Some(whole) = outcome(sections, "a", ONE_THREAD) {
        rows.push(("starting, grading, JSON", (whole.processor_s - inside).max(0.0)));
    }
    let all: f64 = rows.iter().map(|(_, seconds)| seconds).sum();
    let mut text = "### How the time divides\n\n".to_owned();
    let packets = grouped(section.packets);
    let _ = writeln!(
        text,
        "Processor time on (a), one thread, {packets} packets; medians of {} runs.\n",
        stages::ROUNDS
    );
    text.push_str("| stage | s | ns per packet | share |\n| --- | ---: | ---: | ---: |\n");
    for (name, seconds) in rows {
        let (per_packet, share) = (seconds * 1e9 / section.packets as f64, 100.0 * seconds / all);
        let _ = writeln!(text, "| {name} | {seconds:.3} | {per_packet:.1} | {share:.0} % |");
    }
    text.push('\n');
    if let (Some(with), Some(without)) = (outcome(sections, "h", REPORT), outcome(sections, "h", NO_REPORT)) {
        let report_s = with.processor_s - without.processor_s;
        let _ = writeln!(
            text,
            "The report of (h) with its charts takes {report_s:.3} s of processor time more.\n"
        );
    }
    Ok(text)
}

fn of_instructions(plan: &Plan) -> Result<String> {
    let recorded = count::recorded()?;
    let mut text = "### Instructions per packet\n\n".to_owned();
    if !count::can_count() {
        text.push_str("Not counted: valgrind is not installed.\n\n");
        return Ok(text);
    }
    eprintln!("counting instructions");
    let folder = tempfile::tempdir()?;
    text.push_str("Counted by valgrind's callgrind, one thread.\n\n");
    text.push_str("| input | counted | recorded |\n| --- | ---: | ---: |\n");
    for (input, counted) in count::all(plan.program("migqos").as_ref(), folder.path())? {
        let recorded = recorded
            .get(input)
            .map_or_else(String::new, |figure| format!("{figure:.0}"));
        let _ = writeln!(text, "| {input} | {counted:.0} | {recorded} |");
    }
    text.push('\n');
    Ok(text)
}

fn of_times(section: &Section) -> String {
    let mut text = format!("({}) {}\n\n", section.letter, section.title);
    text.push_str("| program | s | processor s | ns per packet | times migqos | peak MiB | runs |\n");
    text.push_str("| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    let ours = [GIVEN, FOUND, REPORT]
        .iter()
        .find_map(|name| section.outcomes.iter().find(|outcome| outcome.name == *name));
    for one in &section.outcomes {
        let Outcome {
            name,
            wall_s,
            processor_s,
            peak_mib,
            runs,
        } = one;
        let per_packet = wall_s * 1e9 / section.packets.max(1) as f64;
        let times = ours.map_or_else(String::new, |ours| format!("{:.2}", wall_s / ours.wall_s));
        let _ = writeln!(
            text,
            "| {name} | {wall_s:.3} | {processor_s:.3} | {per_packet:.0} | {times} | {peak_mib:.0} | {runs} |"
        );
    }
    let scaled = section.outcomes.iter().any(|one| one.name.starts_with("tshark"))
        && section.packets > TSHARK_PACKETS
        && section.letter != "f";
    if scaled {
        let _ = writeln!(
            text,
            "\ntshark got the first {} packets; its times are scaled.",
            grouped(TSHARK_PACKETS)
        );
    }
    text.push('\n');
    text
}
