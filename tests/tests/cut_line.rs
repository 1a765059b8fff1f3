//! A first sync over a line that breaks all the time: it ends, with the same records, and no break
//! costs more than the frame that was under way.

use chibo_core::author::Target;
use chibo_core::carriers::http::{CarrierError, HttpNode, Options, Progress};
use chibo_core::document::{Value, Values};
use chibo_core::enrol::Offer;
use chibo_core::id::{PersonId, PlaceId};
use chibo_core::kind;
use chibo_core::lock::StoreKey;
use chibo_core::node::Node;
use chibo_core::phone::{Outcome, Phone};
use chibo_core::place::{PlaceKind, Role};
use chibo_core::store::memory::MemoryStore;
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_core::time::Timestamp;
use chibo_core::tree::View;
use chibo_core::wire::FrameReader;
use chibo_people::someone;
use chibo_server::intake::OfficeNode;
use chibo_server::line::Line;
use chibo_server::serve;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// The key of stores that are thrown away.
fn key() -> StoreKey {
    StoreKey::from_bytes([1; 32])
}

const NOW: Timestamp = Timestamp(1_790_000_000);
const MEMBERS: usize = 300;

type Memory = Phone<MemoryStore>;

struct Commune {
    node: OfficeNode,
    branch: PlaceId,
    rng: ChaCha8Rng,
    _folder: tempfile::TempDir,
}

impl Commune {
    fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let folder = tempfile::tempdir().unwrap();
        let store =
            SqliteStore::create(&folder.path().join("node.db"), &key(), Durability::Relaxed)
                .unwrap();
        let (mut node, _) = Node::init(store, "Đảng ủy xã Xuân Trường", NOW, &mut rng).unwrap();
        let branch = PlaceId::random(&mut rng);
        let unit = kind::by_name("unit").unwrap();
        let member = kind::by_name("member").unwrap();
        let line = |text: String| Value::Text(text);
        let mut places = vec![(branch, PlaceKind::Branch, node.root())];
        let name = Values::from([("name".into(), line("Chi bộ Xóm 5".into()))]);
        let mut edits = vec![(Target::at(branch, unit, b""), name)];
        for i in 0..MEMBERS {
            let place = PlaceId::random(&mut rng);
            places.push((place, PlaceKind::Member, branch));
            let mut values = someone(&format!("Đinh Văn Quang {i}")).values;
            // What does not compress, so that there are many frames.
            for field in [
                "hometown",
                "birthplace",
                "alias",
                "post",
                "occupation",
                "phone",
            ] {
                let noise: String = (0..4).map(|_| format!("{:016x}", rng.next_u64())).collect();
                values.insert(field.into(), line(noise));
            }
            edits.push((Target::at(place, member, b""), values));
        }
        node.edit_many(&places, &edits, NOW, &mut rng).unwrap();
        Commune {
            node,
            branch,
            rng,
            _folder: folder,
        }
    }

    fn enrol(&mut self) -> Memory {
        let rng = &mut self.rng;
        let mut phone = Phone::create(MemoryStore::new(), rng).unwrap();
        let (person, never) = (PersonId::random(rng), Timestamp(u64::MAX >> 1));
        let ticket = self
            .node
            .ticket(
                "http://x",
                &Offer::new(Role::Secretary, self.branch, person, never),
                rng,
            )
            .unwrap();
        let request = ticket.request(phone.key()).to_bytes();
        let reply = self.node.enrol(&request, NOW, rng).unwrap();
        phone.enrolled(&ticket, &reply).unwrap();
        phone
    }

    /// Bytes of the largest frame that a first sync brings.
    fn largest_frame(&mut self, phone: &mut Memory) -> u64 {
        let mut largest = 0;
        loop {
            let (request, mut exchange) = phone.request(NOW, &mut self.rng).unwrap();
            let answer = self.node.handle(&[request], NOW).remove(0).unwrap();
            let mut frames = FrameReader::new();
            frames.feed(&answer);
            let mut before = frames.waiting();
            while let Some(frame) = frames.next_frame().unwrap() {
                largest = largest.max(before - frames.waiting());
                before = frames.waiting();
                phone.receive(&mut exchange, &frame).unwrap();
            }
            if !phone.outcome(&exchange).unwrap().more {
                return largest as u64;
            }
        }
    }
}

