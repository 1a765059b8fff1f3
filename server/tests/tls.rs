//! Whom a device speaks to over TLS, with real certificates and real connections.

use chibo_core::carriers::bundle::{Letter, Sort};
use chibo_core::carriers::http::{CarrierError, HttpNode, Options};
use chibo_core::carriers::mailbox::{Mailbox, name_of};
use chibo_core::enrol::{Offer, Ticket};
use chibo_core::id::PersonId;
use chibo_core::identity::SecretKey;
use chibo_core::lock::StoreKey;
use chibo_core::node::Node;
use chibo_core::phone::Phone;
use chibo_core::place::Role;
use chibo_core::store::memory::MemoryStore;
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_core::time::Timestamp;
use chibo_server::intake::OfficeNode;
use chibo_server::mailbox::{self, Terms};
use chibo_server::{serve, tls};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// The key of stores that are thrown away.
fn key() -> StoreKey {
    StoreKey::from_bytes([1; 32])
}

const NOW: Timestamp = Timestamp(1_790_000_000);

fn chance(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

fn node(folder: &Path, seed: u64) -> (OfficeNode, SecretKey) {
    let store = SqliteStore::create(&folder.join("node.db"), &key(), Durability::Relaxed).unwrap();
    Node::init(store, "Đảng ủy xã Xuân Trường", NOW, &mut chance(seed)).unwrap()
}

fn ticket(node: &mut OfficeNode) -> Ticket {
    let (root, rng) = (node.root(), &mut chance(77));
    let person = PersonId::random(rng);
    let later = Timestamp(NOW.0 + 3600);
    node.ticket("", &Offer::new(Role::Office, root, person, later), rng)
        .unwrap()
}

/// Serves with its own certificate, and that of an authority if there is one.
async fn serving(node: OfficeNode, authority: Option<(&Path, &Path)>) -> SocketAddr {
    let tls = tls::acceptor(node.epoch(), &node.tls_key().unwrap(), authority).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve::serve(
        node,
        listener,
        Some(tls),
        Box::new(|| NOW),
        Box::new(chance(99)),
        std::future::pending(),
    ));
    address
}

fn pinned(node: &OfficeNode) -> Options {
    Options::for_node(node.log(), node.epoch().epoch)
}

fn phone() -> Phone<MemoryStore> {
    Phone::create(MemoryStore::new(), &mut chance(5)).unwrap()
}

async fn enrol(url: &str, options: &Options, ticket: &Ticket) -> Result<(), CarrierError> {
    HttpNode::new(url, options)
        .unwrap()
        .enrol(ticket, &mut phone())
        .await
}

#[tokio::test]
async fn a_device_knows_its_node_by_the_ticket_and_syncs_over_tls() {
    let folder = TempDir::new().unwrap();
    let (mut node, _) = node(folder.path(), 1);
    let (ticket, options) = (ticket(&mut node), pinned(&node));
    let url = format!("https://{}", serving(node, None).await);
    let carrier = HttpNode::new(&url, &options).unwrap();
    let mut phone = phone();
    carrier.enrol(&ticket, &mut phone).await.unwrap();
    let rng = &mut chance(3);
    let outcome = carrier
        .sync(&mut phone, &|| NOW, rng, &mut |_| Ok(()), &mut |_| {})
        .await
        .unwrap();
    assert!(outcome.synced, "{outcome:?}");
}

