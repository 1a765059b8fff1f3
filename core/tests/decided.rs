//! What a record says that was decided about somebody is not written by themself.

use chibo_core::author::{EditError, Target};
use chibo_core::document::{Value, Values};
use chibo_core::domain::member::{MEMBER, MEMBER_SENSITIVE};
use chibo_core::door::Refusal;
use chibo_core::enrol::Offer;
use chibo_core::id::PersonId;
use chibo_core::log::reason;
use chibo_core::place::Role;

mod stage;
use stage::*;

/// What a secretary could write about themself, each as its edit.
fn decided(discipline: &str) -> [(Target, Values); 8] {
    let record = Target::at(PLACE, &MEMBER, b"");
    let apart = Target::at(PLACE, &MEMBER_SENSITIVE, b"");
    let cleared = Values::from([(format!("{discipline}/form"), Value::Cleared)]);
    let more = values(&[
        ("discipline/02/form", "warning"),
        ("discipline/02/number", "9"),
    ]);
    [
        (apart, cleared),
        (apart, more),
        (record, values(&[("status", "suspended")])),
        (record, values(&[("status_since", "2020-02-03")])),
        (record, values(&[("admitted_on", "1990-02-03")])),
        (record, values(&[("official_on", "1991-02-03")])),
        (record, values(&[("full_name", "Trần Văn Bình")])),
        (record, values(&[("born", "1971-02-03")])),
    ]
}

const PLACE: chibo_core::id::PlaceId = chibo_core::id::PlaceId([0; 16]);

#[test]
fn nobody_writes_what_was_decided_about_themself_into_their_own_record() {
    let mut commune = Commune::new();
    let (branch, [an, other]) = (commune.branches[0], commune.members[0]);
    let apart = |place| Target::at(place, &MEMBER_SENSITIVE, b"");
    let from_paper = values(&[
        ("discipline/01/form", "reprimand"),
        ("discipline/01/number", "7"),
    ]);
    for place in [an, other] {
        let now = commune.now;
        let edits = commune
            .node
            .edit(apart(place), &from_paper, now, &mut commune.rng);
        edits.unwrap();
    }
    commune.node.submit(NOW, &mut commune.rng).unwrap();
    let mut secretary =
        commune.enrol_by(&Offer::new(Role::Secretary, branch, PersonId(an.0), NEVER));
    let mut deputy = commune.enrol(Role::Deputy, branch);
    for phone in [&mut secretary, &mut deputy] {
        assert!(commune.sync(phone).synced);
    }
    let at = |target: Target, place| Target::at(place, target.kind, b"");
    let door = reason::DOOR + Refusal::AboutThemself.code();
    let before = [member(an).doc, apart(an).doc].map(|doc| commune.node.values(doc).unwrap());
    for (n, (target, edits)) in decided("discipline/01").into_iter().enumerate() {
        let own = secretary.edit(at(target, an), &edits, NOW, &mut commune.rng);
        assert_eq!(own.map(drop), Err(EditError::AboutThemself), "{edits:?}");
        // Whatever their program would let them say.
        if !edits.values().any(|v| *v == Value::Cleared) {
            let n = u8::try_from(n).unwrap();
            let segment = saying_at(&secretary, at(target, an), &edits, None, NOW, 0x50 + n);
            commune.push(&secretary, &[segment]);
            assert_eq!(commune.last_reason(), Some(door), "{edits:?}");
        }
        // About another they write it, and the deputy writes it about them.
        secretary
            .edit(at(target, other), &edits, NOW, &mut commune.rng)
            .unwrap();
        deputy
            .edit(at(target, an), &edits, NOW, &mut commune.rng)
            .unwrap();
    }
    let after = [member(an).doc, apart(an).doc].map(|doc| commune.node.values(doc).unwrap());
    assert_eq!(before, after);
    // Neither to say it once more nor to write what is not decided is a decision.
    let (_, record) = commune.node.values(member(an).doc).unwrap().unwrap();
    let same = Values::from([("status".to_owned(), record["status"].clone())]);
    for edits in [
        same,
        values(&[("phone", "0912345678"), ("birthplace", "Hành Thiện")]),
    ] {
        secretary
            .edit(member(an), &edits, NOW, &mut commune.rng)
            .unwrap();
    }
    for phone in [&mut secretary, &mut deputy] {
        assert!(commune.sync(phone).synced);
    }
    let (_, record) = commune.node.values(member(an).doc).unwrap().unwrap();
    assert_eq!(
        record["full_name"].shown(),
        "Trần Văn Bình",
        "by the deputy"
    );
    assert_eq!(record["phone"].shown(), "0912345678");
    assert_eq!(record["status"].shown(), "suspended");
    commune.books_are_whole();
}

