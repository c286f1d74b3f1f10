use cookie::Cookie;
use time::UtcDateTime;

use crate::clock;

/// The cookies of a browser that visits one host, by the rules of RFC 6265, section 5.
#[derive(Clone, Default)]
pub(super) struct Jar {
    /// In the order of their creation.
    cookies: Vec<Stored>,
}

/// A cookie is replaced by one with the same name, domain and path.
#[derive(Clone)]
struct Stored {
    /// `name=value`
    pair: String,
    domain: Option<String>,
    path: String,
    /// `None` if the cookie lasts until the browser is closed.
    expires_at: Option<UtcDateTime>,
}

impl Stored {
    fn parse(set_cookie: &str, now: UtcDateTime) -> Option<Self> {
        let cookie = Cookie::parse(set_cookie).ok()?;
        let (name, value) = cookie.name_value();
        let path = cookie.path().filter(|path| path.starts_with('/'));
        Some(Self {
            pair: format!("{name}={value}"),
            domain: cookie.domain().map(str::to_ascii_lowercase),
            path: path.unwrap_or("/").to_owned(),
            expires_at: match cookie.max_age() {
                Some(age) => Some(clock::after(now, age.try_into().unwrap_or_default())),
                None => cookie.expires_datetime().map(UtcDateTime::from),
            },
        })
    }

    fn name(&self) -> &str {
        self.pair.split('=').next().unwrap_or_default()
    }

    fn is_alive(&self, now: UtcDateTime) -> bool {
        self.expires_at.is_none_or(|expires_at| now < expires_at)
    }

    fn replaces(&self, other: &Self) -> bool {
        let identity = |it: &Self| (it.name().to_owned(), it.domain.clone(), it.path.clone());
        identity(self) == identity(other)
    }

    /// Returns `true` if the cookie is for the path (RFC 6265, section 5.1.4).
    fn is_for(&self, path: &str) -> bool {
        path.strip_prefix(&self.path).is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/')
        })
    }
}

impl Jar {
    /// Obeys one `Set-Cookie` header: keeps, replaces or removes a cookie.
    pub(super) fn obey(&mut self, set_cookie: &str, now: UtcDateTime) {
        let Some(new) = Stored::parse(set_cookie, now) else {
            return;
        };
        let old = self.cookies.iter().position(|old| new.replaces(old));
        match (old, new.is_alive(now)) {
            (Some(old), true) => self.cookies[old] = new,
            (Some(old), false) => drop(self.cookies.remove(old)),
            (None, true) => self.cookies.push(new),
            (None, false) => {}
        }
    }

    /// Removes all cookies with that name.
    pub(super) fn remove(&mut self, name: &str) {
        self.cookies.retain(|cookie| cookie.name() != name);
    }

    /// Removes the cookies that last until the browser is closed.
    pub(super) fn close(&mut self) {
        self.cookies.retain(|cookie| cookie.expires_at.is_some());
    }

    /// Returns the cookies for a path, as `name=value`, in the order in which they are sent.
    ///
    /// Without a time, expired cookies are among them.
    pub(super) fn sent_to(&self, path: &str, now: Option<UtcDateTime>) -> Vec<&str> {
        let cookies = self.cookies.iter();
        let mut sent: Vec<_> = cookies
            .filter(|cookie| cookie.is_for(path))
            .filter(|cookie| now.is_none_or(|now| cookie.is_alive(now)))
            .collect();
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        sent.into_iter().map(|cookie| &*cookie.pair).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: UtcDateTime = UtcDateTime::UNIX_EPOCH;

    fn jar(headers: &[&str]) -> Jar {
        let mut jar = Jar::default();
        for header in headers {
            jar.obey(header, NOW);
        }
        jar
    }

    #[test]
    fn a_jar_keeps_cookies_of_several_names() {
        let mut jar = jar(&["a=1", "b=2; HttpOnly", "a=3; Path=/"]);
        assert_eq!(jar.sent_to("/", Some(NOW)), ["a=3", "b=2"]);
        jar.obey("a=; Max-Age=0", NOW);
        jar.obey("unknown=; Max-Age=0", NOW);
        jar.obey("no pair", NOW);
        assert_eq!(jar.sent_to("/", Some(NOW)), ["b=2"]);
        jar.remove("b");
        assert!(jar.sent_to("/", Some(NOW)).is_empty());
    }

    #[test]
    fn a_cookie_is_removed_only_with_its_own_path_and_domain() {
        let set = "a=1; Path=/shop; Domain=example.com";
        for other in [
            "a=; Max-Age=0",
            "a=; Max-Age=0; Path=/shop",
            "a=; Max-Age=0; Path=/; Domain=example.com",
        ] {
            assert_eq!(jar(&[set, other]).sent_to("/shop", Some(NOW)), ["a=1"]);
        }
        let removal = "a=; Max-Age=0; Domain=Example.com; Path=/shop";
        assert!(jar(&[set, removal]).sent_to("/shop", None).is_empty());
    }

    #[test]
    fn a_cookie_is_sent_to_its_path_and_those_below() {
        let jar = jar(&["root=1; Path=/", "shop=2; Path=/shop", "dir=3; Path=/dir/"]);
        for (path, expected) in [
            ("/", &["root=1"][..]),
            ("/shop", &["shop=2", "root=1"]),
            ("/shop/cart", &["shop=2", "root=1"]),
            ("/shopping", &["root=1"]),
            ("/dir", &["root=1"]),
            ("/dir/a", &["dir=3", "root=1"]),
        ] {
            assert_eq!(jar.sent_to(path, Some(NOW)), expected, "{path}");
        }
    }

    #[test]
    fn a_cookie_is_sent_until_it_expires() {
        let mut jar = jar(&[
            "age=1; Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:01 GMT",
            "date=2; Expires=Thu, 01 Jan 1970 00:00:10 GMT",
            "session=3",
        ]);
        let after = |seconds| Some(NOW + Duration::from_secs(seconds));
        assert_eq!(jar.sent_to("/", after(9)).len(), 3);
        assert_eq!(jar.sent_to("/", after(10)), ["session=3"]);
        assert_eq!(jar.sent_to("/", None).len(), 3);
        jar.obey("date=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", NOW);
        assert_eq!(jar.sent_to("/", None), ["age=1", "session=3"]);
        jar.close();
        assert_eq!(jar.sent_to("/", None), ["age=1"]);
    }
}
