//! Keys and values of the session state.

mod key;
pub(crate) mod value;

pub(crate) mod flash;
pub(crate) mod server;

pub(crate) mod changes;
mod equality;
pub(crate) mod json_map;
mod strict;
pub(crate) mod view;

pub(crate) use key::Name;
pub use key::{KeyFor, KeyName, StateKey};
pub use value::StateValue;
