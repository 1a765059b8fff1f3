//! Signs altered messages anew, so that what is altered reaches what lies behind the signatures: whoever
//! holds a key may say anything under it.

use super::scene::Scene;
use chibo_core::codec::{CodecError, Reader, Writer};
use chibo_core::id::{Hasher, PublicKey};
use chibo_core::identity::{Epoch, SecretKey};
use chibo_core::limits;
use chibo_core::log::Head;
use chibo_core::wire::{self, Frame, FrameReader, FrameType};

/// The frames in an answer, as far as it can be cut into some.
pub fn frames_of(answer: &[u8]) -> Vec<Frame> {
    let mut reader = FrameReader::new();
    reader.feed(answer);
    let mut frames = Vec::new();
    while let Ok(Some(frame)) = reader.next_frame() {
        frames.push(frame);
    }
    frames
}

/// A frame's body without its signature.
pub fn payload_of(frame: &Frame) -> &[u8] {
    match frame.kind {
        FrameType::Head | FrameType::End => &frame.body,
        _ => &frame.body[..frame.body.len().saturating_sub(64)],
    }
}

/// The frame with this payload, signed by the scene's node for the device with this key.
pub fn signed(scene: &Scene, reader: &PublicKey, kind: FrameType, payload: &[u8]) -> Frame {
    let body = match kind {
        FrameType::Head => signed_head(scene, payload).unwrap_or_else(|_| payload.to_vec()),
        FrameType::End => payload.to_vec(),
        _ => {
            let payload = match kind {
                FrameType::Epochs => signed_epochs(scene, payload).unwrap_or(payload.to_vec()),
                _ => payload.to_vec(),
            };
            let hash = Hasher::new("chibo/frame/2")
                .part(&scene.log.0)
                .number(1)
                .part(&reader.0)
                .number(kind as u64)
                .part(&payload)
                .hash();
            [&payload[..], &scene.log_key.sign(&hash).0].concat()
        }
    };
    Frame { kind, body }
}

fn signed_head(scene: &Scene, payload: &[u8]) -> Result<Vec<u8>, CodecError> {
    let mut r = Reader::new(payload);
    let head = Head::read(&mut r)?.signed(scene.log, &scene.log_key);
    let mut w = Writer::new();
    head.write(&mut w);
    Ok(w.finish())
}

fn signed_epochs(scene: &Scene, payload: &[u8]) -> Result<Vec<u8>, CodecError> {
    let mut r = Reader::new(payload);
    let mut w = Writer::new();
    let count = r.count(64)?;
    w.number(count as u64);
    for _ in 0..count {
        w.fixed(&Epoch::read(&mut r)?.signed(&scene.root).to_bytes());
    }
    w.fixed(r.fixed(r.left())?);
    Ok(w.finish())
}

/// An answer whose frames the scene's node signs for the device with this key, whoever they were for.
pub fn answer_for(scene: &Scene, reader: &PublicKey, answer: &[u8]) -> Vec<u8> {
    let mut w = Writer::new();
    w.fixed(answer.get(..1).unwrap_or_default());
    for frame in frames_of(answer) {
        let frame = signed(scene, reader, frame.kind, payload_of(&frame));
        w.number(1 + frame.body.len() as u64)
            .u8(frame.kind as u8)
            .fixed(&frame.body);
    }
    w.finish()
}

/// A request, signed by this device.
pub fn signed_request(scene: &Scene, request: &[u8], key: &SecretKey) -> Vec<u8> {
    let said = &request[..request.len().saturating_sub(64)];
    let hash = Hasher::new("chibo/request/1")
        .part(&scene.log.0)
        .part(said)
        .hash();
    [said, &key.sign(&hash).0].concat()
}

/// Payloads whose compressed part is kept as it is, so that altering it does not only end in zstd.
pub struct Stored;

impl Stored {
    /// What stands in a page before its places, and the places.
    pub fn of_page(payload: &[u8]) -> Result<Vec<u8>, CodecError> {
        let mut r = Reader::new(payload);
        let before = page_front(&mut r)?;
        let raw = wire::PageChain::new().unpack(&mut r, limits::FRAME_RAW_BYTES)?;
        Ok([before, &raw].concat())
    }

    /// The payload of a page.
    pub fn page(stored: &[u8]) -> Result<Vec<u8>, CodecError> {
        let mut r = Reader::new(stored);
        let before = page_front(&mut r)?;
        Ok(with_stored(before, r))
    }

    /// What stands in a frame of entries before their changes, and the changes.
    pub fn of_entries(payload: &[u8]) -> Result<Vec<u8>, CodecError> {
        let mut r = Reader::new(payload);
        let before = entries_front(&mut r)?;
        let raw = wire::unpack(&mut r, limits::FRAME_RAW_BYTES)?;
        Ok([before, &raw].concat())
    }

    /// The payload of a frame of entries.
    pub fn entries(stored: &[u8]) -> Result<Vec<u8>, CodecError> {
        let mut r = Reader::new(stored);
        let before = entries_front(&mut r)?;
        Ok(with_stored(before, r))
    }
}

fn with_stored(before: &[u8], rest: Reader) -> Vec<u8> {
    let mut rest = rest;
    let len = rest.left();
    let raw = rest.fixed(len).unwrap_or_default();
    let mut w = Writer::new();
    w.fixed(before).number(len as u64).u8(0).fixed(raw);
    w.finish()
}

fn page_front<'a>(r: &mut Reader<'a>) -> Result<&'a [u8], CodecError> {
    front(r, |r| {
        r.number()?;
        r.number()?;
        if r.u8()? == 1 {
            r.fixed(17)?;
        }
        Ok(())
    })
}

fn entries_front<'a>(r: &mut Reader<'a>) -> Result<&'a [u8], CodecError> {
    front(r, |r| {
        for _ in 0..3 {
            r.number()?;
        }
        r.fixed(wire::CHAIN_TAG)?;
        r.number()?;
        r.bytes(limits::FRAME_BYTES).map(drop)
    })
}

/// The bytes that `read` goes over.
fn front<'a>(
    r: &mut Reader<'a>,
    read: impl FnOnce(&mut Reader<'a>) -> Result<(), CodecError>,
) -> Result<&'a [u8], CodecError> {
    let mut whole = r.clone();
    read(r)?;
    let len = whole.left() - r.left();
    whole.fixed(len)
}
