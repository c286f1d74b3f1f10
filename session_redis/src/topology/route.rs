use redis::{ErrorKind, RedisError, ServerErrorKind};

use super::server::Address;

/// The node that a command is sent to.
pub(super) struct Route {
    pub(super) address: Address,
    /// True if the slot is on its way to this node, which has to be told by `ASKING`.
    pub(super) is_asking: bool,
}

impl Route {
    /// The route to the master of the slot.
    pub(super) fn to(master: Address) -> Self {
        Self {
            address: master,
            is_asking: false,
        }
    }

    /// The route that the node at the address `asked` redirects to; it may leave out its own host.
    pub(super) fn redirected_by(error: &RedisError, asked: &Address) -> Option<Self> {
        let (address, _slot) = error.redirect_node()?;
        let (host, port) = address.rsplit_once(':')?;
        let host = if host.is_empty() { &asked.0 } else { host };
        Some(Self {
            address: (host.to_owned(), port.parse().ok()?),
            is_asking: error.kind() == ErrorKind::Server(ServerErrorKind::Ask),
        })
    }
}
