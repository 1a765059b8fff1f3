//! Whom a device speaks to over TLS.
//!
//! A node makes its own certificate; no authority signs it. In it stands the record of the node's
//! epoch ([`Epoch`]), signed by the root key that the ticket named, and the record names the key of the
//! certificate. So a device needs nothing but its log's name to know its node, a node restored with a
//! new key is known at once, and an old PC with the key of an epoch that is over is not spoken to. The
//! record proves itself, so it is looked for in the certificate's bytes and not parsed out of X.509.
//!
//! A certificate of a public authority also works where the options allow it, for nodes behind a name
//! on the Internet. What the node says is signed by its log key in either case.

use crate::codec::Reader;
use crate::enrol::code::LogPrefix;
use crate::id::{LogId, PublicKey};
use crate::identity::{Epoch, log_of};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use std::sync::Arc;

/// What stands before the epoch's record in a node's certificate.
pub const MARK: &[u8] = b"chibo/epoch/1:";
/// What an Ed25519 key stands behind in a certificate (RFC 8410, section 4).
const ED25519_INFO: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// How a device names its node's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// In full, by the ticket: a fingerprint of the node's root key.
    Log(LogId),
    /// By how it begins, as a ticket's short code does: for the one question that the code is for.
    Begins(LogPrefix),
}

impl Named {
    fn is(self, log: LogId) -> bool {
        match self {
            Named::Log(named) => named == log,
            Named::Begins(prefix) => prefix.begins(log),
        }
    }
}

/// The node that a device means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin {
    /// Its log.
    pub log: Named,
    /// The last epoch that the device knows; an older one is not spoken to.
    pub epoch: u64,
}

/// A client's configuration: the pinned node, certificates of authorities (DER) that are trusted
/// beside it, and whether those of the public authorities are.
pub fn client(
    pin: Option<Pin>,
    trusted: &[Vec<u8>],
    public: bool,
) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    for der in trusted {
        roots.add(CertificateDer::from(der.clone()))?;
    }
    if public {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    let authorities = match roots.is_empty() {
        true => None,
        false => Some(
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                .build()
                .map_err(|e| rustls::Error::General(e.to_string()))?,
        ),
    };
    let verifier = NodeVerifier {
        pin,
        authorities,
        provider: provider.clone(),
    };
    Ok(ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

#[derive(Debug)]
struct NodeVerifier {
    pin: Option<Pin>,
    authorities: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

/// Whether a certificate (DER) is the pinned node's own. That who shows it has its key is for TLS to see.
pub fn is_of(pin: Pin, certificate: &[u8]) -> bool {
    let der = CertificateDer::from(certificate);
    let Ok(parsed) = ParsedCertificate::try_from(&der) else {
        return false;
    };
    let info = parsed.subject_public_key_info();
    let Some(key) = info.strip_prefix(&ED25519_INFO) else {
        return false;
    };
    let marks = certificate.windows(MARK.len()).enumerate();
    let after = marks
        .filter(|(_, w)| *w == MARK)
        .filter_map(|(at, _)| certificate.get(at + MARK.len()..));
    after
        .filter_map(|bytes| Epoch::read(&mut Reader::new(bytes)).ok())
        .any(|e| {
            let log = log_of(&e.root);
            pin.log.is(log)
                && e.is_signed_for(log)
                && e.epoch >= pin.epoch
                && PublicKey::from_slice(key) == Some(e.tls_key)
        })
}

impl ServerCertVerifier for NodeVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.pin.is_some_and(|pin| is_of(pin, end_entity)) {
            return Ok(ServerCertVerified::assertion());
        }
        match &self.authorities {
            Some(a) => {
                a.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            }
            None => Err(CertificateError::ApplicationVerificationFailure.into()),
        }
    }

    /// Never asked: only TLS 1.3 is spoken.
    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let why = rustls::PeerIncompatible::ServerDoesNotSupportTls12Or13;
        Err(rustls::Error::PeerIncompatible(why))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
