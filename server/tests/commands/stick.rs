//! The carrier through a file: there and back on one stick.

use crate::program::{Office, Phone, chibo};

#[test]
fn a_stick_carries_work_to_the_node_and_receipts_back_however_often_it_is_read() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    assert!(serving.terminate().success());

    let stick = office.folder.at("usb.chibo");
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    chibo(&["bundle", "export", "--data", &phone.data, &stick]).done();
    let half = std::fs::read(&stick).unwrap();
    chibo(&["bundle", "import", "--data", &office.data, &stick]).done();
    chibo(&["bundle", "import", "--data", &office.data, &stick]).done();
    let told = chibo(&["bundle", "import", "--data", &phone.data, &stick, "--json"])
        .done()
        .json();
    assert_eq!(told["waiting"], 0, "{told}");
    chibo(&["bundle", "import", "--data", &phone.data, &stick, "--json"]);
    assert_eq!(phone.run(&["status"]).done().json()["unsent"], 0);
    assert_eq!(office.digest("Chi bộ Xóm 5"), phone.digest("Chi bộ Xóm 5"));

    // Half a file is read as far as it is whole; what is no bundle is left alone.
    std::fs::write(&stick, &half[..half.len() - 3]).unwrap();
    chibo(&["bundle", "import", "--data", &office.data, &stick]).no();
    std::fs::write(&stick, b"not a bundle").unwrap();
    chibo(&["bundle", "import", "--data", &office.data, &stick]).refused();
    chibo(&["bundle", "export", "--data", &phone.data, &stick]).refused();
    assert_eq!(std::fs::read(&stick).unwrap(), b"not a bundle");
}

#[test]
fn two_phones_without_a_node_share_what_they_wrote_and_show_it_as_provisional() {
    let office = Office::new();
    let tickets = [
        office.ticket("secretary", "Chi bộ Xóm 5"),
        office.ticket("deputy", "Chi bộ Xóm 5"),
    ];
    let serving = office.serve();
    let phones = [
        Phone::new(&office.folder, "a"),
        Phone::new(&office.folder, "b"),
    ];
    for (phone, ticket) in phones.iter().zip(&tickets) {
        phone.enrol(ticket, &serving.url);
    }
    for phone in phones.iter().chain(&phones) {
        phone.sync();
    }
    let [one, two] = &phones;
    let stick = office.folder.at("usb.chibo");
    one.run(&["edit", "quang", "alias=Hai"]).done();
    chibo(&[
        "bundle", "export", "--for", "peer", "--data", &one.data, &stick,
    ])
    .done();
    chibo(&["bundle", "import", "--data", &two.data, &stick]).done();
    assert_eq!(
        two.run(&["show", "quang"]).done().json()["fields"]["alias"],
        "Hai"
    );
    assert_eq!(two.run(&["status"]).done().json()["provisional"], 1);
    // The second brings the first one's work to the node as well.
    two.sync();
    assert_eq!(two.run(&["status"]).done().json()["provisional"], 0);
    one.sync();
    assert!(serving.terminate().success());
    assert_eq!(one.digest("Chi bộ Xóm 5"), two.digest("Chi bộ Xóm 5"));
}
