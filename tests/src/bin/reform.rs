//! The reform of 1 July 2025 at full size: 398 branches and 8,030 invented members under the fourteen real communes
//! of a district, which become four; the district ends, the province becomes another. Prints what it takes, and
//! fails if the figures do not add up, a phone does not come back right, or it takes ten seconds.
//!
//! `cargo run -p chibo-tests --release --bin reform`

use chibo_core::enrol::Offer;
use chibo_core::id::{PersonId, PlaceId};
use chibo_core::lock::StoreKey;
use chibo_core::node::Node;
use chibo_core::phone::Phone;
use chibo_core::place::Role;
use chibo_core::reform::{Count, Plan};
use chibo_core::store::memory::MemoryStore;
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_core::time::Timestamp;
use chibo_core::wire::FrameReader;
use chibo_server::bring_in::bring_in;
use chibo_server::district::{self, Size};
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
    let whole = district::invent(Size::District, 77);
    let before = district::before_the_reform(whole).ok_or("no district that a reform made")?;
    let (mut node, _) = Node::init(store, "Đảng bộ tỉnh Nam Định", NOW, &mut rng)?;
    let began = Instant::now();
    let branches = bring_in(&mut node, &before.district, NOW, &mut rng, &mut |_| {})?;
    told("the district brought in", began.elapsed().as_secs_f64());
    let mut phones = Vec::new();
    for branch in branches.iter().step_by(20) {
        let mut phone = enrol(&mut node, Role::Secretary, branch.place, &mut rng)?;
        sync(&mut node, &mut phone, &mut rng)?;
        phones.push(phone);
    }
    let tree = node.tree().clone();
    let plan = Plan::parse(&before.plan)?;

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
    let differs = tree
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
