//! The servers that take part, and the routes that each of them has.

use std::fmt;

/// The place of the sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    Cookie,
    Memory,
    Sqlite,
    Postgres,
    Redis,
}

impl Store {
    pub(crate) const ALL: [Self; 5] = [
        Self::Cookie,
        Self::Memory,
        Self::Sqlite,
        Self::Postgres,
        Self::Redis,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Redis => "redis",
        }
    }
}

/// The code that handles the sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Library {
    SessionKit,
    PavexSession,
    TowerSessions,
    ActixSession,
    /// The same statements in a handler, without a library. Pavex encrypts the cookie.
    ByHand,
    /// The same with the id in plain text, and on Redis with a simpler script and shorter records.
    ByHandPlain,
}

impl Library {
    const ALL: [Self; 6] = [
        Self::SessionKit,
        Self::PavexSession,
        Self::TowerSessions,
        Self::ActixSession,
        Self::ByHand,
        Self::ByHandPlain,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SessionKit => "session_kit",
            Self::PavexSession => "pavex_session",
            Self::TowerSessions => "tower-sessions",
            Self::ActixSession => "actix-session",
            Self::ByHand => "by hand",
            Self::ByHandPlain => "by hand, plain cookie",
        }
    }

    /// Returns `true` if its server is in the other workspace.
    pub(crate) fn is_of_another_framework(self) -> bool {
        matches!(self, Self::TowerSessions | Self::ActixSession)
    }

    /// Returns `true` if the library has this store, in a release that works with the others.
    fn has(self, store: Store) -> bool {
        match self {
            Self::SessionKit => true,
            Self::PavexSession => matches!(store, Store::Memory | Store::Sqlite | Store::Postgres),
            Self::TowerSessions => store != Store::Cookie,
            Self::ActixSession => matches!(store, Store::Cookie | Store::Redis),
            Self::ByHand | Self::ByHandPlain => {
                matches!(store, Store::Sqlite | Store::Postgres | Store::Redis)
            }
        }
    }

    /// Returns `true` if a handler does the work of a library.
    pub(crate) fn is_by_hand(self) -> bool {
        matches!(self, Self::ByHand | Self::ByHandPlain)
    }
}

/// The use that a request makes of its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// The handler is outside the session middleware.
    None,
    /// The handler leaves the session alone.
    Untouched,
    /// The handler reads a value.
    Read,
    /// The handler changes a value.
    Write,
    /// The visitor has no session, and the handler writes a value.
    New,
    /// The handler reads a value of a copy that is at most a second old.
    Recent,
}

impl Route {
    pub(crate) const ALL: [Self; 6] = [
        Self::None,
        Self::Untouched,
        Self::Read,
        Self::Write,
        Self::New,
        Self::Recent,
    ];

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::None => "/none",
            Self::Untouched => "/untouched",
            Self::Read => "/read",
            Self::Write => "/write",
            Self::New => "/new",
            Self::Recent => "/recent",
        }
    }
}

/// A server in the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Contestant {
    pub(crate) store: Store,
    pub(crate) library: Library,
}

impl fmt::Display for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {}", self.library.name(), self.store.name())
    }
}

impl Contestant {
    /// Returns all contestants, those with the same store beside each other.
    pub(crate) fn all() -> Vec<Self> {
        let of = |store| {
            let libraries = Library::ALL.into_iter();
            let libraries = libraries.filter(move |library| library.has(store));
            libraries.map(move |library| Self { store, library })
        };
        Store::ALL.into_iter().flat_map(of).collect()
    }

    /// Returns `true` if the server has this route.
    pub(crate) fn has(self, route: Route) -> bool {
        match route {
            Route::Recent => self.library == Library::SessionKit && self.store != Store::Cookie,
            Route::Untouched => !self.library.is_by_hand(),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_store_is_compared_with_another_library() {
        for store in Store::ALL {
            let of_store = |it: &Contestant| it.store == store && !it.library.is_by_hand();
            let count = Contestant::all().into_iter().filter(of_store).count();
            assert!(count >= 2, "{store:?}");
        }
    }

    #[test]
    fn each_server_has_the_route_that_the_others_are_compared_with() {
        assert!(Contestant::all().into_iter().all(|it| it.has(Route::None)));
    }
}
