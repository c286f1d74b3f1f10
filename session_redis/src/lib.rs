//! Redis and Valkey storage backend for the HTTP sessions of the crate [`session`]: one server, a master that
//! sentinels watch, or a cluster; with TLS. For those who outgrow one machine, and for those who run Redis anyway.
//!
//! Redis 6.2 or later, Valkey 7.2 or later; tested with Redis 7.0 and Valkey 8.1.
//!
//! # Example
//!
//! ```
//! use pavex::{Blueprint, blueprint::from};
//!
//! let mut bp = Blueprint::new();
//! bp.import(from![pavex]);
//! session::install(&mut bp);
//! bp.import(session_redis::kit());
//! ```
//!
//! The kit takes the URL from the section `session_redis` of the configuration, [`RedisSessionConfig`]:
//!
//! ```yaml
//! session_redis:
//!   url: "redis://:password@localhost:6379"
//! ```
//!
//! The section must be there, and what is wrong with it stops the server at start-up, with the key and the rule.
//!
//! # Which constructor
//!
//! | you have | use |
//! | --- | --- |
//! | the configuration above | [`kit()`], or [`RedisSessionStore::from_config`] |
//! | one server | [`RedisSessionStore::connect`] |
//! | a `ConnectionManager` that the application shares | [`RedisSessionStore::new`] |
//! | a cluster | [`RedisSessionStore::cluster`] |
//! | sentinels | [`RedisSessionStore::sentinel`] |
//!
//! Each has one connection (to each server) that all operations share: they are sent as they come, without waiting
//! for the answers of others. There is no pool, as other session libraries offer, because nothing here would gain by
//! one: no operation blocks the connection, and the server works off the commands of all connections one after the
//! other anyway.
//!
//! # TLS
//!
//! With the feature `tls`, URLs may begin with `rediss://`. The connection is encrypted by `rustls`; the server's
//! certificate is checked, always. An authority of your own, and a certificate of the client's for servers that demand one,
//! are files that [`RedisTlsConfig`] names. If the application has chosen no cryptography for `rustls`, the store
//! takes `ring`.
//!
//! There is no feature for `native-tls`. Who needs it turns on `tokio-native-tls-comp` of the crate `redis`, makes a
//! `ConnectionManager`, and gives it to [`RedisSessionStore::new`].
//!
//! # What is stored
//!
//! One key for each session, `session:<id>` unless [configured otherwise](KeyPrefix): a string that has the whole
//! record, with all bytes as they are. So each change of a session is atomic, on a cluster as well; nothing is ever
//! renamed. Redis deletes the key when the session has expired, at most two milliseconds later and never before.
//!
//! And one key for each principal with sessions, `session:of:<principal>`: a sorted set that lists them. It is derived.
//! It may list sessions that are gone or that changed hands, and never hides one that is there: a session is listed
//! before its record is written. Whoever reads it looks at the records, and removes what is dead. It expires as well, some
//! time after the last session in it.
//!
//! Secrets are hashes; see [`SecretHash`]. Each record has the version of its form, [`SessionRecord::VERSION`]. An older
//! release does not read, and does not overwrite, a record of a newer version: to it, that is no session. It still lists
//! it, extends it and deletes it.
//!
//! # Operations
//!
//! Each is one command, and one round trip: `GET`, `SET … NX`, `UNLINK`, or a script for one key (`EVALSHA`; where the
//! server does not have it any more, after a restart or a failover, it is sent along once). A request that
//! reads its session takes one, and a request that changes it, two. There are more for
//!
//! - a session that is created with a principal: two, and one that gets another principal, when somebody logs in: three.
//!   One of them is for the index;
//! - about one of twenty extensions of a session with a principal: three, because the index has to last longer;
//! - the list of a principal's sessions: two round trips, and a command for each session;
//! - the end of all of them: two.
//!
//! On a cluster, the sessions of a principal are on several servers, and these do nothing at one moment. Who asks the
//! store of another process sees some of them ended and others not yet, for as long as the commands take; within a process
//! nobody does. Once begun, the end of all sessions goes on, whether somebody waits for it or not.
//!
//! # Time limits, and lost connections
//!
//! A second for connecting and a second for an answer, unless [configured otherwise](RedisSessionConfig). What does not come
//! in time is an error of the kind `Timeout`, and the connection is replaced: an answer that does not come may never
//! come, after a power cut or a change of a firewall. (Of a `ConnectionManager` the application has to say when it is to
//! be replaced.) Mind that the limit of a whole operation, `session.store.timeout`, has to be longer.
//!
//! A write whose answer was lost is not sent again: it may have taken effect, and the second one would then be told
//! that somebody else was faster. On a cluster, what had certainly no effect is sent again: where a slot has moved, is
//! moving, or has no master at the moment. After a failover, sentinels are asked again.
//!
//! # What is checked at start-up
//!
//! Each server with data is asked, and a warning (of `tracing`) names the setting if
//!
//! - `maxmemory-policy` is not `noeviction`. With any other policy, Redis makes room by deleting sessions; also with those
//!   called `volatile-…`, since every session has a deadline. With `noeviction`, writes to a full memory fail, with
//!   an error of the kind [`Full`](session::store::StoreErrorKind::Full); nobody is logged out;
//! - persistence is off: `appendonly no` and `save ""`.
//!
//! A server that does not tell (`INFO`, `CONFIG GET save`) is used all the same; an event at debug level says so. A server
//! that is too old is refused.
//!
//! # Durability
//!
//! An operation is acknowledged when Redis has it in memory and, with `appendfsync always`, on the disk:
//!
//! | setting | a crash of Redis loses | a power failure loses |
//! | --- | --- | --- |
//! | `appendonly yes`, `appendfsync always` | nothing | nothing |
//! | `appendonly yes`, `appendfsync everysec` | nothing | the last second or two |
//! | snapshots only (`save 3600 1 300 100 60 10000`) | everything since the last one: up to an hour | the same |
//! | none | everything | everything |
//!
//! Mind that what may be lost is not only a shopping cart: a log-out that is lost brings a session back, until it
//! expires. `everysec` is a good choice where that is acceptable for what was ended in the second before a power failure;
//! `always` where it is not, at the price of a write to the disk for each turn of the server.
//!
//! ## What a failover can lose
//!
//! Replicas are behind by what is under way: a master acknowledges first, and then tells them. When it dies, a replica takes
//! its place, and what it had not been told is lost, usually some milliseconds; with it sessions that were just begun,
//! changes, and log-outs. This is so with sentinels and on a cluster, whatever the persistence. What is worse, a
//! master that is cut off from the others goes on to acknowledge until it learns that it was replaced, and all of that is
//! lost; `min-replicas-to-write 1` with `min-replicas-max-lag 10` bounds that to ten seconds, and on a cluster
//! `cluster-node-timeout` does. Where no acknowledged log-out may be lost to the death of a machine, keep sessions in a SQL
//! database with a synchronous standby.
//!
//! Nothing is read from replicas.
//!
//! # How much memory
//!
//! Measured with a million sessions with one value of 100 bytes, on Redis 7.0
//! (`cargo run --release -p session_redis --example memory`): 368 bytes for a session of nobody, and 481 for one of a user
//! with two, the index included. A longer state takes its length. So 16 GiB hold 46 million sessions of nobody, or 35
//! million of users; with `maxmemory 12gb`, which leaves room for what Redis needs while it writes a snapshot or
//! rewrites its file, 35 or 26 million.
//!
//! # Deleting what has expired
//!
//! Redis does it: no [`Sweeper`] is needed. One that runs, because the application also works with other stores, costs
//! a command for each sweep: it asks for the time, and if Redis' clock is past the given one there is nothing left to do. If the
//! clock of the application is ahead by up to a second, the sweep waits for so long. Only if it is ahead by
//! more are all records looked through.
//!
//! So they are by `SessionRegistry::revoke_all_sessions`, once for each ten thousand sessions, and each time within
//! `session.store.timeout`: that suits up to some hundred thousand sessions. With more, give that program a longer limit, or
//! delete the keys by hand, or replace the key of the cookies, which ends all sessions at once.
//!
//! Since it is Redis that deletes, its clock counts: where it is ahead, sessions end early by as much. Keep clocks together, by
//! NTP. (No deadline is ever extended by a clock that is behind: whether a session has expired is judged by the
//! application, too.) The servers of a cluster may differ by half a minute, or logging in fails.
//!
//! # Rights
//!
//! A user of Redis for this store alone, on one server or on a cluster:
//!
//! ```text
//! ACL SETUSER shop on >password ~session:* +get +set +unlink +getrange +setrange +pexpireat +eval +evalsha +zadd +zrange +zrem +zremrangebyscore +pttl +time +scan +ping +info +config|get +cluster|slots +asking
//! ```
//!
//! # Errors
//!
//! See [`StoreErrorKind`]: a server that cannot be reached, does not let us in, is loading its data, is a replica, or whose
//! cluster is down is `Unavailable`; a full memory is `Full`; an answer that does not come is `Timeout`; and a value
//! that is no record is `InvalidRecord`, and is left as it is. The causes have the category and the code of the
//! error, but nothing that may quote a command, and no URL.
//!
//! [`kit()`]: kit()
//! [`SecretHash`]: session::store::SecretHash
//! [`SessionRecord::VERSION`]: session::store::SessionRecord::VERSION
//! [`StoreErrorKind`]: session::store::StoreErrorKind
//! [`Sweeper`]: session::store::Sweeper

mod blueprint;
// Public here, because pavexc finds a module only where it is defined.
pub mod kit;

mod config;

mod store;

mod core;

mod check;
mod sweep;

mod index;
mod turns;

mod codec;
mod prefix;
mod scripts;

mod errors;
mod limits;
mod link;
mod tls;

pub use blueprint::kit;
pub use config::{
    InvalidRedisConfig, Password, RedisMode, RedisSessionConfig, RedisSetupError, RedisTlsConfig,
    RedisUrl,
};
pub use prefix::{InvalidKeyPrefix, KeyPrefix};
pub use store::RedisSessionStore;

/// The sources of the scripts, by their names: to test or to measure them.
#[doc(hidden)]
pub fn script(name: &str) -> Option<&'static str> {
    let scripts = [
        ("create", &scripts::CREATE),
        ("replace", &scripts::REPLACE),
        ("touch", &scripts::TOUCH),
        ("delete_of", &scripts::DELETE_OF),
        ("list", &scripts::LIST),
        ("listed", &scripts::LISTED),
    ];
    let script = scripts.into_iter().find(|script| script.0 == name);
    script.map(|(_, script)| script.source())
}
