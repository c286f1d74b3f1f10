//! Pavex without a session library: the statements of `session_kit`, issued by the handler.
//!
//! Nothing is checked but the deadline, nothing is bounded in time, and a conflict of two requests
//! is an error.

mod cookies;
mod postgres;
mod redis;
mod script;
mod short_redis;
mod sqlite;
mod statements;

use anyhow::{Context, bail};
use pavex::Response;
use pavex::request::RequestHead;
use uuid::Uuid;

use super::app::{self, Use, next_value};
use cookies::Cookies;
use statements::Statements;

/// A server with the statements of a store.
struct App<S> {
    statements: S,
    cookies: Cookies,
}

/// Serves the routes with the cookie of the session encrypted.
pub(super) async fn serve(store: &str, url: &str) -> anyhow::Result<()> {
    match store {
        "redis" => serve_with(redis::Redis::new(url)?, Cookies::encrypted()).await,
        _ => serve_sql(store, url, Cookies::encrypted()).await,
    }
}

/// Serves the routes with the id in plain text, and on Redis with shorter records.
pub(super) async fn serve_plain(store: &str, url: &str) -> anyhow::Result<()> {
    match store {
        "redis" => serve_with(short_redis::ShortRedis::new(url)?, Cookies::Plain).await,
        _ => serve_sql(store, url, Cookies::Plain).await,
    }
}

async fn serve_sql(store: &str, url: &str, cookies: Cookies) -> anyhow::Result<()> {
    match store {
        "sqlite" => serve_with(sqlite::Sqlite::new(url).await?, cookies).await,
        "postgres" => serve_with(postgres::Postgres::new(url).await?, cookies).await,
        _ => bail!("there are no statements by hand for {store}"),
    }
}

async fn serve_with(statements: impl Statements, cookies: Cookies) -> anyhow::Result<()> {
    app::serve(App {
        statements,
        cookies,
    })
    .await
}

impl<S: Statements> app::App for App<S> {
    async fn answer(&self, head: &RequestHead, use_: Use) -> anyhow::Result<Response> {
        let (mut shown, mut new_id) = (0, None);
        match (self.cookies.id(head)?, use_) {
            (Some(id), Use::Read) => {
                let record = self.statements.load(id).await?;
                shown = value(S::state(&record)?)?;
            }
            (Some(id), Use::Write) => {
                let record = self.statements.load(id).await?;
                shown = next_value();
                let state = state(shown);
                self.statements.replace(id, record, &state).await?;
            }
            (None, Use::Write) => {
                let id = Uuid::now_v7();
                shown = next_value();
                self.statements.create(id, &state(shown)).await?;
                new_id = Some(id);
            }
            _ => (),
        }
        self.cookies.answer(shown, new_id)
    }
}

fn state(value: u64) -> String {
    format!("{{\"value\":{value}}}")
}

fn value(state: &[u8]) -> anyhow::Result<u64> {
    let text = str::from_utf8(state)?;
    let number = text.strip_prefix("{\"value\":");
    let number = number.and_then(|it| it.strip_suffix('}'));
    Ok(number.context("the state has no value")?.parse()?)
}
