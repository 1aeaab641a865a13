//! The documents that the method rests on, as a list of references gives them.

use super::page::Page;
use crate::report::document::Document;
use crate::summary::Method;

/// Who, when, what, where; and what must have been measured for it to be cited.
const REFERENCES: [(&str, Cited); 14] = [
    (
        "Benko, P., Veres, A. (2002). A passive method for estimating end-to-end TCP packet loss. IEEE GLOBECOM 2002.",
        Cited::TcpLoss,
    ),
    (
        "Borman, D., Braden, B., Jacobson, V., Scheffenegger, R. (2014). TCP Extensions for High Performance. RFC 7323.",
        Cited::TcpRtt,
    ),
    (
        "ETSI TR 101 329 (1998–1999). TIPHON: General aspects of Quality of Service (QoS).",
        Cited::Tiphon,
    ),
    (
        "Floyd, S., Mahdavi, J., Mathis, M., Podolsky, M. (2000). An Extension to the Selective Acknowledgement (SACK) Option for TCP. RFC 2883.",
        Cited::TcpLoss,
    ),
    (
        "Karn, P., Partridge, C. (1987). Improving round-trip time estimates in reliable transport protocols. ACM SIGCOMM 1987.",
        Cited::TcpRtt,
    ),
    (
        "Mathis, M., Allman, M. (2001). A Framework for Defining Empirical Bulk Transfer Capacity Metrics. RFC 3148.",
        Cited::Always,
    ),
    (
        "Paxson, V., Allman, M., Chu, J., Sargent, M. (2011). Computing TCP's Retransmission Timer. RFC 6298.",
        Cited::TcpRtt,
    ),
    (
        "Schulzrinne, H., Casner, S., Frederick, R., Jacobson, V. (2003). RTP: A Transport Protocol for Real-Time Applications. RFC 3550.",
        Cited::Always,
    ),
    (
        "Almes, G., Kalidindi, S., Zekauskas, M., Morton, A. (2016). A One-Way Delay Metric for IP Performance Metrics (IPPM). RFC 7679.",
        Cited::TwoPoints,
    ),
    (
        "Almes, G., Kalidindi, S., Zekauskas, M., Morton, A. (2016). A One-Way Loss Metric for IP Performance Metrics (IPPM). RFC 7680.",
        Cited::TwoPoints,
    ),
    (
        "Demichelis, C., Chimento, P. (2002). IP Packet Delay Variation Metric for IP Performance Metrics (IPPM). RFC 3393.",
        Cited::TwoPoints,
    ),
    (
        "Morton, A., Claise, B. (2009). Packet Delay Variation Applicability Statement. RFC 5481.",
        Cited::Always,
    ),
    (
        "ITU-T Recommendation G.114 (2003). One-way transmission time.",
        Cited::Profile("g114"),
    ),
    (
        "ITU-T Recommendation Y.1541 (2011). Network performance objectives for IP-based services.",
        Cited::Profile("y1541"),
    ),
];

enum Cited {
    Always,
    TcpLoss,
    TcpRtt,
    TwoPoints,
    Tiphon,
    Profile(&'static str),
}

pub(super) fn write(document: &Document<'_>, page: &mut Page<'_>) {
    let standard = &document.summary.metrics.standard;
    let profile = document.grader.profile().name();
    let applies = |cited: &Cited| match cited {
        Cited::Always => true,
        Cited::TcpLoss => standard.loss_method == Some(Method::TcpRetransmission),
        Cited::TcpRtt => standard.rtt_data_ack.samples > 0 || standard.rtt_timestamps.samples > 0,
        Cited::TwoPoints => standard.delay_method == Some(Method::TwoPoints),
        Cited::Tiphon => profile.starts_with("tiphon"),
        Cited::Profile(name) => profile.starts_with(name),
    };
    page.heading(2, document.style.text("method.references"));
    let mut cited: Vec<String> = REFERENCES
        .iter()
        .filter(|(_, cited)| applies(cited))
        .map(|(text, _)| (*text).to_owned())
        .collect();
    cited.sort();
    page.bullets(&cited);
}
