//! What the visitor sees.

pub mod html;
pub mod language;
pub mod layout;
pub mod local_path;

pub mod error;

mod texts;
