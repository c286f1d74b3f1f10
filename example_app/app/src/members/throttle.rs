use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use time::{Duration, UtcDateTime};

use super::visitor::Visitor;

/// The limits on guesses of passwords, in the memory of this process.
///
/// - The failures for an account count until its member logs in. After a few of them, each one
///   doubles the time until the next guess. After [`MOST_FAILURES`], no guess is admitted any more.
/// - The addresses from which a member has logged in have a count of their own. So strangers cannot
///   lock the member out there.
/// - The failures from an address, for whatever account, are forgiven one by one.
///
/// A guess counts as a failure from its beginning, so parallel guesses gain nothing.
#[derive(Default)]
pub(super) struct Throttle(Mutex<Counts>);

/// Too many guesses have failed, for the account or from the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many guesses of the password; the next one is possible after {wait}")]
pub struct TooManyGuesses {
    /// The time until the next guess.
    pub wait: Duration,
}

/// A guess under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    account: u64,
    place: Place,
    visitor: Visitor,
}

/// The number of failures after which the next guess has to wait.
const FREE_FAILURES: u32 = 10;

/// The number of consecutive failures for an account, at each kind of place, after which no guess
/// is admitted. NIST SP 800-63B requires at most 100 for an account, and there are two kinds.
const MOST_FAILURES: u32 = 50;

/// The longest time between two guesses for an account.
const LONGEST_WAIT: Duration = Duration::HOUR;

/// The number of failures from an address that have not been forgiven.
const FAILURES_OF_ADDRESS: i32 = 20;

/// The time after which one failure of an address is forgiven.
const FORGIVENESS: Duration = Duration::MINUTE;

/// The number of addresses that are remembered for a member.
const KNOWN_ADDRESSES: usize = 8;

/// The number of entries in each table. All tables together occupy a few megabytes at most.
const CAPACITY: usize = 10_000;

#[derive(Default)]
struct Counts {
    /// Accounts are kept as a hash with a random key, because a name can have any length.
    names: RandomState,
    known: Table<u64, Known>,
    accounts: Table<(u64, Place), Failures>,
    /// The time at which the last failure of an address is forgiven.
    addresses: Table<IpAddr, UtcDateTime>,
}

/// The kind of the place from which a guess comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    /// The member has logged in from this address.
    Known,
    Unknown,
}

/// The last log-in of a member, and the addresses, the latest first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Known {
    last: UtcDateTime,
    addresses: Vec<IpAddr>,
}

/// The consecutive failures for an account, and the time of the next guess.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Failures {
    count: u32,
    next: UtcDateTime,
}

impl Default for Known {
    fn default() -> Self {
        let last = UtcDateTime::MIN;
        let addresses = Vec::new();
        Self { last, addresses }
    }
}

impl Failures {
    const NONE: Self = Self {
        count: 0,
        next: UtcDateTime::MIN,
    };

    fn admit(self, now: UtcDateTime) -> Result<(), TooManyGuesses> {
        let wait = match self.count {
            MOST_FAILURES.. => LONGEST_WAIT,
            _ => self.next - now,
        };
        admit_without(wait)
    }

    fn add(&mut self, now: UtcDateTime) {
        self.count += 1;
        let doublings = self.count.checked_sub(FREE_FAILURES);
        let wait = doublings.map_or(Duration::ZERO, |n| {
            // Longer than the longest wait from the twelfth on.
            Duration::SECOND * 2_i32.pow(n.min(12))
        });
        self.next = now + wait.min(LONGEST_WAIT);
    }
}

fn admit_without(wait: Duration) -> Result<(), TooManyGuesses> {
    match wait.is_positive() {
        true => Err(TooManyGuesses { wait }),
        false => Ok(()),
    }
}

impl Throttle {
    /// Admits a guess of the password of the member of that name, and counts it as a failure.
    pub(super) fn begin(&self, name: &str, visitor: Visitor) -> Result<Attempt, TooManyGuesses> {
        let mut counts = self.lock();
        let account = counts.names.hash_one(name);
        let place = counts.place(account, visitor.address);
        let attempt = Attempt {
            account,
            place,
            visitor,
        };
        counts.admit(&attempt)?;
        counts.add(&attempt);
        Ok(attempt)
    }

