//! What the model can be made to get wrong, to see that traces tell.

/// A rule got wrong, as an engine could: traces are worth something where they tell each of these
/// from the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slip {
    /// A session freezes only after its freezing moment.
    FreezesAfterTheMoment,
    /// Any session freezes, not only the earliest live one.
    FreezesOutOfOrder,
    /// A session freezes at its expiry, late-born or not.
    LateBornFreezesAtExpiry,
    /// A late-born session freezes after its latest arrival, be that before its expiry.
    LateBornFreezesAtArrival,
    /// What arrives at the expiry of its own time is not late-born yet.
    LateBornAfterExpiry,
    /// The first event decides what is late-born, not the one that arrived first.
    LateBornByFirstEvent,
    /// The expiry of a single event knows no maximum length and no day.
    LateBornByInactivityAlone,
    /// Passive events do not count as arrivals.
    PassiveNeverArrives,
    /// Sessions take late events for 48 h after their closing.
    NoLatestMoment,
    /// Events without a session stay in the pool.
    HomelessStay,
    /// Events without a session leave the pool their grace after their time.
    HomelessLeaveByTime,
    /// Events without a session leave the pool at once.
    HomelessLeaveAtOnce,
    /// Events without a session leave the pool only after their moment.
    HomelessLeaveAfterTheMoment,
    /// The frozen session before an event is the one that froze last.
    BeforeByFreezing,
    /// What starts a session with no live one before it is always late.
    AlwaysLate,
    /// An `end` event keeps a frozen session from taking what lies before it.
    EndedBeforeItsEnd,
    /// What a frozen session that the next one closed would not take is late all the same.
    LateAfterTheNext,
    /// A session of late events closes a frozen one that covers its start.
    FrozenIsClosedEarlier,
    /// What comes at a frozen session's closing would still have been taken.
    LateAtTheClosing,
    /// A late event arrives more than the inactivity after its time.
    LateAfterInactivity,
    /// `gap_at_timeout` lengthens the half hour where a definition has no inactivity.
    HalfHourIsLengthened,
    /// Trusted source sessions keep the definition's limits.
    TrustKeepsLimits,
    /// The grace of a trusted session begins when it is shown as closed.
    TrustExpiresAsShown,
}

impl Slip {
    pub(crate) const ALL: [Self; 23] = [
        Self::FreezesAfterTheMoment,
        Self::FreezesOutOfOrder,
        Self::LateBornFreezesAtExpiry,
        Self::LateBornFreezesAtArrival,
        Self::LateBornAfterExpiry,
        Self::LateBornByFirstEvent,
        Self::LateBornByInactivityAlone,
        Self::PassiveNeverArrives,
        Self::NoLatestMoment,
        Self::HomelessStay,
        Self::HomelessLeaveByTime,
        Self::HomelessLeaveAtOnce,
        Self::HomelessLeaveAfterTheMoment,
        Self::BeforeByFreezing,
        Self::AlwaysLate,
        Self::EndedBeforeItsEnd,
        Self::LateAfterTheNext,
        Self::FrozenIsClosedEarlier,
        Self::LateAtTheClosing,
        Self::LateAfterInactivity,
        Self::HalfHourIsLengthened,
        Self::TrustKeepsLimits,
        Self::TrustExpiresAsShown,
    ];
}
