//! Why the demo could not run. That its check of itself fails is no error: that is told ([`super::check`]).

use crate::tls;
use chibo_core::carriers::http::CarrierError;
use chibo_core::store::StoreError;

/// What could not be done.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The machine's files, network or threads.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A store.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The node's certificate.
    #[error("{0}")]
    Tls(#[from] tls::TlsError),
    /// The roster did not go in.
    #[error("{0}")]
    Edit(#[from] chibo_core::author::EditError),
    /// A device did not get through on a line that holds.
    #[error("{0}")]
    Carrier(#[from] CarrierError),
    /// A day of the year is none.
    #[error("{0}")]
    Date(#[from] chibo_core::date::DateError),
    /// The node's thread ended.
    #[error("the node stopped")]
    NodeStopped,
    /// A member did not go where they were to.
    #[error("{0}")]
    Place(#[from] chibo_core::node::PlaceError),
    /// A ticket was not given.
    #[error("{0}")]
    Ticket(#[from] chibo_core::node::EnrolError),
    /// An election was not recorded.
    #[error("{0}")]
    Election(#[from] chibo_core::node::ElectionError),
    /// The reform's plan cannot be read.
    #[error("{0}")]
    Plan(#[from] chibo_core::reform::PlanError),
    /// The reform was not done.
    #[error("{0}")]
    Reform(#[from] chibo_core::node::ReformError),
    /// Something was not forgotten.
    #[error("{0}")]
    Erase(#[from] chibo_core::node::EraseError),
    /// A list could not be worked out.
    #[error("{0}")]
    List(#[from] chibo_device::lists::ListError),
    /// Somebody's card was not taken.
    #[error("{0}")]
    Stranger(chibo_core::identity::BadGrant),
    /// Nobody gave what was to be taken over.
    #[error("nobody has given the branch")]
    NotGiven,
    /// A device was not emptied.
    #[error("{0}")]
    LayDown(#[from] chibo_core::phone::LayDownError),
}
