use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::{Ipv4Addr, TcpListener};

use anyhow::Context;

/// Ports below those that systems give to clients. A client with a port from this range could
/// connect to itself while the server is down, and keep the server from its port.
const PORTS: std::ops::Range<u64> = 20_000..32_000;

/// Returns a port of the loopback interface that no server listens on.
pub(crate) fn free() -> anyhow::Result<u16> {
    let mut ports = (0..100).filter_map(|_| {
        let offset = random() % (PORTS.end - PORTS.start);
        u16::try_from(PORTS.start + offset).ok()
    });
    ports
        .find(|port| !is_taken(*port))
        .context("no port is free")
}

pub(crate) fn is_taken(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err()
}

/// Returns a word that cannot be guessed.
pub(crate) fn random_word() -> String {
    format!("{:016x}{:016x}", random(), random())
}

fn random() -> u64 {
    // Each state has random keys.
    RandomState::new().hash_one(std::process::id())
}
