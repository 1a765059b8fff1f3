//! Files that somebody prepared: links, pipes, devices, names that lead elsewhere. They cost the office one clear line.

use crate::program::{Office, Phone, Place, chibo, chibo_in_time};
use chibo_people::{roster, someone};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every file below a folder, with its bytes.
fn all_below(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.extend(all_below(&path)),
            false => drop(all.insert(path.clone(), std::fs::read(path).unwrap())),
        }
    }
    all
}

#[cfg(unix)]
#[test]
fn a_link_that_lies_on_a_stick_leads_no_writing_to_another_file_of_the_office() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    let kept = office.folder.at("kept");
    std::fs::write(&kept, "sổ tay").unwrap();
    let at = |name: &str| office.folder.at(&format!("usb-{name}"));
    let card = chibo(&[
        "handover",
        "card",
        "--data",
        &office.data,
        "--url",
        "https://x.example",
        "--json",
    ]);
    let card = card.done().json()["card"].as_str().unwrap().to_owned();
    let stick = at("letters.chibo");
    for (file, args) in [
        (
            &stick,
            &["bundle", "export", "--data", &phone.data, &stick][..],
        ),
        (
            &stick,
            &["bundle", "import", "--data", &office.data, &stick],
        ),
        (
            &at("list.csv"),
            &["export", "--data", &office.data, "--out", &at("list.csv")],
        ),
        (
            &at("list.xlsx"),
            &["export", "--data", &office.data, "--out", &at("list.xlsx")],
        ),
        (
            &at("own.html"),
            &[
                "own-data",
                "--data",
                &office.data,
                "quang",
                "--out",
                &at("own.html"),
            ],
        ),
        (
            &at("offer"),
            &[
                "handover",
                "offer",
                "quang",
                "--to",
                &card,
                "--out",
                &at("offer"),
                "--data",
                &office.data,
            ],
        ),
    ] {
        // The name that the file is written under until it is whole.
        let temporary = format!("{file}.tmp");
        std::os::unix::fs::symlink(&kept, &temporary).unwrap();
        let ran = chibo(args);
        assert_eq!(
            std::fs::read(&kept).unwrap(),
            "sổ tay".as_bytes(),
            "{args:?}"
        );
        let is_own = args[0] == "handover"; // To itself a node hands nothing over.
        assert!(is_own || ran.code == Some(0), "{args:?}: {ran:?}");
        let _ = std::fs::remove_file(temporary);
    }
    assert!(serving.terminate().success());
}

