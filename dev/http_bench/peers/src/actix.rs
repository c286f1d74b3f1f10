//! actix-web with actix-session.

use actix_session::config::{CookieContentSecurity, PersistentSession};
use actix_session::storage::{CookieSessionStore, RedisSessionStore, SessionStore};
use actix_session::{Session, SessionGetError, SessionInsertError, SessionMiddleware};
use actix_web::cookie::{Key, time::Duration};
use actix_web::{App, HttpServer, web};
use anyhow::bail;

use crate::next_value;
use crate::settings::{KEY, LIFETIME_SECONDS, WORKERS, announce};

/// Serves until the process ends.
pub(crate) fn serve(store: &str, url: &str) -> anyhow::Result<()> {
    actix_web::rt::System::new().block_on(async {
        match store {
            "cookie" => listen(CookieSessionStore::default).await,
            "redis" => {
                let store = RedisSessionStore::new(url).await?;
                listen(move || store.clone()).await
            }
            _ => bail!("there is no store `{store}`"),
        }
    })
}

async fn listen<S: SessionStore + 'static>(
    store: impl Fn() -> S + Clone + Send + 'static,
) -> anyhow::Result<()> {
    let server = HttpServer::new(move || {
        let lifetime = Duration::seconds(LIFETIME_SECONDS);
        let sessions = SessionMiddleware::builder(store(), Key::from(&KEY))
            .cookie_content_security(CookieContentSecurity::Private)
            .session_lifecycle(PersistentSession::default().session_ttl(lifetime))
            .build();
        App::new().route("/none", web::get().to(untouched)).service(
            web::scope("")
                .wrap(sessions)
                .route("/untouched", web::get().to(untouched))
                .route("/read", web::get().to(read))
                .route("/write", web::get().to(write))
                .route("/new", web::get().to(write)),
        )
    });
    let server = server.workers(WORKERS).bind("127.0.0.1:0")?;
    for address in server.addrs() {
        announce(address);
    }
    server.run().await?;
    Ok(())
}

async fn untouched() -> &'static str {
    "0"
}

async fn read(session: Session) -> Result<String, SessionGetError> {
    let value: Option<u64> = session.get("value")?;
    Ok(value.unwrap_or(0).to_string())
}

async fn write(session: Session) -> Result<String, SessionInsertError> {
    let value = next_value();
    session.insert("value", value)?;
    Ok(value.to_string())
}
