//! Keys and values of the session state.

mod key;
mod name;
pub(crate) mod value;

pub(crate) mod flash;
pub(crate) mod server;

pub(crate) mod changes;
mod equality;
pub(crate) mod json_map;
mod strict;
pub(crate) mod view;

pub use key::{KeyFor, KeyName, StateKey};
pub(crate) use name::Name;
pub use value::StateValue;
