use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;

/// An authority, and certificates that it has signed, in files that every user may read.
///
/// Its own certificate is `ca.pem`. The server's is `server.pem`, for the address 127.0.0.1, and
/// the client's is `client.pem`. Their keys end with `.key`.
#[derive(Debug)]
pub struct Authority {
    folder: TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    /// Creates an authority that nobody else trusts.
    #[allow(clippy::new_without_default, reason = "each authority is another one")]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "authority");
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::self_signed(params, key).unwrap();
        fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        let authority = Self { folder, issuer };
        authority.sign("server", "127.0.0.1");
        authority.sign("client", "shop");
        authority
    }

    /// Signs another certificate, for this host.
    pub fn sign(&self, file: &str, host: &str) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, host);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let path = self.path(file);
        fs::write(path.with_extension("pem"), certificate.pem()).unwrap();
        fs::write(path.with_extension("key"), key.serialize_pem()).unwrap();
    }

    /// The path of a file of this name.
    pub fn path(&self, file: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(file)
    }
}
