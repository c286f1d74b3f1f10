//! The in-memory store keeps all promises of the contract.

use session_memory::InMemorySessionStore;

session_conformance::test_suite!(InMemorySessionStore::new());