#[tokio::test]
async fn a_device_says_nothing_to_a_node_that_its_ticket_did_not_name() {
    let (mine, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (mut mine, _) = node(mine.path(), 1);
    let (other, _) = node(other.path(), 2);
    let (ticket, options) = (ticket(&mut mine), pinned(&mine));
    let url = format!("https://{}", serving(other, None).await);
    let refused = enrol(&url, &options, &ticket).await;
    assert!(
        matches!(refused, Err(CarrierError::AnotherNode)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_node_restored_with_new_keys_is_known_and_the_old_pc_is_spoken_to_no_more() {
    let folder = TempDir::new().unwrap();
    let (mut node, root_key) = node(folder.path(), 1);
    let (first, second) = (ticket(&mut node), pinned(&node));
    let backup = folder.path().join("backup.db");
    node.store().backup_to(&backup).unwrap();
    let store = SqliteStore::open(&backup, &key(), Durability::Relaxed).unwrap();
    let mut restored = Node::restore(store, &root_key, NOW, &mut chance(4)).unwrap();
    restored.confirm(&[], NOW).unwrap();
    let later = ticket(&mut restored);
    let newer = pinned(&restored);
    assert!(newer.pin.unwrap().epoch > 1);

    let old_pc = format!("https://{}", serving(node, None).await);
    let new_pc = format!("https://{}", serving(restored, None).await);
    enrol(&new_pc, &second, &later)
        .await
        .expect("who knew the node before knows the restored one");
    let refused = enrol(&old_pc, &newer, &first).await;
    assert!(
        matches!(refused, Err(CarrierError::AnotherNode)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_certificate_copied_from_the_node_does_not_help_who_has_not_its_key() {
    let (mine, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (mut mine, _) = node(mine.path(), 1);
    let (other, _) = node(other.path(), 2);
    let (ticket, options) = (ticket(&mut mine), pinned(&mine));
    // The other's key, under a certificate that carries the true node's record.
    let tls = tls::acceptor(mine.epoch(), &other.tls_key().unwrap(), None).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(serve::serve(
        other,
        listener,
        Some(tls),
        Box::new(|| NOW),
        Box::new(chance(99)),
        std::future::pending(),
    ));
    let refused = enrol(&url, &options, &ticket).await;
    assert!(
        matches!(refused, Err(CarrierError::AnotherNode)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_short_code_is_shown_to_nobody_but_the_node_that_it_begins_with() {
    let [one, two, three] = [(); 3].map(|()| TempDir::new().unwrap());
    let (mut mine, _) = node(one.path(), 1);
    let (other, _) = node(two.path(), 2);
    let (third, _) = node(three.path(), 3);
    let code = ticket(&mut mine).code().unwrap();
    // With a certificate of its own; and with one that carries the true node's record, under another's key.
    let copied = tls::acceptor(mine.epoch(), &third.tls_key().unwrap(), None).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let copied_at = listener.local_addr().unwrap();
    tokio::spawn(serve::serve(
        third,
        listener,
        Some(copied),
        Box::new(|| NOW),
        Box::new(chance(99)),
        std::future::pending(),
    ));
    let key = SecretKey::from_seed([5; 32]).public();
    let ask = async |address: SocketAddr| {
        let node = HttpNode::new(&format!("https://{address}"), &Options::for_code(&code)).unwrap();
        node.ask_terms(&code, key).await
    };
    for address in [serving(other, None).await, copied_at] {
        let refused = ask(address).await;
        assert!(
            matches!(refused, Err(CarrierError::AnotherNode)),
            "{refused:?}"
        );
    }
    let log = mine.log();
    let terms = ask(serving(mine, None).await).await.unwrap();
    assert_eq!(code.ticket("", &terms).unwrap().log, log);
}

/// Connects to an address by this version of TLS alone, whatever certificate it shows.
async fn shake_hands(
    address: SocketAddr,
    version: &'static rustls::SupportedProtocolVersion,
) -> std::io::Result<()> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let schemes = provider.signature_verification_algorithms;
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(schemes.supported_schemes())))
        .with_no_client_auth();
    let stream = tokio::net::TcpStream::connect(address).await?;
    let name = "127.0.0.1".try_into().unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    connector.connect(name, stream).await.map(drop)
}

/// Whoever is there is spoken to.
#[derive(Debug)]
struct Anybody(Vec<rustls::SignatureScheme>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.clone()
    }
}

#[tokio::test]
async fn a_client_that_speaks_an_older_tls_is_not_spoken_to() {
    let folder = TempDir::new().unwrap();
    let (_, chain, key) = authority(folder.path());
    let (node, _) = node(folder.path(), 1);
    let address = serving(node, None).await;
    shake_hands(address, &rustls::version::TLS13).await.unwrap();
    let older = shake_hands(address, &rustls::version::TLS12).await;
    assert!(older.is_err(), "the node");

    // And a mailbox, by a public certificate.
    let tls = tls::public_acceptor(&chain, &key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = std::future::pending();
    let routes = axum::Router::new();
    tokio::spawn(serve::accept_for(listener, routes, Some(tls), stop));
    shake_hands(address, &rustls::version::TLS13).await.unwrap();
    let older = shake_hands(address, &rustls::version::TLS12).await;
    assert!(older.is_err(), "the mailbox");
}

/// Serves the node with a certificate that a device trusts, by this version of TLS alone.
async fn serving_by(
    node: OfficeNode,
    (chain, key): (&Path, &Path),
    version: &'static rustls::SupportedProtocolVersion,
) -> SocketAddr {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain = CertificateDer::pem_file_iter(chain).unwrap();
    let chain: Vec<_> = chain.map(Result::unwrap).collect();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(key).unwrap())
        .unwrap();
    let tls = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (clock, chance) = (Box::new(|| NOW), Box::new(chance(99)));
    let stop = std::future::pending();
    tokio::spawn(serve::serve(node, listener, Some(tls), clock, chance, stop));
    address
}

#[tokio::test]
async fn a_device_says_nothing_to_a_server_that_speaks_an_older_tls() {
    for (version, is_spoken_to) in [
        (&rustls::version::TLS13, true),
        (&rustls::version::TLS12, false),
    ] {
        let folder = TempDir::new().unwrap();
        let (ca, chain, key) = authority(folder.path());
        let (mut node, _) = node(folder.path(), 1);
        let (ticket, mut options) = (ticket(&mut node), pinned(&node));
        options.trusted = vec![ca];
        let address = serving_by(node, (&chain, &key), version).await;
        let url = format!("https+public://localhost:{}", address.port());
        let enrolled = enrol(&url, &options, &ticket).await;
        assert_eq!(enrolled.is_ok(), is_spoken_to, "{enrolled:?}");
    }
}

/// An authority and its certificate for `localhost`, as PEM files.
fn authority(folder: &Path) -> (Vec<u8>, PathBuf, PathBuf) {
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_certificate = ca.self_signed(&ca_key).unwrap();
    let issuer = rcgen::Issuer::new(ca, &ca_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".into()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let pem = |label: &str, der: &[u8]| {
        let text = base64(der);
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    };
    let (chain_file, key_file) = (folder.join("chain.pem"), folder.join("key.pem"));
    std::fs::write(&chain_file, pem("CERTIFICATE", certificate.der())).unwrap();
    std::fs::write(&key_file, pem("PRIVATE KEY", &key.serialize_der())).unwrap();
    (ca_certificate.der().to_vec(), chain_file, key_file)
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let n = three.iter().fold(0_u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - three.len()));
        for i in 0..4 {
            text.push(if i > three.len() {
                '='
            } else {
                char::from(DIGITS[(n >> (18 - 6 * i) & 63) as usize])
            });
        }
    }
    text
}

#[tokio::test]
async fn a_public_certificate_also_works_where_the_address_is_a_name() {
    let folder = TempDir::new().unwrap();
    let (ca, chain, key) = authority(folder.path());
    let (mut node, _) = node(folder.path(), 1);
    let (ticket, mut options) = (ticket(&mut node), pinned(&node));
    let port = serving(node, Some((&chain, &key))).await.port();
    let by_name = format!("https+public://localhost:{port}");
    // Nobody vouches for the authority yet.
    let refused = enrol(&by_name, &options, &ticket).await;
    assert!(
        matches!(refused, Err(CarrierError::AnotherNode)),
        "{refused:?}"
    );
    options.trusted = vec![ca];
    // Nor is an authority heard where the ticket does not say so: who takes over the name could have its word.
    let unasked = format!("https://localhost:{port}");
    let refused = enrol(&unasked, &options, &ticket).await;
    assert!(
        matches!(refused, Err(CarrierError::AnotherNode)),
        "{refused:?}"
    );
    enrol(&by_name, &options, &ticket).await.unwrap();
    // By its address in the office's network it shows its own.
    options.trusted = Vec::new();
    enrol(&format!("https://127.0.0.1:{port}"), &options, &ticket)
        .await
        .expect("the same device may ask again");
}

#[tokio::test]
async fn a_mailbox_is_spoken_to_where_a_public_authority_vouches_for_it() {
    let folder = TempDir::new().unwrap();
    let (ca, chain, key) = authority(folder.path());
    let tls = tls::public_acceptor(&chain, &key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "https://localhost:{}",
        listener.local_addr().unwrap().port()
    );
    let terms = Terms {
        name: name_of(&url).unwrap(),
        keep: Duration::from_secs(60),
        box_letters: 2,
        box_bytes: 1 << 20,
        bytes: 1 << 20,
        address_bytes: 1 << 20,
    };
    let host = mailbox::Mailbox::open(&folder.path().join("box"), terms, &mut chance(1));
    let routes = mailbox::router(Arc::new(host.unwrap()));
    let stop = std::future::pending();
    tokio::spawn(serve::accept_for(listener, routes, Some(tls), stop));

    let owner = SecretKey::from_seed([1; 32]);
    let letter = Letter {
        sort: Sort::Answer,
        to: owner.public().letter_box(),
        sealed: b"sealed".to_vec(),
    };
    let mut options = Options {
        public: true,
        ..Options::default()
    };
    let nobody_vouches = Mailbox::new(&url, &options).unwrap().put(&letter).await;
    assert!(
        matches!(nobody_vouches, Err(CarrierError::AnotherNode)),
        "{nobody_vouches:?}"
    );
    options.trusted = vec![ca];
    let mailbox = Mailbox::new(&url, &options).unwrap();
    mailbox.put(&letter).await.unwrap();
    let visit = mailbox.visit(&owner).await.unwrap();
    assert_eq!(visit.list().await.unwrap(), [letter.id()]);
}

#[test]
fn an_address_that_does_not_encrypt_is_refused_unless_it_is_this_machine() {
    let options = Options::default();
    for url in [
        "http://192.168.1.5:8080",
        "http://xa.example",
        "http://[fe80::1]:80",
    ] {
        let refused = HttpNode::new(url, &options);
        assert!(matches!(refused, Err(CarrierError::Open)), "{url}");
    }
    for url in [
        "http://127.0.0.1:1",
        "http://localhost:1",
        "http://[::1]:1",
        "https://xa.example",
    ] {
        HttpNode::new(url, &options).unwrap();
    }
    for url in [
        "",
        "xa.example",
        "ftp://xa.example",
        "https://",
        "http://127.0.0.1:99999",
    ] {
        let refused = HttpNode::new(url, &options);
        assert!(matches!(refused, Err(CarrierError::Address(_))), "{url}");
    }
}
