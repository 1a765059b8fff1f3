//! What travels: requests of a device, answers of a node, and the frames that answers are made of.
//!
//! A request is one signed message; an answer is a sequence of frames, each with its length before
//! it and (but for the head, which is signed itself) the node's signature after it. A frame is the
//! unit that is kept: what arrived whole stays, whatever happens to the line after it. The same bytes
//! go over HTTP, in a file, or in a mailbox.
//!
//! Does not know: how requests are answered ([`crate::node`]) or answers applied
//! ([`crate::phone`]). Format: `docs/format.md`.

use crate::codec::{CodecError, Reader, Writer};
use crate::id::{DocId, Hash, Hasher, LogId, PublicKey};
use crate::identity::{SecretKey, Signature};
use crate::limits;
use crate::lock::RecoveryCode;
use crate::log::{Control, Head, Position};
use crate::place::Lane;
use crate::time::Timestamp;
use std::io::Write;
use std::sync::OnceLock;
use zstd::dict::{DecoderDictionary, EncoderDictionary};

/// Version of requests and answers.
pub const WIRE_VERSION: u8 = 1;

/// Bytes of a chain that a request carries to be compared.
pub const CHAIN_TAG: usize = 8;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameType {
    /// The node's signed head; first in every answer.
    Head = 1,
    /// Entries of the log after the device's position, in order.
    Entries = 2,
    /// Documents of places that are filled in (a page of the checkpoint).
    Fill = 3,
    /// Places that the device gained or lost.
    Set = 4,
    /// The records of epochs that the device does not know.
    Epochs = 5,
    /// Segments of the request that did not reach a verdict.
    Problems = 6,
    /// The answer is whole; whether there is more to fetch.
    End = 7,
    /// The device's grant has ended; how.
    Ended = 8,
    /// Nothing is judged or told for now; why ([`Wait`]).
    Wait = 9,
}

impl FrameType {
    fn from_number(n: u8) -> Result<Self, CodecError> {
        Ok(match n {
            1 => FrameType::Head,
            2 => FrameType::Entries,
            3 => FrameType::Fill,
            4 => FrameType::Set,
            5 => FrameType::Epochs,
            6 => FrameType::Problems,
            7 => FrameType::End,
            8 => FrameType::Ended,
            9 => FrameType::Wait,
            _ => return Err(CodecError::BadValue { what: "frame type" }),
        })
    }
}

/// Why a node judges and tells nothing to a device for now; its number stands in the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Wait {
    /// The node was restored, and its office has not confirmed.
    Restored = 0,
    /// The device's grant has not begun.
    NotBegun = 1,
    /// The device was not heard of for so long that somebody has to say first that its owner still has it.
    Unseen = 2,
}

impl Wait {
    /// The reason with this number.
    pub fn from_number(n: u8) -> Result<Self, CodecError> {
        Ok(match n {
            0 => Wait::Restored,
            1 => Wait::NotBegun,
            2 => Wait::Unseen,
            _ => return Err(CodecError::BadValue { what: "wait" }),
        })
    }
}

// ---- compression ----------------------------------------------------------------------------

/// The dictionary that small frames are compressed with; trained on invented records (format: a
/// changed dictionary takes a new method number).
static DICTIONARY: &[u8] = include_bytes!("../data/dictionary-1.bin");
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const LEVEL: i32 = 19;

const STORED: u8 = 0;
const ZSTD_DICTIONARY_1: u8 = 1;

fn encoder() -> &'static EncoderDictionary<'static> {
    static ENCODER: OnceLock<EncoderDictionary<'static>> = OnceLock::new();
    ENCODER.get_or_init(|| EncoderDictionary::copy(DICTIONARY, LEVEL))
}

fn decoder() -> &'static DecoderDictionary<'static> {
    static DECODER: OnceLock<DecoderDictionary<'static>> = OnceLock::new();
    DECODER.get_or_init(|| DecoderDictionary::copy(DICTIONARY))
}

/// Writes bytes compressed, with their raw length before them, or as they are if that is shorter.
pub fn pack(raw: &[u8], w: &mut Writer) {
    let squeezed = squeeze(raw).filter(|z| z.len() < raw.len());
    w.number(raw.len() as u64);
    match squeezed {
        Some(z) => w.u8(ZSTD_DICTIONARY_1).bytes(&z),
        None => w.u8(STORED).fixed(raw),
    };
}

