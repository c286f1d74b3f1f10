use pavex::Blueprint;
use pavex::blueprint::from;
use session::FINALIZE_SESSION;

use crate::errors::SESSION_FAILURE;
use crate::routes::not_found::NOT_FOUND;
use crate::telemetry;

/// What the application consists of.
pub fn blueprint() -> Blueprint {
    let mut bp = Blueprint::new();
    bp.import(from![crate, pavex]);
    bp.import(session::kit());
    telemetry::register(&mut bp);

    // A middleware is for the routes after it: these two have nothing to do with sessions.
    bp.routes(from![crate::routes::assets, crate::routes::health]);

    bp.post_process(FINALIZE_SESSION)
        .error_handler(SESSION_FAILURE);
    bp.routes(from![
        crate::routes::home,
        crate::routes::cart,
        crate::routes::language,
        crate::routes::login,
        crate::routes::account
    ]);
    bp.fallback(NOT_FOUND);
    bp
}
