//! What the node's door asks of a change beyond that it harms nobody who reads it: acts of cases, signatures under entries, and that
//! nobody says otherwise, or for another, what somebody else has said.

use super::{ApplyError, Refusal};
use super::{kind_of, person_of};
use crate::access;
use crate::case::{self, CaseError, Who};
use crate::decided;
use crate::document::{self, Containers, Values};
use crate::domain::{contest, decision};
use crate::door::Admitted;
use crate::elsewhere;
use crate::feed::authorise::AuthorisedSegment;
use crate::id::{DocId, FeedId};
use crate::identity::Grant;
use crate::kind::{Key, Kind};
use crate::place::Role;
use crate::records;
use crate::store::{StoreError, Tx};
use automerge::{Automerge, ChangeHash, ReadDoc};
use std::collections::BTreeSet;

/// Whether a change that was admitted to `base` is its author's to make.
///
/// # Errors
/// The reason by which it is refused.
pub(super) fn check(
    tx: &dyn Tx,
    kind: &'static Kind,
    (segment, doc): (&AuthorisedSegment, DocId),
    grant: &Grant,
    (base, admitted): (&Automerge, &Admitted),
) -> Result<(), ApplyError> {
    decided::let_in(kind, segment.place(), grant.person, base, admitted)?;
    let s = segment.verified().segment();
    // Before anything is worked out over all of it.
    let most = most_cells(kind, grant.role);
    if document::outgrows(&admitted.document, base, kind, most)
        || has_many_ends(tx, &admitted.document, (s.feed, grant))?
    {
        return Err(Refusal::TooManyEntries.into());
    }
    if !kind.append_only && !kind.is_signed() {
        return Ok(());
    }
    let who = Who {
        role: grant.role,
        person: grant.person,
        place: segment.place(),
    };
    let before = document::values(base, None);
    let after = document::values(&admitted.document, None);
    case::check(kind, &before, &after, &who).map_err(Refusal::Case)?;
    if !document::is_of_its_key(kind, (s.scope, doc), &after) {
        return Err(Refusal::Key.into());
    }
    may_contest(tx, segment, kind, (&before, &after))?;
    if !document::signer_is(kind, &before, &after, grant.person) {
        return Err(Refusal::OtherSigner.into());
    }
    let hash = ChangeHash(admitted.inspected.hash);
    let change = admitted.document.get_change_by_hash(&hash);
    let paths = change.map(|c| document::paths_of(&c, &Containers::of(base)));
    let paths = paths.unwrap_or_default();
    if completes_anothers(tx, kind, base, &before, &paths, &who)? {
        return Err(Refusal::OtherSigner.into());
    }
    // Two who begin the same document by its day, offline, have both said something; and who says the same
    // of a whole statement says nothing else. Under an id of chance nobody says the same by chance: they would be taken for its author.
    let may_be_same = kind.is_one_statement() && kind.key == Key::Natural;
    let said = document::values(&admitted.document, Some(&[hash]));
    for (path, was) in document::written_by_others(base, &before, &paths, s.feed) {
        let is_cell = path.matches('/').count() == 2;
        let is_same = may_be_same && before.get(path) == said.get(path);
        if !is_cell && (!kind.is_one_statement() || is_same) {
            continue;
        }
        let field = path.split('/').next().and_then(|name| kind.field(name));
        let is_kept = kind.append_only || field.is_some_and(|f| f.is_signed());
        if is_kept && person_of(tx, was)? != Some(grant.person) {
            return Err(Refusal::OtherSigner.into());
        }
    }
    Ok(())
}

/// How many cells somebody may leave in one container of a document. Two who stopped at the limit of an edit are merged; and who
/// decides finds room, whatever those have written who may not.
fn most_cells(kind: &Kind, role: Role) -> usize {
    document::most_cells(kind, role).saturating_mul(4) / 3
}

/// At how many ends of a document one device may stand. It builds on what it said before: it stands at more than one only where a restore,
/// or a refusal that was taken back, has parted its own work.
const ENDS: usize = 4;

/// Whether a device stands at so many ends of a document that others could not follow all of them ([`limits::CHANGE_DEPS`]).
fn has_many_ends(
    tx: &dyn Tx,
    document: &Automerge,
    (feed, grant): (FeedId, &Grant),
) -> Result<bool, StoreError> {
    let heads = document.get_heads();
    if heads.len() <= ENDS {
        return Ok(false);
    }
    let mut own = 0;
    for head in heads {
        let meta = document.get_change_meta_by_hash(&head);
        let of = meta.and_then(|meta| document::author_of(&meta.actor));
        let is_own = match of {
            Some(of) if of == feed => true,
            Some(of) => records::feed(tx, of)?.is_some_and(|row| row.key == grant.key),
            None => false,
        };
        own += usize::from(is_own);
    }
    Ok(own > ENDS)
}

/// Whether what is contested, or mended on a contest, is the person's to contest.
fn may_contest(
    tx: &dyn Tx,
    segment: &AuthorisedSegment,
    kind: &'static Kind,
    (before, after): (&Values, &Values),
) -> Result<(), ApplyError> {
    // What was contested before may have been mended since.
    let before_it = contest::records_of(kind, before);
    for record in contest::records_of(kind, after) {
        let Some((scope, of)) = kind_of(tx, record)? else {
            continue;
        };
        if !before_it.contains(&record) {
            let (tree, at) = (records::tree(tx)?, (record, scope));
            if !elsewhere::concerns(tx, &tree, segment.place(), at)? {
                return Err(Refusal::Case(CaseError::NotAllowed).into());
            }
        }
        contest::fits(kind, of, before, after).map_err(Refusal::Case)?;
    }
    Ok(())
}

/// Whether somebody who does not decide about such things adds to a decision that has its effect and is another's: a day from which it
/// counts, or until when, would take the effect away without a reason.
pub(crate) fn completes_anothers(
    tx: &dyn Tx,
    kind: &Kind,
    base: &Automerge,
    before: &Values,
    paths: &BTreeSet<String>,
    who: &Who,
) -> Result<bool, StoreError> {
    let is_decision = kind.formal && kind.field("issued_on").is_some();
    if !is_decision || !decision::is_complete(before) || access::decides(who.role, kind) {
        return Ok(false);
    }
    let adds = paths
        .iter()
        .any(|path| !path.contains('/') && !before.contains_key(path));
    let author: Option<FeedId> = document::writer_of(base, "form");
    let own = author.map_or(Ok(None), |feed| person_of(tx, feed))?;
    Ok(adds && own != Some(who.person))
}
