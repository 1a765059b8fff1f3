//! The app's package (*bản cài đặt*) from the node: what it offers, and a piece of it from any byte on.
//!
//! It is no secret and names nobody, so nothing is signed and whoever reaches the node may ask. What a piece belongs to
//! stands in every answer, so that a package which the office changed meanwhile is never mixed with the one before. That
//! the whole is what was offered is for its hash to say, and that it is the app's at all for the phone's system.

use super::http::{CarrierError, HttpNode, good, line};
use crate::id::unhex;
use crate::limits;
use crate::phone::SyncError;
use futures_util::StreamExt;
use reqwest::header::HeaderMap;

/// The route; the byte to begin at follows it.
pub const PATH: &str = "/v1/app/";
/// The header with the size of the whole package in bytes.
pub const SIZE: &str = "x-app-size";
/// The header with the SHA-256 of the whole package, in hexadecimal.
pub const SHA256: &str = "x-app-sha256";

/// The package that a node offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppOffer {
    /// Bytes of the whole; 1 to [`limits::APP_BYTES`].
    pub size: usize,
    /// SHA-256 of the whole.
    pub sha256: [u8; 32],
}

impl AppOffer {
    fn told(headers: &HeaderMap) -> Option<Self> {
        let text = |name| headers.get(name)?.to_str().ok();
        AppOffer::parse(text(SIZE)?, text(SHA256)?)
    }

    /// What the two headers say; `None`: no such package can be.
    pub fn parse(size: &str, sha256: &str) -> Option<Self> {
        let size: usize = size.parse().ok()?;
        let sha256 = unhex(sha256)?.try_into().ok()?;
        (1..=limits::APP_BYTES)
            .contains(&size)
            .then_some(AppOffer { size, sha256 })
    }
}

/// How far a piece has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// So many bytes of it came, and were taken.
    Came(usize),
    /// The node offers another package now, or none.
    Changed,
}

impl HttpNode {
    /// Asks what package the node offers; `None`: none, or the node knows of no such thing.
    pub async fn app_offer(&self) -> Result<Option<AppOffer>, CarrierError> {
        let asked = self.client.head(format!("{}{PATH}0", self.url));
        let response = asked.send().await.map_err(line)?;
        if response.status() == reqwest::StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let response = good(response).await?;
        let offer = AppOffer::told(response.headers());
        offer.map(Some).ok_or(SyncError::NotTheNode.into())
    }

    /// Fetches some of this package from a byte on, and gives it away as it comes: what was given when the line broke
    /// need not be asked for again. `take` ends the fetching with its error.
    pub async fn app_piece<E: From<CarrierError>>(
        &self,
        offer: &AppOffer,
        from: usize,
        take: &mut (dyn FnMut(&[u8]) -> Result<(), E> + Send),
    ) -> Result<Piece, E> {
        let asked = self.client.get(format!("{}{PATH}{from}", self.url));
        let response = asked.send().await.map_err(line)?;
        if response.status() == reqwest::StatusCode::NOT_FOUND {
            return Ok(Piece::Changed);
        }
        // Before its status is looked at: a byte past the end of another package is no refusal.
        match AppOffer::told(response.headers()) {
            Some(told) if told != *offer => return Ok(Piece::Changed),
            _ => {}
        }
        let response = good(response).await?;
        if AppOffer::told(response.headers()).is_none() {
            return Err(CarrierError::from(SyncError::NotTheNode).into());
        }
        let most = limits::APP_PIECE_BYTES.min(offer.size.saturating_sub(from));
        let mut stream = response.bytes_stream();
        let mut came = 0;
        while let Some(bytes) = stream.next().await {
            let bytes = bytes.map_err(line)?;
            came += bytes.len();
            if came > most {
                return Err(CarrierError::from(SyncError::NotTheNode).into());
            }
            take(&bytes)?;
        }
        match came {
            0 => Err(CarrierError::from(SyncError::NotTheNode).into()),
            _ => Ok(Piece::Came(came)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::hex;

    #[test]
    fn an_offer_that_cannot_be_is_none() {
        let told = |size: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(SIZE, size.parse().unwrap());
            headers.insert(SHA256, hex(&[7; 32]).parse().unwrap());
            AppOffer::told(&headers)
        };
        let most = limits::APP_BYTES;
        assert!(told("1").is_some() && told(&most.to_string()).is_some());
        for bad in [&(most + 1).to_string(), "0", "-1", "x", ""] {
            assert_eq!(told(bad), None, "{bad}");
        }
        assert_eq!(AppOffer::told(&HeaderMap::new()), None);
    }
}