#[cfg(unix)]
#[test]
fn what_is_taken_out_about_people_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let office = Office::new();
    let at = |name: &str| office.folder.at(name);
    for name in ["list.csv", "list.xlsx", "documents"] {
        chibo(&["export", "--data", &office.data, "--out", &at(name)]).done();
    }
    for name in ["own.html", "own.json", "own.txt"] {
        chibo(&[
            "own-data",
            "--data",
            &office.data,
            "quang",
            "--out",
            &at(name),
        ])
        .done();
    }
    let mut written: Vec<PathBuf> = all_below(Path::new(&at("documents"))).into_keys().collect();
    assert!(!written.is_empty());
    written
        .extend(["list.csv", "list.xlsx", "own.html", "own.json", "own.txt"].map(|n| at(n).into()));
    // The files of the documents are called by people's names.
    let out = PathBuf::from(at("documents"));
    let inside = std::fs::read_dir(&out).unwrap().map(|e| e.unwrap().path());
    for folder in inside.chain([out.clone()]) {
        let mode = std::fs::metadata(&folder).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{folder:?}");
    }
    for file in written {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_or_a_device_in_the_place_of_a_file_holds_no_node_up() {
    let office = Office::new();
    let serving = office.serve();
    let (pipe, device) = (office.folder.at("pipe.csv"), office.folder.at("device.csv"));
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    std::os::unix::fs::symlink("/dev/zero", &device).unwrap();
    let answer = office.folder.at("answer");
    let new = office.folder.at("new");
    for file in [&pipe, &device] {
        for args in [
            &["bundle", "import", "--data", &office.data, file][..],
            &["import", "--data", &office.data, file],
            &["reform", "preview", "--data", &office.data, file],
            &[
                "handover",
                "accept",
                file,
                "--under",
                "Chi bộ Xóm 5",
                "--out",
                &answer,
                "--data",
                &office.data,
            ],
            &["serve", "--data", &new, "--app", file],
        ] {
            let why = chibo_in_time(args).refused();
            assert!(why.contains("no ordinary file"), "{args:?}: {why}");
            chibo_in_time(&["digest", "--data", &office.data]).done();
        }
    }
    assert!(serving.terminate().success());
    // Nor does it hold up who starts the node, or restores it.
    let digest = ["digest", "--data", &office.data];
    let key = Path::new(&office.data).join("node.key");
    std::fs::remove_file(&key).unwrap();
    assert!(Command::new("mkfifo").arg(&key).status().unwrap().success());
    let why = chibo_in_time(&digest).refused();
    assert!(why.contains("no ordinary file"), "{why}");
}

#[test]
fn a_file_that_is_larger_than_any_of_its_kind_is_not_read() {
    let office = Office::new();
    let large = office.folder.at("large.csv");
    let file = std::fs::File::create(&large).unwrap();
    file.set_len(1 << 30).unwrap();
    let answer = office.folder.at("answer");
    for args in [
        &["bundle", "import", "--data", &office.data, &large][..],
        &["import", "--data", &office.data, &large],
        &["reform", "preview", "--data", &office.data, &large],
        &[
            "handover",
            "accept",
            &large,
            "--under",
            "Chi bộ Xóm 5",
            "--out",
            &answer,
            "--data",
            &office.data,
        ],
    ] {
        let why = chibo_in_time(args).refused();
        assert!(why.contains("too large"), "{args:?}: {why}");
    }
}

/// A zip archive with parts under these names.
fn archive(names: &[&str]) -> Vec<u8> {
    let mut into = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in names {
        let options = zip::write::SimpleFileOptions::default();
        into.start_file(*name, options).unwrap();
        into.write_all(b"evil").unwrap();
    }
    into.finish().unwrap().into_inner()
}

#[test]
fn names_inside_a_file_lead_nowhere_outside_the_store() {
    let office = Office::new();
    let outside = office.folder.at("evil");
    let names = [
        "../evil",
        "../../evil",
        "/tmp/chibo-evil",
        "..\\evil",
        &outside,
    ];
    for (file, bytes) in [
        ("list.xlsx", archive(&names)),
        ("usb.chibo", archive(&names)),
        ("offer", archive(&names)),
    ] {
        let file = office.folder.at(file);
        std::fs::write(&file, bytes).unwrap();
        let before = all_below(office.folder.path())
            .into_keys()
            .collect::<Vec<_>>();
        let answer = office.folder.at("answer");
        for args in [
            &["import", "--data", &office.data, &file][..],
            &["bundle", "import", "--data", &office.data, &file],
            &[
                "handover",
                "accept",
                &file,
                "--under",
                "Chi bộ Xóm 5",
                "--out",
                &answer,
                "--data",
                &office.data,
            ],
        ] {
            chibo(args).refused();
        }
        let after = all_below(office.folder.path())
            .into_keys()
            .collect::<Vec<_>>();
        assert_eq!(after, before);
        assert!(!Path::new("/tmp/chibo-evil").exists());
    }
    // What people and branches are called makes no path either.
    let list = office.folder.at("list.csv");
    let people = [someone("../../Evil An"), someone("/tmp/Evil Cường")];
    std::fs::write(&list, roster("../../evil/x", &people, &[])).unwrap();
    chibo(&["import", "--data", &office.data, &list]);
    let before = all_below(office.folder.path())
        .into_keys()
        .collect::<Vec<_>>();
    let out = office.folder.at("out");
    chibo(&["export", "--data", &office.data, "--out", &out]).done();
    let written: Vec<PathBuf> = all_below(office.folder.path())
        .into_keys()
        .filter(|path| !before.contains(path))
        .collect();
    assert!(!written.is_empty());
    for path in written {
        assert!(path.starts_with(&out), "{path:?}");
    }
}

#[test]
fn the_root_key_stands_in_a_file_or_the_environment_and_on_no_command_line() {
    let office = Office::new();
    let at = |name: &str| office.folder.at(name);
    let copy = at("backup.age");
    chibo(&["backup", "--data", &office.data, &copy]).done();
    // As it is written down on paper: in groups and lines.
    let groups: Vec<&str> = (0..16)
        .map(|n| &office.root_key[n * 4..n * 4 + 4])
        .collect();
    let paper = format!("{}\n{}\n", groups[..8].join(" "), groups[8..].join(" "));
    let key_file = at("root.txt");
    std::fs::write(&key_file, paper).unwrap();
    let check = ["backup", "--check", "--data", &office.data, &copy];
    let why = chibo(&check).refused();
    assert!(
        why.contains("--root-key-file") && why.contains("64 digits"),
        "{why}"
    );
    let by_file = ["--root-key-file", &key_file];
    chibo(&[&check[..], &by_file].concat()).done();
    let env = [("CHIBO_ROOT_KEY", office.root_key.as_str())];
    crate::program::chibo_with(&env, &check).done();
    let both = ["--root-key", &office.root_key];
    assert_eq!(chibo(&[&check[..], &by_file, &both].concat()).code, Some(2));
    std::fs::write(at("none.txt"), "12 34").unwrap();
    let why = chibo(&[&check[..], &["--root-key-file", &at("none.txt")]].concat()).refused();
    assert!(why.contains("64 digits"), "{why}");
    let restore = [
        "restore",
        "--data",
        &office.data,
        &copy,
        "--force",
        "--confirm",
    ];
    chibo(&[&restore[..], &by_file].concat()).done();

    // New keys, while the node serves: who asks it gives it the key, and the phone follows by itself.
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    let rotate = ["rotate-key", "--data", &office.data, "--json"];
    chibo(&rotate).refused();
    let first = chibo(&[&rotate[..], &by_file].concat()).done().json();
    let second = crate::program::chibo_with(&env, &rotate).done().json();
    assert!(
        first["epoch"].as_u64() < second["epoch"].as_u64(),
        "{first} {second}"
    );
    let other = Office::new();
    let wrong = [("CHIBO_ROOT_KEY", other.root_key.as_str())];
    let why = crate::program::chibo_with(&wrong, &rotate).refused();
    assert!(why.contains("another node's"), "{why}");
    assert!(serving.terminate().success());
    let serving = office.serve();
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    phone.run(&["sync", "--url", &serving.url]).done();
    assert_eq!(phone.run(&["status"]).done().json()["unsent"], 0);
    assert!(serving.terminate().success());
}

#[test]
fn a_ticket_and_a_spoken_code_are_read_from_stdin_as_well() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let folder = Place::new();
    let phone = folder.at("a");
    let enrol = [
        "phone",
        "--data",
        &phone,
        "enrol",
        "-",
        "--url",
        &serving.url,
    ];
    crate::program::chibo_reading("no ticket\n", &enrol).refused();
    crate::program::chibo_reading(&format!("{ticket}\n"), &enrol).done();
    let set = [
        "phone", "--data", &phone, "set-pin", "--code", "-", "--new", "135790",
    ];
    let why = crate::program::chibo_reading("12 34\n", &set).refused();
    let said = chibo(&[
        "phone", "--data", &phone, "set-pin", "--code", "12 34", "--new", "135790",
    ]);
    assert_eq!(why, said.refused());
}
