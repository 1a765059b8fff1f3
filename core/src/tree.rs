//! The tree of places, what a role sees of it, and the digest that proves two replicas equal.
//!
//! A [`View`] is what one grant entitles a device to hold: the subtree of its place, the placements that
//! branches in it host, and of the places above it the lanes that all who belong may read. The digest of a
//! view is a Merkle hash of the scopes' chains along the tree, so a node and a device that hold the same
//! entries compute the same.
//!
//! Does not know: storage (chains are looked up through a closure), who is enrolled.

use crate::access;
use crate::id::{Hash, Hasher, PlaceId, ScopeId};
use crate::limits;
use crate::place::{Edge, Host, Lane, PlaceKind, Role, scope_of};
use std::collections::{BTreeMap, BTreeSet};

/// One place as the tree knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its kind.
    pub kind: PlaceKind,
    /// Under which place it stands; `None` for the root.
    pub parent: Option<PlaceId>,
    /// Which branch hosts it, if it is a placement that has not ended.
    pub host: Option<Host>,
    /// The log entry that made it: the order in which new devices are filled.
    pub birth: u64,
}

/// Why a place cannot stand there. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// The parent is not in the tree.
    #[error("the place above is not known")]
    NoParent,
    /// A branch stands under a committee, a member under a branch, a placement under a member; one of somebody whom
    /// another node keeps stands under the committee itself.
    #[error("such a place cannot stand there")]
    WrongKind,
    /// A place cannot stand below itself.
    #[error("a place cannot stand below itself")]
    Cycle,
    /// Deeper than any organisation is.
    #[error("the tree would be deeper than {}", limits::TREE_DEPTH)]
    TooDeep,
    /// Another place has this id, or it is of another kind.
    #[error("another place has this id")]
    Taken,
    /// A placement has a branch as its host, any other place none.
    #[error("such a place cannot be hosted there")]
    WrongHost,
}

/// The tree of places that a store knows: all of them on a node, its view's on a device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    places: BTreeMap<PlaceId, Placed>,
    children: BTreeMap<PlaceId, BTreeSet<PlaceId>>,
    guests: BTreeMap<PlaceId, BTreeSet<PlaceId>>,
    scopes: BTreeMap<ScopeId, (PlaceId, Lane)>,
}

impl Tree {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a place of this kind may be put under that parent.
    pub fn check(
        &self,
        place: PlaceId,
        kind: PlaceKind,
        parent: Option<PlaceId>,
    ) -> Result<(), TreeError> {
        if self.places.get(&place).is_some_and(|p| p.kind != kind) {
            return Err(TreeError::Taken);
        }
        let Some(parent) = parent else {
            return match kind {
                PlaceKind::Committee => Ok(()),
                _ => Err(TreeError::WrongKind),
            };
        };
        let above = self.places.get(&parent).ok_or(TreeError::NoParent)?;
        match (above.kind, kind) {
            (
                PlaceKind::Committee,
                PlaceKind::Committee | PlaceKind::Branch | PlaceKind::Placement,
            )
            | (PlaceKind::Branch, PlaceKind::Member)
            | (PlaceKind::Member, PlaceKind::Placement) => {}
            _ => return Err(TreeError::WrongKind),
        }
        let line = self.line(parent);
        if line.contains(&place) {
            return Err(TreeError::Cycle);
        }
        if line.len() + 1 > limits::TREE_DEPTH {
            return Err(TreeError::TooDeep);
        }
        Ok(())
    }

    /// Whether a place of this kind may have that host.
    pub fn check_host(&self, kind: PlaceKind, host: Option<Host>) -> Result<(), TreeError> {
        let Some(host) = host else { return Ok(()) };
        let branch = self.places.get(&host.branch).ok_or(TreeError::NoParent)?;
        match (kind, branch.kind) {
            (PlaceKind::Placement, PlaceKind::Branch) => Ok(()),
            _ => Err(TreeError::WrongHost),
        }
    }

    /// Puts a new place into the tree, or one that is there under another parent; its birth, once
    /// known, stays.
    /// The caller has asked [`Tree::check`], or repeats what a log already accepted.
    pub fn put(&mut self, place: PlaceId, placed: Placed) {
        let birth = match self.places.get(&place) {
            Some(old) => {
                let old = *old;
                self.unlink(place, &old);
                if old.birth > 0 {
                    old.birth
                } else {
                    placed.birth
                }
            }
            None => placed.birth,
        };
        self.places.insert(place, Placed { birth, ..placed });
        if let Some(p) = placed.parent {
            self.children.entry(p).or_default().insert(place);
        }
        if let Some(host) = placed.host {
            self.guests.entry(host.branch).or_default().insert(place);
        }
        for lane in placed.kind.lanes() {
            self.scopes.insert(scope_of(place, *lane), (place, *lane));
        }
    }

