mod configuration;
mod conformance;
mod facts;
mod partitions;
mod rights;
mod server;
#[cfg(feature = "tls")]
mod unusual;
mod workers;
