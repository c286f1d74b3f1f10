//! The shop over real HTTP, visited by browsers with a cookie jar and by clients that send
//! arbitrary bytes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod support;

mod cart;
mod life;
mod log_in;
mod pages;

mod cross_origin;
mod devices;
mod guesses;
mod password;
mod sign_up;
mod take_back;

mod bad_cookies;
mod cookie_attributes;
mod deadlines;
mod keys;

mod dead_store;
mod parallel;

mod database;

mod chromium;

mod process;
mod secrecy;
