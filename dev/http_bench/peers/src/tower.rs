//! axum with tower-sessions.

use anyhow::{Context, bail};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;
use tower_sessions::cookie::{Key, time::Duration};
use tower_sessions::{Expiry, MemoryStore, Session, SessionManagerLayer, SessionStore};
use tower_sessions_redis_store::RedisStore;
use tower_sessions_redis_store::fred::prelude::{ClientLike, Config, Pool};
use tower_sessions_sqlx_store::{PostgresStore, SqliteStore};

use crate::next_value;
use crate::settings::{
    KEY, LIFETIME_SECONDS, REDIS_CONNECTIONS, WORKERS, announce, postgres, sqlite,
};

/// The error of a handler.
type Failure = StatusCode;

/// Serves until the process ends.
pub(crate) fn serve(store: &str, url: &str) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match store {
            "memory" => listen(MemoryStore::default()).await,
            "sqlite" => {
                let store = SqliteStore::new(sqlite(url).await?);
                store.migrate().await?;
                listen(store).await
            }
            "postgres" => {
                let store = PostgresStore::new(postgres(url).await?);
                store.migrate().await?;
                listen(store).await
            }
            "redis" => listen(RedisStore::new(redis(url).await?)).await,
            _ => bail!("there is no store `{store}`"),
        }
    })
}

async fn redis(url: &str) -> anyhow::Result<Pool> {
    let config = Config::from_url(url)?;
    let pool = Pool::new(config, None, None, None, REDIS_CONNECTIONS)?;
    pool.init().await?;
    Ok(pool)
}

async fn listen<S: SessionStore + Clone>(store: S) -> anyhow::Result<()> {
    let sessions = SessionManagerLayer::new(store)
        .with_expiry(Expiry::OnInactivity(Duration::seconds(LIFETIME_SECONDS)))
        .with_private(Key::from(&KEY));
    let app = Router::new()
        .route("/untouched", get(untouched))
        .route("/read", get(read))
        .route("/write", get(write))
        .route("/new", get(write))
        .layer(sessions)
        .route("/none", get(untouched));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    announce(listener.local_addr()?);
    axum::serve(listener, app).await.context("the server ended")
}

async fn untouched() -> &'static str {
    "0"
}

async fn read(session: Session) -> Result<String, Failure> {
    let value = session.get::<u64>("value").await.map_err(failure)?;
    Ok(value.unwrap_or(0).to_string())
}

async fn write(session: Session) -> Result<String, Failure> {
    let value = next_value();
    session.insert("value", value).await.map_err(failure)?;
    Ok(value.to_string())
}

fn failure(error: tower_sessions::session::Error) -> Failure {
    eprintln!("{error}");
    StatusCode::INTERNAL_SERVER_ERROR
}
