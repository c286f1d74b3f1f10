use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration;

/// How the store is used: the section `session.store` of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct SessionStoreConfig {
    /// How long one store operation may take. Default: 5 seconds.
    #[serde(with = "duration")]
    pub timeout: Duration,
}

impl Default for SessionStoreConfig {
    fn default() -> Self {
        Self {
            timeout: crate::SessionStore::DEFAULT_OPERATION_TIMEOUT,
        }
    }
}
