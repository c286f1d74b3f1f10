mod configuration;
mod conformance;
mod facts;
mod server;
