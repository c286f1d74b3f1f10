//! What [`kit()`](crate::kit()) imports into a blueprint.

pub use crate::config::{SessionConfig, SessionPolicy};
pub use crate::errors::SessionError;
pub use crate::fresh::{Fresh, FreshError};
pub use crate::incoming::IncomingSession;
pub use crate::principal::{Principal, PrincipalError};
pub use crate::session::Session;
pub use crate::sessions::Sessions;
