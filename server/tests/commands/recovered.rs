//! A PIN is forgotten: the office reads a code out, and the phone goes on with everything that was on it.

use crate::program::{Office, Phone, Ran, Serving, chibo, chibo_with};
use std::path::Path;

/// What a phone does for somebody who knows this PIN.
fn knowing(phone: &Phone, pin: &str, args: &[&str]) -> Ran {
    let args = [&["phone", "--data", &phone.data, "--json"], args].concat();
    chibo_with(&[("CHIBO_PIN", pin)], &args)
}

/// Sets this PIN with a code.
fn recover(phone: &Phone, code: &str, pin: &str) -> Ran {
    let data = ["phone", "--data", &phone.data, "--json"];
    let args = [&data[..], &["set-pin", "--code", code]].concat();
    chibo_with(&[("CHIBO_NEW_PIN", pin)], &args)
}

/// A secretary's phone with this PIN that has synced once.
fn secretary(office: &Office, serving: &Serving, name: &str, pin: &str) -> Phone {
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let phone = Phone::new(&office.folder, name);
    let told = phone.run(&["enrol", &ticket, "--url", &serving.url, "--pin", pin]);
    told.done();
    knowing(&phone, pin, &["sync"]).done();
    phone
}

/// The office's devices, the last first.
fn devices(office: &Office) -> Vec<serde_json::Value> {
    let told = chibo(&["devices", "--data", &office.data, "--json"]);
    let mut list = told.done().json()["devices"].as_array().unwrap().clone();
    list.reverse();
    list
}

fn number(device: &serde_json::Value) -> String {
    device["number"].to_string()
}

fn ask(office: &Office, number: &str) -> Ran {
    chibo(&["recovery", "--data", &office.data, number, "--json"])
}

/// The code that the office reads out.
fn code(office: &Office, number: &str) -> String {
    let told = ask(office, number).done().json();
    told["code"].as_str().unwrap().to_owned()
}

/// One digit, heard as another.
fn misheard(code: &str, at: usize) -> String {
    let mut digits: Vec<char> = code.chars().collect();
    let digit = digits[at].to_digit(10).unwrap();
    digits[at] = char::from_digit((digit + 1) % 10, 10).unwrap();
    digits.into_iter().collect()
}

#[test]
fn who_forgot_the_pin_sets_a_new_one_by_the_offices_code_and_unsent_work_stays() {
    let office = Office::new();
    let serving = office.serve();
    let phone = secretary(&office, &serving, "a", "294518");
    knowing(&phone, "294518", &["edit", "quang", "alias=Hai"]).done();
    let n = number(&devices(&office)[0]);
    let first = code(&office, &n);

    recover(&phone, &first, "730264").done();
    knowing(&phone, "294518", &["status"]).refused();
    let told = knowing(&phone, "730264", &["status"]).done().json();
    assert_eq!(told["drafts"], 1, "{told}");
    // It worked once, and the office has no other one yet.
    assert_eq!(code(&office, &n), first);
    let why = recover(&phone, &first, "111111").refused();
    assert!(why.contains("no recovery code"), "{why}");

    let told = knowing(&phone, "730264", &["sync"]).done().json();
    assert_eq!(told["handed_over"], 1, "{told}");
    let second = code(&office, &n);
    assert_ne!(first, second);
    let why = recover(&phone, &first, "111111").refused();
    assert!(why.contains("does not open it"), "{why}");
    recover(&phone, &second, "861507").done();
    let shown = knowing(&phone, "861507", &["show", "quang"]).done().json();
    assert_eq!(shown["fields"]["alias"], "Hai");

    let device = &devices(&office)[0];
    assert_eq!(device["recovery"]["read"], 3, "{device}");
    assert!(device["recovery"]["last_read"].is_string(), "{device}");
    let told = chibo(&["devices", "--data", &office.data]).done();
    assert!(told.out.contains("recovery code read 3 times"), "{told:?}");
    assert!(serving.terminate().success());
    chibo(&["verify", "--data", &office.data]).done();
    // The door was one way to ask; without a server it is the same.
    ask(&office, &n).done();
}

