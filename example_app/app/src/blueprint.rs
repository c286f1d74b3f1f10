use pavex::Blueprint;
use pavex::blueprint::from;
use session::{CROSS_ORIGIN_PROTECTION, FINALIZE_SESSION};

use crate::errors::SESSION_FAILURE;
use crate::pages::error::EXPLAIN;
use crate::pages::headers::SECURITY_HEADERS;
use crate::routes::not_found::NOT_FOUND;
use crate::telemetry;

/// Returns the blueprint of the shop: its components, middlewares and routes.
pub fn blueprint() -> Blueprint {
    let mut bp = Blueprint::new();
    bp.import(from![crate, pavex]);
    bp.import(session::kit());
    bp.post_process(SECURITY_HEADERS);
    telemetry::register(&mut bp);

    // A middleware applies to the routes after it. These two use no session.
    bp.routes(from![crate::routes::assets, crate::routes::health]);

    bp.pre_process(CROSS_ORIGIN_PROTECTION);
    bp.post_process(EXPLAIN);
    bp.post_process(FINALIZE_SESSION)
        .error_handler(SESSION_FAILURE);
    bp.routes(from![
        crate::routes::home,
        crate::routes::cart,
        crate::routes::language,
        crate::routes::policy,
        crate::routes::session,
        crate::routes::login,
        crate::routes::signup,
        crate::routes::take_back,
        crate::routes::account,
        crate::routes::confirm,
        crate::routes::devices,
        crate::routes::password
    ]);
    bp.fallback(NOT_FOUND);
    bp
}
