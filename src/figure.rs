//! A measured figure: a value, or the reason why there is none.

/// Why a figure is absent. The English sentence is [`Reason::text`]; reports translate by [`Reason::key`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The bin or the selection holds no packet.
    NoPackets,
    /// One packet has no interval: a rate or a spacing needs two.
    SinglePacket,
    /// No TCP payload, RTP or echo in the graded direction: nothing to derive loss from.
    NothingToLose,
    /// No acknowledgement could be matched with a segment.
    NoRttSamples,
    /// Only one direction of the connections was captured.
    OneDirectionOnly,
    /// Fewer than two samples: no variation can be formed.
    TooFewSamples,
    /// The figure needs a second capture point.
    OneCapturePoint,
    /// No migration was recognised in the capture.
    NoMigration,
    /// The capture does not show the virtual machine at the time.
    MachineNotSeen,
    /// The stream is encrypted.
    Encrypted,
    /// The payload was cut off by the snap length, or not captured.
    PayloadCut,
    /// The migration's beginning lies before the capture.
    BeginningMissing,
    /// The migration's end lies behind the capture.
    EndMissing,
    /// The migration's own connections were not captured.
    StreamNotCaptured,
    /// The virtual machine stayed where it was.
    NoSwitchover,
    /// No disk was copied.
    NoStorage,
    /// The stream made no sense where its reading was given up.
    StreamMalformed,
    /// The capture holds no frames of the virtual machine around the switchover.
    NoVmTraffic,
    /// The flow's requests and answers cannot be told apart.
    NoProbes,
    /// The kind of migration has no such figure.
    NotOfThisKind,
    /// No log was given.
    NoLog,
    /// The log that was given does not say it.
    NotInLog,
    /// The log's clock was set back between the two times: the end of summer time, or by hand.
    LogClockSetBack,
    /// The log that was given could not be read.
    LogUnreadable,
    /// The log that was given is of another migration.
    LogOfAnotherRun,
    /// The figure it would be graded from is absent.
    NoFigure,
    /// The frames carry no timestamps.
    NoTimestamps,
    /// The RTP payload type says nothing of its clock (a dynamic one, RFC 3551 section 6), so that its timestamps have
    /// no unit.
    UnknownClock,
    /// The profile has no table for this parameter: no grade.
    NotInProfile,
    /// The profile grades throughput by the link's capacity, and none was given: no grade.
    NoCapacity,
    /// The user typed figures in and left this one out.
    NotGiven,
    /// Infinite, or no number at all.
    NotFinite,
    /// Below 0, so an artefact (two clocks apart): no grade.
    Negative,
    /// The last frame in the file is earlier than the first: no time lies between them.
    TimeBackwards,
}

