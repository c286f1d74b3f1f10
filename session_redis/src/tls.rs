//! Encrypted connections.

/// `rustls` takes the cryptography of the process, and without one it panics. An application that has
/// chosen one keeps it.
#[cfg(feature = "tls")]
pub(crate) fn prepare() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Fails if somebody else was faster, which is as good.
        _ = rustls::crypto::ring::default_provider().install_default();
    }
}

#[cfg(not(feature = "tls"))]
pub(crate) fn prepare() {}
