//! The store that a command is about: a node's or a phone's, whichever lies in the folder.

use super::{Fail, Folder, Voice};
use crate::handset::Handset;
use crate::intake::OfficeNode;
use crate::kept_lists;
use crate::sealed;
use chibo_core::node::Node;
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_core::tree::Tree;

/// What a command works on.
pub(crate) enum Kept<'a> {
    /// A node that was opened for this command.
    Node(Box<OfficeNode>),
    /// The node that serves, for a command that came through its door.
    Serving(&'a mut OfficeNode),
    /// A phone.
    Phone(Box<Handset>),
}

impl Kept<'_> {
    /// Opens what lies in the folder.
    pub fn open(data: &Folder, voice: Voice) -> Result<Self, Fail> {
        let store = data.store();
        if store == data.phone_store() {
            let key = data.key(&store, voice)?;
            let mut handset = Handset::open(&data.path, &key)?;
            handset.tend_recovery(&key)?;
            return Ok(Kept::Phone(Box::new(handset)));
        }
        Ok(Kept::Node(Box::new(open_node(data, voice)?)))
    }

    /// The node, for what only a node does.
    pub fn office(&mut self, voice: Voice) -> Result<&mut OfficeNode, Fail> {
        match self {
            Kept::Node(n) => Ok(n),
            Kept::Serving(n) => Ok(n),
            Kept::Phone(_) => Err(Fail::Words(
                voice
                    .say(
                        "đây là thư mục của một điện thoại, không phải máy của xã",
                        "this is a phone's folder and no node's",
                    )
                    .into(),
            )),
        }
    }

    pub fn store(&self) -> &SqliteStore {
        match self {
            Kept::Node(n) => n.store(),
            Kept::Serving(n) => n.store(),
            Kept::Phone(h) => h.phone.store(),
        }
    }

    pub fn tree(&self) -> &Tree {
        match self {
            Kept::Node(n) => n.tree(),
            Kept::Serving(n) => n.tree(),
            Kept::Phone(h) => h.phone.tree(),
        }
    }

    pub fn store_mut(&mut self) -> &mut SqliteStore {
        match self {
            Kept::Node(n) => n.store_mut(),
            Kept::Serving(n) => n.store_mut(),
            Kept::Phone(h) => h.phone.store_mut(),
        }
    }
}

pub(crate) fn open_node(data: &Folder, voice: Voice) -> Result<OfficeNode, Fail> {
    let store = data.node_store();
    let key = data.key(&store, voice)?;
    let mut node = Node::open(SqliteStore::open(&store, &key, Durability::Full)?)?;
    sealed::tell_checked(&mut node)?;
    // What ended by itself since it was opened last; what cannot be written now is with the next command.
    let _ = kept_lists::keep(&node);
    Ok(node)
}
