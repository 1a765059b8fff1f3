//! Lists that a secretary's screens narrow, count and read out.

mod stage;

use chibo_core::carriers::bundle::Bundle;
use chibo_core::carriers::letter::Content;
use chibo_core::id::Hash;
use chibo_core::place::Role;
use chibo_device::handset::{Handset, STORE};
use chibo_device::keys::{self, Daily};
use chibo_ffi::{Addressee, Chibo, ChiboError, ListQuery, Narrowing};
use stage::*;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A phone that was enrolled and heard of everything by a file, since no line is needed for what is tested here.
fn enrolled(commune: &mut Commune, folder: &Folder) -> Arc<Chibo> {
    let phone = folder.create();
    phone.enrol_by_letter(commune.ticket()).unwrap();
    for _ in 0..2 {
        by_file(commune, &phone);
    }
    assert!(!phone.list(members("")).unwrap().is_empty());
    phone
}

fn by_file(commune: &mut Commune, phone: &Chibo) -> chibo_ffi::TakenIn {
    let sent = phone.put_into_file(Addressee::Node, Vec::new()).unwrap();
    phone.take_from_file(commune.read(&sent.file)).unwrap()
}

fn write(phone: &Chibo, search: &str, field: &str, text: &str) {
    let record = member_document(phone, search);
    phone.edit(at(&record), typed(field, text)).unwrap();
}

fn only(codes: &[&str]) -> ListQuery {
    ListQuery {
        only: codes.iter().map(|c| (*c).to_owned()).collect(),
        ..members("")
    }
}

fn names(phone: &Chibo, codes: &[&str]) -> Vec<String> {
    let rows = phone.list(only(codes)).unwrap().into_iter();
    rows.map(|row| row.title).collect()
}

fn offered(phone: &Chibo, codes: &[&str], code: &str) -> Option<Narrowing> {
    let all = phone.narrowings(only(codes)).unwrap();
    all.into_iter().find(|n| n.code == code)
}

#[test]
fn a_list_is_narrowed_by_the_fields_of_its_kind_and_by_who_is_away_and_says_what_each_filter_leaves()
 {
    let (mut commune, folder) = (Commune::by_name_only(5), Folder::new());
    let phone = enrolled(&mut commune, &folder);
    write(&phone, "quang", "status", "official");
    write(&phone, "quang", "sex", "male");
    write(&phone, "quang", "born", "3/2/1958");
    write(&phone, "am", "status", "official");
    write(&phone, "am", "sex", "female");
    write(&phone, "an", "away", "yes");
    write(&phone, "an", "away_at", "miền Nam, chưa rõ");
    write(&phone, "an", "status", "probationary");
    by_file(&mut commune, &phone);
    write(&phone, "am", "alias", "Ba");

    assert_eq!(
        names(&phone, &["status=official", "sex=female"]),
        ["Nguyễn Thị Ấm"]
    );
    assert_eq!(names(&phone, &["away"]), ["Trần Đức An"]);
    assert_eq!(names(&phone, &["unclear"]), ["Trần Đức An"]);
    assert_eq!(names(&phone, &["unsent"]), ["Nguyễn Thị Ấm"]);
    assert_eq!(names(&phone, &["missing:born"]).len(), 4);
    assert!(names(&phone, &["away", "sex=male"]).is_empty());

    // What is offered says how many it leaves, in both languages; what leaves nobody or all is not offered.
    let women = offered(&phone, &[], "sex=female").unwrap();
    assert_eq!((women.rows, women.label.vi.as_str()), (1, "Giới tính: Nữ"));
    assert_eq!(women.label.en, "Sex: Female");
    assert_eq!(offered(&phone, &[], "status=official").unwrap().rows, 2);
    assert_eq!(
        offered(&phone, &["status=official"], "sex=male")
            .unwrap()
            .rows,
        1
    );
    assert_eq!(
        offered(&phone, &["status=official"], "status=official"),
        None
    );
    assert_eq!(offered(&phone, &[], "differ"), None);
    assert_eq!(
        offered(&phone, &["status=official"], "missing"),
        None,
        "of both something is missing"
    );
    let official_only = offered(&phone, &[], "missing:official_on").unwrap();
    assert_eq!(official_only.rows, 2, "a probationary member lacks none");

    // Pages are of what is left, and a search narrows as well.
    let page = |skip, limit| {
        let rows = phone.list(ListQuery {
            skip,
            limit,
            ..only(&["missing:born"])
        });
        titles(&rows.unwrap()).join(", ")
    };
    assert_eq!(
        format!("{}, {}", page(0, 1), page(1, 0)),
        names(&phone, &["missing:born"]).join(", ")
    );
    let found = ListQuery {
        search: "quang".into(),
        ..only(&["status=official"])
    };
    assert_eq!(titles(&phone.list(found).unwrap()), ["Đinh Văn Quang"]);

    // Of another kind, its own fields; a filter that nobody knows is told, and none is taken for another.
    let units = ListQuery {
        kind: "unit".into(),
        ..only(&["unsent"])
    };
    assert!(phone.list(units).unwrap().is_empty());
    for (kind, code) in [
        ("member", "rich"),
        ("member", "sex=purple"),
        ("unit", "away"),
        ("member", ""),
    ] {
        let query = ListQuery {
            kind: kind.into(),
            ..only(&[code])
        };
        assert_eq!(
            phone.list(query.clone()).unwrap_err(),
            ChiboError::NotHere,
            "{kind} {code}"
        );
        assert_eq!(phone.narrowings(query).unwrap_err(), ChiboError::NotHere);
    }
}

