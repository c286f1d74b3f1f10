use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use pavex::connection::ConnectionInfo;
use pavex::http::HeaderMap;
use pavex::methods;
use pavex::request::RequestHead;
use session::SessionPolicy;
use time::UtcDateTime;

use crate::configuration::ServerConfig;

/// The origin and the time of a request, for the limits on guesses of passwords.
#[derive(Debug, Clone, Copy)]
pub struct Visitor {
    /// The address of the client, or the network of an IPv6 client.
    pub(super) address: IpAddr,
    /// The time of the request.
    pub(super) now: UtcDateTime,
}

#[methods]
impl Visitor {
    /// Returns the visitor that sent the request.
    ///
    /// The address is that of the connection. If it belongs to a proxy that the configuration
    /// names, the address is the last one in `X-Forwarded-For` that does not: each proxy appends
    /// the address of its client, and everything before may be forged.
    #[request_scoped]
    pub fn of(
        connection: &ConnectionInfo,
        head: &RequestHead,
        config: &ServerConfig,
        policy: &SessionPolicy,
    ) -> Self {
        let peer = connection.peer_addr().ip();
        let address = client_address(peer, &head.headers, &config.proxies);
        Self::new(address, policy.now())
    }
}

impl Visitor {
    /// Returns the visitor at that address. An IPv6 client counts as its network of 64 bits, in
    /// which it can choose any address.
    pub fn new(address: IpAddr, now: UtcDateTime) -> Self {
        let address = match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = address.to_bits() & !u128::from(u64::MAX);
                Ipv6Addr::from_bits(network).into()
            }
            address => address,
        };
        Self { address, now }
    }
}

fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    let peer = peer.to_canonical();
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    let hops = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    let mut client = peer;
    for hop in hops {
        // An unreadable address ends the search, like an address of a client.
        let (true, Some(next)) = (proxies.contains(&client), parse_hop(hop)) else {
            break;
        };
        client = next;
    }
    client
}

/// Parses an address. Some proxies append the port.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let with_port = || text.parse().map(|address: SocketAddr| address.ip());
    let address = text.parse().or_else(|_| with_port());
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;

    fn client(peer: &str, lines: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let proxies = ["10.0.0.1", "10.0.0.2", "fd00::1"].map(|it| it.parse().unwrap());
        client_address(peer.parse().unwrap(), &headers, &proxies).to_string()
    }

    #[test]
    fn the_client_is_the_last_address_that_is_not_a_proxy() {
        for (peer, lines, expected) in [
            ("10.0.0.1", &[][..], "10.0.0.1"),
            ("10.0.0.1", &["192.0.2.7"], "192.0.2.7"),
            ("10.0.0.1", &["203.0.113.1, 192.0.2.7"], "192.0.2.7"),
            ("10.0.0.1", &["203.0.113.1", "192.0.2.7"], "192.0.2.7"),
            ("10.0.0.1", &["192.0.2.7, 10.0.0.2"], "192.0.2.7"),
            ("10.0.0.1", &["192.0.2.7:4711"], "192.0.2.7"),
            ("::ffff:10.0.0.1", &["::ffff:192.0.2.7"], "192.0.2.7"),
            ("fd00::1", &["[2001:db8::7]:4711"], "2001:db8::7"),
            ("10.0.0.1", &["203.0.113.1, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.1, unknown, 10.0.0.2"], "10.0.0.2"),
        ] {
            assert_eq!(client(peer, lines), expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn the_header_of_a_client_that_is_not_a_proxy_is_ignored() {
        assert_eq!(client("192.0.2.7", &["203.0.113.1"]), "192.0.2.7");
        assert_eq!(client("10.0.0.1", &["10.0.0.9, 192.0.2.7"]), "192.0.2.7");
    }

    #[test]
    fn the_addresses_of_one_ipv6_network_are_one_visitor() {
        let visitor = |text: &str| Visitor::new(text.parse().unwrap(), UtcDateTime::UNIX_EPOCH);
        let one = visitor("2001:db8:1:2:3:4:5:6").address;
        assert_eq!(one, visitor("2001:db8:1:2:ffff::1").address);
        assert_ne!(one, visitor("2001:db8:1:3:3:4:5:6").address);
        assert_eq!(visitor("::ffff:192.0.2.7").address.to_string(), "192.0.2.7");
    }
}
