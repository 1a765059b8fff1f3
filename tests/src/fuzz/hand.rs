//! Targets for what people carry, type and scan: cards, codes, lists beside a backup, plans, rows of rules, a node's
//! certificate; and for every rule that reads what a document says, since who wrote that may be hostile.

use super::scene::{NOW, scene};
use super::targets::{chance, choice, is_whole, node, phone};
use chibo_core::away::{self, Bounds, Recorded};
use chibo_core::calendar::WorkingDays;
use chibo_core::carriers::tls::{self, Named, Pin};
use chibo_core::case::{self, Who};
use chibo_core::codec::{Reader, Writer};
use chibo_core::custody::NodeCard;
use chibo_core::date::{Day, PartialDate};
use chibo_core::document::{Value, Values};
use chibo_core::domain::contest::Contested;
use chibo_core::domain::{residence_remark, succession};
use chibo_core::dossier;
use chibo_core::enrol::code::{CodeQuestion, LogPrefix, answer_from_bytes, answer_to_bytes};
use chibo_core::enrol::{Card, Given, TicketError};
use chibo_core::forget;
use chibo_core::id::{DocId, Hash, Hasher, PersonId, PlaceId};
use chibo_core::kind::{self, KINDS, Kind, Part};
use chibo_core::lock::{Lock, Opening, RecoveryCode, StoreKey};
use chibo_core::log::{REVOCATIONS, read_acts, read_epochs, write_acts, write_epochs};
use chibo_core::place::Role;
use chibo_core::recovery::{RecoveryRequest, read_answer};
use chibo_core::reform::Plan;
use chibo_core::regulation::{Amount, Key, Regulations, Rule, Unit};
use chibo_core::text::RollOrder;
use chibo_core::tree::Tree;
use chibo_core::whose::Words;
use chibo_core::{caution, deadline, field, moved, owed, register, roll};
use std::sync::OnceLock;

/// The text with the check at its end that belongs to it: that keeps out slips, and who alters it computes it anew.
pub(super) fn mended_text(prefix: &str, text: &str) -> String {
    let text: String = text.split_whitespace().collect();
    let digits = text.strip_prefix(prefix).and_then(chibo_core::id::unhex);
    let Some(body) = digits.filter(|d| d.len() > 4) else {
        return text;
    };
    let body = &body[..body.len() - 4];
    let check = Hasher::new("chibo/ticket-check/1").part(body).hash();
    let whole = [body, &check.0[..4]].concat();
    format!("{prefix}{}", chibo_core::id::hex(&whole))
}

/// A device's card, shown to another that has not heard of it; and a node's, shown to another node.
pub(super) fn card(bytes: &[u8]) -> bool {
    let said = String::from_utf8_lossy(bytes);
    if let Ok(card) = NodeCard::from_text(&said) {
        let again = NodeCard::from_text(&card.to_text());
        assert!(again.is_ok_and(|a| a.to_bytes() == card.to_bytes()));
        return true;
    }
    let mut good = false;
    for text in [&*said, &mended_text("chibocard1-", &said)] {
        let Ok(card) = Card::from_text(text) else {
            continue;
        };
        good |= text == said;
        let again = Card::from_text(&card.to_text());
        assert_eq!(again.as_ref(), Ok(&card), "a card has one text");
        let mut deputy = phone(&scene().deputy);
        let before = deputy.peers(NOW).expect("a whole store");
        let own = deputy.public_key();
        // As its grants are, and as the secretary would sign them, each under the one before.
        let mut under = Hash::ZERO;
        let mut grants = Vec::new();
        for mut grant in card.grants.clone() {
            if !under.is_zero() {
                grant.under = under;
            }
            let grant = grant.signed(&scene().key);
            under = grant.hash();
            grants.push(grant);
        }
        for card in [card, Card { grants }] {
            let last = card.grants.last().map(|g| g.key);
            let met = deputy.meet(&card, NOW).expect("a whole store");
            assert_eq!(
                met.is_ok().then_some(last).flatten(),
                met.ok().map(|g| g.key)
            );
            is_whole(deputy.store(), deputy.tree(), false);
        }
        let after = deputy.peers(NOW).expect("a whole store");
        let is_mine = |keys: &Vec<_>| keys.contains(&own);
        assert!(after.values().any(is_mine) || !before.values().any(is_mine));
    }
    good
}

