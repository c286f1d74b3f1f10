mod conformance;
mod facts;
mod server;