#[test]
fn who_is_recorded_by_name_alone_types_the_rest_themself_but_for_what_was_decided() {
    let mut commune = Commune::by_name_only();
    let (branch, an) = (commune.branches[0], commune.members[0][0]);
    let mut secretary =
        commune.enrol_by(&Offer::new(Role::Secretary, branch, PersonId(an.0), NEVER));
    assert!(commune.sync(&mut secretary).synced);
    let own = values(&[
        ("full_name", "Trần Đức An"),
        ("born", "1970-02-03"),
        ("sex", "male"),
    ]);
    secretary
        .edit(member(an), &own, NOW, &mut commune.rng)
        .unwrap();
    let status = values(&[("status", "official")]);
    let decided = secretary.edit(member(an), &status, NOW, &mut commune.rng);
    assert_eq!(decided.map(drop), Err(EditError::AboutThemself));
    assert!(commune.sync(&mut secretary).synced);
    assert_eq!(commune.name_of(an), "Trần Đức An");
    let now = commune.now;
    commune
        .node
        .edit(member(an), &status, now, &mut commune.rng)
        .unwrap();
    commune.node.submit(now, &mut commune.rng).unwrap();
    commune.sync(&mut secretary);
    // What was empty is filled; what stands is changed by others.
    let first = values(&[("birth_name", "Trần Đức An")]);
    secretary
        .edit(member(an), &first, NOW, &mut commune.rng)
        .unwrap();
    let other = values(&[("born", "1971-02-03")]);
    let decided = secretary.edit(member(an), &other, NOW, &mut commune.rng);
    assert_eq!(decided.map(drop), Err(EditError::AboutThemself));
    commune.books_are_whole();
}

#[test]
fn who_chooses_between_two_versions_of_their_own_status_decides_about_themself() {
    let mut commune = Commune::new();
    let (branch, an) = (commune.branches[0], commune.members[0][0]);
    let mut secretary =
        commune.enrol_by(&Offer::new(Role::Secretary, branch, PersonId(an.0), NEVER));
    let mut deputy = commune.enrol(Role::Deputy, branch);
    for phone in [&mut secretary, &mut deputy] {
        assert!(commune.sync(phone).synced);
    }
    let exempt = values(&[("status", "exempt")]);
    deputy
        .edit(member(an), &exempt, NOW, &mut commune.rng)
        .unwrap();
    let now = commune.now;
    let suspended = values(&[("status", "suspended")]);
    commune
        .node
        .edit(member(an), &suspended, now, &mut commune.rng)
        .unwrap();
    commune.node.submit(now, &mut commune.rng).unwrap();
    assert!(commune.sync(&mut deputy).synced);
    assert!(commune.sync(&mut secretary).synced);
    assert_eq!(secretary.conflicts(member(an).doc).unwrap().len(), 1);
    for version in [exempt, suspended] {
        let own = secretary.edit(member(an), &version, NOW, &mut commune.rng);
        assert_eq!(own.map(drop), Err(EditError::AboutThemself));
    }
}
