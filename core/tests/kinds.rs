//! What the descriptions of the document kinds must hold, whatever is added to them.
use chibo_core::kind::{Code, FieldType, KINDS, Kind, by_name, by_number};
use std::collections::BTreeSet;

fn fields(kind: &'static Kind) -> impl Iterator<Item = (String, FieldType)> {
    kind.fields.iter().flat_map(|f| {
        let inner: &[_] = match f.kind {
            FieldType::Entries(inner) => inner,
            _ => &[],
        };
        std::iter::once((f.name.to_owned(), f.kind)).chain(
            inner
                .iter()
                .map(|g| (format!("{}/{}", f.name, g.name), g.kind)),
        )
    })
}

fn code_lists() -> impl Iterator<Item = (String, &'static [Code])> {
    KINDS.iter().flat_map(|kind| {
        fields(kind).filter_map(|(path, t)| match t {
            FieldType::Code(codes) | FieldType::Marks(codes) => {
                Some((format!("{}.{path}", kind.name), codes))
            }
            _ => None,
        })
    })
}

#[test]
fn every_kind_is_found_by_its_number_and_by_its_name() {
    for kind in KINDS {
        assert_eq!(by_number(kind.number).map(|k| k.name), Some(kind.name));
        assert_eq!(by_name(kind.name).map(|k| k.number), Some(kind.number));
    }
    assert_eq!(by_number(u16::MAX), None);
}

#[test]
fn every_kind_has_a_writer_a_place_with_its_lane_and_its_title_field() {
    for kind in KINDS {
        assert!(!kind.writers.is_empty(), "{} has no writer", kind.name);
        assert!(
            kind.field(kind.title).is_some(),
            "{} has no title",
            kind.name
        );
        assert!(!kind.place.is_empty(), "{} has no place", kind.name);
        for place in kind.place {
            assert!(
                place.lanes().contains(&kind.lane),
                "{}: {place:?}",
                kind.name
            );
        }
    }
}

#[test]
fn field_names_are_unique_and_fit_into_a_path() {
    for kind in KINDS {
        let mut seen = BTreeSet::new();
        for (path, _) in fields(kind) {
            for name in path.split('/') {
                assert!(
                    name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
                    "{}.{path}",
                    kind.name
                );
            }
            assert!(seen.insert(path.clone()), "{}.{path} twice", kind.name);
        }
    }
}

#[test]
fn entries_hold_scalars_only() {
    for kind in KINDS {
        for (path, t) in fields(kind).filter(|(path, _)| path.contains('/')) {
            assert!(
                !matches!(
                    t,
                    FieldType::Marks(_) | FieldType::Entries(_) | FieldType::Prose
                ),
                "{}.{path}",
                kind.name
            );
        }
    }
}

#[test]
fn codes_of_a_list_are_unique_and_every_value_has_both_languages() {
    for (list, codes) in code_lists() {
        let unique: BTreeSet<_> = codes.iter().map(|c| c.code).collect();
        assert_eq!(unique.len(), codes.len(), "{list}");
        for code in codes {
            assert!(
                !code.label.vi.is_empty() && !code.label.en.is_empty(),
                "{list} {}",
                code.code
            );
        }
    }
}

#[test]
fn the_state_list_of_ethnic_groups_is_complete() {
    let (_, codes) = code_lists()
        .find(|(l, _)| l == "member_sensitive.ethnicity")
        .unwrap();
    assert_eq!(codes.iter().filter(|c| c.code != "other").count(), 54);
}
