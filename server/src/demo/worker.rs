//! A thread of the demo: it has a line of its own, and takes one device after the other into its hand.

use super::device::{DeviceId, Stage};
use super::error::DemoError;
use super::world::{World, throwaway_key};
use crate::handset::Handset;
use crate::line::Line;
use chibo_core::carriers::http::{CarrierError, HttpNode};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// One thread's hands: a line of its own, and the devices one after another.
pub(super) struct Worker<'a> {
    pub world: &'a World,
    runtime: tokio::runtime::Runtime,
    line: Line,
    node: HttpNode,
}

impl<'a> Worker<'a> {
    pub(super) fn start(world: &'a World) -> Result<Self, DemoError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let line = runtime.block_on(Line::to(world.address))?;
        let node = HttpNode::new(&line.secure_url(), &world.options)?;
        Ok(Worker {
            world,
            runtime,
            line,
            node,
        })
    }

    pub(super) fn finish(&self) {
        let t = self.line.traffic();
        let counters = &self.world.counters;
        counters.bytes_up.fetch_add(t.up, Ordering::SeqCst);
        counters.bytes_down.fetch_add(t.down, Ordering::SeqCst);
    }

    pub(super) fn open(&self, i: DeviceId) -> Result<Handset, DemoError> {
        self.world.open(i)
    }

    /// A new device, with its owner's ticket; it is in use afterwards.
    pub(super) fn enrol(&self, i: DeviceId) -> Result<(), DemoError> {
        let device = &self.world.devices[i];
        let ticket = device
            .ticket
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let ticket = ticket.ok_or(DemoError::NotGiven)?;
        let mut rng = ChaCha8Rng::seed_from_u64(device.seed);
        let mut handset = Handset::create(&device.folder, &throwaway_key(), &mut rng)?;
        self.runtime
            .block_on(self.node.enrol(&ticket, &mut handset.phone))?;
        self.sync(&mut handset, None, &mut rng)?;
        device.set_stage(Stage::InUse);
        Ok(())
    }

    /// Syncs; if the line is to break, after so many bytes. Returns whether the device says "synced".
    pub(super) fn sync(
        &self,
        handset: &mut Handset,
        break_after: Option<u64>,
        rng: &mut dyn RngCore,
    ) -> Result<bool, DemoError> {
        self.line.break_after(break_after);
        let world = self.world;
        let mut trips = 0;
        let result =
            self.runtime
                .block_on(handset.sync(&self.node, &|| world.now(), rng, &mut |p| {
                    trips = p.round_trips
                }));
        self.line.break_after(None);
        world
            .counters
            .round_trips
            .fetch_add(trips.max(1) as u64, Ordering::SeqCst);
        match result {
            Ok(outcome) => Ok(outcome.synced),
            Err(CarrierError::Line(_)) if break_after.is_some() => {
                world.counters.lines_broken.fetch_add(1, Ordering::SeqCst);
                Ok(false)
            }
            Err(e) => Err(e.into()),
        }
    }

    /// The last sync of the year.
    pub(super) fn last_sync(&self, handset: &mut Handset, i: DeviceId) -> Result<bool, DemoError> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.world.devices[i].seed ^ 0xe0d);
        self.sync(handset, None, &mut rng)
    }
}
