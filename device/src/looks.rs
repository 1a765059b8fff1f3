//! That somebody looks at a record or a list (*nhật ký xem hồ sơ*, `adr/0029`) is noted before it is shown, by whatever
//! shows it: screens, sheets, commands. What cannot be noted is not shown.
//!
//! Does not know: what is shown.

use crate::workplace::Workplace;
use chibo_core::author::EditError;
use chibo_core::domain::look::Look;
use chibo_core::id::PlaceId;
use chibo_core::time::Timestamp;
use rand_core::RngCore;

/// Notes a look at a place's record, or at the list of a unit; `None`: of all that is here. Returns whether there is
/// a line for it: of some roles and looks there is none. Where nothing can be written any more (the place was handed
/// over, or forgotten), it is noted at the unit above.
pub fn note(
    here: &mut dyn Workplace,
    at: Option<PlaceId>,
    look: Look,
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<bool, EditError> {
    let Some(author) = here.author() else {
        return Ok(false); // It holds nobody's record yet.
    };
    let (role, own) = (author.role, author.place);
    if !look.is_noted(role) {
        return Ok(false);
    }
    let mut why = None;
    for place in here.tree().line(at.unwrap_or(own)) {
        match here.note_look(place, look, now, rng) {
            Err(EditError::Store(e)) => return Err(e.into()),
            Err(e) => why = Some(e),
            Ok(noted) => return Ok(noted),
        }
    }
    why.map_or(Ok(false), Err)
}