fn squeeze(raw: &[u8]) -> Option<Vec<u8>> {
    let mut c = zstd::bulk::Compressor::with_prepared_dictionary(encoder()).ok()?;
    c.include_dictid(false).ok()?;
    c.include_contentsize(false).ok()?;
    c.include_checksum(false).ok()?;
    let z = c.compress(raw).ok()?;
    z.strip_prefix(&ZSTD_MAGIC).map(<[u8]>::to_vec)
}

/// Reads what [`pack`] wrote; never makes more than `limit` bytes.
pub fn unpack(r: &mut Reader, limit: usize) -> Result<Vec<u8>, CodecError> {
    let len = r.count(limit)?;
    match r.u8()? {
        STORED => Ok(r.fixed(len)?.to_vec()),
        ZSTD_DICTIONARY_1 => {
            let z = r.bytes(limits::FRAME_BYTES.max(limits::REQUEST_BYTES))?;
            let z = [&ZSTD_MAGIC[..], z].concat();
            let bad = CodecError::BadValue {
                what: "compressed data",
            };
            let mut d =
                zstd::bulk::Decompressor::with_prepared_dictionary(decoder()).map_err(|_| bad)?;
            let raw = d.decompress(&z, len).map_err(|_| bad)?;
            if raw.len() == len { Ok(raw) } else { Err(bad) }
        }
        _ => Err(CodecError::BadValue {
            what: "compression method",
        }),
    }
}

/// Pages of one answer: the first stands alone, compressed with the dictionary; those after it are one
/// zstd stream, flushed at each page. A device takes them in order, so what went before is there.
/// Both sides keep one of these for each answer.
#[derive(Default)]
pub struct PageChain {
    began: bool,
    out: Option<zstd::stream::write::Encoder<'static, Vec<u8>>>,
    into: Option<zstd::stream::write::Decoder<'static, Bounded>>,
}

impl std::fmt::Debug for PageChain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PageChain(began: {})", self.began)
    }
}

/// Covers all pages of one answer (2^22 bytes).
const STREAM_WINDOW_LOG: u32 = 22;
/// The encoder's tables: some 24 MiB, where level 19 would take 80.
const STREAM_CHAIN_LOG: u32 = 22;
const STREAM_HASH_LOG: u32 = 21;
const ZSTD_STREAM: u8 = 2;

/// Takes in what a page unpacks to and no more, whatever the bytes claim.
#[derive(Debug, Default)]
struct Bounded {
    bytes: Vec<u8>,
    room: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.room {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl PageChain {
    /// Before the first page of an answer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes a page compressed.
    pub fn pack(&mut self, raw: &[u8], w: &mut Writer) {
        let squeezed = if self.began {
            self.squeeze(raw).ok()
        } else {
            None
        };
        self.began = true;
        match squeezed {
            Some(z) => {
                w.number(raw.len() as u64).u8(ZSTD_STREAM).bytes(&z);
            }
            None => pack(raw, w),
        }
    }

    fn squeeze(&mut self, raw: &[u8]) -> std::io::Result<Vec<u8>> {
        use zstd::zstd_safe::CParameter;
        if self.out.is_none() {
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), LEVEL)?;
            encoder.set_parameter(CParameter::WindowLog(STREAM_WINDOW_LOG))?;
            encoder.set_parameter(CParameter::ChainLog(STREAM_CHAIN_LOG))?;
            encoder.set_parameter(CParameter::HashLog(STREAM_HASH_LOG))?;
            self.out = Some(encoder);
        }
        let encoder = self.out.as_mut().ok_or(std::io::ErrorKind::Other)?;
        encoder.write_all(raw)?;
        encoder.flush()?;
        Ok(std::mem::take(encoder.get_mut()))
    }

    /// Reads what [`PageChain::pack`] wrote; never makes more than `limit` bytes.
    pub fn unpack(&mut self, r: &mut Reader, limit: usize) -> Result<Vec<u8>, CodecError> {
        let mut ahead = r.clone();
        let len = ahead.count(limit)?;
        if ahead.u8()? != ZSTD_STREAM {
            return unpack(r, limit);
        }
        let z = ahead.bytes(limits::FRAME_BYTES)?;
        *r = ahead;
        self.unsqueeze(z, len).ok_or(CodecError::BadValue {
            what: "compressed data",
        })
    }

    fn unsqueeze(&mut self, z: &[u8], len: usize) -> Option<Vec<u8>> {
        if self.into.is_none() {
            let mut decoder = zstd::stream::write::Decoder::new(Bounded::default()).ok()?;
            decoder.window_log_max(STREAM_WINDOW_LOG).ok()?;
            self.into = Some(decoder);
        }
        let decoder = self.into.as_mut()?;
        decoder.get_mut().room = len;
        decoder.write_all(z).ok()?;
        decoder.flush().ok()?;
        let raw = std::mem::take(&mut decoder.get_mut().bytes);
        (raw.len() == len).then_some(raw)
    }
}