    /// Takes a place out (a device that no longer holds it); those below it stay unreachable.
    pub fn remove(&mut self, place: PlaceId) {
        if let Some(old) = self.places.remove(&place) {
            self.unlink(place, &old);
            for lane in old.kind.lanes() {
                self.scopes.remove(&scope_of(place, *lane));
            }
        }
    }

    fn unlink(&mut self, place: PlaceId, old: &Placed) {
        if let Some(set) = old.parent.and_then(|p| self.children.get_mut(&p)) {
            set.remove(&place);
        }
        if let Some(set) = old.host.and_then(|h| self.guests.get_mut(&h.branch)) {
            set.remove(&place);
        }
    }

    /// The place of that id.
    pub fn get(&self, place: PlaceId) -> Option<&Placed> {
        self.places.get(&place)
    }

    /// The place and lane that a scope is.
    pub fn of_scope(&self, scope: ScopeId) -> Option<(PlaceId, Lane)> {
        self.scopes.get(&scope).copied()
    }

    /// How many places there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// All places, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (PlaceId, &Placed)> {
        self.places.iter().map(|(id, p)| (*id, p))
    }

    /// The places right below, in the order of their ids.
    pub fn below(&self, place: PlaceId) -> impl Iterator<Item = PlaceId> + '_ {
        self.children.get(&place).into_iter().flatten().copied()
    }

    /// The placements that this branch hosts, in the order of their ids.
    pub fn hosted_by(&self, branch: PlaceId) -> impl Iterator<Item = PlaceId> + '_ {
        self.guests.get(&branch).into_iter().flatten().copied()
    }

    /// The member whose stay this placement is, if this tree has them: not that of a guest's home, be it another branch
    /// or another node.
    pub fn member_of(&self, placement: PlaceId) -> Option<PlaceId> {
        let parent = self.places.get(&placement)?.parent?;
        let is_member = self.places.get(&parent)?.kind == PlaceKind::Member;
        is_member.then_some(parent)
    }

    /// The place and all above it, itself first. Ends even if the tree were damaged.
    pub fn line(&self, place: PlaceId) -> Vec<PlaceId> {
        let mut line = vec![place];
        while let Some(parent) = line
            .last()
            .and_then(|p| self.places.get(p))
            .and_then(|p| p.parent)
        {
            if line.len() > limits::TREE_DEPTH {
                break;
            }
            line.push(parent);
        }
        line
    }

    /// Whether `place` is `root` or below it.
    pub fn is_within(&self, place: PlaceId, root: PlaceId) -> bool {
        self.places.contains_key(&place) && self.line(place).contains(&root)
    }

    /// As [`Tree::is_within`], where only a part of the tree may be known: `None` if the line upwards from `place` breaks
    /// off before it says so.
    pub fn lies_within(&self, place: PlaceId, root: PlaceId) -> Option<bool> {
        let line = self.line(place);
        if self.places.contains_key(&place) && line.contains(&root) {
            return Some(true);
        }
        let top = line.last().and_then(|last| self.places.get(last));
        top.filter(|p| p.parent.is_none()).map(|_| false)
    }

    /// Whether a branch within `root` hosts `place`. It lets read and write what lies in the place, and
    /// is no line along which rights are granted.
    pub fn is_hosted(&self, place: PlaceId, root: PlaceId) -> bool {
        let host = self.places.get(&place).and_then(|p| p.host);
        host.is_some_and(|h| self.line(h.branch).contains(&root))
    }

    /// Whether writers with a right on `root` reach `place` by this edge.
    pub fn reaches(&self, root: PlaceId, place: PlaceId, edge: Edge) -> bool {
        match edge {
            Edge::Parent => self.is_within(place, root),
            Edge::Host => self.is_hosted(place, root),
            Edge::Any => self.is_within(place, root) || self.is_hosted(place, root),
        }
    }

    /// `root`, all below it, and what any of those host.
    pub fn reach(&self, root: PlaceId) -> Vec<PlaceId> {
        let mut reach = self.subtree(root);
        let hosted: Vec<PlaceId> = reach.iter().flat_map(|p| self.hosted_by(*p)).collect();
        reach.extend(hosted);
        reach
    }

    /// `root` and all below it.
    pub fn subtree(&self, root: PlaceId) -> Vec<PlaceId> {
        let mut out = Vec::new();
        let mut todo = vec![root];
        while let Some(place) = todo.pop() {
            if self.places.contains_key(&place) {
                out.push(place);
                todo.extend(self.below(place));
            }
        }
        out
    }
}