#[test]
fn a_misheard_digit_is_told_with_its_group_and_counts_as_no_try() {
    let office = Office::new();
    let serving = office.serve();
    let phone = secretary(&office, &serving, "a", "294518");
    let code = code(&office, &number(&devices(&office)[0]));
    for _ in 0..5 {
        let why = recover(&phone, &misheard(&code, 14), "730264").refused();
        assert!(why.contains("group 3 of the recovery code"), "{why}");
    }
    let why = recover(&phone, &code[..28], "730264").refused();
    assert!(why.contains("has 30 digits; there were 24"), "{why}");
    let lang = ("LANG", "vi_VN");
    let args = ["phone", "--data", &phone.data, "set-pin", "--code", "12"];
    let why = chibo_with(&[lang, ("CHIBO_NEW_PIN", "730264")], &args).refused();
    assert!(why.contains("30 chữ số"), "{why}");
    // A new PIN that is too short uses nothing up.
    recover(&phone, &code, "12345").refused();
    recover(&phone, &code.replace(' ', ""), "730264").done();
    knowing(&phone, "730264", &["status"]).done();
}

#[test]
fn the_code_of_another_phone_opens_nothing_and_its_tries_are_delayed_like_those_of_pins() {
    let office = Office::new();
    let serving = office.serve();
    let phone = secretary(&office, &serving, "a", "294518");
    let own = code(&office, &number(&devices(&office)[0]));
    secretary(&office, &serving, "b", "555555");
    let others = code(&office, &number(&devices(&office)[0]));
    assert_ne!(own, others);
    knowing(&phone, "000000", &["status"]).refused();
    let why = recover(&phone, &others, "730264").refused();
    assert!(!why.contains("wait"), "{why}");
    let why = recover(&phone, &others, "730264").refused();
    assert!(why.contains("must wait 30 seconds"), "{why}");
    let why = recover(&phone, &own, "730264").refused();
    assert!(why.contains("locked after too many wrong tries"), "{why}");
    let why = knowing(&phone, "294518", &["status"]).refused();
    assert!(why.contains("locked after too many wrong tries"), "{why}");
}

#[test]
fn the_office_is_told_why_it_has_no_code() {
    let office = Office::new();
    let serving = office.serve();
    let plain = Phone::new(&office.folder, "plain");
    plain.enrol(&office.ticket("secretary", "Chi bộ Xóm 5"), &serving.url);
    plain.sync();
    let device = &devices(&office)[0];
    assert_eq!(device["recovery"]["kept"], false, "{device}");
    let why = ask(&office, &number(device)).refused();
    assert!(why.contains("has handed over no recovery code"), "{why}");
    // Once it has a PIN it makes one.
    plain.run(&["set-pin", "--new", "294518"]).done();
    knowing(&plain, "294518", &["sync"]).done();
    code(&office, &number(device));

    secretary(&office, &serving, "lost", "555555");
    let lost = number(&devices(&office)[0]);
    chibo(&["revoke", "--data", &office.data, &lost]).done();
    let why = ask(&office, &lost).refused();
    assert!(why.contains("has ended or was revoked"), "{why}");
    let why = ask(&office, "9999").refused();
    assert!(why.contains("no device has this number"), "{why}");
    let why = chibo(&["recovery", "--data", &plain.data, "1"]);
    why.refused();
}