#[test]
fn figures_count_those_who_belong_by_what_stands() {
    let (mut commune, folder) = (Commune::by_name_only(4), Folder::new());
    let phone = enrolled(&mut commune, &folder);
    write(&phone, "quang", "sex", "male");
    write(&phone, "am", "sex", "female");
    write(&phone, "am", "status", "official");
    write(&phone, "quang", "status", "official");
    let counted = phone.figures(None).unwrap();
    // Of whom nobody has said what they are is counted in none, and told beside.
    assert_eq!((counted.members, counted.unknown), (2, 2));
    let sex = counted.figures.iter().find(|f| f.field == "sex").unwrap();
    let parts: Vec<_> = sex
        .parts
        .iter()
        .map(|p| (p.label.vi.as_str(), p.members))
        .collect();
    assert_eq!((parts, sex.unknown), (vec![("Nam", 1), ("Nữ", 1)], 0));
    // Of the commune only this branch is here, so nothing is said of how large it is.
    let [unit] = &counted.units[..] else {
        panic!("{:?}", counted.units)
    };
    assert_eq!(unit.place, commune.branch.to_string());
    assert_eq!((unit.members, unit.official), (2, 2));
    assert_eq!(unit.cautions, [], "the others may be official as well");
    write(&phone, "am", "status", "probationary");
    write(&phone, "quang", "status", "probationary");
    let unit = phone.figures(None).unwrap().units.remove(0);
    assert_eq!((unit.members, unit.official), (2, 0));
    let small = &unit.cautions[0].vi;
    assert!(
        small.starts_with("Chi bộ: ít nhất 3 đảng viên chính thức; hiện có 0 ("),
        "{small}"
    );
    let nobody = phone.figures(Some(commune.members[0].to_string())).unwrap();
    assert_eq!((nobody.members, nobody.units.len()), (1, 0));
    assert_eq!(
        phone.figures(Some("xóm".into())).unwrap_err(),
        ChiboError::NotHere
    );
}

#[test]
fn what_does_not_belong_into_a_record_is_said_for_as_long_as_it_stands_and_is_kept_nowhere() {
    let (mut commune, folder) = (Commune::by_name_only(3), Folder::new());
    let phone = enrolled(&mut commune, &folder);
    let cautions = |phone: &Chibo| -> Vec<(String, String)> {
        let fields = member_document(phone, "quang").fields.into_iter();
        let all = fields.flat_map(|f| {
            let path = f.path;
            let all = f.cautions.into_iter();
            all.map(move |c| (path.clone(), c.vi)).collect::<Vec<_>>()
        });
        all.collect()
    };
    assert_eq!(cautions(&phone), []);
    write(&phone, "quang", "occupation", "xem lý lịch gia đình");
    write(&phone, "quang", "card_number", "Xóm 5");
    phone.lock().unwrap();
    let phone = folder.open();
    let said = cautions(&phone);
    let paths: Vec<&str> = said.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["occupation", "card_number"]);
    assert!(
        said[0]
            .1
            .starts_with("ô “Nghề nghiệp” có chữ “lý lịch gia đình”: ")
    );
    assert!(said[1].1.contains("chỉ chữ số, từ 1 đến 20"), "{said:?}");
    // It is there for the office and for whoever else reads it, since it follows from what stands.
    write(&phone, "quang", "occupation", "làm ruộng");
    write(&phone, "quang", "card_number", "36.012345");
    assert_eq!(cautions(&phone), []);
}

