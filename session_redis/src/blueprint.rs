use pavex::blueprint::{Import, from};

/// All components to import into a blueprint: the section [`session_redis`](crate::RedisSessionConfig) of the
/// configuration, and the constructors of [`RedisSessionStore`](crate::RedisSessionStore) from it, and of the
/// [`SessionStore`](session::SessionStore) made of that.
///
/// For a store with connections of your own, write a constructor instead, annotated with `#[pavex::singleton]`:
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
/// bp.import(from![pavex]);
/// session::install(&mut bp);
/// bp.import(session_redis::kit());
/// ```
pub fn kit() -> Import {
    from![crate::kit]
}
