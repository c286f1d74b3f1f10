use serde::{Deserialize, Serialize};

/// The section `session.cross_origin` of the configuration, for the middleware
/// [`CROSS_ORIGIN_PROTECTION`](crate::CROSS_ORIGIN_PROTECTION).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct CrossOriginConfig {
    /// Other origins whose pages may send requests that change something, as browsers write them in
    /// the `Origin` header: `https://example.com`. Default: none.
    pub trusted_origins: Vec<String>,
}
