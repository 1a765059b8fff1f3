//! The app's package comes from the node: offered, fetched over a bad line, and never half there.

mod stage;

use chibo_ffi::{AppOffer, CallbackError, Chibo, ChiboError, FetchProgress};
use chibo_server::line::Line;
use chibo_server::offer::Package;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use stage::*;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

const SIZE: usize = 1_000_000;

fn package() -> Vec<u8> {
    let mut bytes = vec![0; SIZE];
    ChaCha8Rng::seed_from_u64(3).fill_bytes(&mut bytes);
    bytes[..4].copy_from_slice(b"PK\x03\x04");
    bytes
}

struct Scene {
    phone: Arc<Chibo>,
    line: Line,
    place: PathBuf,
    _folders: (Folder, Commune),
}

impl Scene {
    async fn new() -> Self {
        let (mut commune, folder) = (Commune::of(1), Folder::new());
        let ticket = commune.ticket();
        let line = commune.serve_with(Package::of(package()).unwrap()).await;
        let phone = folder.create();
        phone.enrol(ticket, Some(line.url())).await.unwrap();
        let place = folder.path().join("so-tay.apk");
        Scene {
            phone,
            line,
            place,
            _folders: (folder, commune),
        }
    }

    fn path(&self) -> String {
        self.place.to_str().unwrap().to_owned()
    }

    async fn offer(&self) -> AppOffer {
        self.phone.app_offer(self.path()).await.unwrap().unwrap()
    }

    async fn fetch(&self, progress: Option<Arc<dyn FetchProgress>>) -> Result<(), ChiboError> {
        let offer = self.offer().await;
        self.phone.fetch_app(offer, self.path(), progress).await
    }

    fn parts(&self) -> Vec<PathBuf> {
        let folder = std::fs::read_dir(self.place.parent().unwrap()).unwrap();
        let paths = folder.map(|entry| entry.unwrap().path());
        paths
            .filter(|p| p.extension().is_some_and(|e| e == "part"))
            .collect()
    }
}

#[derive(Default)]
struct Heard(Mutex<Vec<u64>>);

impl FetchProgress for Heard {
    fn heard(&self, here: u64) -> Result<(), CallbackError> {
        self.0.lock().unwrap().push(here);
        Ok(())
    }
}

/// A person who presses “stop” when so much is here.
struct StopAt(u64, AtomicU64);

