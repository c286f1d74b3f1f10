//! One span and one log line per request, and one more for each error.

use std::error::Error as _;

use pavex::middleware::Next;
use pavex::request::RequestHead;
use pavex::request::path::MatchedPathPattern;
use pavex::telemetry::ServerRequestId;
use pavex::{Blueprint, Response, error_observer, request_scoped, wrap};
use tracing::{Instrument, Span, field};

use crate::errors::is_the_visitors;

pub(crate) fn register(bp: &mut Blueprint) {
    bp.wrap(LOG_REQUEST);
    bp.error_observer(LOG_ERROR);
}

/// The span of a request.
///
/// It says which route was asked for, not which path: a path or a query may carry what nobody should
/// find in a log, and so may headers and bodies.
#[derive(Debug, Clone)]
pub struct RequestSpan(Span);

/// The constructor of the span.
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

/// Runs the request inside its span and logs how it ended.
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

/// Logs what went wrong, with all causes: the pages never say.
#[error_observer]
pub fn log_error(error: &pavex::Error) {
    let Some(error) = error.source() else { return };
    if is_the_visitors(error) {
        tracing::debug!(target: "shop", error, "request refused");
    } else {
        tracing::error!(target: "shop", error, "request failed");
    }
}
