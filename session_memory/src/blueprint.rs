use pavex::blueprint::{Import, from};

/// All components to import into a blueprint: the constructors of [`InMemorySessionStore`], unbounded,
/// and of the [`SessionStore`](session::SessionStore) made of it.
///
/// For a store with other settings, write a constructor of your own instead.
///
/// # Example
///
/// ```
/// use pavex::{Blueprint, blueprint::from};
///
/// let mut bp = Blueprint::new();
/// bp.import(from![pavex]);
/// session::install(&mut bp);
/// bp.import(session_memory::kit());
/// ```
///
/// With a bound, annotated with `#[pavex::singleton]`:
///
/// ```
/// use session::SessionStore;
/// use session_memory::InMemorySessionStore;
///
/// pub fn session_store() -> SessionStore {
///     InMemorySessionStore::builder().max_sessions(100_000).build().into()
/// }
/// # _ = session_store();
/// ```
///
/// [`InMemorySessionStore`]: crate::InMemorySessionStore
pub fn kit() -> Import {
    from![crate::kit]
}
