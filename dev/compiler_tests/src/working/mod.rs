//! Applications that work.

pub mod complete;
pub mod cookie_only;
pub mod installed;
pub mod kits_by_path;

pub mod cookies_after;
pub mod cookies_before;

pub mod passive;
pub mod principals;

pub mod nested_sessions;
pub mod route_outside;

pub mod quick_start;
pub mod readme;
