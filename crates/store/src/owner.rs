//! Whose events a stream holds: a device, or a user where there is no device.

/// A device or a user by its number in the workspace. As one integer (`owner_id`, `stream_id`,
/// `person_id`): twice the number, plus one for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// A device's number.
    Device(i64),
    /// A user's number.
    User(i64),
}

impl Owner {
    /// As one integer.
    pub fn id(self) -> i64 {
        match self {
            Self::Device(number) => number * 2,
            Self::User(number) => number * 2 + 1,
        }
    }

    /// From one integer.
    pub fn from_id(id: i64) -> Self {
        match id % 2 {
            0 => Self::Device(id / 2),
            _ => Self::User(id / 2),
        }
    }

    /// The user's number, where it is one.
    pub fn user(self) -> Option<i64> {
        match self {
            Self::User(number) => Some(number),
            Self::Device(_) => None,
        }
    }

    /// The device's number, where it is one.
    pub fn device(self) -> Option<i64> {
        match self {
            Self::Device(number) => Some(number),
            Self::User(_) => None,
        }
    }
}
