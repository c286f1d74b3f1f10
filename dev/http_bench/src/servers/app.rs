use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::Request;
use hyper::body::Incoming;
use pavex::Response;
use pavex::connection::ConnectionInfo;
use pavex::http::StatusCode;
use pavex::request::RequestHead;
use pavex::server::{IncomingStream, Server, ServerConfiguration};

use super::settings::WORKERS;

/// The use that a handler makes of its session.
#[derive(Debug, Clone, Copy)]
pub(super) enum Use {
    Untouched,
    Read,
    Recent,
    Write,
}

/// A server with sessions.
pub(super) trait App: Send + Sync + 'static {
    /// Answers a request to a route with sessions.
    fn answer(
        &self,
        head: &RequestHead,
        use_: Use,
    ) -> impl Future<Output = anyhow::Result<Response>>;
}

/// Writes the address, and serves until the process ends.
pub(super) async fn serve<A: App>(app: A) -> anyhow::Result<()> {
    let incoming = IncomingStream::bind(([127, 0, 0, 1], 0).into()).await?;
    println!("{}", incoming.local_addr()?);
    let server = Server::new()
        .set_config(ServerConfiguration::new().set_n_workers(WORKERS))
        .listen(incoming);
    server.serve(handle::<A>, Arc::new(app)).await;
    Ok(())
}

async fn handle<A: App>(
    request: Request<Incoming>,
    _connection: Option<ConnectionInfo>,
    app: Arc<A>,
) -> Response {
    let (parts, _body) = request.into_parts();
    let head = RequestHead::from(parts);
    let answer = match head.target.path() {
        "/none" => return shown(0),
        "/untouched" => app.answer(&head, Use::Untouched).await,
        "/read" => app.answer(&head, Use::Read).await,
        "/recent" => app.answer(&head, Use::Recent).await,
        "/write" | "/new" => app.answer(&head, Use::Write).await,
        _ => return Response::new(StatusCode::NOT_FOUND),
    };
    answer.unwrap_or_else(|error| {
        eprintln!("{error:#}");
        Response::internal_server_error()
    })
}

/// Returns a value that no other request writes.
pub(super) fn next_value() -> u64 {
    static VALUES: AtomicU64 = AtomicU64::new(2);
    VALUES.fetch_add(1, Ordering::Relaxed)
}

/// Returns the answer with a value.
pub(super) fn shown(value: u64) -> Response {
    Response::ok().set_typed_body(value.to_string())
}