// ---- requests -------------------------------------------------------------------------------

/// How far the filling of one place has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FillCursor {
    /// Birth of the place.
    pub birth: u64,
    /// The log's number when the page that ended here was made: what was touched since comes again.
    pub n: u64,
    /// The lane that is under way.
    pub lane: Lane,
    /// The last document that arrived.
    pub doc: DocId,
}

/// What a device asks, apart from the segments that it hands over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The log that it means; only the first bytes travel, the signature covers the whole.
    pub log: LogId,
    /// Entry number of the grant that it uses.
    pub grant: u64,
    /// Its clock.
    pub time: Timestamp,
    /// Where it stands; of the chain only the first bytes travel.
    pub position: Position,
    /// Whether the device has wiped itself, as it was told.
    pub wiped: bool,
    /// The position at which it was last filled in: what feeds did before that it does not know.
    pub cut: u64,
    /// Whether the device found itself restored from a backup and needs its own later segments.
    pub wants_own: bool,
    /// Births of places that are still to be filled in, as inclusive ranges.
    pub pending: Vec<(u64, u64)>,
    /// Where the filling of one of them stopped.
    pub cursor: Option<FillCursor>,
    /// How often the sizes that the node aims at are to be halved: earlier answers broke off.
    pub halved: u8,
    /// Control acts that the device heard of and a restored node has lost, each with the number of its
    /// entry then.
    pub controls: Vec<(u64, Control)>,
    /// The code that opens this device's lock when its PIN is forgotten, for the node to keep, and when it was made by
    /// the device's clock. It is the one secret in a request: requests travel inside TLS or sealed letters.
    pub recovery: Option<(Timestamp, RecoveryCode)>,
    /// The number of segments that follow.
    pub segments: usize,
}

/// A request as it travels, split.
pub struct SignedRequest<'a> {
    /// What is asked.
    pub request: Request,
    /// The stream of ids and signatures of the segments ([`crate::feed::compact`]).
    pub ids: &'a [u8],
    /// The stream of their changes.
    pub changes: Vec<u8>,
    signed: &'a [u8],
    signature: Signature,
}

const WANTS_OWN: u8 = 1;
const HAS_PENDING: u8 = 2;
const HAS_CURSOR: u8 = 4;
const HAS_SEGMENTS: u8 = 8;
const IS_HALVED: u8 = 16;
const WIPED: u8 = 32;
const HAS_CONTROLS: u8 = 64;
const HAS_RECOVERY: u8 = 128;

fn request_hash(log: LogId, bytes: &[u8]) -> Hash {
    Hasher::new("chibo/request/1")
        .part(&log.0)
        .part(bytes)
        .hash()
}

impl Request {
    /// The signed message: the request and the two streams of its segments.
    pub fn seal(&self, ids: &[u8], changes: &[u8], key: &SecretKey) -> Vec<u8> {
        let mut w = Writer::new();
        let mut flags = 0;
        if self.wants_own {
            flags |= WANTS_OWN;
        }
        if !self.pending.is_empty() {
            flags |= HAS_PENDING;
        }
        if self.cursor.is_some() {
            flags |= HAS_CURSOR;
        }
        if self.segments > 0 {
            flags |= HAS_SEGMENTS;
        }
        if self.halved > 0 {
            flags |= IS_HALVED;
        }
        if self.wiped {
            flags |= WIPED;
        }
        if !self.controls.is_empty() {
            flags |= HAS_CONTROLS;
        }
        if self.recovery.is_some() {
            flags |= HAS_RECOVERY;
        }
        w.u8(WIRE_VERSION)
            .u8(flags)
            .fixed(&self.log.0[..4])
            .number(self.grant)
            .number(self.time.0)
            .number(self.position.epoch)
            .number(self.position.n)
            .fixed(&self.position.chain.0[..CHAIN_TAG])
            .number(self.position.set_version)
            .number(self.cut);
        if !self.pending.is_empty() {
            w.number(self.pending.len() as u64);
            for (from, to) in &self.pending {
                w.number(*from).number(to.saturating_sub(*from));
            }
        }
        if let Some(c) = &self.cursor {
            w.number(c.birth)
                .number(c.n)
                .u8(c.lane as u8)
                .fixed(&c.doc.0);
        }
        if self.halved > 0 {
            w.u8(self.halved);
        }
        if !self.controls.is_empty() {
            w.number(self.controls.len() as u64);
            for (n, control) in &self.controls {
                w.number(*n);
                control.write(&mut w);
            }
        }
        if let Some((made, code)) = &self.recovery {
            w.number(made.0);
            code.write(&mut w);
        }
        if self.segments > 0 {
            w.number(self.segments as u64).bytes(ids);
            pack(changes, &mut w);
        }
        let signature = key.sign(&request_hash(self.log, w.as_slice()));
        w.fixed(&signature.0);
        w.finish()
    }
}

