#![allow(unreachable_pub, reason = "constants that Pavex generates")]

use pavex::http::header::{COOKIE, HeaderValue};
use pavex::methods;
use pavex::request::RequestHead;
use smallvec::SmallVec;
use time::UtcDateTime;

use super::payload::InvalidCookie;
use crate::config::SessionPolicy;

/// The session cookies of a request as they arrived, not yet authenticated.
///
/// They are authenticated once the session is consulted, so that a request which does not use its
/// session pays only for a search of the `Cookie` header.
pub struct IncomingSession {
    first: Candidate,
    /// The others, in the order of the header.
    more: Vec<Candidate>,
    arrived_at: Option<UtcDateTime>,
}

/// The value of a session cookie, unless it cannot be one of ours. One without client-side state is
/// kept in place.
type Candidate = Result<SmallVec<[u8; 96]>, InvalidCookie>;

/// The largest number of session cookies that are authenticated, since each costs cryptography. A
/// browser sends one; more come from a mistake or an attack.
const MAX_CANDIDATES: usize = 8;

#[methods]
impl IncomingSession {
    /// Reads the session cookies from the `Cookie` headers; `None` if there are none.
    ///
    /// A pair counts if its name is the configured one, byte for byte. All other pairs are ignored,
    /// malformed ones too. The search ends after eight session cookies.
    #[request_scoped]
    pub fn extract(head: &RequestHead, policy: &SessionPolicy) -> Option<Self> {
        let mut found: Option<Self> = None;
        for header in head.headers.get_all(COOKIE) {
            for value in values_of(policy.cookie_name(), header) {
                match &mut found {
                    None => found = Some(Self::new(value, head, policy)),
                    Some(found) if found.more.len() + 1 < MAX_CANDIDATES => found.push(value),
                    Some(full) => {
                        full.push(Err(InvalidCookie::TooMany));
                        return found;
                    }
                }
            }
        }
        found
    }

    fn new(
        value: Result<&[u8], InvalidCookie>,
        head: &RequestHead,
        policy: &SessionPolicy,
    ) -> Self {
        Self {
            first: value.map(SmallVec::from_slice),
            more: Vec::new(),
            arrived_at: (!head.method.is_safe()).then(|| policy.now()),
        }
    }

    /// Returns the time at which the request arrived, before its body. It is `None` if the method
    /// is a safe one: such a request has no body to wait for, and is spared the look at the clock.
    pub(crate) fn arrived_at(&self) -> Option<UtcDateTime> {
        self.arrived_at
    }

    fn push(&mut self, value: Result<&[u8], InvalidCookie>) {
        self.more.push(value.map(SmallVec::from_slice));
    }

    pub(crate) fn candidates(&self) -> impl Iterator<Item = Result<&[u8], InvalidCookie>> {
        let all = std::iter::once(&self.first).chain(&self.more);
        all.map(|value| value.as_deref().map_err(|error| *error))
    }
}

impl std::fmt::Debug for IncomingSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IncomingSession({} cookies)", 1 + self.more.len())
    }
}

/// Returns the values of all pairs with that name, by the grammar of RFC 6265, section 4.2.1.
fn values_of<'h>(
    name: &str,
    header: &'h HeaderValue,
) -> impl Iterator<Item = Result<&'h [u8], InvalidCookie>> {
    pairs(header.as_bytes())
        .filter_map(move |pair| {
            pair.trim_ascii_start()
                .strip_prefix(name.as_bytes())?
                .strip_prefix(b"=")
        })
        .map(|value| small_enough(value.trim_ascii_end()))
}

fn pairs(mut header: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        if header.is_empty() {
            return None;
        }
        let end = memchr::memchr(b';', header).unwrap_or(header.len());
        let (pair, rest) = header.split_at(end);
        header = rest.get(1..).unwrap_or_default();
        Some(pair)
    })
}

fn small_enough(value: &[u8]) -> Result<&[u8], InvalidCookie> {
    match value.len() <= super::set_cookie::MAX_NAME_AND_VALUE {
        true => Ok(value),
        false => Err(InvalidCookie::TooLarge),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(header: &[u8]) -> Vec<String> {
        let header = HeaderValue::from_bytes(header).unwrap();
        values_of("id", &header)
            .filter_map(|value| Some(String::from_utf8_lossy(value.ok()?).into_owned()))
            .collect()
    }

    #[test]
    fn only_a_pair_with_the_exact_name_is_a_session_cookie() {
        let header =
            b"ID=1; id=2; xid=3; id2=4; i%64=5; id =6;id=7;\tid=8 ; id; =9; __Host-Http-id=10";
        assert_eq!(found(header), ["2", "7", "8"]);
    }

    #[test]
    fn malformed_pairs_do_not_hide_a_session_cookie() {
        assert_eq!(found(b"\xff\xfe=%; ;;==; \"a; id=1; b\""), ["1"]);
        assert_eq!(found(b"id=\xff; id=2; id="), ["\u{fffd}", "2", ""]);
    }

    #[test]
    fn a_value_above_4096_bytes_is_ignored() {
        let (longest, longer) = ("x".repeat(4_096), "x".repeat(4_097));
        let header = format!("id={longest}; id={longer}; id=2");
        assert_eq!(found(header.as_bytes()), [longest.as_str(), "2"]);
    }
}
