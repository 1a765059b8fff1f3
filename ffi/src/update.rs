//! The app's own package (*bản cài đặt*) from the node: what it offers, and fetching it, going on where it stopped.
//!
//! A package that arrived whole lies where it was asked for, and was compared with the hash that the node told over its
//! pinned line. Whether it is the app's, by the signature that the installed one has, is for the phone's system to say.

use crate::callbacks::CallbackError;
use crate::chibo::{Chibo, Shared};
use crate::error::ChiboError;
use crate::sync::on_runtime;
use chibo_core::carriers::app::{AppOffer as Told, Piece};
use chibo_core::carriers::http::HttpNode;
use chibo_core::id::{hex, unhex};
use chibo_core::limits;
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A package that the node offers.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AppOffer {
    /// Bytes of the whole.
    pub size: u64,
    /// SHA-256 of the whole, in hexadecimal.
    pub sha256: String,
    /// Bytes of it that are here already, from a fetching that was broken off.
    pub here: u64,
}

/// Bytes of a package at most: a longer file is none of this app's.
#[uniffi::export]
pub fn app_limit() -> u64 {
    limits::APP_BYTES as u64
}

/// Hears how far the fetching of a package has come. If it fails, the fetching ends there, and goes on from there next
/// time.
#[uniffi::export(with_foreign)]
pub trait FetchProgress: Send + Sync {
    /// So many bytes of the whole are here.
    fn heard(&self, here: u64) -> Result<(), CallbackError>;
}

fn failed(e: &io::Error) -> ChiboError {
    match e.kind() {
        io::ErrorKind::StorageFull => ChiboError::DiskFull,
        _ => ChiboError::FileFailed,
    }
}

/// Where a package lies until it is whole: of each one, beside the place for it.
fn part_of(path: &Path, told: &Told) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.part", hex(&told.sha256[..8])));
    name.into()
}

/// Removes what was begun of other packages for the same place.
fn remove_others(path: &Path, part: &Path) {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return;
    };
    let begins = format!("{}.", name.to_string_lossy());
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let other = entry.file_name().to_string_lossy().into_owned();
        if other.starts_with(&begins) && other.ends_with(".part") && entry.path() != part {
            // It is only room that is lost.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// A package on its way.
struct Part {
    file: File,
    here: u64,
    hash: Sha256,
    progress: Option<Arc<dyn FetchProgress>>,
}

impl Part {
    /// Goes on with what is there of it.
    fn open(
        path: &Path,
        told: &Told,
        progress: Option<Arc<dyn FetchProgress>>,
    ) -> Result<Self, ChiboError> {
        let mut options = OpenOptions::new();
        let opened = options.read(true).append(true).create(true).open(path);
        let mut file = opened.map_err(|e| failed(&e))?;
        let (mut hash, mut here) = (Sha256::new(), 0);
        let mut piece = vec![0; limits::APP_PIECE_BYTES];
        loop {
            match file.read(&mut piece).map_err(|e| failed(&e))? {
                0 => break,
                n => {
                    hash.update(&piece[..n]);
                    here += n as u64;
                }
            }
            if here > told.size as u64 {
                // It cannot be this one: from the beginning.
                file.set_len(0).map_err(|e| failed(&e))?;
                (hash, here) = (Sha256::new(), 0);
                break;
            }
        }
        Ok(Part {
            file,
            here,
            hash,
            progress,
        })
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), ChiboError> {
        self.file.write_all(bytes).map_err(|e| failed(&e))?;
        self.hash.update(bytes);
        self.here += bytes.len() as u64;
        if let Some(progress) = &self.progress {
            progress.heard(self.here)?;
        }
        Ok(())
    }
}

async fn fetch(
    node: &HttpNode,
    told: &Told,
    path: &Path,
    progress: Option<Arc<dyn FetchProgress>>,
) -> Result<(), ChiboError> {
    let part_path = part_of(path, told);
    remove_others(path, &part_path);
    let mut part = Part::open(&part_path, told, progress)?;
    while part.here < told.size as u64 {
        let from = usize::try_from(part.here).map_err(|_| ChiboError::Broken)?;
        let mut take = |bytes: &[u8]| part.take(bytes);
        if node.app_piece(told, from, &mut take).await? == Piece::Changed {
            let _ = fs::remove_file(&part_path);
            return Err(ChiboError::AskAgain);
        }
    }
    if part.hash.finalize()[..] != told.sha256 {
        // Nothing of it is of use: next time from the beginning.
        let _ = fs::remove_file(&part_path);
        return Err(ChiboError::NodeFault);
    }
    let whole = part.file.sync_all();
    let whole = whole.and_then(|()| fs::rename(&part_path, path));
    whole.map_err(|e| failed(&e))
}

#[uniffi::export]
impl Chibo {
    /// Asks the node, at the kept address, which package of the app it offers; `null`: none. `path` is where the package is
    /// to lie: what is there of it already is told.
    pub async fn app_offer(&self, path: String) -> Result<Option<AppOffer>, ChiboError> {
        let shared = self.shared.clone();
        on_runtime(async move {
            let told = app_node(&shared)?.app_offer().await?;
            Ok(told.map(|told| {
                let part = part_of(Path::new(&path), &told);
                let here = fs::metadata(part).map_or(0, |m| m.len());
                AppOffer {
                    size: told.size as u64,
                    sha256: hex(&told.sha256),
                    here: here.min(told.size as u64),
                }
            }))
        })
        .await
    }

    /// Fetches the package that the node has offered, to this path, and goes on with what is there of it. The file is there
    /// when this returns, whole and with the offer's hash, and not before. Cancelled, or with a line that breaks, what came
    /// stays for next time. [`ChiboError::AskAgain`]: the node offers another one now. [`ChiboError::NodeFault`]: what
    /// came has another hash, and was thrown away.
    pub async fn fetch_app(
        &self,
        offer: AppOffer,
        path: String,
        progress: Option<Arc<dyn FetchProgress>>,
    ) -> Result<(), ChiboError> {
        let sha256 = unhex(&offer.sha256).and_then(|hash| hash.try_into().ok());
        let size = usize::try_from(offer.size).unwrap_or(usize::MAX);
        let told = match sha256 {
            Some(sha256) if (1..=limits::APP_BYTES).contains(&size) => Told { size, sha256 },
            _ => return Err(ChiboError::NodeFault),
        };
        let shared = self.shared.clone();
        on_runtime(async move {
            // The store is asked there as well: whoever calls from the main thread never waits for it.
            let node = app_node(&shared)?;
            let _one_at_a_time = shared.line.lock().await;
            fetch(&node, &told, Path::new(&path), progress).await
        })
        .await
    }
}

fn app_node(shared: &Shared) -> Result<HttpNode, ChiboError> {
    shared.hold(|h, _| {
        if h.is_practice()? {
            return Err(ChiboError::Practice);
        }
        Ok(h.home(None)?.0)
    })
}
