//! Which events are in a session.

/// A session's events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Members {
    /// Every event of the owner's streams from the session's start to its last event that the
    /// definition does not ignore. So are most sessions, where nobody else has events in these
    /// streams.
    Run,
    /// Those of these numbers, ascending.
    Listed(Vec<i64>),
}

impl Members {
    /// As they are stored; `None` stands for a run. Ascending numbers as differences of 7 bits a byte,
    /// the lowest first.
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let Self::Listed(members) = self else {
            return None;
        };
        let mut bytes = Vec::with_capacity(members.len() * 2);
        let mut before = 0;
        for member in members {
            let mut rest = member - before;
            before = *member;
            while rest >= 0x80 {
                bytes.push((rest & 0x7f) as u8 | 0x80);
                rest >>= 7;
            }
            bytes.push(rest as u8);
        }
        Some(bytes)
    }

    /// Reads what is stored; `None` where it cannot be read.
    pub(super) fn decode(stored: Option<&[u8]>) -> Option<Self> {
        let Some(bytes) = stored else {
            return Some(Self::Run);
        };
        let mut members = Vec::new();
        let (mut before, mut value, mut shift) = (0_i64, 0_i64, 0);
        for byte in bytes {
            if shift > 56 {
                return None;
            }
            value |= i64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                before = before.checked_add(value)?;
                members.push(before);
                (value, shift) = (0, 0);
            }
        }
        (shift == 0).then_some(Self::Listed(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_back() {
        for members in [
            vec![],
            vec![1],
            vec![1, 2, 3, 130, 131, 100_000, 10_000_000_000],
            (1..1000).collect::<Vec<_>>(),
        ] {
            let listed = Members::Listed(members);
            let stored = listed.encode();
            assert_eq!(Members::decode(stored.as_deref()), Some(listed));
        }
        assert_eq!(Members::Run.encode(), None);
        assert_eq!(Members::decode(None), Some(Members::Run));
        assert_eq!(Members::decode(Some(&[0x80])), None);
        assert_eq!(Members::decode(Some(&[0xff; 12])), None);
    }
}