/// The number of the grant that a request says it uses; nothing is proven.
pub fn claimed_grant(request: &[u8]) -> Option<u64> {
    let mut r = Reader::new(request);
    r.fixed(6).ok()?;
    r.number().ok()
}

/// What a flag announces is there: none of it is said by leaving the flag out.
fn some(count: usize) -> Result<usize, CodecError> {
    match count {
        0 => Err(CodecError::BadValue { what: "count" }),
        _ => Ok(count),
    }
}

impl<'a> SignedRequest<'a> {
    /// Splits a request; nothing is proven yet. `log` is the reader's own.
    pub fn parse(bytes: &'a [u8], log: LogId) -> Result<Self, CodecError> {
        let at = bytes.len().checked_sub(64).ok_or(CodecError::Truncated)?;
        let (signed, signature) = bytes.split_at(at);
        let signature = Signature::read(&mut Reader::new(signature))?;
        let mut r = Reader::new(signed);
        match r.u8()? {
            WIRE_VERSION => {}
            v => {
                return Err(CodecError::UnknownVersion {
                    what: "request",
                    version: v.into(),
                });
            }
        }
        let flags = r.u8()?;
        if r.fixed(4)? != &log.0[..4] {
            return Err(CodecError::BadValue { what: "log" });
        }
        let grant = r.number()?;
        let time = Timestamp(r.number()?);
        let epoch = r.number()?;
        let n = r.number()?;
        let mut chain = [0; 32];
        chain[..CHAIN_TAG].copy_from_slice(r.fixed(CHAIN_TAG)?);
        let position = Position {
            epoch,
            n,
            chain: Hash(chain),
            set_version: r.number()?,
        };
        let cut = r.number()?;
        let mut pending = Vec::new();
        if flags & HAS_PENDING != 0 {
            for _ in 0..some(r.count(limits::FILL_RANGES)?)? {
                let from = r.number()?;
                let to = from
                    .checked_add(r.number()?)
                    .ok_or(CodecError::BadValue { what: "range" })?;
                pending.push((from, to));
            }
        }
        let cursor = if flags & HAS_CURSOR != 0 {
            Some(FillCursor {
                birth: r.number()?,
                n: r.number()?,
                lane: Lane::from_number(r.u8()?.into())
                    .ok_or(CodecError::BadValue { what: "lane" })?,
                doc: DocId::read(&mut r)?,
            })
        } else {
            None
        };
        let halved = match flags & IS_HALVED {
            0 => 0,
            _ => match r.u8()? {
                times @ 1..=limits::HALVINGS => times,
                _ => return Err(CodecError::BadValue { what: "halvings" }),
            },
        };
        let mut controls = Vec::new();
        if flags & HAS_CONTROLS != 0 {
            for _ in 0..some(r.count(limits::CONTROLS)?)? {
                controls.push((r.number()?, Control::read(&mut r)?));
            }
        }
        let recovery = match flags & HAS_RECOVERY {
            0 => None,
            _ => Some((Timestamp(r.number()?), RecoveryCode::read(&mut r)?)),
        };
        let (segments, ids, changes) = if flags & HAS_SEGMENTS != 0 {
            let count = some(r.count(limits::PUSH_SEGMENTS)?)?;
            let ids = r.bytes(limits::REQUEST_BYTES)?;
            (count, ids, unpack(&mut r, limits::REQUEST_BYTES)?)
        } else {
            (0, &[][..], Vec::new())
        };
        r.end()?;
        Ok(SignedRequest {
            request: Request {
                log,
                grant,
                time,
                position,
                cut,
                wants_own: flags & WANTS_OWN != 0,
                wiped: flags & WIPED != 0,
                pending,
                cursor,
                halved,
                controls,
                recovery,
                segments,
            },
            ids,
            changes,
            signed,
            signature,
        })
    }

    /// Whether the device with this key signed it, for this log.
    pub fn is_signed(&self, key: &PublicKey) -> bool {
        key.has_signed(
            &request_hash(self.request.log, self.signed),
            &self.signature,
        )
    }
}

