//! The node's side of TLS: its own certificate, and one of an authority where it has one.
//!
//! The certificate is made anew at each start from the key that the node's epoch names; what makes a
//! device trust it is the epoch's record in it ([`chibo_core::carriers::tls`]). A device that asks for
//! the node by a name on the Internet gets the authority's certificate, if the office has one.

use chibo_core::carriers::tls::MARK;
use chibo_core::identity::{Epoch, SecretKey};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// Why TLS could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The node's own certificate could not be made.
    #[error("the certificate could not be made: {0}")]
    Own(#[from] rcgen::Error),
    /// The key or the certificate does not fit.
    #[error("the certificate does not do: {0}")]
    Fit(#[from] rustls::Error),
    /// The file holds no certificate or key in PEM.
    #[error("no certificate or key in PEM: {0}")]
    Pem(#[from] rustls::pki_types::pem::Error),
}

/// The identifier of the extension that carries the epoch: a number of our own under 2.25, which needs
/// no registration (Rec. ITU-T X.667).
const EXTENSION: &[u64] = &[2, 25, 0x1b6f_4f65_8a20_11d3];
/// What stands before the seed in a PKCS #8 key of Ed25519 (RFC 8410, section 7).
const ED25519_PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// What a node shows to those who connect.
#[derive(Debug)]
struct Certificates {
    own: Arc<CertifiedKey>,
    public: Option<Arc<CertifiedKey>>,
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // A device in the office's network asks by an address, which carries no name.
        let named = self
            .public
            .as_ref()
            .filter(|_| hello.server_name().is_some());
        Some(named.unwrap_or(&self.own).clone())
    }
}

/// The certificate that a node makes itself, with its key.
pub fn own(epoch: &Epoch, key: &SecretKey) -> Result<CertifiedKey, TlsError> {
    let pkcs8 = PrivatePkcs8KeyDer::from([&ED25519_PKCS8[..], &key.seed()[..]].concat());
    let pair = KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8, &rcgen::PKCS_ED25519)?;
    let mut params = CertificateParams::new(vec!["chibo".to_owned()])?;
    params.distinguished_name = DistinguishedName::new();
    let record = [MARK, &epoch.to_bytes()].concat();
    let extension = CustomExtension::from_oid_content(EXTENSION, record);
    params.custom_extensions.push(extension);
    let certificate = params.self_signed(&pair)?;
    let key = any_supported_type(&PrivateKeyDer::Pkcs8(pkcs8))?;
    Ok(CertifiedKey::new(vec![certificate.der().clone()], key))
}

fn of_authority(certificate: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let chain = CertificateDer::pem_file_iter(certificate)?.collect::<Result<Vec<_>, _>>()?;
    let key = any_supported_type(&PrivateKeyDer::from_pem_file(key)?)?;
    let certified = CertifiedKey::new(chain, key);
    certified.keys_match()?;
    Ok(certified)
}

/// Accepts TLS with a certificate of an authority only (PEM files: chain, key), for hosts that are no node.
pub fn public_acceptor(chain: &Path, key: &Path) -> Result<TlsAcceptor, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let only = Arc::new(of_authority(chain, key)?);
    let certificates = Certificates {
        own: only,
        public: None,
    };
    with(certificates, provider)
}

/// Accepts TLS with the certificate of this epoch, and of an authority (PEM files: chain, key) beside it.
pub fn acceptor(
    epoch: &Epoch,
    key: &SecretKey,
    authority: Option<(&Path, &Path)>,
) -> Result<TlsAcceptor, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let public = match authority {
        Some((chain, key)) => Some(Arc::new(of_authority(chain, key)?)),
        None => None,
    };
    let certificates = Certificates {
        own: Arc::new(own(epoch, key)?),
        public,
    };
    with(certificates, provider)
}

fn with(
    certificates: Certificates,
    provider: Arc<rustls::crypto::CryptoProvider>,
) -> Result<TlsAcceptor, TlsError> {
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(certificates));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
