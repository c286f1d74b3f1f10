mod configuration;
mod conformance;
mod facts;
mod partitions;
mod pgbouncer;
mod rights;
mod server;
#[cfg(feature = "tls")]
mod unusual;
mod workers;
