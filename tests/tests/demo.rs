//! The demo's year: everything that it tells of happens, and afterwards the figures add up, in every branch, in every commune
//! and in all, on the node and on every phone. What was done is known by those who did it, and held against what lists say.

use chibo_server::demo::{Figures, lived};
use chibo_server::district::Size;
use chibo_server::words::Lang;

/// What a year of a district must have in it. Written by hand, and not what the program says.
const YEAR: [&str; 39] = [
    "meeting",
    "check_in",
    "correction",
    "two_versions",
    "address",
    "transfer",
    "received",
    "dossier_given",
    "stay",
    "guest_marked",
    "exemption",
    "exemption_given",
    "death",
    "rule",
    "applicant",
    "old_record",
    "mistyped",
    "supplement",
    "transfer_out",
    "struck_off",
    "dossier",
    "transfer_in",
    "admission",
    "renamed",
    "restored",
    "lost_card",
    "contest",
    "answered",
    "forgotten",
    "elected",
    "discipline",
    "handed_over",
    "reform",
    "late",
    "reinstated",
    "term_over",
    "guest_remark",
    "residence_remark",
    "asked_why_late",
];

const CHECKS: [&str; 14] = [
    "branches_balance",
    "communes_balance",
    "whole_balances",
    "counted_once",
    "reform_adds_up",
    "everything_happened",
    "verify",
    "nothing_refused",
    "devices_synced",
    "digests_equal",
    "phones_count_alike",
    "rule_known",
    "devices_whole",
    "laid_down",
];

fn kinds(of: &std::collections::BTreeMap<&'static str, usize>) -> Vec<&'static str> {
    of.keys().copied().collect()
}

fn failed(figures: &Figures) -> Vec<&'static str> {
    let failed = figures.checks.iter().filter(|check| !check.holds);
    failed.map(|check| check.code).collect()
}

#[test]
fn a_district_lives_through_a_year_with_the_reform_and_its_figures_add_up() {
    let year = lived(Size::SmallDistrict, 1, &[]).unwrap();
    assert_eq!(year.failed(Lang::En), [""; 0]);
    let looked_at: Vec<&str> = year.checks.iter().map(|check| check.code).collect();
    assert_eq!(looked_at, CHECKS);
    for what in YEAR {
        assert!(year.happened[what] > 0, "{what}: {:?}", year.happened);
    }
    // The identity of the field's reports, by what people came and left.
    assert_eq!(
        kinds(&year.came),
        ["admission", "reinstated", "transfer_in"]
    );
    assert_eq!(kinds(&year.left), ["death", "struck_off", "transfer_out"]);
    let came: usize = year.came.values().sum();
    let left: usize = year.left.values().sum();
    assert_eq!((year.flow.came, year.flow.left), (came, left));
    assert_eq!(year.members + came - left, year.members_at_end);
    assert_eq!((year.communes, year.branches), (4, 19));
    assert!(year.laid_down > 0 && year.laid_down == year.happened["handed_over"]);
}

#[test]
fn what_nobody_tells_the_ledger_is_found_in_the_figures() {
    let mut year = lived(Size::Branch, 2, &["death", "renamed"]).unwrap();
    let of_figures = [
        "branches_balance",
        "communes_balance",
        "whole_balances",
        "everything_happened",
    ];
    assert_eq!(failed(&year), of_figures);
    let said = year.failed(Lang::En);
    assert!(said[3].contains("death, renamed"), "{said:?}");
    // Whoever started it is told by the exit code, and people by a sentence for each.
    for (lang, head) in [(Lang::En, "DOES NOT HOLD"), (Lang::Vi, "KHÔNG ĐÚNG")] {
        let outcome = year.outcome(lang);
        assert_eq!(
            (outcome.code, outcome.complaints.len()),
            (1, of_figures.len())
        );
        let said = year.failed(lang);
        for (line, sentence) in outcome.complaints.iter().zip(said) {
            assert_eq!(*line, format!("chibo demo: {head}: {sentence}"));
        }
    }
    for check in &mut year.checks {
        check.holds = true;
    }
    let outcome = year.outcome(Lang::En);
    assert_eq!((outcome.code, outcome.complaints), (0, Vec::new()));
    // One is enough.
    year.checks.last_mut().unwrap().holds = false;
    assert_eq!(year.outcome(Lang::En).code, 1);
}