// ---- answers --------------------------------------------------------------------------------

/// What the node signs: for one reader, so that what it says to one device says nothing to another. Letters and sticks
/// go through strange hands, and anybody can seal a letter for a device.
fn frame_hash(
    (log, epoch, reader): (LogId, u64, &PublicKey),
    kind: FrameType,
    payload: &[u8],
) -> Hash {
    Hasher::new("chibo/frame/2")
        .part(&log.0)
        .number(epoch)
        .part(&reader.0)
        .number(kind as u64)
        .part(payload)
        .hash()
}

/// Writes an answer frame by frame.
pub struct AnswerWriter<'a> {
    log: LogId,
    epoch: u64,
    key: &'a SecretKey,
    reader: PublicKey,
    out: Vec<u8>,
}

impl<'a> AnswerWriter<'a> {
    /// An answer that begins with its head, for the device with the key `reader`.
    pub fn new(log: LogId, head: &Head, key: &'a SecretKey, reader: PublicKey) -> Self {
        let mut out = vec![WIRE_VERSION];
        let mut w = Writer::new();
        head.write(&mut w);
        push_frame(&mut out, FrameType::Head, w.as_slice(), &[]);
        AnswerWriter {
            log,
            epoch: head.epoch,
            key,
            reader,
            out,
        }
    }

    /// Adds a frame with the node's signature.
    pub fn frame(&mut self, kind: FrameType, payload: &[u8]) {
        let hash = frame_hash((self.log, self.epoch, &self.reader), kind, payload);
        push_frame(&mut self.out, kind, payload, &self.key.sign(&hash).0);
    }

    /// Bytes so far.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether nothing is in it (never: the head is).
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// The whole answer. `more`: the device should ask again at once.
    pub fn finish(mut self, more: bool) -> Vec<u8> {
        push_frame(&mut self.out, FrameType::End, &[u8::from(more)], &[]);
        self.out
    }
}

fn push_frame(out: &mut Vec<u8>, kind: FrameType, payload: &[u8], tail: &[u8]) {
    let mut w = Writer::new();
    w.number((1 + payload.len() + tail.len()) as u64)
        .u8(kind as u8);
    out.extend_from_slice(w.as_slice());
    out.extend_from_slice(payload);
    out.extend_from_slice(tail);
}

/// One frame as it arrived; its signature is still to be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What it is.
    pub kind: FrameType,
    /// Everything after the type.
    pub body: Vec<u8>,
}

impl Frame {
    /// The payload, if the node's log key signed the frame for this reader.
    pub fn payload(
        &self,
        log: LogId,
        epoch: u64,
        key: &PublicKey,
        reader: &PublicKey,
    ) -> Option<&[u8]> {
        if matches!(self.kind, FrameType::Head | FrameType::End) {
            return Some(&self.body);
        }
        let (payload, signature) = self.body.split_at(self.body.len().checked_sub(64)?);
        let signature = Signature::read(&mut Reader::new(signature)).ok()?;
        let hash = frame_hash((log, epoch, reader), self.kind, payload);
        key.has_signed(&hash, &signature).then_some(payload)
    }
}

/// Cuts a stream of bytes into frames as they arrive.
#[derive(Debug, Default)]
pub struct FrameReader {
    buffer: Vec<u8>,
    started: bool,
}

impl FrameReader {
    /// A reader at the beginning of an answer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in bytes in pieces of any size.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame; `Ok(None)`: more bytes are needed.
    ///
    /// # Errors
    /// The bytes are no answer; nothing after them can be read either.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, CodecError> {
        let mut at = 0;
        if !self.started {
            match self.buffer.first() {
                None => return Ok(None),
                Some(&WIRE_VERSION) => at = 1,
                Some(v) => {
                    return Err(CodecError::UnknownVersion {
                        what: "answer",
                        version: u64::from(*v),
                    });
                }
            }
        }
        let mut r = Reader::new(&self.buffer[at..]);
        let frame = match r.bytes(limits::FRAME_BYTES) {
            Ok(f) => f,
            Err(CodecError::Truncated) => return Ok(None),
            Err(e) => return Err(e),
        };
        let (kind, body) = frame.split_first().ok_or(CodecError::Truncated)?;
        let frame = Frame {
            kind: FrameType::from_number(*kind)?,
            body: body.to_vec(),
        };
        let used = self.buffer.len() - r.left();
        self.buffer.drain(..used);
        self.started = true;
        Ok(Some(frame))
    }

    /// Bytes that are waiting for the rest of their frame.
    pub fn waiting(&self) -> usize {
        self.buffer.len()
    }
}
