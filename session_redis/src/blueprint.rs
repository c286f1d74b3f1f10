use pavex::blueprint::{Import, from};

/// Returns the components to import into a blueprint.
///
/// They are the section [`session_redis`](crate::RedisSessionConfig) of the configuration, the
/// constructor of [`RedisSessionStore`](crate::RedisSessionStore) from it, and that of
/// [`SessionStore`](session::SessionStore).
///
/// For a store with connections of your own, write a constructor instead, annotated with
/// `#[pavex::singleton]`:
///
/// ```no_run
/// use session::{SessionStore, StoreError};
/// use session_redis::RedisSessionStore;
///
/// pub async fn session_store(
///     manager: &redis::aio::ConnectionManager,
/// ) -> Result<SessionStore, StoreError> {
///     Ok(RedisSessionStore::new(manager.clone()).await?.into())
/// }
/// ```
///
/// # Example
///
/// ```
/// use pavex::{Blueprint, blueprint::from};
///
/// let mut bp = Blueprint::new();
/// bp.import(from![crate, pavex]);
/// session::install(&mut bp);
/// bp.import(session_redis::kit());
/// ```
pub fn kit() -> Import {
    from![crate::kit]
}
