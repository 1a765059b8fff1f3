//! A branch of twenty-two members through ten years, as its secretary's phone comes to hold them: what benchmarks read.
//!
//! The history is made as it is in life. Once a month the phone meets, corrects records, notes where people live and by whose
//! words, lists the papers of dossiers, goes on with cases and answers who contests a sentence; then it syncs, the office
//! decides and looks, and it syncs again. All of it goes through the same doors as on a real phone; nothing is refused.

use chibo_core::author::{Doing, Target};
use chibo_core::date::Day;
use chibo_core::document::{Value, Values};
use chibo_core::domain::address::ADDRESS;
use chibo_core::domain::check_in::CHECK_IN;
use chibo_core::domain::contest::{ANSWER, CONTEST, RAISE};
use chibo_core::domain::decision::DECISION;
use chibo_core::domain::discipline::DISCIPLINE;
use chibo_core::domain::dossier::{DOSSIER, DOSSIER_HANDOVER, PAPERS, YEARLY_SUPPLEMENT};
use chibo_core::domain::exemption::TEMP_EXEMPTION;
use chibo_core::domain::look::Look;
use chibo_core::domain::lost_card::LOST_CARD;
use chibo_core::domain::meeting::MEETING;
use chibo_core::domain::member::MEMBER;
use chibo_core::domain::residence_remark::RESIDENCE_REMARK;
use chibo_core::domain::transfer::TRANSFER;
use chibo_core::domain::transfer_in::TRANSFER_IN;
use chibo_core::enrol::Offer;
use chibo_core::id::{PersonId, PlaceId, hex};
use chibo_core::kind::Kind;
use chibo_core::lock::StoreKey;
use chibo_core::node::Node;
use chibo_core::phone::Phone;
use chibo_core::place::Role;
use chibo_core::store::memory::MemoryStore;
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_core::time::Timestamp;
use chibo_core::wire::FrameReader;
use chibo_server::bring_in::{PlacedBranch, bring_in};
use chibo_server::district::{self, Member, Size};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::error::Error;
use std::path::Path;

type Res<T> = Result<T, Box<dyn Error>>;

/// 1 December 2016 at noon.
pub const BEGIN: u64 = 1_480_593_600;
const DAY: u64 = 86_400;

fn values(pairs: &[(&str, &str)]) -> Values {
    let value = |typed: &str| match typed {
        "yes" => Value::YesNo(true),
        typed => Value::Text(typed.to_owned()),
    };
    let one = |(name, typed): &(&str, &str)| ((*name).to_owned(), value(typed));
    pairs.iter().map(one).collect()
}

/// An act of a case with what it says, and whether the office does it.
type Step<'a> = (&'a str, Values, bool);

/// A branch's years: its node in memory, its secretary's phone in a file.
pub struct Branch {
    /// The office.
    pub node: Node<MemoryStore>,
    /// The secretary's phone.
    pub phone: Phone<SqliteStore>,
    /// The branch with its members.
    pub branch: PlacedBranch,
    /// The day to which it has lived.
    pub now: Timestamp,
    rng: ChaCha8Rng,
    /// Temporary exemptions that were granted, each with the month in which they return.
    exempt: Vec<(u64, Target)>,
}

impl Branch {
    /// A branch of which nothing is recorded yet but its members; the phone's store goes to this file.
    ///
    /// # Errors
    /// A store that fails, or work that is refused: neither should be.
    pub fn begin(file: &Path) -> Res<Branch> {
        let mut rng = ChaCha8Rng::seed_from_u64(10);
        let now = Timestamp(BEGIN);
        let (mut node, _) = Node::init(MemoryStore::new(), "Đảng bộ xã", now, &mut rng)?;
        let district = district::invent(Size::Branch, 10);
        let mut branches = bring_in(&mut node, &district, now, &mut rng, &mut |_| {})?;
        let branch = branches.pop().ok_or("no branch")?;
        let key = StoreKey::from_bytes([1; 32]);
        let store = SqliteStore::create(file, &key, Durability::Full)?;
        let mut phone = Phone::create(store, &mut rng)?;
        let secretary = PersonId::random(&mut rng);
        let offer = Offer::new(
            Role::Secretary,
            branch.place,
            secretary,
            Timestamp(now.0 + DAY),
        );
        let ticket = node.ticket("", &offer, &mut rng)?;
        let request = ticket.request(phone.key()).to_bytes();
        let reply = node.enrol(&request, now, &mut rng)?;
        phone.enrolled(&ticket, &reply)?;
        let mut branch = Branch {
            node,
            phone,
            branch,
            now,
            rng,
            exempt: Vec::new(),
        };
        branch.sync()?;
        Ok(branch)
    }

