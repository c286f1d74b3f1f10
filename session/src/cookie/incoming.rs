use pavex::http::header::{COOKIE, HeaderValue};
use pavex::methods;
use pavex::request::RequestHead;

use crate::config::SessionPolicy;
use crate::telemetry;

/// The session cookies of a request, as they came: not yet authenticated.
///
/// Authentication waits until the session is consulted, so that a request which does not use it
/// pays only for a look at the `Cookie` header.
pub struct IncomingSession {
    /// In the order of the header.
    first: Box<str>,
    more: Vec<Box<str>>,
}

/// A browser sends one; more are the trace of a mistake (or of an attack) and cost cryptography.
const MAX_CANDIDATES: usize = 8;

#[methods]
impl IncomingSession {
    /// Takes the session cookies out of the `Cookie` headers, or `None` if there are none.
    ///
    /// Only a pair whose name is the configured one, byte for byte, counts; all other pairs,
    /// malformed or not, are passed over. Of several, at most the first eight are looked at.
    #[request_scoped]
    pub fn extract(head: &RequestHead, policy: &SessionPolicy) -> Option<Self> {
        let mut incoming: Option<Self> = None;
        let headers = head.headers.get_all(COOKIE).into_iter();
        for value in headers.flat_map(|header| values_of(policy.cookie_name(), header)) {
            match (value, &mut incoming) {
                (Err(reason), _) => telemetry::bad_cookie(reason),
                (Ok(first), None) => {
                    let (first, more) = (first.into(), Vec::new());
                    incoming = Some(Self { first, more });
                }
                (Ok(_), Some(incoming)) if incoming.more.len() + 1 == MAX_CANDIDATES => {
                    telemetry::bad_cookie("there are more than eight session cookies");
                    break;
                }
                (Ok(value), Some(incoming)) => incoming.more.push(value.into()),
            }
        }
        incoming
    }

    pub(crate) fn candidates(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.first)
            .chain(&self.more)
            .map(|value| &**value)
    }
}

impl std::fmt::Debug for IncomingSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IncomingSession({} cookies)", 1 + self.more.len())
    }
}

/// The values of all pairs with that name, by the grammar of RFC 6265, section 4.2.1.
fn values_of<'h>(
    name: &str,
    header: &'h HeaderValue,
) -> impl Iterator<Item = Result<&'h str, &'static str>> {
    pairs(header.as_bytes())
        .filter_map(move |pair| {
            pair.trim_ascii_start()
                .strip_prefix(name.as_bytes())?
                .strip_prefix(b"=")
        })
        .map(|value| checked(value.trim_ascii_end()))
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

fn checked(value: &[u8]) -> Result<&str, &'static str> {
    if value.len() > super::set_cookie::MAX_LEN {
        return Err("it is larger than any cookie that we send");
    }
    // What we send is base64url.
    match str::from_utf8(value) {
        Ok(value) if !value.is_empty() => Ok(value),
        _ => Err("it is empty or no text"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(header: &[u8]) -> Vec<String> {
        let header = HeaderValue::from_bytes(header).unwrap();
        values_of("id", &header)
            .filter_map(|value| value.ok().map(ToOwned::to_owned))
            .collect()
    }

    #[test]
    fn only_the_exact_name_counts() {
        let header = b"ID=1; id=2; xid=3; id2=4; i%64=5; id =6;id=7;\tid=8 ; id; =9; __Host-id=10";
        assert_eq!(found(header), ["2", "7", "8"]);
    }

    #[test]
    fn malformed_neighbours_hide_nothing() {
        assert_eq!(found(b"\xff\xfe=%; ;;==; \"a; id=1; b\""), ["1"]);
        assert_eq!(found(b"id=\xff; id=2; id="), ["2"]);
    }

    #[test]
    fn an_oversized_value_is_refused_unread() {
        let header = format!("id={}; id=2", "x".repeat(5_000));
        assert_eq!(found(header.as_bytes()), ["2"]);
    }
}
