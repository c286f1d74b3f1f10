//! Types to use the session state with.

pub(crate) mod changes;
pub(crate) mod json_map;
mod key;
pub(crate) mod server;

pub use crate::session::{ClientState, ClientStateMut};
pub use key::{Key, KeyName, StateKey};