    fn sync(&mut self) -> Res<()> {
        self.node.submit(self.now, &mut self.rng)?;
        for _ in 0..50 {
            let (request, mut exchange) = self.phone.request(self.now, &mut self.rng)?;
            let answer = self.node.handle(&[request], self.now).remove(0)?;
            let mut frames = FrameReader::new();
            frames.feed(&answer);
            while let Some(frame) = frames.next_frame()? {
                self.phone.receive(&mut exchange, &frame)?;
            }
            let outcome = self.phone.outcome(&exchange)?;
            if !outcome.more {
                return match outcome.synced {
                    true => Ok(()),
                    false => Err(format!("not synced: {outcome:?}").into()),
                };
            }
        }
        Err("a sync that does not end".into())
    }

    fn id(&mut self) -> [u8; 16] {
        let mut id = [0; 16];
        self.rng.fill_bytes(&mut id);
        id
    }

    fn writes(&mut self, target: Target, said: &Values) -> Res<()> {
        self.phone.edit(target, said, self.now, &mut self.rng)?;
        Ok(())
    }

    fn office_writes(&mut self, target: Target, said: &Values) -> Res<()> {
        self.node.edit(target, said, self.now, &mut self.rng)?;
        Ok(())
    }

    /// Does acts in a case; between the phone's and the office's everything is synced.
    fn does(&mut self, case: Target, steps: &[Step]) -> Res<()> {
        let mut was_office = false;
        for (act, said, by_office) in steps {
            if *by_office != was_office {
                self.sync()?;
                was_office = *by_office;
            }
            let doing = Doing {
                act,
                about: None,
                said,
            };
            match by_office {
                true => self.node.act(case, doing, self.now, &mut self.rng)?,
                false => self.phone.act(case, doing, self.now, &mut self.rng)?,
            };
        }
        Ok(())
    }

    fn case(&mut self, at: PlaceId, kind: &'static Kind) -> Target {
        let id = self.id();
        Target::at(at, kind, &id)
    }

    /// Lives through the month with this number, from 0.
    ///
    /// # Errors
    /// A store that fails, or work that is refused: neither should be.
    pub fn month(&mut self, n: u64) -> Res<()> {
        self.now = Timestamp(BEGIN + (n + 1) * 30 * DAY);
        let today = self.now.day_in_vietnam().ok_or("no day")?;
        let members = self.branch.members.clone();
        self.meets(&members, today)?;
        for (i, (place, member)) in members.iter().enumerate() {
            self.corrects(*place)?;
            if member.away {
                self.tells_where(*place, member, n, today)?;
            }
            if n.is_multiple_of(12) {
                self.files(*place, i, n, today)?;
            }
        }
        let whose = |k: u64| members[((n * 5 + k) % members.len() as u64) as usize].0;
        self.statuses(whose(0), n, today)?;
        self.cases([0, 1, 2, 3].map(whose), n, today)?;
        self.office([4, 5, 6].map(whose), n, today)?;
        self.sync()
    }

    fn meets(&mut self, members: &[(PlaceId, Member)], today: Day) -> Res<()> {
        let all: Vec<_> = members.iter().map(|(p, m)| (*p, m)).collect();
        let minutes = district::meeting_values(&mut self.rng, &all, today);
        let key = today.to_string();
        let meeting = Target::at(self.branch.place, &MEETING, key.as_bytes());
        self.writes(meeting, &minutes)
    }

    /// Every other record is corrected.
    fn corrects(&mut self, place: PlaceId) -> Res<()> {
        let record = Target::at(place, &MEMBER, b"");
        if self.rng.next_u32().is_multiple_of(2)
            && let Some((kind, values)) = self.phone.values(record.doc)?
        {
            let edit = district::small_edit(&mut self.rng, kind, &values);
            self.writes(record, &edit)?;
        }
        Ok(())
    }

