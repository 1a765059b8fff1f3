//! What happened in the year, as those who did it know it: how often each line of it, and who came to which branch and left
//! which. The check at the end holds the node's figures against it ([`super::check`]).
//!
//! The core identity of the field's reports: whoever was there, and came, less those who left, are those who are there.

use super::agenda::{Event, YEAR};
use std::collections::BTreeMap;

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Happened {
    pub event: Event,
    /// The branch where somebody is counted no more, by its place in the list.
    pub left: Option<usize>,
    /// The branch where somebody is counted from now on.
    pub came: Option<usize>,
}

impl Happened {
    /// Something that changes no figure.
    pub(super) fn only(event: Event) -> Self {
        Happened {
            event,
            left: None,
            came: None,
        }
    }

    pub(super) fn left(event: Event, branch: usize) -> Self {
        Happened {
            left: Some(branch),
            ..Self::only(event)
        }
    }

    pub(super) fn came(event: Event, branch: usize) -> Self {
        Happened {
            came: Some(branch),
            ..Self::only(event)
        }
    }
}

/// All that happened.
#[derive(Debug, Default)]
pub(super) struct Ledger(Vec<Happened>);

/// Who came and who left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Flow {
    /// Came.
    pub came: usize,
    /// Left.
    pub left: usize,
}

impl Flow {
    /// Who is there afterwards; `None`: fewer than nobody.
    pub(super) fn after(self, before: usize) -> Option<usize> {
        (before + self.came).checked_sub(self.left)
    }
}

impl Ledger {
    pub(super) fn note(&mut self, happened: impl IntoIterator<Item = Happened>) {
        self.0.extend(happened);
    }

    /// How often each line of the year happened, by its name in JSON.
    pub(super) fn counts(&self) -> BTreeMap<&'static str, usize> {
        let times = |event| self.0.iter().filter(|h| h.event == event).count();
        YEAR.iter()
            .map(|line| (line.code, times(line.event)))
            .collect()
    }

    /// Who came to a branch and left it, from wherever and to wherever.
    pub(super) fn of_branch(&self, branch: usize) -> Flow {
        let is = |of: Option<usize>| of == Some(branch);
        Flow {
            came: self.0.iter().filter(|h| is(h.came)).count(),
            left: self.0.iter().filter(|h| is(h.left)).count(),
        }
    }

    /// Who came to this node's branches and left them: whoever went from one to another did neither.
    pub(super) fn of_all(&self) -> Flow {
        let count = |fits: fn(&&Happened) -> bool| self.0.iter().filter(fits).count();
        Flow {
            came: count(|h| h.came.is_some() && h.left.is_none()),
            left: count(|h| h.left.is_some() && h.came.is_none()),
        }
    }

    /// By what people came and by what they left; what happened inside is in neither.
    pub(super) fn by_event(
        &self,
    ) -> (BTreeMap<&'static str, usize>, BTreeMap<&'static str, usize>) {
        let (mut came, mut left) = (BTreeMap::new(), BTreeMap::new());
        for happened in &self.0 {
            let to = match (happened.came, happened.left) {
                (Some(_), None) => &mut came,
                (None, Some(_)) => &mut left,
                _ => continue,
            };
            let code = happened.event.line().map_or("", |line| line.code);
            *to.entry(code).or_default() += 1;
        }
        (came, left)
    }
}
