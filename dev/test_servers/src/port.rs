use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::{Ipv4Addr, TcpListener};

use anyhow::Context;

/// Below the ports that systems give to clients. From such a port, a client that tries to reconnect
/// may reach itself while the server is down, and keep the server from its port.
const PORTS: std::ops::Range<u64> = 20_000..32_000;

/// A port of the loopback interface that nobody listens on.
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

/// Nobody guesses it.
pub(crate) fn random_word() -> String {
    format!("{:016x}{:016x}", random(), random())
}

/// Each state has random keys.
fn random() -> u64 {
    RandomState::new().hash_one(std::process::id())
}
