//! Applications with one mistake each.
//!
//! pavexc refuses some of them. The other mistakes show when the server is compiled or runs.

pub mod no_kit;
pub mod no_kit_but_middleware;
pub mod no_pavex;

pub mod no_store;
pub mod two_stores;
pub mod two_stores_reversed;

pub mod no_finalizer;
pub mod route_before_middleware;

pub mod fresh_without_constructor;
pub mod session_by_value;
pub mod session_mut_twice;
pub mod session_twice;
