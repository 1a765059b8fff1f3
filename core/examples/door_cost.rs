//! What the door costs: microseconds for each gate, for a member's record with ten edits, a long
//! prose field and a change at all limits. `cargo run --release -p chibo-core --example door_cost`.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, AutoCommit, Automerge, Change, ObjType, ROOT, ReadDoc};
use chibo_core::door::{admit, admit_many, inspect, load_document};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// The median of many runs, in microseconds.
fn micros<T>(mut task: impl FnMut() -> T) -> f64 {
    let mut times = Vec::new();
    let start = Instant::now();
    while times.len() < 9 || (start.elapsed() < Duration::from_millis(400) && times.len() < 4_000) {
        let one = Instant::now();
        black_box(task());
        times.push(one.elapsed());
    }
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e6
}

fn commit(doc: &mut AutoCommit, time: i64) -> Vec<u8> {
    doc.commit_with(CommitOptions::default().with_time(time));
    doc.get_last_local_change()
        .map_or_else(Vec::new, |c| c.raw_bytes().to_vec())
}

/// A member's record: the genesis, a full record, then `edits` of three people in turn.
fn record(edits: usize) -> (AutoCommit, Vec<Vec<u8>>) {
    let mut doc = AutoCommit::new().with_actor(ActorId::from([1; 16]));
    let info = doc.put_object(ROOT, "info", ObjType::Map).expect("map");
    let note = doc.put_object(ROOT, "note", ObjType::Text).expect("text");
    let mut raws = vec![commit(&mut doc, 0)];
    doc.set_actor(ActorId::from([2; 16]));
    for (key, value) in [
        ("ho_ten", "Nguyễn Thị Ấm"),
        ("ngay_sinh", "1961-02-03"),
        ("que_quan", "xã Dĩ An, tỉnh Bình Dương"),
        ("ngay_vao_dang", "1987-05-19"),
        ("ngay_chinh_thuc", "1988-05-19"),
        ("so_the", "041234567"),
        ("nghe_nghiep", "giáo viên"),
        ("dia_chi", "Xóm 5, thôn Đông"),
        ("dan_toc", "Kinh"),
        ("trinh_do", "đại học"),
    ] {
        doc.put(ROOT, key, value).expect("put");
        doc.put(&info, key, 1).expect("put");
    }
    raws.push(commit(&mut doc, 1));
    for n in 0..edits {
        doc.set_actor(ActorId::from([2 + (n % 3) as u8; 16]));
        if n % 2 == 0 {
            doc.put(ROOT, "dia_chi", format!("Xóm {n}")).expect("put");
        } else {
            let text = format!("đã gặp lần {n}, ");
            let end = doc.length(&note);
            doc.splice_text(&note, end, 0, &text).expect("splice");
        }
        raws.push(commit(&mut doc, 2 + n as i64));
    }
    (doc, raws)
}

fn show(name: &str, before: &Automerge, raw: &[u8], list: &[Vec<u8>]) {
    let change = || Change::from_bytes(raw.to_vec()).expect("parses");
    let mut after = before.clone();
    after.apply_changes([change()]).expect("applies");
    let saved = after.save_nocompress();
    println!("{name}: document {} B, change {} B", saved.len(), raw.len());
    println!("  inspect            {:9.1}", micros(|| inspect(raw)));
    println!(
        "  save before        {:9.1}",
        micros(|| before.save_nocompress())
    );
    println!("  clone              {:9.1}", micros(|| before.clone()));
    println!("  parse by Automerge {:9.1}", micros(change));
    let apply = micros(|| {
        let mut copy = before.clone();
        copy.apply_changes([change()]).expect("applies");
    });
    println!("  clone+parse+apply  {apply:9.1}");
    println!(
        "  load               {:9.1}",
        micros(|| Automerge::load(&saved).expect("loads"))
    );
    println!(
        "  admit              {:9.1}",
        micros(|| admit(before, raw).expect("admitted"))
    );
    println!(
        "  load_document      {:9.1}",
        micros(|| load_document(&saved).expect("loads"))
    );
    let raws: Vec<&[u8]> = list.iter().map(Vec::as_slice).collect();
    let many = micros(|| admit_many(&Automerge::new(), &raws).expect("admitted"));
    println!("  admit_many         {many:9.1} for {} changes", raws.len());
}

fn main() {
    let (mut doc, mut raws) = record(10);
    let before = doc.document().clone();
    doc.put(ROOT, "dia_chi", "Xóm 5").expect("put");
    raws.push(commit(&mut doc, 99));
    show("one field", &before, &raws[raws.len() - 1], &raws);

    let before = doc.document().clone();
    let note = doc.get(ROOT, "note").expect("readable").expect("there").1;
    let prose: String = "Nghị quyết của chi bộ. "
        .chars()
        .cycle()
        .take(12_000)
        .collect();
    doc.update_text(&note, &prose).expect("text");
    raws.push(commit(&mut doc, 100));
    show(
        "16 KiB of prose at once",
        &before,
        &raws[raws.len() - 1],
        &raws,
    );

    let before = doc.document().clone();
    doc.put(ROOT, "dia_chi", "Xóm 6").expect("put");
    raws.push(commit(&mut doc, 101));
    show(
        "one field beside long prose",
        &before,
        &raws[raws.len() - 1],
        &raws,
    );
}
