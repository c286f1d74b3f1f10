#![doc = include_str!("../README.md")]
//!
//! # Constructors
//!
//! | given | use |
//! | --- | --- |
//! | the configuration above | [`kit()`], or [`RedisSessionStore::from_config`] |
//! | one server | [`RedisSessionStore::connect`] |
//! | a `ConnectionManager` that the application shares | [`RedisSessionStore::new`] |
//! | a cluster | [`RedisSessionStore::cluster`] |
//! | sentinels | [`RedisSessionStore::from_config`] |
//!
//! Each runtime has one connection to each server, which all its operations share. Pavex has a
//! runtime for each worker thread, so that a worker that computes delays no other. The exceptions
//! are on a cluster, for as long as one of these is under way on a worker that computes:
//!
//! - the question which masters there are, when the store connects and after a slot has moved.
//!   Operations that need its answer wait.
//! - a list of the sessions of a principal, or their end. Another end waits for both, and a list
//!   waits for an end. About one in 64 other principals share the lock.
//! - the end of all sessions of an origin, and a sweep by a clock that is ahead by more than a
//!   second. All lists and ends wait.
//!
//! Operations are sent as they come, without waiting for the answers to others. A pool would not be
//! faster: no operation blocks the connection, and a server executes the commands of all
//! connections one after the other.
//!
//! # TLS
//!
//! With the feature `tls`, `rustls` encrypts connections to URLs with `rediss://`. It always checks
//! the certificate of the server. [`RedisTlsConfig`] names the files of an authority of your own,
//! and of a certificate for servers that demand one of their clients. If the application has not
//! chosen a cryptography provider for `rustls`, the store chooses `ring`.
//!
//! For `native-tls`, enable `tokio-native-tls-comp` of the crate
//! `redis`, make a `ConnectionManager`, and pass it to [`RedisSessionStore::new`].
//!
//! # What is stored
//!
//! Each session is one key, `session:<id>` with the default [prefix](KeyPrefix): a string with the
//! bytes of the whole record. So each change of a session is atomic, on a cluster as well. Redis
//! deletes the key when the session has expired, at most two milliseconds after that.
//!
//! Each principal with sessions is one key more, `session:of:<principal>`: a sorted set that lists
//! them. It is derived from the records. It may list sessions that are gone or that have another
//! principal, but it never hides one, because a session is listed before its record is written. Its
//! readers look at the records, and remove dead entries. The key expires some time after the last
//! session in it. A session at an identity provider that a log-in
//! [names](session::LogIn::with_origin) is such a key too, `session:from:<hash>`. Sessions without
//! one are in no such list.
//!
//! A damaged record hides no other session of its principal. A list leaves it out and logs an error
//! each time, until the record expires or all sessions of the principal end. A key of another type
//! is not a record: another program wrote it. Lists, sweeps and
//! deletions of many sessions pass over it and leave it alone.
//!
//! Secrets are stored as hashes; see [`SecretHash`]. Each record has the version of its format,
//! [`SessionRecord::VERSION`]. An older release cannot read a record of a newer version, and does
//! not overwrite it. It still lists the session, extends it and deletes it.
//!
//! # Operations
//!
//! Each operation is one command and one round trip: `GET`, `SET … NX`, `UNLINK`, or a script for
//! one key by `EVALSHA`. If the server has lost the script, as after a restart, the store sends it
//! once more. A request that reads its session causes one operation, and a request that changes it
//! two. The exceptions are:
//!
//! - A session that is created with a principal takes two commands, and one that gets another
//!   principal, as at a log-in, three. One of them is for the index.
//! - An extension, a renewal and a further log-in of a session with a principal take two, so that
//!   an index that was lost lists it again. About one of twenty extensions takes three, because the
//!   index has to last longer.
//! - Each write to a session is an extension if a log-in or the configuration has shortened its
//!   life, until the deadline that is stored has come.
//! - A session that began at an identity provider takes one command more wherever the index takes
//!   one, at the same time.
//! - A page of a principal's sessions takes two round trips, and a command for each session on it.
//! - The end of all sessions of a principal, or of an origin, takes two, and one more for each
//!   further 4,000 sessions that the index lists.
//! - If an index lists sessions that are gone, a page takes more: it reads and removes their
//!   entries in steps of at least 512. A deletion removes them too, with one command for each
//!   4,000.
//! - The first operation after a second without any sends a `PING` before its command.
//!
//! On one server, up to 4,000 sessions of a principal or an origin end at the same moment. More end
//! in steps of 4,000.
//!
//! On a cluster, the sessions of a principal are on several servers, which do not delete them at
//! the same moment. A reader in the same process sees all of them or none. A reader in another
//! process may see some of them until the last command has run. A deletion that has begun runs to
//! its end, even if the request that caused it is dropped. One that still waits for others is given
//! up with its request.
//!
//! A list or a deletion reads the whole index of a principal or an origin by one command, and the
//! server answers no other one meanwhile. An index has few dead entries as a rule, since each
//! log-in removes those that have expired. Somebody who logs in and out very often can leave many.
//! In one measurement on a busy machine, a hundred thousand took Redis 31 ms, and a million 3.2 s.
//! If that is longer than `response_timeout`, no list and no deletion of these sessions succeeds
//! until entries expire. So limit the rate of log-ins. If it has happened, set a longer
//! `response_timeout`: the next deletion removes the dead entries.
//!
//! # Time limits and lost connections
//!
//! The limits of connecting and of waiting for an answer are one second each, unless
//! [configured otherwise](RedisSessionConfig). The time for which the worker itself computes does
//! not count, since the answer may have come unread. After the limit, the operation ends with an
//! error of the kind `Timeout`, and the connection is replaced. (A `ConnectionManager` of the
//! application decides itself when it is replaced.) Each of the two limits must be shorter than
//! `session.store.timeout`, the limit of a whole operation. While a server is silent, all
//! operations that wait for a connection share the outcome of one attempt, which goes on if the
//! operation that began it is dropped.
//!
//! With sentinels, a connection has twice the limit: to find the master, and to connect to it. So
//! twice the limit must be shorter than `session.store.timeout`. All sentinels are asked at once,
//! and the first one that knows a master decides.
//!
//! Servers, balancers and firewalls close connections that nobody uses. After a second without an
//! answer, the store therefore tests its connection by a `PING`, and replaces it if that fails. No
//! operation fails for that.
//!
//! A write whose answer was lost is not sent again: it may have taken effect, and the second one
//! would be reported as a conflict. On a cluster, the store sends again only commands that
//! certainly had no effect, because a slot has moved, is moving, or has no master at that moment.
//! It asks the nodes for the slots again if a slot has moved or has no master, and after the end of
//! a connection. After a failover, it asks the sentinels again.
//!
//! A master that is cut off from the others refuses commands, and still reports itself as the
//! master of its slots. So the store prefers an answer of other nodes without that master.
//!
//! # Checks at start-up
//!
//! A constructor asks each server with records for its settings. It returns an error if the server
//! is older than Redis 6.2, is a replica, or evicts sessions. A node of a cluster is an error too,
//! unless the mode is `cluster`.
//!
//! A server evicts sessions if `maxmemory` is set and `maxmemory-policy` is not `noeviction`. With
//! any other policy, Redis makes room by deleting sessions; with the policies called `volatile-…`
//! too, since every session has a deadline. It also deletes lists of sessions, so that a revocation
//! misses those that were not extended, renewed or logged in to since. With `noeviction`, nobody is
//! logged out. A write to a full memory then fails with an error of the kind
//! [`Full`](session::store::StoreErrorKind::Full).
//! [`accept_eviction`](RedisSessionConfig::accept_eviction) turns the error into a warning.
//!
//! A constructor logs a warning (of `tracing`) with the setting to change if
//!
//! - `maxmemory-policy` evicts, and that is accepted or `maxmemory` is not set.
//! - persistence is off, by `appendonly no` and `save ""`.
//!
//! A server that does not permit `INFO`, or does not know it, is used without these checks, and a
//! warning says so. Any other failure of `INFO` is one of the constructor. A read-only replica is
//! found all the same. Without `INFO`, nobody can [delete or count all
//! sessions](#deleting-or-counting-all-sessions). If it does not permit `CONFIG GET save`, an event
//! at debug level says that the persistence is unknown.
//!
//! # Durability
//!
//! An operation is acknowledged when Redis has it in memory and, with `appendfsync always`, on the
//! disk:
//!
//! | setting | a crash of Redis loses | a power failure loses |
//! | --- | --- | --- |
//! | `appendonly yes`, `appendfsync always` | nothing | nothing |
//! | `appendonly yes`, `appendfsync everysec` | nothing | the last second or two |
//! | snapshots only (`save 3600 1 300 100 60 10000`) | everything since the last one: up to an hour | the same |
//! | none | everything | everything |
//!
//! A lost log-out brings its session back until the session expires. Choose `everysec` if that is
//! acceptable for sessions that were ended in the second before a power failure. Otherwise choose
//! `always`, with which Redis waits for the disk before it answers.
//!
//! ## What a failover can lose
//!
//! A master acknowledges a write first, and sends it to its replicas afterwards. If it dies, a
//! replica takes its place, and the writes that the replica has not received are lost. They are
//! usually those of some milliseconds, and may be new sessions, changes and log-outs. This applies
//! to sentinels and to clusters, with any persistence.
//!
//! A master that is cut off from the others acknowledges writes until it learns that it was
//! replaced, and all of them are lost. `min-replicas-to-write 1` with `min-replicas-max-lag 10`
//! bounds that to ten seconds; on a cluster, `cluster-node-timeout` bounds it. If the death of a
//! machine must not undo a log-out, keep sessions in a SQL database with a synchronous standby.
//!
//! The store does not read from replicas.
//!
//! # Memory
//!
//! A session with one value of 100 bytes takes 368 bytes without a principal, and 521 bytes with a
//! principal who has two sessions. The latter includes the index, with the second entry that the
//! first extension of a session adds. A longer state takes as much more as it is longer. So 16 GiB
//! hold 46 million sessions without principals, or 32 million with. Set `maxmemory 12gb` there, to
//! leave room for snapshots and for rewriting the append-only file; the numbers are 35 and 24
//! million then.
//!
//! `cargo run --release -p session_redis --example memory` measures this with a million sessions
//! that were extended once, here on Redis 7.0.
//!
//! # Deleting expired sessions
//!
//! Redis deletes them: no [`Sweeper`] is needed. An application may run one all the same, if it
//! also works with other stores. A sweep is one command, which asks for the time of the server. If
//! the clock of the application is ahead by up to a second, the sweep waits until the server has
//! deleted what has expired. If the clock is ahead by more, the sweep searches all records.
//!
//! # Deleting or counting all sessions
//!
//! `SessionRegistry::revoke_all_sessions` and `SessionRegistry::statistics` walk through the keys
//! of all servers with `SCAN`, in steps of ten thousand keys. Each step has the time limit of a
//! store operation. If a server was started again or has failed over, or if slots have moved, the
//! walk begins again, up to 20 times.
//!
//! While slots of a cluster are being moved, or have no master, no step can begin or end a walk. It
//! looks again up to four times, in intervals of 200 milliseconds, and then ends with an error of
//! the kind `Unavailable`. So it does at once if a server does not permit `INFO`, or leaves its
//! `run_id` out, because a restart could not be detected then.
//!
//! # Clocks
//!
//! The clock of Redis decides when a session is deleted. If it is ahead, sessions end early by as
//! much; if it is behind, they do not last longer, because the application checks the deadline too.
//! So synchronise the clocks by NTP. On a cluster, the clocks of the servers may differ by half a
//! minute; if they differ by more, logging in fails.
//!
//! # Rights
//!
//! This user of Redis has the rights that the store needs, on one server or on a cluster:
//!
//! ```text
//! ACL SETUSER shop on >password ~session:* +get +set +unlink +getrange +setrange +pexpireat +eval +evalsha +zadd +zrange +zrem +zremrangebyscore +pttl +time +scan +ping +info +config|get +select +cluster|slots +cluster|nodes +asking
//! ```
//!
//! # Errors
//!
//! The [kind](session::store::StoreErrorKind) of an error is
//!
//! - `Unavailable` if a server cannot be reached, refuses access, is loading its data or is a
//!   replica, or if its cluster is down,
//! - `Full` if its memory is full,
//! - `Timeout` if its answer does not come in time,
//! - `InvalidRecord` if a value is not a record; the value is left as it is.
//!
//! The cause has the category and the code of the error. It never has a part of a command, nor a
//! URL.
//!
//! [`kit()`]: kit()
//! [`SecretHash`]: session::store::SecretHash
//! [`SessionRecord::VERSION`]: session::store::SessionRecord::VERSION
//! [`Sweeper`]: session::store::Sweeper

mod blueprint;
// Public here, because pavexc finds a module only where it is defined.
pub mod kit;

mod config;
mod prefix;
mod store;

mod operations;
mod start_up;

mod record;
mod scripts;

mod error_code;
mod errors;
mod topology;

pub use blueprint::kit;
pub use config::{
    InvalidRedisConfig, Password, RedisMode, RedisSessionConfig, RedisSetupError, RedisTlsConfig,
    RedisUrl,
};
pub use prefix::{InvalidKeyPrefix, KeyPrefix};
pub use store::RedisSessionStore;
