//! The pages that visitors see.

pub mod headers;
pub mod html;
pub mod language;
pub mod layout;
pub mod time;

pub mod error;

mod texts;