/// What a role on a place entitles a device to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct View {
    /// The role.
    pub role: Role,
    /// The place on which it is granted.
    pub root: PlaceId,
}

impl View {
    /// The lanes of a place that belong to the view; empty if the place does not.
    pub fn lanes(&self, tree: &Tree, place: PlaceId) -> &'static [Lane] {
        let Some(placed) = tree.get(place) else {
            return &[];
        };
        if tree.reaches(self.root, place, Edge::Any) {
            access::reads_within(self.role, placed.kind)
        } else if tree.line(self.root).contains(&place) {
            access::reads_above(self.role, placed.kind)
        } else {
            &[]
        }
    }

    /// Every place of the view with its lanes, in the order of the places' births.
    pub fn places(&self, tree: &Tree) -> Vec<(PlaceId, &'static [Lane])> {
        let mut list: Vec<(u64, PlaceId, &'static [Lane])> = Vec::new();
        for place in tree.line(self.root).into_iter().skip(1) {
            if let Some(p) = tree.get(place) {
                list.push((p.birth, place, access::reads_above(self.role, p.kind)));
            }
        }
        for place in tree.reach(self.root) {
            // What a device has opened and no log knows yet is not part of what is held in common.
            if let Some(p) = tree.get(place).filter(|p| p.birth > 0) {
                list.push((p.birth, place, access::reads_within(self.role, p.kind)));
            }
        }
        list.sort_unstable_by_key(|(birth, place, _)| (*birth, *place));
        // What a branch hosts may lie within the view as well.
        list.dedup_by_key(|(_, place, _)| *place);
        list.into_iter().map(|(_, p, l)| (p, l)).collect()
    }

    /// Every scope of the view.
    pub fn scopes(&self, tree: &Tree) -> BTreeSet<ScopeId> {
        self.places(tree)
            .into_iter()
            .flat_map(|(p, lanes)| lanes.iter().map(move |l| scope_of(p, *l)))
            .collect()
    }

    /// The Merkle digest of the view's chains (format). `chain` gives a scope's chain, zero if it
    /// has no entry.
    pub fn digest<E>(
        &self,
        tree: &Tree,
        chain: &mut dyn FnMut(ScopeId) -> Result<Hash, E>,
    ) -> Result<Hash, E> {
        let mut hasher = Hasher::new("chibo/view/1");
        for place in tree.line(self.root).into_iter().skip(1) {
            if let Some(p) = tree.get(place) {
                let lanes = access::reads_above(self.role, p.kind);
                hasher = hasher.part(&lanes_hash(place, lanes, chain)?.0);
            }
        }
        let below = self.place_digest(tree, self.root, chain, 0)?;
        Ok(hasher.part(&below.0).hash())
    }

    /// The Merkle digest of one place of the view, all below it and what they host.
    pub fn digest_below<E>(
        &self,
        tree: &Tree,
        place: PlaceId,
        chain: &mut dyn FnMut(ScopeId) -> Result<Hash, E>,
    ) -> Result<Hash, E> {
        self.place_digest(tree, place, chain, 0)
    }

    fn place_digest<E>(
        &self,
        tree: &Tree,
        place: PlaceId,
        chain: &mut dyn FnMut(ScopeId) -> Result<Hash, E>,
        depth: usize,
    ) -> Result<Hash, E> {
        let lanes = match tree.get(place) {
            Some(p) => access::reads_within(self.role, p.kind),
            None => &[],
        };
        let own = lanes_hash(place, lanes, chain)?;
        let mut hasher = Hasher::new("chibo/place/1").part(&own.0);
        if depth <= limits::TREE_DEPTH {
            for child in tree.below(place).chain(tree.hosted_by(place)) {
                if tree.get(child).is_some_and(|p| p.birth == 0) {
                    continue;
                }
                let digest = self.place_digest(tree, child, chain, depth + 1)?;
                hasher = hasher.part(&digest.0);
            }
        }
        Ok(hasher.hash())
    }
}

fn lanes_hash<E>(
    place: PlaceId,
    lanes: &[Lane],
    chain: &mut dyn FnMut(ScopeId) -> Result<Hash, E>,
) -> Result<Hash, E> {
    let mut hasher = Hasher::new("chibo/lanes/1").part(&place.0);
    for lane in lanes {
        hasher = hasher
            .number(*lane as u64)
            .part(&chain(scope_of(place, *lane))?.0);
    }
    Ok(hasher.hash())
}
