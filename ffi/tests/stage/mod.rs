//! A node with one branch, served over HTTP behind a line that can be cut, and phones as Kotlin holds them.

#![allow(dead_code)]

use chibo_core::author::Target;
use chibo_core::carriers::bundle::Bundle;
use chibo_core::carriers::http::Options;
use chibo_core::carriers::letter::Content;
use chibo_core::carriers::mailbox::Mailbox;
use chibo_core::document::{Value, Values};
use chibo_core::domain::member::MEMBER;
use chibo_core::domain::unit::UNIT;
use chibo_core::enrol::Offer;
use chibo_core::feed::SealedChange;
use chibo_core::id::{PersonId, PlaceId};
use chibo_core::lock::StoreKey;
use chibo_core::node::Node;
use chibo_core::place::{PlaceKind, Role};
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_core::time::Timestamp;
use chibo_ffi::{
    Addressed, CallbackError, ChangeListener, Chibo, Clock, DocumentView, FieldEdit, ListQuery,
    ListRow,
};
use chibo_people::someone;
use chibo_server::intake::{self, OfficeNode};
use chibo_server::line::Line;
use chibo_server::offer::Package;
use chibo_server::room::Room;
use chibo_server::router::router_offering;
use chibo_server::serve;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::net::TcpListener;

pub const NOW: Timestamp = Timestamp(1_790_000_000);
pub const PIN: &str = "tre lang giong";
pub const NAMES: [&str; 3] = ["Đinh Văn Quang", "Nguyễn Thị Ấm", "Trần Đức An"];

pub struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Result<u64, CallbackError> {
        Ok(NOW.0)
    }
}

/// A commune with a branch, that serves from when it is asked to.
pub struct Commune {
    folder: TempDir,
    node: Option<OfficeNode>,
    pub branch: PlaceId,
    pub members: Vec<PlaceId>,
    rng: ChaCha8Rng,
}

impl Commune {
    /// With so many members; the first three are named as in [`NAMES`].
    pub fn of(members: usize) -> Self {
        Self::with(members, |name| someone(name).values)
    }

    /// As [`Commune::of`], of whom nothing but the name is recorded.
    pub fn by_name_only(members: usize) -> Self {
        let name = |name: &str| ("full_name".to_owned(), Value::Text(name.to_owned()));
        Self::with(members, |of| Values::from([name(of)]))
    }

    fn with(members: usize, recorded: impl Fn(&str) -> Values) -> Self {
        let folder = TempDir::new().unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let key = StoreKey::from_bytes([1; 32]);
        let path = folder.path().join("node.db");
        let store = SqliteStore::create(&path, &key, Durability::Relaxed).unwrap();
        let (mut node, _) = Node::init(store, "Đảng ủy xã Xuân Trường", NOW, &mut rng).unwrap();
        let branch = PlaceId::random(&mut rng);
        let mut places = vec![(branch, PlaceKind::Branch, node.root())];
        let name = Values::from([("name".to_owned(), Value::Text("Chi bộ Xóm 5".to_owned()))]);
        let mut edits = vec![(Target::at(branch, &UNIT, b""), name)];
        let mut ids = Vec::new();
        for n in 0..members {
            let place = PlaceId::random(&mut rng);
            let name = NAMES
                .get(n)
                .map_or(format!("Lê Thị {n}"), |name| (*name).to_owned());
            places.push((place, PlaceKind::Member, branch));
            edits.push((Target::at(place, &MEMBER, b""), recorded(&name)));
            ids.push(place);
        }
        node.edit_many(&places, &edits, NOW, &mut rng).unwrap();
        Commune {
            folder,
            node: Some(node),
            branch,
            members: ids,
            rng,
        }
    }

    /// A ticket for a secretary of the branch.
    pub fn ticket(&mut self) -> String {
        self.ticket_for(Role::Secretary)
    }

    pub fn ticket_for(&mut self, role: Role) -> String {
        let person = PersonId::random(&mut self.rng);
        let offer = Offer::new(role, self.branch, person, Timestamp(NOW.0 + 3_600));
        let node = self.node.as_mut().unwrap();
        node.ticket("", &offer, &mut self.rng).unwrap().to_text()
    }

    /// The letters for the office that lie in a mailbox, as a file that somebody brings.
    pub async fn fetch(&self, mailbox: &str) -> Vec<u8> {
        let key = self.node.as_ref().unwrap().letter_key().unwrap();
        let mailbox = Mailbox::new(mailbox, &Options::default()).unwrap();
        let visit = mailbox.visit(&key).await.unwrap();
        let mut there = Bundle::default();
        for id in visit.list().await.unwrap() {
            there
                .letters
                .extend(visit.fetch(id).await.unwrap().unwrap());
        }
        there.to_bytes()
    }

