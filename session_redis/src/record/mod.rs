//! Records as values of Redis, and back.
//!
//! A value begins with the [`head`], which the scripts read and write as well. Only [`encode`] and
//! [`decode`] know what follows: further fields, and the state as the last one.

pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod head;
pub(crate) mod numbers;
pub(crate) mod owners;
pub(crate) mod unreadable;

mod reader;

#[cfg(test)]
mod tests;