impl FetchProgress for StopAt {
    fn heard(&self, here: u64) -> Result<(), CallbackError> {
        self.1.store(here, Ordering::SeqCst);
        match here >= self.0 {
            true => Err(CallbackError::Failed),
            false => Ok(()),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_asks_what_there_is_and_fetches_it_with_its_progress_told() {
    let scene = Scene::new().await;
    let offer = scene.offer().await;
    assert_eq!((offer.size, offer.here), (SIZE as u64, 0));
    assert_eq!(offer.sha256, Package::of(package()).unwrap().sha256());
    let heard = Arc::new(Heard::default());
    scene.fetch(Some(heard.clone())).await.unwrap();
    assert_eq!(std::fs::read(&scene.place).unwrap(), package());
    let heard = heard.0.lock().unwrap();
    assert!(heard.is_sorted() && heard.last() == Some(&(SIZE as u64)));
    assert!(scene.parts().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_breaks_again_and_again_goes_on_where_it_stopped() {
    let scene = Scene::new().await;
    let before = scene.line.traffic().down;
    let mut tries = 0;
    loop {
        scene.line.break_after(Some(150_000));
        tries += 1;
        assert!(tries < 30, "it never gets there");
        let fetched = match scene.phone.app_offer(scene.path()).await {
            Ok(offer) => {
                let offer = offer.unwrap();
                scene.phone.fetch_app(offer, scene.path(), None).await
            }
            Err(e) => Err(e),
        };
        match fetched {
            Ok(()) => break,
            Err(e) => assert_eq!(e, ChiboError::LineBroke),
        }
        assert!(!scene.place.exists(), "half of it is there");
    }
    assert!(tries > 5);
    assert_eq!(std::fs::read(&scene.place).unwrap(), package());
    let carried = scene.line.traffic().down - before;
    // What lay in buffers when the line broke is asked for again, and nothing else.
    assert!(carried < SIZE as u64 * 3 / 2, "{carried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_it_has_lost_nothing() {
    let scene = Scene::new().await;
    let stop = Arc::new(StopAt(400_000, AtomicU64::new(0)));
    let stopped = scene.fetch(Some(stop.clone())).await;
    assert_eq!(stopped, Err(ChiboError::CallbackFailed));
    assert!(!scene.place.exists());
    let here = stop.1.load(Ordering::SeqCst);
    assert_eq!(scene.offer().await.here, here);
    let heard = Arc::new(Heard::default());
    scene.fetch(Some(heard.clone())).await.unwrap();
    assert!(heard.0.lock().unwrap()[0] > here);
    assert_eq!(std::fs::read(&scene.place).unwrap(), package());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_damaged_is_thrown_away_and_fetched_anew() {
    let scene = Scene::new().await;
    let stop = Arc::new(StopAt(400_000, AtomicU64::new(0)));
    scene.fetch(Some(stop)).await.unwrap_err();
    let part = scene.parts().remove(0);
    let mut bytes = std::fs::read(&part).unwrap();
    bytes[1_000] ^= 1;
    std::fs::write(&part, bytes).unwrap();
    assert_eq!(scene.fetch(None).await, Err(ChiboError::NodeFault));
    assert!(!scene.place.exists() && scene.parts().is_empty());
    // Longer than the whole can be: not even fetched for that.
    std::fs::write(&part, vec![7; SIZE + 1]).unwrap();
    scene.fetch(None).await.unwrap();
    assert_eq!(std::fs::read(&scene.place).unwrap(), package());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_package_than_the_one_that_was_offered_is_not_mixed_with_it() {
    let scene = Scene::new().await;
    let stop = Arc::new(StopAt(400_000, AtomicU64::new(0)));
    scene.fetch(Some(stop)).await.unwrap_err();
    let true_one = scene.offer().await;
    let other = AppOffer {
        sha256: "ab".repeat(32),
        ..true_one.clone()
    };
    let longer = AppOffer {
        size: true_one.size + 1,
        ..true_one.clone()
    };
    for changed in [other, longer] {
        let fetched = scene.phone.fetch_app(changed, scene.path(), None).await;
        assert_eq!(fetched, Err(ChiboError::AskAgain));
        assert!(!scene.place.exists() && scene.parts().is_empty());
    }
    let bad = |sha256: &str, size| AppOffer {
        sha256: sha256.into(),
        size,
        here: 0,
    };
    for no_offer in [
        bad("", 5),
        bad("zz", 5),
        bad(&"ab".repeat(32), 0),
        bad(&"ab".repeat(32), u64::MAX),
    ] {
        let fetched = scene.phone.fetch_app(no_offer, scene.path(), None).await;
        assert_eq!(fetched, Err(ChiboError::NodeFault));
    }
    let nowhere = "/nowhere/at/all/so-tay.apk".to_owned();
    let fetched = scene.phone.fetch_app(true_one, nowhere, None).await;
    assert_eq!(fetched, Err(ChiboError::FileFailed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_offers_nothing_says_so_and_who_is_not_enrolled_asks_nobody() {
    let (mut commune, folder) = (Commune::of(1), Folder::new());
    let ticket = commune.ticket();
    let line = commune.serve().await;
    let phone = folder.create();
    let path = folder
        .path()
        .join("so-tay.apk")
        .to_str()
        .unwrap()
        .to_owned();
    assert!(phone.app_offer(path.clone()).await.is_err());
    phone.enrol(ticket, Some(line.url())).await.unwrap();
    assert_eq!(phone.app_offer(path).await, Ok(None));
}