    /// Who is away checks in; twice a year somebody says where they live, and by whose words.
    fn tells_where(&mut self, place: PlaceId, member: &Member, n: u64, today: Day) -> Res<()> {
        let key = today.to_string();
        let said = district::check_in_values(&mut self.rng, member, today);
        self.writes(Target::at(place, &CHECK_IN, key.as_bytes()), &said)?;
        if !n.is_multiple_of(6) {
            return Ok(());
        }
        let at = said.get("commune").map(Value::shown).unwrap_or_default();
        let until = today.plus_months(6).ok_or("no day")?.to_string();
        let address = self.case(place, &ADDRESS);
        let said = values(&[
            ("sort", "away"),
            ("text", &at),
            ("from", &key),
            ("until", &until),
            ("reason", "Làm công nhân"),
            ("stable", "yes"),
            ("contact_person", "Chủ nhà trọ"),
            ("contact_phone", "0900000000"),
            ("said_on", &key),
            ("said_by", "Người nhà"),
            ("how", "telephone"),
            ("recorded_by", "Trần Văn Mẫu"),
        ]);
        self.writes(address, &said)
    }

    /// What is kept once a year: the residence's remark, the supplement, and one paper more in the dossier, which held
    /// most of them when it was first looked through.
    fn files(&mut self, place: PlaceId, i: usize, n: u64, today: Day) -> Res<()> {
        let day = today.to_string();
        let year = today.date().year().to_string();
        let said = values(&[
            ("year", &year),
            ("author", "Trần Văn Mẫu"),
            ("post", "Bí thư chi bộ nơi cư trú"),
            ("remark", "Gương mẫu, giữ mối liên hệ với nơi cư trú"),
            ("said_on", &day),
        ]);
        self.writes(Target::at(place, &RESIDENCE_REMARK, year.as_bytes()), &said)?;
        let mut said = values(&[
            ("year", &year),
            ("done_on", &day),
            ("taken_by", "Trần Văn Mẫu"),
        ]);
        said.insert("sheets".into(), Value::Count(2));
        self.writes(
            Target::at(place, &YEARLY_SUPPLEMENT, year.as_bytes()),
            &said,
        )?;
        let mut index = values(&[("lies_at", "Tủ 2, ngăn 3"), ("checked_on", &day)]);
        let there = PAPERS.iter().filter(|p| p.code != "other");
        let there = there
            .enumerate()
            .filter(|(k, _)| !(k + i).is_multiple_of(7));
        let first = there.map(|(_, p)| (p.code.to_owned(), p.code));
        let papers: Vec<(String, &str)> = match n {
            0 => first.collect(),
            _ => vec![(hex(&self.id()[..8]), "other")],
        };
        for (id, code) in papers {
            let of = |cell: &str| format!("papers/{id}/{cell}");
            index.insert(of("paper"), Value::Text(code.to_owned()));
            index.insert(of("seen"), Value::Text("original".into()));
            index.insert(of("dated"), Value::Text(day.clone()));
            index.insert(of("sheets"), Value::Count(3));
        }
        self.writes(Target::at(place, &DOSSIER, b""), &index)
    }

    /// A status that was taken over from paper is typed over, with its day: the one of before is kept.
    fn statuses(&mut self, place: PlaceId, n: u64, today: Day) -> Res<()> {
        let status = ["exempt", "official"][(n / 2 % 2) as usize];
        let said = values(&[("status", status), ("status_since", &today.to_string())]);
        match n.is_multiple_of(2) {
            true => self.writes(Target::at(place, &MEMBER, b""), &said),
            false => Ok(()),
        }
    }