/// The lists that are kept beside a backup.
pub(super) fn acts(bytes: &[u8]) -> bool {
    let mut good = false;
    let mut node = node();
    if let Ok(list) = forget::read_list(bytes) {
        good = true;
        assert_eq!(forget::write_list(&list), bytes, "a list has one encoding");
        node.erase_again(&list, NOW).expect("a whole store");
    }
    if let Ok(list) = read_acts(REVOCATIONS, bytes) {
        good = true;
        assert_eq!(
            write_acts(REVOCATIONS, &list),
            bytes,
            "a list has one encoding"
        );
        node.revoke_again(&list, NOW).expect("a whole store");
    }
    if let Ok(list) = read_epochs(bytes) {
        good = true;
        assert_eq!(write_epochs(&list), bytes, "a list has one encoding");
        node.learn_epochs(&list).expect("a whole store");
    }
    is_whole(node.store(), node.tree(), true);
    good
}

/// The first byte says what it is: a leader's question for a recovery code, the node's answer, the code as it
/// was heard, words as they were typed.
pub(super) fn recovery(bytes: &[u8]) -> bool {
    static LOCK: OnceLock<Lock> = OnceLock::new();
    let (which, bytes) = choice(bytes);
    match which {
        0 => {
            let asked = RecoveryRequest::from_bytes(bytes);
            if let Ok(read) = &asked {
                assert_eq!(read.to_bytes(), bytes, "a request has one encoding");
                let scene = scene();
                let log = scene.log;
                let by_its_asker = RecoveryRequest::new(log, read.grant, read.of, &scene.key);
                let mut node = node();
                let _ = node.tell_recovery(bytes, NOW);
                let _ = node.tell_recovery(&by_its_asker.to_bytes(), NOW);
                is_whole(node.store(), node.tree(), true);
            }
            asked.is_ok()
        }
        1 => read_answer(bytes).is_ok_and(|code| {
            if let Some(code) = code {
                let again = RecoveryCode::from_text(&code.to_text());
                assert_eq!(again.map(|c| c.secret()), Ok(code.secret()));
            }
            true
        }),
        2 => {
            let heard = String::from_utf8_lossy(bytes);
            RecoveryCode::from_text(&heard).is_ok_and(|code| {
                let (mut w, told) = (Writer::new(), code.to_text());
                code.write(&mut w);
                let again = RecoveryCode::read(&mut Reader::new(w.as_slice()));
                assert_eq!(again.map(|c| c.secret()), Ok(code.secret()));
                let digits = |t: &str| t.chars().filter(char::is_ascii_digit).collect::<String>();
                assert_eq!(digits(&told), digits(&heard), "a code is spoken in one way");
                true
            })
        }
        3 => {
            let mut lock = LOCK
                .get_or_init(|| {
                    let (mut lock, key) = (Lock::new(), StoreKey::from_bytes([9; 32]));
                    lock.set_words(&key, &mut chance()).expect("a slot");
                    lock.set_officers(&key, &mut chance()).expect("a slot");
                    lock
                })
                .clone();
            let typed = String::from_utf8_lossy(bytes);
            let halves: Vec<&str> = typed.split('\n').collect();
            let _ = lock.open(&Opening::Words(&typed), NOW, &mut |_| Ok(()));
            let _ = lock.open(&Opening::Officers(&halves), NOW, &mut |_| Ok(()));
            true
        }
        _ => false,
    }
}

/// A plan of a reorganisation, and what it would do here.
pub(super) fn plan(bytes: &[u8]) -> bool {
    let said = String::from_utf8_lossy(bytes);
    let Ok(plan) = Plan::parse(&said) else {
        return false;
    };
    let again = Plan::parse(&plan.text).expect("what was read is read again");
    assert_eq!(again, plan, "a plan keeps the text that it was read from");
    let mut node = node();
    let _ = node.preview_reform(&plan);
    let _ = node.apply_reform(&plan, NOW, &mut chance());
    is_whole(node.store(), node.tree(), true);
    true
}

