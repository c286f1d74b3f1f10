//! The log: a span and a line for each request, and a line for each error.

use std::error::Error as _;

use pavex::middleware::Next;
use pavex::request::RequestHead;
use pavex::request::path::MatchedPathPattern;
use pavex::telemetry::ServerRequestId;
use pavex::{Blueprint, Response, error_observer, request_scoped, wrap};
use tracing::{Instrument, Span, field};

use crate::errors::is_caused_by_visitor;

pub(crate) fn register(bp: &mut Blueprint) {
    bp.wrap(LOG_REQUEST);
    bp.error_observer(LOG_ERROR);
}

/// The span of a request.
///
/// It has the route instead of the path: paths, queries, headers and bodies may contain secrets,
/// which do not belong in a log.
#[derive(Debug, Clone)]
pub struct RequestSpan(Span);

/// Creates the span of a request.
#[request_scoped]
pub fn request_span(
    head: &RequestHead,
    route: MatchedPathPattern,
    id: ServerRequestId,
) -> RequestSpan {
    RequestSpan(tracing::info_span!(
        target: "shop",
        "request",
        id = %id,
        method = %head.method,
        route = route.inner(),
        status = field::Empty,
    ))
}

/// Runs the request inside its span and logs the status of the response.
#[wrap]
pub async fn log_request<C>(next: Next<C>, span: &RequestSpan) -> Response
where
    C: IntoFuture<Output = Response>,
{
    let RequestSpan(span) = span.clone();
    let response = next.into_future().instrument(span.clone()).await;
    span.record("status", response.status().as_u16());
    tracing::info!(target: "shop", parent: &span, "response");
    response
}

/// Logs an error with all its causes, which the pages do not show.
#[error_observer]
pub fn log_error(error: &pavex::Error) {
    let Some(error) = error.source() else { return };
    if is_caused_by_visitor(error) {
        tracing::debug!(target: "shop", error, "request refused");
    } else {
        tracing::error!(target: "shop", error, "request failed");
    }
}
