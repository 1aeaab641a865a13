//! Wireshark display filters for what was measured.

use crate::options::{AnalysisOptions, TimePoint};
use crate::summary::Nodes;

/// Shows the frames exchanged between the nodes, as far as `--port`, `--from` and `--to` left them in.
///
/// ```
/// use migqos::options::AnalysisOptions;
/// use migqos::report::filter::display_filter;
/// use migqos::summary::{ChosenBy, Nodes};
///
/// let nodes = Nodes {
///     source: vec!["10.0.0.1".to_owned()],
///     target: vec!["10.0.0.2".to_owned(), "fd00::2".to_owned()],
///     chosen_by: ChosenBy::Arguments,
///     runner_up: None,
/// };
/// assert_eq!(
///     display_filter(&nodes, &AnalysisOptions::default()),
///     "ip.addr == 10.0.0.1 && (ip.addr == 10.0.0.2 || ipv6.addr == fd00::2)"
/// );
/// ```
pub fn display_filter(nodes: &Nodes, options: &AnalysisOptions) -> String {
    let mut parts = vec![any_of(&nodes.source), any_of(&nodes.target)];
    if let Some(port) = options.port {
        parts.push(format!(
            "(tcp.port == {port} || udp.port == {port} || sctp.port == {port})"
        ));
    }
    let time = |point: TimePoint, compare: &str| match point {
        TimePoint::Relative(ns) => format!("frame.time_relative {compare} {}", seconds(ns)),
        TimePoint::Absolute(ns) => format!("frame.time_epoch {compare} {}", seconds(ns)),
    };
    parts.extend(options.from.map(|point| time(point, ">=")));
    parts.extend(options.to.map(|point| time(point, "<")));
    parts.retain(|part| !part.is_empty());
    parts.join(" && ")
}

/// The frames of a stretch of time, nanoseconds since the epoch, its end left out.
pub fn between(from_ns: i64, to_ns: i64) -> String {
    format!(
        "frame.time_epoch >= {} && frame.time_epoch < {}",
        seconds(from_ns),
        seconds(to_ns)
    )
}

/// One host by any of its addresses, or by its MAC.
fn any_of(addresses: &[String]) -> String {
    let tests: Vec<String> = addresses
        .iter()
        .map(|address| {
            let field = match address.parse() {
                Ok(std::net::IpAddr::V4(_)) => "ip.addr",
                Ok(std::net::IpAddr::V6(_)) => "ipv6.addr",
                Err(_) => "eth.addr",
            };
            format!("{field} == {address}")
        })
        .collect();
    match tests.len() {
        0 | 1 => tests.concat(),
        _ => format!("({})", tests.join(" || ")),
    }
}

/// Nanoseconds as seconds, exactly.
fn seconds(ns: i64) -> String {
    let sign = if ns < 0 { "-" } else { "" };
    let ns = ns.unsigned_abs();
    format!("{sign}{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::ChosenBy;

    #[test]
    fn times_are_exact_to_the_nanosecond() {
        assert_eq!(seconds(1_795_185_720_000_000_001), "1795185720.000000001");
        assert_eq!(seconds(-1), "-0.000000001");
    }

    #[test]
    fn ports_times_and_macs_are_part_of_the_filter() {
        let nodes = Nodes {
            source: vec!["52:54:00:12:34:56".to_owned()],
            target: vec!["fd00::2".to_owned()],
            chosen_by: ChosenBy::Arguments,
            runner_up: None,
        };
        let options = AnalysisOptions {
            port: Some(60000),
            from: Some(TimePoint::Relative(12_500_000_000)),
            to: Some(TimePoint::Absolute(1_795_185_720_000_000_000)),
            ..AnalysisOptions::default()
        };
        assert_eq!(
            display_filter(&nodes, &options),
            "eth.addr == 52:54:00:12:34:56 && ipv6.addr == fd00::2 && (tcp.port == 60000 || udp.port == 60000 || \
             sctp.port == 60000) && frame.time_relative >= 12.500000000 && frame.time_epoch < 1795185720.000000000"
        );
    }
}
