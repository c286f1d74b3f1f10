//! The principal of all browsers, and their password.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use session::{LogIn, Principal};

/// The principal of all browsers.
pub(crate) fn alice() -> Principal {
    Principal::from(1_i64)
}

/// The password of the principal. Each change gives it the next number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Password(Arc<AtomicU32>);

impl Password {
    pub(crate) fn current(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn change(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// Changes the password if it is still the one that was verified. Returns `true` if it was.
    pub(crate) fn change_from(&self, verified: u32) -> bool {
        let order = Ordering::SeqCst;
        let changed = self
            .0
            .compare_exchange(verified, verified + 1, order, order);
        changed.is_ok()
    }
}

/// The log-in of the principal with that password.
pub(crate) fn log_in_with(password: u32) -> LogIn {
    LogIn::new(alice()).with_stamp(&password.to_le_bytes())
}