    /// Cases of a branch: a few in every year, some still open at the end.
    fn cases(&mut self, of: [PlaceId; 4], n: u64, today: Day) -> Res<()> {
        let day = today.to_string();
        let on = || values(&[("on", &day)]);
        let with = |more: &[(&str, &str)]| values(&[more, &[("on", day.as_str())]].concat());
        let number = format!("{n}");
        let until = today.plus_months(8).ok_or("no day")?.to_string();
        if n.is_multiple_of(3) {
            let case = self.case(of[0], &TEMP_EXEMPTION);
            let granted = with(&[("number", &number), ("until", &until)]);
            let steps = [
                ("ask", on(), false),
                ("consider", on(), false),
                ("grant", granted, true),
            ];
            self.does(case, &steps[..if n.is_multiple_of(9) { 2 } else { 3 }])?;
            if !n.is_multiple_of(9) {
                self.exempt.push((n + 6, case));
            }
        }
        self.sync()?;
        let due = |(month, _): &(u64, Target)| *month <= n;
        let back: Vec<_> = self.exempt.iter().filter(|e| due(e)).map(|e| e.1).collect();
        self.exempt.retain(|e| !due(e));
        for case in back {
            self.does(case, &[("return", on(), false)])?;
        }
        match n % 12 {
            2 => {
                let case = self.case(of[1], &TRANSFER);
                let open = with(&[
                    ("form", "formal"),
                    ("reach", "province"),
                    ("destination", "Dĩ An"),
                ]);
                let letter = with(&[("number", &number), ("body", "Đảng ủy xã")]);
                let steps = [
                    ("open", open, false),
                    ("begin", on(), false),
                    ("introduce", letter, true),
                    ("withdraw", with(&[("note", "Không đi nữa")]), false),
                ];
                self.does(case, &steps)
            }
            4 => {
                let case = self.case(of[2], &LOST_CARD);
                let card = format!("99.{n:06}");
                let steps = [
                    ("report", on(), false),
                    ("review", on(), false),
                    ("decide", with(&[("number", &number)]), true),
                    ("issue", with(&[("card_number", &card)]), true),
                ];
                self.does(case, &steps)
            }
            6 | 10 => {
                let case = self.case(of[3], &CONTEST);
                let record = Target::at(of[3], &MEMBER, b"").doc.to_string();
                let raise = [
                    ("record", record.as_str()),
                    ("path", "phone"),
                    ("words", "Không phải số của tôi"),
                ];
                let answer = [
                    ("outcome", "accepted"),
                    ("note", "Đã hỏi lại"),
                    ("correction", "0900000000"),
                ];
                self.does(
                    case,
                    &[(RAISE, with(&raise), false), (ANSWER, with(&answer), false)],
                )
            }
            7 => {
                let case = self.case(of[0], &DOSSIER_HANDOVER);
                let mut given = with(&[("from", "Chi bộ"), ("to", "Đảng ủy xã")]);
                given.insert("papers".into(), Value::Count(15));
                given.insert("sheets".into(), Value::Count(40));
                let steps = [("give", given.clone(), false), ("sign_taken", given, true)];
                self.does(case, &steps)
            }
            8 => {
                let case = self.case(self.branch.place, &TRANSFER_IN);
                let letter = [
                    ("full_name", "Phạm Thị Nơi Xa"),
                    ("form", "temporary"),
                    ("number", &number),
                ];
                let came = with(&[&letter[..], &[("letter_on", &day), ("until", &until)]].concat());
                let steps = [
                    ("arrive", came, false),
                    ("receive", with(&[("dossier_checked", "yes")]), false),
                ];
                self.does(case, &steps)
            }
            _ => Ok(()),
        }
    }

    /// The office decides, and looks at records.
    fn office(&mut self, of: [PlaceId; 3], n: u64, today: Day) -> Res<()> {
        self.sync()?;
        let day = today.to_string();
        let (number, card) = (format!("{n}-QĐ/ĐU"), format!("99.{n:06}"));
        let paper = |form: &str, value: &str| {
            let mut said = values(&[
                ("form", form),
                ("number", &number),
                ("issued_on", &day),
                ("body", "Đảng ủy xã"),
                ("signatory", "Phạm Văn Mẫu"),
                ("from", &day),
            ]);
            if !value.is_empty() {
                said.insert("value".into(), Value::Text(value.into()));
            }
            said
        };
        let decision = self.case(of[0], &DECISION);
        self.office_writes(decision, &paper("card", &card))?;
        if n.is_multiple_of(5) {
            let decision = self.case(of[1], &DECISION);
            self.office_writes(decision, &paper("badge", "30"))?;
        }
        if n.is_multiple_of(24) {
            let discipline = self.case(of[2], &DISCIPLINE);
            self.office_writes(discipline, &paper("reprimand", ""))?;
        }
        for place in of {
            self.node
                .note_look(place, Look::Opened, self.now, &mut self.rng)?;
        }
        self.node
            .note_look(self.branch.place, Look::Printed, self.now, &mut self.rng)?;
        Ok(())
    }
}
