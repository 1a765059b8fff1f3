//! A line between a device and a node that counts every byte, and breaks when it is told to.
//!
//! It is a plain TCP relay on loopback. The demo's bad lines and the benchmarks' figures are made with
//! it: what it counts is what a real line would carry, headers included.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Bytes that went each way, and connections made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// From the device to the node.
    pub up: u64,
    /// From the node to the device.
    pub down: u64,
    /// Connections.
    pub connections: u64,
}

#[derive(Debug)]
struct Meter {
    up: AtomicU64,
    down: AtomicU64,
    connections: AtomicU64,
    /// Bytes that may still pass before the line breaks; `u64::MAX`: it holds.
    left: AtomicU64,
    broken: Notify,
}

/// A running line.
#[derive(Debug)]
pub struct Line {
    address: SocketAddr,
    meter: Arc<Meter>,
    task: JoinHandle<()>,
}

impl Line {
    /// A line to a node; devices connect to [`Line::url`].
    pub async fn to(node: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let meter = Arc::new(Meter {
            up: AtomicU64::new(0),
            down: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            left: AtomicU64::new(u64::MAX),
            broken: Notify::new(),
        });
        let shared = meter.clone();
        let task = tokio::spawn(async move {
            while let Ok((device, _)) = listener.accept().await {
                let meter = shared.clone();
                meter.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    let _ = relay(device, node, &meter).await;
                });
            }
        });
        Ok(Line {
            address,
            meter,
            task,
        })
    }

    /// The address that devices use.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same address, for TLS.
    pub fn secure_url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Lets the line break after so many bytes more, counted both ways; `None`: it holds.
    pub fn break_after(&self, bytes: Option<u64>) {
        self.meter
            .left
            .store(bytes.unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// What went over the line so far.
    pub fn traffic(&self) -> Traffic {
        Traffic {
            up: self.meter.up.load(Ordering::SeqCst),
            down: self.meter.down.load(Ordering::SeqCst),
            connections: self.meter.connections.load(Ordering::SeqCst),
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn relay(device: TcpStream, node: SocketAddr, meter: &Meter) -> io::Result<()> {
    let node = TcpStream::connect(node).await?;
    device.set_nodelay(true)?;
    node.set_nodelay(true)?;
    let (mut device_in, mut device_out) = device.into_split();
    let (mut node_in, mut node_out) = node.into_split();
    let up = pump(&mut device_in, &mut node_out, &meter.up, meter);
    let down = pump(&mut node_in, &mut device_out, &meter.down, meter);
    tokio::select! {
        result = async { tokio::try_join!(up, down) } => result.map(drop),
        () = meter.broken.notified() => Ok(()),
    }
}

async fn pump(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    count: &AtomicU64,
    meter: &Meter,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        let pass = take(&meter.left, read as u64) as usize;
        count.fetch_add(pass as u64, Ordering::SeqCst);
        to.write_all(&buffer[..pass]).await?;
        if pass < read {
            meter.broken.notify_waiters();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
    }
}

/// Takes up to `wanted` from what is left; all of it where the line holds.
fn take(left: &AtomicU64, wanted: u64) -> u64 {
    let mut granted = wanted;
    let _ = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
        if left == u64::MAX {
            granted = wanted;
            None
        } else {
            granted = wanted.min(left);
            Some(left - granted)
        }
    });
    granted
}
