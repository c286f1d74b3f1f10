//! What becomes of sessions when servers die, fall silent, stand still, or are full; when connections break, and when
//! clients hang up.
//!
//! The tests start servers of their own.

#![allow(clippy::unwrap_used, missing_docs, reason = "these are tests")]

// The same clients as for the SQL stores, with the same ledger.
#[path = "../../../session_sqlx/tests/faults/alone.rs"]
mod alone;
#[path = "../../../session_sqlx/tests/faults/client.rs"]
mod client;
#[path = "../../../session_sqlx/tests/faults/ledger.rs"]
mod ledger;
#[path = "../../../session_sqlx/tests/faults/load.rs"]
mod load;
#[path = "../../../session_sqlx/tests/faults/proxy.rs"]
mod proxy;

mod site;

mod foreign_records;
mod full_memory;
mod hang_ups;
mod kills;
mod lost_answers;
mod scripts;
mod silence;
mod stops;

mod failover;
mod migration;
