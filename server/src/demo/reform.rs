//! The reform of 1 July 2025: fourteen communes become four, the district ends, the province becomes another. The office
//! does it on that day, on the whole tree at once; phones that are off hear of it when they come back.

use super::agenda::Event;
use super::check::Finding;
use super::error::DemoError;
use super::ledger::Happened;
use super::world::World;
use super::year::Today;
use chibo_core::reform::{Count, Fate, Plan};
use chibo_device::roll;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

/// Does it, and holds what it says against the roll of that day, before and after.
pub(super) fn carry_out(world: &World, today: Today) -> Result<(), DemoError> {
    let Some(text) = &world.reform else {
        return Ok(());
    };
    let plan = Plan::parse(text)?;
    let now = world.now();
    let day = today.day;
    let (told, found) = world.office(move |node| {
        let mut rng = ChaCha8Rng::seed_from_u64(now.0);
        let before = roll::figures(node.store(), node.tree(), (None, None), day)?.members;
        let outlook = node.apply_reform(&plan, now, &mut rng)?;
        let after = roll::figures(node.store(), node.tree(), (None, None), day)?.members;
        let count = |c: Count| c.members;
        let mut told = vec![count(outlook.before), count(outlook.after)];
        let mut found = vec![before, after];
        for made in outlook.figures.iter().filter(|f| f.fate == Fate::Made) {
            told.push(count(made.after));
            found.push(
                roll::figures(node.store(), node.tree(), (Some(made.place), None), day)?.members,
            );
        }
        Ok::<_, DemoError>((told, found))
    })??;
    let four = told.get(2..).unwrap_or_default();
    let adds_up = told == found && told[0] == told[1] && four.iter().sum::<usize>() == told[1];
    world.find(Finding {
        code: "reform_adds_up",
        holds: adds_up,
        vi: "Số liệu trước và sau sắp xếp khớp nhau, khớp danh sách",
        en: "The figures before and after the reform agree, and agree with the roll",
        told: format!("{told:?}, {found:?}"),
    });
    world.note([Happened::only(Event::Reform)]);
    Ok(())
}
