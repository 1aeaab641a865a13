//! What the comparison ran on.

use std::process::Command;

use super::sections::{grouped, tools};

/// One line of Markdown for each of machine, system and tools.
pub fn description() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let value = |text: &str, key: &str| {
        let line = text.lines().find(|line| line.starts_with(key))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let processor = value(&read("/proc/cpuinfo"), "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = value(&read("/proc/meminfo"), "MemTotal")
        .and_then(|text| text.split(' ').next()?.parse::<u64>().ok())
        .map_or_else(String::new, |kib| format!(", {} MiB of memory", grouped(kib / 1024)));
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let system = said("uname", &["-sr"]).unwrap_or_else(|| std::env::consts::OS.to_owned());
    let compiler = said("rustc", &["--version"]).unwrap_or_default();
    let found: Vec<String> = tools().iter().filter_map(|(_, version)| version.clone()).collect();
    let missing: Vec<&str> = tools()
        .iter()
        .filter(|(_, version)| version.is_none())
        .map(|(tool, _)| *tool)
        .collect();
    let mut text = format!("Machine: {processor}, {cores} cores{memory}; {system}; {compiler}.\n");
    text.push_str(&format!("Compared with: {}.\n", found.join("; ")));
    if !missing.is_empty() {
        text.push_str(&format!("Skipped, since not installed: {}.\n", missing.join(", ")));
    }
    text
}
