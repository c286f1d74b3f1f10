mod configuration;
mod conformance;
mod facts;
mod rights;
mod server;