impl Reason {
    /// Stable name, used to look up translations.
    pub fn key(self) -> &'static str {
        match self {
            Self::NoPackets => "no_packets",
            Self::SinglePacket => "single_packet",
            Self::NothingToLose => "nothing_to_lose",
            Self::NoRttSamples => "no_rtt_samples",
            Self::OneDirectionOnly => "one_direction_only",
            Self::TooFewSamples => "too_few_samples",
            Self::OneCapturePoint => "one_capture_point",
            Self::NoMigration => "no_migration",
            Self::MachineNotSeen => "machine_not_seen",
            Self::Encrypted => "encrypted",
            Self::PayloadCut => "payload_cut",
            Self::BeginningMissing => "beginning_missing",
            Self::EndMissing => "end_missing",
            Self::StreamNotCaptured => "stream_not_captured",
            Self::NoSwitchover => "no_switchover",
            Self::NoStorage => "no_storage",
            Self::StreamMalformed => "stream_malformed",
            Self::NoVmTraffic => "no_vm_traffic",
            Self::NoProbes => "no_probes",
            Self::NotOfThisKind => "not_of_this_kind",
            Self::NoLog => "no_log",
            Self::NotInLog => "not_in_log",
            Self::LogClockSetBack => "log_clock_set_back",
            Self::LogUnreadable => "log_unreadable",
            Self::LogOfAnotherRun => "log_of_another_run",
            Self::NoFigure => "no_figure",
            Self::NoTimestamps => "no_timestamps",
            Self::UnknownClock => "unknown_clock",
            Self::NotInProfile => "not_in_profile",
            Self::NoCapacity => "no_capacity",
            Self::NotGiven => "not_given",
            Self::NotFinite => "not_finite",
            Self::Negative => "negative",
            Self::TimeBackwards => "time_backwards",
        }
    }

    /// The reason in English, as the JSON's `<key>_reason` gives it.
    pub fn text(self) -> &'static str {
        match self {
            Self::NoPackets => "no packets",
            Self::SinglePacket => "a single packet spans no time",
            Self::NothingToLose => "no TCP payload, RTP or echo to measure loss on",
            Self::NoRttSamples => "no acknowledgement could be matched with a segment",
            Self::OneDirectionOnly => "only one direction was captured",
            Self::TooFewSamples => "fewer than two samples",
            Self::OneCapturePoint => "needs captures at both nodes",
            Self::NoMigration => "no migration was recognised",
            Self::MachineNotSeen => "the capture does not show the virtual machine at that time",
            Self::Encrypted => "the stream is encrypted",
            Self::PayloadCut => "the payload was not captured whole",
            Self::BeginningMissing => "the migration began before the capture",
            Self::EndMissing => "the capture ends before the migration",
            Self::StreamNotCaptured => "the migration's own connections were not captured",
            Self::NoSwitchover => "the virtual machine stayed where it was",
            Self::NoStorage => "no disk was copied",
            Self::StreamMalformed => "the stream could not be read to its end",
            Self::NoVmTraffic => "no traffic of the virtual machine around the switchover",
            Self::NoProbes => "no requests with answers of their own, as probes have them",
            Self::NotOfThisKind => "this kind of migration has no such figure",
            Self::NoLog => "no log was given",
            Self::NotInLog => "the log does not say",
            Self::LogClockSetBack => "the log's clock was set back in between",
            Self::LogUnreadable => "the log could not be read",
            Self::LogOfAnotherRun => "the log is of another migration",
            Self::NoFigure => "the figure is absent",
            Self::NoTimestamps => "the frames carry no timestamps",
            Self::UnknownClock => "the clock rate of the RTP payload type is not known",
            Self::NotInProfile => "the profile has no table for it",
            Self::NoCapacity => "the table is in percent of the link's capacity, which was not given",
            Self::NotGiven => "not given",
            Self::NotFinite => "not a finite number",
            Self::Negative => "a value below 0 has no grade",
            Self::TimeBackwards => "the last frame is earlier than the first",
        }
    }
}

/// A value in the unit that its field's name says, or the reason why there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Figure {
    /// Measured. Always finite.
    Value(f64),
    /// Not measurable from what was given.
    Absent(Reason),
}

impl Figure {
    /// `numerator / denominator`, or absent for `reason` where the denominator is zero.
    pub fn ratio(numerator: f64, denominator: f64, reason: Reason) -> Self {
        let value = numerator / denominator;
        if denominator != 0.0 && value.is_finite() {
            Self::Value(value)
        } else {
            Self::Absent(reason)
        }
    }

    /// The value where there is one.
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent(_) => None,
        }
    }

    /// The reason where there is no value.
    pub fn reason(self) -> Option<Reason> {
        match self {
            Self::Value(_) => None,
            Self::Absent(reason) => Some(reason),
        }
    }

    /// Applies `f` to the value, if any.
    #[must_use]
    pub fn map(self, f: impl FnOnce(f64) -> f64) -> Self {
        match self {
            Self::Value(value) => Self::Value(f(value)),
            absent => absent,
        }
    }
}
