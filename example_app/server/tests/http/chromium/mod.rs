//! The shop in a real browser: a headless Chromium, driven over its own protocol.
//!
//! The pages are photographed on the way, into the folder `screenshots` of the target directory.

mod contrast;
mod pipe;
mod screen;
mod site;
mod tab;

mod on_chromium;
