use session::store::{StoreError, WalkCursor};

use crate::topology::survey::Survey;

/// A place in a walk through the keys of all servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The fingerprint of the survey with which the walk began.
    fingerprint: u64,
    /// The number of times that the walk began again.
    restarts: u8,
    /// The position of the server in the survey.
    server: u16,
    /// The cursor of `SCAN` on that server.
    cursor: u64,
}

impl Place {
    pub(super) const MAX_RESTARTS: u8 = 20;

    pub(super) fn start_of(survey: &Survey) -> Self {
        Self {
            fingerprint: survey.fingerprint(),
            restarts: 0,
            server: 0,
            cursor: 0,
        }
    }

    /// Returns `true` if the walk began with the same servers.
    pub(super) fn belongs_to(&self, survey: &Survey) -> bool {
        self.fingerprint == survey.fingerprint()
    }

    /// Returns the beginning of a walk with other servers; `None` after too many of them.
    pub(super) fn restarted(self, survey: &Survey) -> Option<Self> {
        let restarts = self.restarts + 1;
        (restarts <= Self::MAX_RESTARTS).then_some(Self {
            restarts,
            ..Self::start_of(survey)
        })
    }

    pub(super) fn server(&self) -> usize {
        self.server.into()
    }

    pub(super) fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Goes to this cursor; 0 is the end of the server.
    pub(super) fn advance(&mut self, cursor: u64) {
        self.cursor = cursor;
        if cursor == 0 {
            self.server = self.server.saturating_add(1);
        }
    }

    pub(super) fn into_cursor(self) -> WalkCursor {
        let server = self.server.to_be_bytes();
        let [fingerprint, cursor] = [self.fingerprint, self.cursor].map(u64::to_be_bytes);
        let bytes = [&fingerprint[..], &[self.restarts], &server, &cursor];
        WalkCursor::new(bytes.concat())
    }

    /// # Errors
    ///
    /// Returns an error if another store made the cursor.
    pub(super) fn parse(cursor: &WalkCursor) -> Result<Self, StoreError> {
        let bytes: [u8; 19] = cursor.to_array()?;
        let number = |at| u64::from_be_bytes(std::array::from_fn(|n| bytes[at + n]));
        Ok(Self {
            fingerprint: number(0),
            restarts: bytes[8],
            server: u16::from_be_bytes([bytes[9], bytes[10]]),
            cursor: number(11),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_from_its_cursor() {
        let place = Place {
            fingerprint: u64::MAX - 7,
            restarts: 3,
            server: 260,
            cursor: 1 << 63 | 5,
        };
        assert_eq!(Place::parse(&place.into_cursor()).unwrap(), place);
        assert!(Place::parse(&WalkCursor::new([0; 18])).is_err());
    }

    #[test]
    fn a_walk_begins_again_a_limited_number_of_times() {
        let survey = Survey::default();
        let mut place = Place::start_of(&survey);
        place.advance(7);
        for _ in 0..Place::MAX_RESTARTS {
            place.advance(0);
            place = place.restarted(&survey).unwrap();
            assert_eq!((place.server(), place.cursor()), (0, 0));
        }
        assert_eq!(place.restarted(&survey), None);
    }
}
