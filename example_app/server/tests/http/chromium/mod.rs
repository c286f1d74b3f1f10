//! The shop in a headless Chromium, controlled over the Chrome DevTools Protocol.
//!
//! The tests save a screenshot of each page in the folder `screenshots` of the target directory.

mod contrast;
mod pipe;
mod screen;
mod site;
mod tab;

mod on_chromium;