#[test]
fn a_paper_dossier_says_what_is_there_and_what_it_lacks_by_which_rule() {
    let (mut commune, folder) = (Commune::of(2), Folder::new());
    let phone = enrolled(&mut commune, &folder);
    let member = commune.members[0].to_string();
    let before = phone.dossier(member.clone()).unwrap();
    assert!(before.papers.is_empty() && !before.missing.is_empty());
    assert!(before.missing.iter().all(|m| !m.source.is_empty()));
    let index = phone.record(member.clone()).unwrap().documents;
    let index = index.into_iter().find(|d| d.at.kind == "dossier").unwrap();
    let code = before.missing[0].code.clone();
    for (path, text) in [
        ("lies_at".into(), "tủ văn phòng"),
        (format!("papers/{code}/paper"), code.as_str()),
        (format!("papers/{code}/seen"), "original"),
        (format!("papers/{code}/sheets"), "4"),
    ] {
        phone.edit(at(&index), typed(&path, text)).unwrap();
    }
    let after = phone.dossier(member.clone()).unwrap();
    assert_eq!(after.lies_at, "tủ văn phòng");
    assert_eq!(
        (after.there, after.sheets, after.papers[0].seen.vi.as_str()),
        (1, 4, "Bản chính")
    );
    assert_eq!(after.missing.len(), before.missing.len() - 1);
    assert_eq!(phone.dossiers_lacking(None).unwrap().len(), 2);
    let branch = commune.branch.to_string();
    assert_eq!(phone.dossier(branch).unwrap_err(), ChiboError::NotHere);

    // It goes from hand to hand as a case of two signatures.
    let counted = [
        ("papers", "1"),
        ("sheets", "4"),
        ("from", "Đinh Văn Quang"),
        ("to", "Văn phòng đảng ủy"),
    ];
    let said = counted.map(|(path, text)| typed(path, text).remove(0));
    let begun = phone.begin_case(member, "dossier_handover".into(), None, said.to_vec());
    let case = phone.case(begun.unwrap().at.doc).unwrap();
    assert_eq!(case.state, "given");
}

#[test]
fn that_the_node_told_another_phone_otherwise_is_said_until_somebody_has_reported_it() {
    let (mut commune, folder) = (Commune::of(2), Folder::new());
    let phone = enrolled(&mut commune, &folder);
    assert_eq!(phone.home().unwrap().otherwise, None);
    phone.lock().unwrap();

    // What another phone says that it was told: one scope differs.
    let path = folder.path().join("phone");
    let daily = Daily::Passphrase(Zeroizing::new(PIN.into()));
    let key = keys::open_daily(&path.join(STORE), &daily).unwrap();
    let handset = Handset::open(&path, &key).unwrap();
    let mut told = handset.phone.told(handset.phone.view().unwrap()).unwrap();
    let same = Content::Told(told.clone());
    told.scopes.retain(|(_, last, _)| *last > 0);
    for (_, _, chain) in &mut told.scopes {
        *chain = Hash([9; 32]);
    }
    let own = handset.phone.public_key();
    let file = |content: Content| Bundle {
        letters: vec![content.seal_for(&own).unwrap()],
        ..Bundle::default()
    };
    let (same, other) = (file(same).to_bytes(), file(Content::Told(told)).to_bytes());
    drop(handset);

    let phone = folder.open();
    assert_eq!(phone.take_from_file(same).unwrap().told_otherwise, 0);
    assert_eq!(phone.home().unwrap().otherwise, None);
    let taken = phone.take_from_file(other.clone()).unwrap();
    assert!(taken.told_otherwise > 0, "{taken:?}");
    let otherwise = phone.home().unwrap().otherwise.unwrap();
    assert_eq!(otherwise.since, NOW.0);
    assert!(
        otherwise.about.contains(&"Chi bộ Xóm 5".to_owned()),
        "{otherwise:?}"
    );
    assert!(
        otherwise.said.vi.contains("giữ cả hai máy"),
        "{otherwise:?}"
    );

    // It outlives the process; once reported it is quiet, and what comes anew is told anew.
    phone.lock().unwrap();
    let phone = folder.open();
    assert!(phone.home().unwrap().otherwise.is_some());
    phone.otherwise_reported().unwrap();
    assert_eq!(phone.home().unwrap().otherwise, None);
    phone.take_from_file(other).unwrap();
    assert!(phone.home().unwrap().otherwise.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_leader_leaves_a_note_of_each_look_and_a_secretarys_daily_work_none() {
    let (mut commune, [one, other]) = (Commune::of(3), [Folder::new(), Folder::new()]);
    let tickets = [commune.ticket(), commune.ticket_for(Role::CommitteeMember)];
    let line = commune.serve().await;
    let mut waiting = Vec::new();
    for (folder, ticket) in [&one, &other].into_iter().zip(tickets) {
        let phone = folder.create();
        phone.enrol(ticket, Some(line.url())).await.unwrap();
        phone.sync(None, None).await.unwrap();
        assert_eq!(phone.outbox().unwrap().changes, 0);
        let rows = phone.list(members("")).unwrap();
        let of_lists = phone.outbox().unwrap().changes;
        let opened = phone.record(rows[0].place.clone()).unwrap();
        waiting.push((of_lists, opened.noted, phone.outbox().unwrap().drafts));
    }
    let [secretary, committee_member] = waiting[..] else {
        unreachable!()
    };
    assert_eq!(secretary, (0, false, 0));
    // The list is noted at the branch, the record at its person.
    assert_eq!(committee_member, (1, true, 2));
}
