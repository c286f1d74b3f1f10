//! Runs the conformance suite against the in-memory store.

use session_memory::InMemorySessionStore;

session_conformance::test_suite!(InMemorySessionStore::new());
