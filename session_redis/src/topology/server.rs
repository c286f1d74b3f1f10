use std::fmt;

/// The host and the port of a node of a cluster.
pub(crate) type Address = (String, u16);

/// A server with records of the store.
#[derive(Debug, Clone)]
pub(crate) enum Server {
    /// The only one.
    Only,
    /// A master of a cluster.
    Node(Address),
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Only => f.write_str("the only one"),
            Self::Node((host, port)) => write!(f, "{host}:{port}"),
        }
    }
}
