mod configuration;
mod conformance;
mod facts;
mod pgbouncer;
mod rights;
mod server;
