//! The reform of 1 July 2025 at full size: 398 branches and 8,030 invented members under the fourteen real communes
//! of a district, which become four; the district ends, the province becomes another. Prints what it takes, and
//! fails if the figures do not add up, a phone does not come back right, or it takes ten seconds.
//!
//! `cargo run -p chibo-tests --release --bin reform`

use chibo_core::author::Target;
use chibo_core::commune::Communes;
use chibo_core::document::{Value, Values};
use chibo_core::domain::member::{MEMBER, MEMBER_SENSITIVE};
use chibo_core::domain::unit::UNIT;
use chibo_core::enrol::Offer;
use chibo_core::id::{PersonId, PlaceId};
use chibo_core::lock::StoreKey;
use chibo_core::node::Node;
use chibo_core::phone::Phone;
use chibo_core::place::{PlaceKind, Role};
use chibo_core::reform::{Count, Plan};
use chibo_core::store::memory::MemoryStore;
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_core::time::Timestamp;
use chibo_core::wire::FrameReader;
use chibo_server::district::{self, Branch, Size};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

type Res<T> = Result<T, Box<dyn Error>>;

const NOW: Timestamp = Timestamp(1_793_491_200);
const LIMIT_SECONDS: f64 = 10.0;

/// As in the node itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The communes of the district of Xuân Trường until 30 June 2025.
const OLD: [&str; 14] = [
    "thị trấn Xuân Trường",
    "xã Xuân Châu",
    "xã Xuân Hồng",
    "xã Xuân Thành",
    "xã Xuân Thượng",
    "xã Xuân Giang",
    "xã Xuân Tân",
    "xã Xuân Ngọc",
    "xã Trà Lũ",
    "xã Thọ Nghiệp",
    "xã Xuân Phú",
    "xã Xuân Vinh",
    "xã Xuân Ninh",
    "xã Xuân Phúc",
];

fn main() -> ExitCode {
    match measure() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("reform: {e}");
            ExitCode::from(2)
        }
    }
}

fn told(what: &str, seconds: f64) {
    println!("{what:<44} {seconds:>8.2} s");
}

/// What is brought in, and the plan's lines that come of it.
struct Roster {
    places: Vec<(PlaceId, PlaceKind, PlaceId)>,
    edits: Vec<(Target, Values)>,
    rng: ChaCha8Rng,
}

impl Roster {
    fn unit(&mut self, kind: PlaceKind, parent: PlaceId, values: Values) -> PlaceId {
        let place = PlaceId::random(&mut self.rng);
        self.places.push((place, kind, parent));
        self.edits.push((Target::at(place, &UNIT, b""), values));
        place
    }

    fn organisation(&mut self, parent: PlaceId, name: &str, sort: &str) -> PlaceId {
        let text = |t: &str| Value::Text(t.to_owned());
        let values = [("name", text(name)), ("sort", text(sort))];
        let values = values.map(|(n, v)| (n.to_owned(), v));
        self.unit(PlaceKind::Committee, parent, values.into())
    }

    fn branch(&mut self, parent: PlaceId, branch: &Branch) -> PlaceId {
        let place = self.unit(PlaceKind::Branch, parent, branch.unit.clone());
        for member in &branch.members {
            let id = PlaceId::random(&mut self.rng);
            self.places.push((id, PlaceKind::Member, place));
            let record = Target::at(id, &MEMBER, b"");
            let sensitive = Target::at(id, &MEMBER_SENSITIVE, b"");
            self.edits.push((record, member.values.clone()));
            self.edits.push((sensitive, member.sensitive.clone()));
        }
        place
    }
}

/// The district as it stood before, and the plan.
fn lay_out(root: PlaceId, roster: &mut Roster) -> Res<(String, Vec<PlaceId>)> {
    let whole = district::invent(Size::District, 77);
    let mut plan = String::from(
        "decision\t1674/NQ-UBTVQH15\tỦy ban Thường vụ Quốc hội\t16/06/2025\t01/07/2025\n\
         rename\tĐảng bộ tỉnh Nam Định\tĐảng bộ tỉnh Ninh Bình\n\
         from\tĐảng bộ tỉnh Ninh Bình\tĐảng bộ tỉnh Hà Nam\tmerged\n\
         end\tĐảng bộ huyện Xuân Trường\t-\tabolished\n",
    );
    let huyen = roster.organisation(root, "Đảng bộ huyện Xuân Trường", "district");
    let communes = OLD.map(|old| roster.organisation(huyen, &format!("Đảng bộ {old}"), "commune"));
    let mut branches = Vec::new();
    let mut moves = String::new();
    // Fourteen of the report's organisations of villages are the communes, six stand under one; what stands under a
    // commune of today, and the bodies with branches, stood under the district.
    let mut villages = 0;
    for org in &whole.organisations {
        let commune = org
            .name
            .strip_prefix("Đảng bộ xã ")
            .filter(|_| org.sort == "commune");
        let is_village = org.branches.iter().any(|b| !b.village.is_empty());
        let (place, under) = match (commune, is_village) {
            (Some(_), _) => (huyen, None),
            (None, true) => {
                let at = communes[villages % OLD.len()];
                villages += 1;
                let place = match villages > OLD.len() {
                    true => roster.organisation(at, &org.name, "part_org"),
                    false => at,
                };
                (place, None)
            }
            (None, false) if org.parent.is_some() => {
                let above = org.parent.and_then(|i| whole.organisations.get(i));
                let above = above.map_or("", |o| o.name.as_str());
                (roster.organisation(huyen, &org.name, org.sort), Some(above))
            }
            _ => continue,
        };
        if let Some(above) = under {
            moves += &format!("move\t{place}\t{above}\n");
        }
        for branch in &org.branches {
            let id = roster.branch(place, branch);
            branches.push(id);
            if commune.is_some() {
                moves += &format!("move\t{id}\t{}\n", org.name);
            }
        }
    }
    let mut lines = String::new();
    for old in OLD {
        let text = format!("{old}, huyện Xuân Trường, tỉnh Nam Định");
        let to = Communes::official().resolve_old(&text).sure();
        let to = to.ok_or_else(|| format!("{old}: became what?"))?.name;
        let new = format!("new\tĐảng bộ xã {to}\tcommune\tĐảng bộ tỉnh Ninh Bình\tcommune\n");
        if !plan.contains(&new) {
            plan += &new;
        }
        lines += &format!("end\tĐảng bộ {old}\tĐảng bộ xã {to}\tmerged\n");
    }
    Ok((plan + &lines + &moves, branches))
}

