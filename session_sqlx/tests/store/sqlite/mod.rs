mod configuration;
mod conformance;
mod facts;
#[cfg(unix)]
mod privacy;
mod server;
mod workers;