/// Rows of regulations, and amounts of every unit.
pub(super) fn rules(bytes: &[u8]) -> bool {
    let said = String::from_utf8_lossy(bytes);
    let mut good = false;
    for unit in Unit::all() {
        if let Some(amount) = Amount::parse(unit, &said) {
            good = true;
            assert_eq!(Amount::parse(unit, &amount.text()), Some(amount.clone()));
            let _ = amount.days_of_year().count();
            let _ = amount.next_day_of_year(today());
        }
    }
    let Ok(rows) = Regulations::parse(&said) else {
        return good;
    };
    let rules = Regulations::built_in().expect("our own rows").with(rows);
    look_up(&rules, &Values::new());
    true
}

/// A certificate that somebody shows who says that they are the node.
pub(super) fn certificate(bytes: &[u8]) -> bool {
    let scene = scene();
    let is_of = |log, epoch| tls::is_of(Pin { log, epoch }, bytes);
    let begins = |log| Named::Begins(LogPrefix::of(log));
    let is_ours = is_of(Named::Log(scene.log), 1);
    assert_eq!(is_of(begins(scene.log), 1), is_ours);
    let other = chibo_core::id::LogId([9; 16]);
    assert!(!is_of(Named::Log(other), 1));
    assert!(!is_of(begins(other), 1));
    assert!(!is_of(Named::Log(scene.log), 2));
    assert!(!is_of(begins(scene.log), 2));
    is_ours
}

/// The first byte says what it is: a question for a ticket's terms, the node's answer, a code that somebody types.
pub(super) fn code(bytes: &[u8]) -> bool {
    let (which, bytes) = choice(bytes);
    match which % 3 {
        0 => {
            let answer = node().ticket_terms(bytes, NOW);
            let read = CodeQuestion::from_bytes(bytes);
            assert_eq!(answer.is_ok(), read.is_ok());
            read.is_ok_and(|read| {
                assert_eq!(read.to_bytes(), bytes, "a question has one encoding");
                true
            })
        }
        1 => answer_from_bytes(bytes).is_ok_and(|read| {
            assert_eq!(answer_to_bytes(&read), bytes, "an answer has one encoding");
            let own = scene().ticket.code().expect("of the office");
            let ticket = read.ok().and_then(|terms| own.ticket("", &terms));
            assert!(ticket.is_none_or(|t| t.code() == Some(own)));
            true
        }),
        _ => {
            let said = String::from_utf8_lossy(bytes);
            match Given::from_text(&said) {
                Ok(Given::Code(code)) => {
                    assert_eq!(Given::from_text(&code.to_text()), Ok(Given::Code(code)));
                    true
                }
                Ok(Given::Ticket(_)) => true,
                Err(TicketError::Misread { group }) => {
                    assert!(group.is_none_or(|n| (1..=7).contains(&n)));
                    false
                }
                Err(_) => false,
            }
        }
    }
}

fn today() -> Day {
    let day = PartialDate::parse("2026-09-21")
        .ok()
        .and_then(PartialDate::day);
    day.expect("a day")
}

