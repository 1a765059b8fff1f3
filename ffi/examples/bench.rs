//! What a screen's calls cost in Rust, without the bindings: `ffi/kotlin/bench` runs this and the same from Kotlin, over one
//! store, in turn.
//!
//! `bench make FOLDER` makes a store with 300 invented members; `bench run FOLDER` prints, for each call, the median of
//! its times and the mean of the thread's time on a processor, in nanoseconds.

use chibo_core::document::{Value, Values};
use chibo_core::domain::member::MEMBER;
use chibo_core::field;
use chibo_core::id::PlaceId;
use chibo_core::store::sqlite::Find;
use chibo_core::text::search_terms;
use chibo_device::edge::{SystemChance, now};
use chibo_device::handset::Handset;
use chibo_device::{lists, practice, record};
use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

type Res<T> = Result<T, Box<dyn Error>>;

const MEMBERS: usize = 300;
/// Calls that are not counted, and calls that are.
const WARM: usize = 60;
const COUNTED: usize = 121;
/// What a form with every field of a morning's work saves at once.
const FORM: [(&str, &str); 8] = [
    ("phone", "0912 345 67"),
    ("occupation", "Giáo viên"),
    ("permanent_residence", "Xóm 5, xã Xuân Hồng"),
    ("contact_person", "Vợ, 0912 345 678"),
    ("note", "Đã đối chiếu sổ gốc, trang "),
    ("born", "3/2/195"),
    ("alias", "Hai "),
    ("card_number", "25.10000"),
];

fn main() -> Res<()> {
    let args: Vec<String> = std::env::args().collect();
    match args.get(1..).unwrap_or_default() {
        [what, folder] if what == "make" => {
            practice::make(Path::new(folder), MEMBERS, now())?;
            Ok(())
        }
        [what, folder] if what == "run" => run(Path::new(folder)),
        _ => Err("bench make FOLDER | bench run FOLDER".into()),
    }
}

fn list(handset: &Handset) -> Res<Vec<lists::Listed>> {
    let today = now().day_in_vietnam().ok_or("no day")?;
    let words = search_terms("");
    let find = Find {
        kind: Some(MEMBER.number),
        words: &words,
        limit: MEMBERS,
        ..Find::default()
    };
    Ok(lists::rows(
        handset.phone.store(),
        handset.phone.tree(),
        &find,
        today,
    )?)
}

fn save(handset: &mut Handset, place: PlaceId, typed: &[(&str, String)]) -> Res<()> {
    let target = record::singles(place, chibo_core::place::PlaceKind::Member);
    let target = target.into_iter().find(|t| t.kind.number == MEMBER.number);
    let target = target.ok_or("no record")?;
    let mut values = Values::new();
    for (path, typed) in typed {
        let value: Value = field::parse(&MEMBER, path, typed)?;
        values.insert((*path).to_owned(), value);
    }
    handset
        .phone
        .edit(target, &values, now(), &mut SystemChance)?;
    Ok(handset.note_mark()?)
}

fn run(folder: &Path) -> Res<()> {
    let (mut handset, _key) = practice::open(folder, now())?;
    // As the bindings have it: who listens hears what changes.
    handset.phone.store_mut().watch();
    let rows = list(&handset)?;
    if rows.len() != MEMBERS {
        return Err(format!("{} members", rows.len()).into());
    }
    let place = |n: usize| rows[n % 20].row.place;
    told("list", || {
        black_box(list(&handset)?);
        Ok(())
    })?;
    let mut n = 0;
    told("open", || {
        n += 1;
        let opened = record::open(&mut handset, place(n), now(), &mut SystemChance)?;
        black_box(opened);
        Ok(())
    })?;
    told("edit", || {
        n += 1;
        let typed = [("alias", format!("Số {n}"))];
        save(&mut handset, place(n), &typed)?;
        handset.phone.store_mut().take_changed();
        Ok(())
    })?;
    told("save", || {
        n += 1;
        let typed = FORM.map(|(path, text)| (path, format!("{text}{}", n % 10)));
        save(&mut handset, place(n), &typed)?;
        handset.phone.store_mut().take_changed();
        Ok(())
    })
}

/// For how long this thread was on a processor, which a busy machine does not change.
fn on_processor() -> Res<u128> {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let first = said.split(' ').next().ok_or("no time")?;
    Ok(first.parse()?)
}

/// Prints the times of a call.
fn told(name: &str, mut call: impl FnMut() -> Res<()>) -> Res<()> {
    for _ in 0..WARM {
        call()?;
    }
    let mut times = Vec::new();
    let before = on_processor()?;
    for _ in 0..COUNTED {
        let began = Instant::now();
        call()?;
        times.push(began.elapsed().as_nanos());
    }
    let busy = (on_processor()? - before) / COUNTED as u128;
    times.sort_unstable();
    println!("{name} {} {busy}", times[COUNTED / 2]);
    Ok(())
}