fn enrol(
    node: &mut Node<SqliteStore>,
    role: Role,
    at: PlaceId,
    rng: &mut ChaCha8Rng,
) -> Res<Phone<MemoryStore>> {
    let mut phone = Phone::create(MemoryStore::new(), rng)?;
    let offer = Offer::new(role, at, PersonId::random(rng), Timestamp(NOW.0 * 2));
    let ticket = node.ticket("", &offer, rng)?;
    let reply = node.enrol(&ticket.request(phone.key()).to_bytes(), NOW, rng)?;
    phone.enrolled(&ticket, &reply)?;
    Ok(phone)
}

/// Syncs until nothing is left; returns the bytes that came, and whether it is synced with the node's digest.
fn sync(
    node: &mut Node<SqliteStore>,
    phone: &mut Phone<MemoryStore>,
    rng: &mut ChaCha8Rng,
) -> Res<(usize, bool)> {
    let mut bytes = 0;
    loop {
        let (request, mut exchange) = phone.request(NOW, rng)?;
        let answer = node.handle(&[request], NOW).remove(0)?;
        bytes += answer.len();
        let mut frames = FrameReader::new();
        frames.feed(&answer);
        while let Some(frame) = frames.next_frame()? {
            phone.receive(&mut exchange, &frame)?;
        }
        let outcome = phone.outcome(&exchange)?;
        if !outcome.more {
            let view = phone.view().ok_or("no view")?;
            let same = phone.digest()?.0 == node.digest(view)?;
            return Ok((bytes, outcome.synced && same));
        }
    }
}

fn measure() -> Res<bool> {
    let mut rng = ChaCha8Rng::seed_from_u64(2025);
    let folder = tempfile::tempdir()?;
    let key = StoreKey::from_bytes([1; 32]);
    let store = SqliteStore::create(&folder.path().join("node.db"), &key, Durability::Full)?;
    let (mut node, _) = Node::init(store, "Đảng bộ tỉnh Nam Định", NOW, &mut rng)?;
    let mut roster = Roster {
        places: Vec::new(),
        edits: Vec::new(),
        rng: ChaCha8Rng::seed_from_u64(1),
    };
    let (text, branches) = lay_out(node.root(), &mut roster)?;
    let began = Instant::now();
    node.edit_many(&roster.places, &roster.edits, NOW, &mut rng)?;
    told("the district brought in", began.elapsed().as_secs_f64());
    let mut phones = Vec::new();
    for branch in branches.iter().step_by(20) {
        let mut phone = enrol(&mut node, Role::Secretary, *branch, &mut rng)?;
        sync(&mut node, &mut phone, &mut rng)?;
        phones.push(phone);
    }
    let before = node.tree().clone();
    let plan = Plan::parse(&text)?;

    let began = Instant::now();
    let outlook = node.preview_reform(&plan).map_err(|e| format!("{e:?}"))?;
    told("preview", began.elapsed().as_secs_f64());
    let began = Instant::now();
    let done = node.apply_reform(&plan, NOW, &mut rng)?;
    let seconds = began.elapsed().as_secs_f64();
    told("the reform, on disk", seconds);
    let began = Instant::now();
    let (mut most, mut right) = (0, true);
    for phone in &mut phones {
        let (bytes, same) = sync(&mut node, phone, &mut rng)?;
        most = most.max(bytes);
        right &= same;
    }
    told(
        &format!("{} phones come back", phones.len()),
        began.elapsed().as_secs_f64(),
    );
    let began = Instant::now();
    let undone = node.undo_reform(NOW, &mut rng)?;
    told("undone", began.elapsed().as_secs_f64());
    let differs = before
        .iter()
        .filter(|(p, placed)| node.tree().get(*p).map(|n| n.parent) != Some(placed.parent))
        .count();
    for phone in &mut phones {
        right &= sync(&mut node, phone, &mut rng)?.1;
    }
    let whole = Count {
        branches: 398,
        members: 8_030,
    };
    println!(
        "{} moves, {} units made, {} ended; {} → {} branches, {} → {} members; at most {most} bytes a phone",
        done.moves.len(),
        done.made.len(),
        done.ended.len(),
        done.before.branches,
        done.after.branches,
        done.before.members,
        done.after.members
    );
    let adds_up = outlook == done && done.before == whole && done.after == whole;
    let is_back = undone.stayed.is_empty() && undone.open.is_empty() && differs == 0;
    for (what, holds) in [
        ("figures before and after are the same", adds_up),
        ("phones have the node's digest", right),
        ("the undo gives the tree of before", is_back),
        ("under ten seconds", seconds < LIMIT_SECONDS),
    ] {
        println!("{what:<44} {}", if holds { "ok" } else { "MISSED" });
    }
    Ok(adds_up && right && is_back && seconds < LIMIT_SECONDS)
}