/// The node behind a line that can be cut; it ends, and is given back, when it is told to stop.
async fn serving(
    node: OfficeNode,
) -> (
    Line,
    oneshot::Sender<()>,
    tokio::task::JoinHandle<Option<OfficeNode>>,
) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let line = Line::to(listener.local_addr().unwrap()).await.unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(serve::serve(
        node,
        listener,
        None,
        Box::new(|| NOW),
        Box::new(ChaCha8Rng::seed_from_u64(99)),
        async {
            let _ = stopped.await;
        },
    ));
    (line, stop, serving)
}

/// One attempt: how it ended and how far it came.
async fn attempt(
    url: &str,
    phone: &mut Memory,
    rng: &mut ChaCha8Rng,
) -> (Result<Outcome, CarrierError>, Progress) {
    let mut progress = Progress::default();
    let node = HttpNode::new(url, &Options::default()).unwrap();
    let ended = node
        .sync(phone, &|| NOW, rng, &mut |_| Ok(()), &mut |p| progress = *p)
        .await;
    (ended, progress)
}

#[tokio::test]
async fn a_first_sync_over_a_line_that_breaks_again_and_again_ends_and_repeats_no_whole_frame() {
    for seed in 0..4 {
        let mut commune = Commune::new(seed);
        let mut measured = commune.enrol();
        let largest_frame = commune.largest_frame(&mut measured);
        let (mut uncut, mut cut) = (commune.enrol(), commune.enrol());
        let view = View {
            role: Role::Secretary,
            root: commune.branch,
        };
        let mut rng = commune.rng.clone();

        let (line, stop, serving) = serving(commune.node).await;

        assert!(
            attempt(&line.url(), &mut uncut, &mut rng)
                .await
                .0
                .unwrap()
                .synced
        );
        let whole = line.traffic();

        let mut cuts = 0;
        loop {
            // Long enough for one frame and what comes before it, so that each attempt gets on.
            let room = largest_frame + 1_000;
            line.break_after(Some(room + rng.next_u64() % room));
            let (ended, _) = attempt(&line.url(), &mut cut, &mut rng).await;
            match ended {
                Ok(outcome) => {
                    assert!(outcome.synced, "{outcome:?}");
                    break;
                }
                Err(CarrierError::Line(_)) => cuts += 1,
                Err(other) => panic!("a broken line is taken for something else: {other}"),
            }
            assert!(cuts < 1_000, "seed {seed}: it does not get on");
        }
        let down = line.traffic().down - whole.down;
        // What an answer begins with (its head, the HTTP headers) comes each time as well.
        let each_cut = largest_frame + 400;
        assert!(cuts >= 3, "seed {seed}: only {cuts} breaks");
        assert!(
            down <= whole.down + cuts * each_cut,
            "seed {seed}: {down} bytes with {cuts} breaks, {} without, frames of {largest_frame}",
            whole.down
        );

        stop.send(()).unwrap();
        let node = serving.await.unwrap().unwrap();
        let digest = node.digest(view).unwrap();
        assert_eq!(cut.digest().unwrap().0, digest, "seed {seed}");
        assert_eq!(uncut.digest().unwrap().0, digest, "seed {seed}");
    }
}