    /// Forgets the failures for the account, and remembers the address as one of its member.
    pub(super) fn succeed(&self, attempt: Attempt) {
        let mut counts = self.lock();
        counts.take_back(&attempt);
        let Attempt {
            account, visitor, ..
        } = attempt;
        counts.reset(account, visitor);
    }

    /// Uncounts a guess that was not compared with the password.
    pub(super) fn take_back(&self, attempt: Attempt) {
        self.lock().take_back(&attempt);
    }

    /// Remembers the address of a new member.
    pub(super) fn remember(&self, name: &str, visitor: Visitor) {
        let mut counts = self.lock();
        let account = counts.names.hash_one(name);
        counts.reset(account, visitor);
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        // No method panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn place(&self, account: u64, address: IpAddr) -> Place {
        let known = self.known.0.get(&account);
        match known.is_some_and(|known| known.addresses.contains(&address)) {
            true => Place::Known,
            false => Place::Unknown,
        }
    }

    fn admit(&self, attempt: &Attempt) -> Result<(), TooManyGuesses> {
        let Visitor { address, now } = attempt.visitor;
        let failures = self.accounts.0.get(&(attempt.account, attempt.place));
        failures.map_or(Ok(()), |failures| failures.admit(now))?;
        // Others at the same address cannot lock the member out.
        if attempt.place == Place::Known {
            return Ok(());
        }
        let forgiven = self.addresses.0.get(&address);
        let full = now + FORGIVENESS * (FAILURES_OF_ADDRESS - 1);
        forgiven.map_or(Ok(()), |forgiven| admit_without(*forgiven - full))
    }

    fn add(&mut self, attempt: &Attempt) {
        let Visitor { address, now } = attempt.visitor;
        let account = (attempt.account, attempt.place);
        self.accounts.entry(account, Failures::NONE).add(now);
        if attempt.place == Place::Unknown {
            let forgiven = self.addresses.entry(address, now);
            *forgiven = now.max(*forgiven) + FORGIVENESS;
        }
    }

    fn take_back(&mut self, attempt: &Attempt) {
        let account = (attempt.account, attempt.place);
        if let Some(failures) = self.accounts.0.get_mut(&account) {
            failures.count = failures.count.saturating_sub(1);
        }
        if attempt.place == Place::Unknown
            && let Some(forgiven) = self.addresses.0.get_mut(&attempt.visitor.address)
        {
            *forgiven -= FORGIVENESS;
        }
    }

    fn reset(&mut self, account: u64, visitor: Visitor) {
        for place in [Place::Known, Place::Unknown] {
            self.accounts.0.remove(&(account, place));
        }
        let Visitor { address, now } = visitor;
        let known = self.known.entry(account, Known::default());
        known.last = now;
        known.addresses.retain(|it| *it != address);
        known.addresses.insert(0, address);
        known.addresses.truncate(KNOWN_ADDRESSES);
    }
}

/// A map of at most [`CAPACITY`] entries. A full one drops the tenth with the least values, so a
/// flood of new names does not make it forget the account that is under attack.
struct Table<K, V>(HashMap<K, V>);

impl<K: Copy + Eq + Hash, V: Ord> Table<K, V> {
    fn entry(&mut self, key: K, default: V) -> &mut V {
        if self.0.len() >= CAPACITY && !self.0.contains_key(&key) {
            self.drop_least();
        }
        self.0.entry(key).or_insert(default)
    }

    fn drop_least(&mut self) {
        let mut entries: Vec<_> = self.0.drain().collect();
        let dropped = CAPACITY / 10;
        entries.select_nth_unstable_by(dropped, |(_, one), (_, other)| one.cmp(other));
        self.0.extend(entries.drain(dropped..));
    }
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests;