/// Everything that is worked out with rules, for one document's values.
fn look_up(rules: &Regulations, values: &Values) {
    let working = WorkingDays::new(rules);
    for key in rules.iter().map(|r| r.key).collect::<Vec<Key>>() {
        let _ = rules
            .at(key, today())
            .map(|r| (r.amount.text(), r.source.shown()));
    }
    for kind in KINDS {
        for fact in deadline::facts(kind, values, PlaceId([1; 16])) {
            let _ = deadline::deadline(&fact, rules, &working, today());
        }
        let _ = deadline::reason_needed(kind, values, PlaceId([1; 16]), rules, &working, today());
    }
    for kind in KINDS {
        let _ = caution::unusual(kind, values, values, rules, today());
        let _ = register::letter_of(kind, values);
    }
    let bounds = |day| Bounds::at(rules, day);
    let mut of = Recorded {
        record: values.clone(),
        check_ins: vec![values.clone()],
        dossier: values.clone(),
        supplements: vec![values.clone()],
        ..Recorded::default()
    };
    of.decisions.push((DocId([2; 16]), values.clone()));
    of.addresses.push((DocId([3; 16]), values.clone()));
    let is_case = |k: &&Kind| matches!(k.part, Part::Decides(_) | Part::Moves(_));
    for kind in away::recorded().filter(is_case) {
        of.add(kind, DocId([4; 16]), values.clone());
    }
    let _ = owed::facts(PlaceId([1; 16]), &of, &|_| true, today());
    let order = RollOrder::vietnamese().expect("the order of names");
    let members = [(PlaceId([1; 16]), of)];
    let lines = roll::roll(&members, today(), &order);
    let _ = roll::counts(&lines);
    let required = dossier::required(rules, today());
    for line in &lines {
        let _ = dossier::missing(line, &required);
    }
    let _ = dossier::supplements(&lines, 2026, rules, &working, today());
    let good_until = |day| away::good_until(day, rules);
    let away = away::away_list(&members, today(), &bounds, &good_until, &order);
    let heard_by = |day| away::heard_by(day, rules, &working);
    let _ = away::overdue(&away, &heard_by, today());
    let (tree, none) = (Tree::new(), |_| None);
    for (member, of) in &members {
        let _ = moved::still_counted(*member, of, &tree, &none, today());
        let _ = moved::letters_of(*member, of).count();
    }
    for kind in KINDS {
        let _ = moved::not_here_yet(kind, values, PlaceId([1; 16]), None, &tree, &|_| false);
    }
}

/// What a document says: a kind's name, then lines of path, tab, and value (`#5` a count, `!1` a yes or no, `-` taken
/// away, else text). Whatever a hostile device writes there, whoever reads it goes on.
pub(super) fn values(bytes: &[u8]) -> bool {
    static RULES: OnceLock<Regulations> = OnceLock::new();
    let said = String::from_utf8_lossy(bytes);
    let mut lines = said.lines();
    let Some(kind) = lines.next().and_then(kind::by_name) else {
        return false;
    };
    let read = |line: &str| -> Option<(String, Value)> {
        let (path, value) = line.split_once('\t')?;
        let value = match (value, value.get(1..)) {
            ("-", _) => Value::Cleared,
            (v, Some(n)) if v.starts_with('#') => Value::Count(n.parse().ok()?),
            (v, Some(n)) if v.starts_with('!') => Value::YesNo(n == "1"),
            (text, _) => Value::Text(text.to_owned()),
        };
        Some((path.to_owned(), value))
    };
    let values: Values = lines.filter_map(read).collect();
    let empty = Values::new();
    let rules = RULES.get_or_init(|| Regulations::built_in().expect("our own rows"));
    look_up(rules, &values);
    let who = Who {
        role: Role::Secretary,
        person: PersonId([1; 16]),
        place: PlaceId([1; 16]),
    };
    for kind in KINDS {
        let story = case::story(kind, &values);
        for act in case::possible(kind, &values, &who) {
            let _ = case::act(
                kind,
                &values,
                act.code,
                None,
                &values,
                "0102030405060708",
                &who,
            );
        }
        let _ = (
            case::check(kind, &empty, &values, &who),
            case::is_open(kind, &values),
            story,
        );
        for (path, value) in &values {
            let _ = field::shown(kind, path, value, true);
        }
        let _ = caution::warnings(kind, &values);
    }
    let standing = succession::standing(&values);
    let _ = standing.is_confirmed();
    let decisions = [(PlaceId([1; 16]), DocId([2; 16]), values.clone())];
    let _ = register::doubts(&decisions);
    chibo_core::away::Recorded::default().add(kind, DocId([0; 16]), values.clone());
    let _ = Contested::of(&values);
    let words = Words::of(&values);
    for (path, value) in &values {
        let _ = words.about(path, value);
    }
    let _ = residence_remark::of_year([&values], 2026);
    let _ = dossier::papers(&values);
    if let Ok(rule) = Rule::from_values(&values) {
        let with = rules.clone().with([rule]);
        look_up(&with, &values);
    }
    true
}