#[tokio::test]
async fn work_on_a_line_that_breaks_in_the_answer_is_handed_over_once() {
    let mut commune = Commune::new(7);
    let mut phone = commune.enrol();
    let mut rng = commune.rng.clone();
    let branch = commune.branch;
    commune.largest_frame(&mut phone);
    let before = commune.node.position().unwrap().n;

    let (line, stop, serving) = serving(commune.node).await;
    let meeting = Target::at(branch, kind::by_name("meeting").unwrap(), b"2026-11-05");
    let place = Values::from([("place".into(), Value::Text("Nhà văn hóa".into()))]);
    phone.edit(meeting, &place, NOW, &mut rng).unwrap();
    // The request goes through, the first byte of the answer does not always: from a line that
    // breaks in the request to one that breaks before the last byte.
    let mut left = 1;
    let outcome = loop {
        line.break_after(Some(left));
        match attempt(&line.url(), &mut phone, &mut rng).await.0 {
            Ok(outcome) => break outcome,
            Err(CarrierError::Line(_)) => left += 7,
            Err(other) => panic!("a broken line is taken for something else: {other}"),
        }
        assert!(left < 10_000, "it does not get through");
    };
    assert!(outcome.synced, "{outcome:?}");
    stop.send(()).unwrap();
    let node = serving.await.unwrap().unwrap();
    assert_eq!(
        node.position().unwrap().n,
        before + 1,
        "one entry, however often it was sent"
    );
}

#[tokio::test]
async fn a_first_sync_over_http_2_ends_the_same_and_uses_one_connection() {
    let mut commune = Commune::new(11);
    let mut phone = commune.enrol();
    let view = View {
        role: Role::Secretary,
        root: commune.branch,
    };
    let mut rng = commune.rng.clone();
    let (line, stop, serving) = serving(commune.node).await;
    let options = Options {
        http2: true,
        ..Options::default()
    };
    let node = HttpNode::new(&line.url(), &options).unwrap();
    for _ in 0..2 {
        let outcome = node
            .sync(&mut phone, &|| NOW, &mut rng, &mut |_| Ok(()), &mut |_| {})
            .await
            .unwrap();
        assert!(outcome.synced, "{outcome:?}");
    }
    assert_eq!(line.traffic().connections, 1);
    stop.send(()).unwrap();
    let node = serving.await.unwrap().unwrap();
    assert_eq!(phone.digest().unwrap().0, node.digest(view).unwrap());
}

#[tokio::test]
async fn a_line_that_carries_five_kilobytes_and_breaks_brings_a_first_sync_home_and_a_years_work_out()
 {
    const ROOM: u64 = 5_000;
    let mut commune = Commune::new(13);
    let mut phone = commune.enrol();
    let mut rng = commune.rng.clone();
    let branch = commune.branch;
    let (line, stop, serving) = serving(commune.node).await;
    for work in [false, true] {
        if work {
            for week in 0..52 {
                let meeting = kind::by_name("meeting").unwrap();
                let target = Target::at(branch, meeting, format!("tuần {week}").as_bytes());
                let noise: String = (0..8).map(|_| format!("{:016x}", rng.next_u64())).collect();
                let place = Values::from([("place".into(), Value::Text(noise))]);
                phone.edit(target, &place, NOW, &mut rng).unwrap();
                phone.seal(NOW, &mut rng).unwrap();
            }
        }
        let mut breaks = 0;
        loop {
            line.break_after(Some(ROOM));
            match attempt(&line.url(), &mut phone, &mut rng).await.0 {
                Ok(outcome) => break assert!(outcome.synced, "{outcome:?}"),
                Err(CarrierError::Line(_)) => breaks += 1,
                Err(other) => panic!("a broken line is taken for something else: {other}"),
            }
            assert!(breaks < 500, "it does not get on (work: {work})");
        }
        assert!(breaks > 2, "the line was no hindrance: {breaks} breaks");
    }
    stop.send(()).unwrap();
    let node = serving.await.unwrap().unwrap();
    let view = View {
        role: Role::Secretary,
        root: branch,
    };
    assert_eq!(
        node.digest(view).unwrap(),
        phone.digest().unwrap().0,
        "all of it arrived"
    );
}
