//! Handshakes in memory with servers of every kind: what is recorded, what fails.

use super::*;
use crate::lab::certificate::{Authority, Validity};
use engine::route::NamedBy;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio_rustls::TlsAcceptor;

fn client(authority: &Authority) -> TlsClient {
    let mut roots = Roots::public();
    roots.add(authority.root().clone()).unwrap();
    TlsClient::new(roots, Clock)
}

/// Shakes hands with a server and lets it say one octet, with which TLS 1.3 brings its tickets.
async fn shake(client: &TlsClient, acceptor: TlsAcceptor, name: &str) -> Result<TlsFacts, Trouble> {
    let (ours, theirs) = duplex(64 * 1024);
    let server = tokio::spawn(async move {
        let Ok(mut stream) = acceptor.accept(theirs).await else { return };
        let _ = stream.write_all(b".").await;
        let _ = stream.flush().await;
        let _ = stream.read(&mut [0]).await;
    });
    let (mut stream, facts) = client.shake_hands(ours, &ServerName::try_from(name.to_owned()).unwrap()).await?;
    stream.read_exact(&mut [0]).await.unwrap();
    drop(stream);
    server.await.unwrap();
    Ok(facts)
}

#[tokio::test]
async fn a_good_certificate_is_verified_and_everything_is_recorded() {
    let authority = Authority::new().unwrap();
    let acceptor = authority.acceptor(&["mx.x.test", "mx2.x.test"], Validity::Good).unwrap();
    let facts = shake(&client(&authority), acceptor, "mx.x.test").await.unwrap();
    assert_eq!(facts.to_string(), "TLS 1.3, TLS_AES_256_GCM_SHA384, X25519, verified");
    assert_eq!(facts.names, [Box::from("mx.x.test"), Box::from("mx2.x.test")]);
    assert_eq!(facts.issuer.as_deref(), Some("CN=Nexthop lab authority"));
    assert_eq!(facts.not_after.unwrap().to_string(), "2049-12-31T00:00:00.000Z");
    assert!(!facts.resumed);
}

#[tokio::test]
async fn what_a_certificate_does_not_prove_is_recorded_and_refuses_nobody() {
    let authority = Authority::new().unwrap();
    let proof = async |client: &TlsClient, names: &[&str], validity| {
        shake(client, authority.acceptor(names, validity).unwrap(), "mx.x.test").await.unwrap().proof
    };
    let knows = client(&authority);
    let stranger = TlsClient::default();
    assert_eq!(proof(&knows, &["mx.x.test"], Validity::Expired).await, Err(Unproven::Expired));
    assert_eq!(proof(&knows, &["mx.y.test"], Validity::Good).await, Err(Unproven::Name));
    assert_eq!(proof(&knows, &[], Validity::Good).await, Err(Unproven::Name));
    assert_eq!(proof(&knows, &["127.0.0.1"], Validity::Good).await, Err(Unproven::Name));
    assert_eq!(proof(&knows, &["*.x.test"], Validity::Good).await, Ok(()));
    assert_eq!(proof(&knows, &["*.test"], Validity::Good).await, Err(Unproven::Name));
    assert_eq!(proof(&stranger, &["mx.x.test"], Validity::Good).await, Err(Unproven::Chain));
    assert_eq!(proof(&stranger, &["mx.x.test"], Validity::Expired).await, Err(Unproven::Expired));
}

#[tokio::test]
async fn a_session_is_resumed_and_its_certificate_judged_again() {
    let authority = Authority::new().unwrap();
    let client = client(&authority);
    let acceptor = authority.acceptor(&["mx.x.test"], Validity::Good).unwrap();
    assert!(!shake(&client, acceptor.clone(), "mx.x.test").await.unwrap().resumed);
    let again = shake(&client, acceptor, "mx.x.test").await.unwrap();
    assert!(again.resumed);
    assert_eq!((again.proof, again.names.len()), (Ok(()), 1));
}

/// A peer that says these octets in place of a handshake and hangs up.
async fn against(octets: &[u8]) -> Trouble {
    let (ours, mut theirs) = duplex(64 * 1024);
    theirs.write_all(octets).await.unwrap();
    let hangs_up = async move {
        let _ = theirs.read(&mut [0; 1_024]).await;
    };
    let name = ServerName::try_from("mx.x.test").unwrap();
    let client = TlsClient::default();
    let (shaken, ()) = tokio::join!(client.shake_hands::<DuplexStream>(ours, &name), hangs_up);
    shaken.map(|_| ()).expect_err("no handshake")
}

#[tokio::test]
async fn nonsense_an_alert_and_a_hang_up_fail_the_handshake_with_a_reason() {
    for (octets, reason) in [
        (&b"250 ok\r\n250 ok\r\n"[..], "corrupt message"),
        (&[21, 3, 3, 0, 2, 2, 40], "HandshakeFailure"),
        (&[], "closed the connection"),
    ] {
        let Trouble::Handshake(why) = against(octets).await else { panic!("{octets:?}") };
        assert!(why.contains(reason), "{why}");
    }
}

#[tokio::test]
async fn the_first_hello_fits_in_one_segment_and_offers_x25519_alone() {
    let (ours, mut theirs) = duplex(64 * 1024);
    let name = ServerName::try_from("a-rather-long-name-of-a-mail-exchanger.customers.example.net").unwrap();
    let client = TlsClient::default();
    let mut hello = vec![0; 4_096];
    let length = tokio::select! {
        _ = client.shake_hands::<DuplexStream>(ours, &name) => panic!("nobody answered"),
        length = theirs.read(&mut hello) => length.unwrap(),
    };
    assert!(length < 600, "{length} octets");
    let key_share = [0x00, 0x33, 0x00, 0x26, 0x00, 0x24, 0x00, 0x1d, 0x00, 0x20]; // one share, group 0x001d
    assert!(hello[..length].windows(key_share.len()).any(|window| window == key_share));
    assert!(hello[..length].windows(20).any(|window| window == b"a-rather-long-name-o"), "SNI");
}

#[test]
fn a_name_that_no_certificate_can_hold_leaves_the_address() {
    let hop = |exchanger: &str| Hop {
        exchanger: exchanger.into(),
        preference: 0,
        address: "192.0.2.7:25".parse().unwrap(),
        named_by: NamedBy::Dns,
    };
    assert_eq!(name_to_prove(&hop("mx.x.test")).to_str(), "mx.x.test");
    for exchanger in ["192.0.2.7", "a..b", ""] {
        assert_eq!(name_to_prove(&hop(exchanger)).to_str(), "192.0.2.7", "{exchanger}");
    }
}

#[test]
fn a_file_of_roots_is_read_or_refused_with_what_is_wrong_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roots.pem");
    let refused = |text: &[u8]| {
        std::fs::write(&file, text).unwrap();
        Roots::with_file(Some(&file)).err()
    };
    let authority = Authority::new().unwrap();
    assert_eq!(refused(authority.root_pem().as_bytes()), None);
    let shown = file.display().to_string();
    assert_eq!(refused(b"nothing"), Some(common::words::SettingPhrase::NoRoots(shown.into())));
    let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(matches!(refused(broken), Some(common::words::SettingPhrase::BadBecause { .. })));
    let large = vec![b'#'; roots::FILE_BYTES_MAX as usize + 1];
    assert!(matches!(refused(&large), Some(common::words::SettingPhrase::RootsTooLarge { .. })));
    assert!(Roots::with_file(Some(folder.path())).is_err());
    assert!(Roots::with_file(None).is_ok());
}
