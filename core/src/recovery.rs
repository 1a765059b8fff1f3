//! Asking for a colleague's recovery code: a leader of the branch reads out what opens a phone whose PIN is forgotten.
//!
//! The office reads codes at its console ([`crate::node::Node::recovery_code`]). A deputy or secretary asks the node
//! with their own device, for a device within their place; the node notes who asked, before it answers. The code
//! opens nothing without the phone itself.
//!
//! Does not know: the network, who may ask ([`crate::access::reads_out`]).

use crate::codec::{CodecError, Reader, Writer};
use crate::id::{Hash, Hasher, LogId, PublicKey};
use crate::identity::{SecretKey, Signature};
use crate::lock::RecoveryCode;

/// What a device asks: the recovery code of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryRequest {
    /// Entry number of the grant that it uses.
    pub grant: u64,
    /// Entry number of the other device's grant.
    pub of: u64,
    signature: Signature,
}

impl RecoveryRequest {
    fn hash(log: LogId, grant: u64, of: u64) -> Hash {
        Hasher::new("chibo/recovery/1")
            .part(&log.0)
            .number(grant)
            .number(of)
            .hash()
    }

    /// The request of the device with this key.
    pub fn new(log: LogId, grant: u64, of: u64, key: &SecretKey) -> Self {
        RecoveryRequest {
            grant,
            of,
            signature: key.sign(&Self::hash(log, grant, of)),
        }
    }

    /// Whether the device with this key asked it of this log.
    pub fn is_signed(&self, log: LogId, key: &PublicKey) -> bool {
        key.has_signed(&Self::hash(log, self.grant, self.of), &self.signature)
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.u8(1).number(self.grant).number(self.of);
        w.fixed(&self.signature.0);
        w.finish()
    }

    /// Reads one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut r = Reader::new(bytes);
        if r.u8()? != 1 {
            return Err(CodecError::BadValue { what: "recovery" });
        }
        let request = RecoveryRequest {
            grant: r.number()?,
            of: r.number()?,
            signature: Signature::read(&mut r)?,
        };
        r.end()?;
        Ok(request)
    }
}

/// The node's answer: the code; `None` if the device never handed one over.
pub(crate) fn answer(code: Option<&RecoveryCode>) -> Vec<u8> {
    let mut w = Writer::new();
    w.u8(1).u8(u8::from(code.is_some()));
    if let Some(code) = code {
        code.write(&mut w);
    }
    w.finish()
}

/// Reads the node's answer.
pub fn read_answer(bytes: &[u8]) -> Result<Option<RecoveryCode>, CodecError> {
    let mut r = Reader::new(bytes);
    if r.u8()? != 1 {
        return Err(CodecError::BadValue { what: "recovery" });
    }
    let code = match r.yes_no("recovery")? {
        true => Some(RecoveryCode::read(&mut r)?),
        false => None,
    };
    r.end()?;
    Ok(code)
}