    /// From now on the office objects to whatever is said of members.
    pub fn object(&mut self) {
        let is_of_a_member = |change: &SealedChange| change.kind == MEMBER.number;
        let node = self.node.as_mut().unwrap();
        node.object_to(Some(Box::new(move |segment| {
            segment.changes.iter().any(is_of_a_member)
        })));
    }

    /// Shuts the device out that was let in last, and tells it to wipe itself.
    pub fn report_lost(&mut self) {
        let node = self.node.as_mut().unwrap();
        let last = node.devices().unwrap().iter().map(|d| d.n).max().unwrap();
        node.revoke(last, true, false, NOW).unwrap();
    }

    /// How many devices have said that they wiped themselves.
    pub fn wiped(&self) -> usize {
        let devices = self.node.as_ref().unwrap().devices().unwrap();
        devices.iter().filter(|d| d.wiped).count()
    }

    /// Reads a file that a phone sent, and gives the file with the answers.
    pub fn read(&mut self, file: &[u8]) -> Vec<u8> {
        let node = self.node.as_mut().unwrap();
        let key = node.letter_key().unwrap();
        let mut answers = Bundle::default();
        for letter in Bundle::from_bytes(file).unwrap().letters {
            let answer = match letter.open(&key).unwrap() {
                Content::Introduction(request) => {
                    let said = node.enrol_by_letter(&request, NOW, &mut self.rng);
                    let (asker, word) = said.unwrap().unwrap();
                    Content::Word(Box::new(word)).seal_for(&asker)
                }
                Content::Request(bytes) => {
                    let asker = node.asker(&bytes).unwrap();
                    let answer = node.handle(&[bytes], NOW).remove(0).unwrap();
                    Content::Answer(answer).seal_for(&asker.key)
                }
                _ => panic!("nothing that a phone says to its office"),
            };
            answers.letters.push(answer.unwrap());
        }
        answers.to_bytes()
    }

    /// Serves on loopback, behind a line.
    pub async fn serve(&mut self) -> Line {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let line = Line::to(listener.local_addr().unwrap()).await.unwrap();
        tokio::spawn(serve::serve(
            self.node.take().unwrap(),
            listener,
            None,
            Box::new(|| NOW),
            Box::new(ChaCha8Rng::seed_from_u64(99)),
            std::future::pending(),
        ));
        line
    }
}

impl Commune {
    /// As [`Commune::serve`], offering a package of the app.
    pub async fn serve_with(&mut self, package: Package) -> Line {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let line = Line::to(listener.local_addr().unwrap()).await.unwrap();
        let chance = Box::new(ChaCha8Rng::seed_from_u64(99));
        let (intake, _) = intake::start(self.node.take().unwrap(), Box::new(|| NOW), chance);
        let routes = router_offering(intake, Room::default(), Some(package));
        let stop = std::future::pending();
        tokio::spawn(serve::accept_for(listener, routes, None, stop));
        line
    }
}

/// A folder for a phone.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Folder(TempDir::new().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn text(&self) -> String {
        self.0.path().join("phone").to_str().unwrap().to_owned()
    }

    pub fn create(&self) -> Arc<Chibo> {
        self.create_heard(None)
    }

    pub fn create_heard(&self, listener: Option<Arc<dyn ChangeListener>>) -> Arc<Chibo> {
        let clock = Arc::new(FixedClock);
        Chibo::create(self.text(), Some(PIN.into()), None, clock, listener).unwrap()
    }

    pub fn open(&self) -> Arc<Chibo> {
        Chibo::open(
            self.text(),
            Some(PIN.into()),
            None,
            Arc::new(FixedClock),
            None,
        )
        .unwrap()
    }
}

pub fn members(search: &str) -> ListQuery {
    ListQuery {
        kind: "member".into(),
        search: search.into(),
        below: None,
        skip: 0,
        limit: 0,
        only: Vec::new(),
    }
}

pub fn titles(rows: &[ListRow]) -> Vec<&str> {
    rows.iter().map(|r| r.title.as_str()).collect()
}

/// The member's document of a record.
pub fn member_document(phone: &Chibo, search: &str) -> DocumentView {
    let rows = phone.list(members(search)).unwrap();
    let record = phone.record(rows[0].place.clone()).unwrap();
    record
        .documents
        .into_iter()
        .find(|d| d.at.kind == "member")
        .unwrap()
}

pub fn typed(path: &str, text: &str) -> Vec<FieldEdit> {
    vec![FieldEdit {
        path: path.into(),
        typed: text.into(),
    }]
}

pub fn shown(document: &DocumentView, path: &str) -> String {
    let field = document.fields.iter().find(|f| f.path == path);
    field.map(|f| f.shown.vi.clone()).unwrap_or_default()
}

pub fn at(document: &DocumentView) -> Addressed {
    document.at.clone()
}
