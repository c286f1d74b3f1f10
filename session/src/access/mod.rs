//! Who may call a handler, and whose sessions there are.

pub mod fresh;
mod required;

mod cross_origin;
mod redirect;
pub(crate) mod registry;

pub use cross_origin::{CROSS_ORIGIN_PROTECTION, cross_origin_protection};
pub use fresh::{Fresh, FreshError};
pub use registry::SessionRegistry;
pub use required::PrincipalError;