#[test]
fn a_restored_node_is_told_the_code_again() {
    let office = Office::new();
    let serving = office.serve();
    let phone = secretary(&office, &serving, "a", "294518");
    let n = number(&devices(&office)[0]);
    let backup = office.folder.at("before.age");
    chibo(&["backup", "--data", &office.data, &backup]).done();
    // The code changes after the backup.
    recover(&phone, &code(&office, &n), "730264").done();
    knowing(&phone, "730264", &["sync"]).done();
    let second = code(&office, &n);
    assert!(serving.terminate().success());
    office.restore(&backup);
    assert_ne!(code(&office, &n), second, "what the backup knew");
    let serving = office.serve();
    knowing(&phone, "730264", &["sync", "--url", &serving.url]).done();
    assert_eq!(code(&office, &n), second);
    recover(&phone, &second, "861507").done();
}

#[test]
fn a_code_goes_on_a_stick_as_well() {
    let office = Office::new();
    let serving = office.serve();
    let phone = secretary(&office, &serving, "a", "294518");
    let n = number(&devices(&office)[0]);
    let first = code(&office, &n);
    recover(&phone, &first, "730264").done();
    assert!(serving.terminate().success());
    let stick = office.folder.at("usb.chibo");
    let export = ["bundle", "export", "--data", &phone.data, &stick];
    chibo_with(&[("CHIBO_PIN", "730264")], &export).done();
    chibo(&["bundle", "import", "--data", &office.data, &stick]).done();
    let second = code(&office, &n);
    assert_ne!(first, second);
    recover(&phone, &second, "861507").done();
}

#[test]
fn a_power_cut_between_the_phone_and_its_lock_leaves_no_code_that_does_not_open() {
    let office = Office::new();
    let serving = office.serve();
    let phone = secretary(&office, &serving, "a", "294518");
    let n = number(&devices(&office)[0]);
    let lock = Path::new(&phone.data).join("phone.lock");
    let before = std::fs::read(&lock).unwrap();
    recover(&phone, &code(&office, &n), "730264").done();
    knowing(&phone, "730264", &["sync"]).done();
    // The lock as it was, beside a store that has made another code since.
    std::fs::write(&lock, before).unwrap();
    knowing(&phone, "294518", &["sync"]).done();
    recover(&phone, &code(&office, &n), "111222").done();
}

#[test]
fn a_deputy_reads_out_the_code_of_a_member_of_the_branch_and_of_nobody_elses() {
    let office = Office::new();
    let serving = office.serve();
    let phone = secretary(&office, &serving, "a", "294518");
    knowing(&phone, "294518", &["edit", "quang", "alias=Hai"]).done();
    let deputy = Phone::new(&office.folder, "b");
    deputy.enrol(&office.ticket("deputy", "Chi bộ Xóm 5"), &serving.url);
    deputy.sync();
    let list = deputy.run(&["recovery"]).done().json();
    let of_secretary = list["devices"].as_array().unwrap().first().unwrap();
    let n = number(of_secretary);
    let told = deputy.run(&["recovery", &n]).done().json();
    recover(&phone, told["code"].as_str().unwrap(), "730264").done();
    let status = knowing(&phone, "730264", &["status"]).done().json();
    assert_eq!(status["drafts"], 1, "unsent work stays: {status}");

    // The office sees that it was read, and by which device.
    let devices = devices(&office);
    let by = |role: &str| devices.iter().find(|d| d["role"] == role).unwrap();
    assert_eq!(by("secretary")["recovery"]["read"], 1);
    assert_eq!(
        by("secretary")["recovery"]["read_by"],
        by("deputy")["number"]
    );
    // One's own is not read out, and a member reads out nobody's.
    let own = number(by("deputy"));
    deputy.run(&["recovery", &own]).refused();
    let member = Phone::new(&office.folder, "c");
    member.enrol(&office.ticket("member", "quang"), &serving.url);
    member.sync();
    let nobody = member.run(&["recovery"]).done().json();
    assert_eq!(nobody["devices"], serde_json::json!([]));
    member.run(&["recovery", &n]).refused();
    // Who has no PIN has handed over no code.
    deputy.sync();
    let of_member = number(&self::devices(&office)[0]);
    let why = deputy.run(&["recovery", &of_member]).refused();
    assert!(why.contains("no recovery code"), "{why}");
}
