//! What really stands in a store's files: every page of the database and of its journal, free ones as well, decrypted
//! with the key as SQLCipher 4 writes them (AES-256-CBC, page of 4096 bytes, the last 80 of them: IV 16, HMAC 64).
#![allow(dead_code, reason = "each test program takes of it what it needs")]

use std::path::Path;

const PAGE: usize = 4096;
const RESERVED: usize = 80;

/// Every readable byte of the files in this folder: pages decrypted with one of these keys, and what is no database as
/// it is.
pub fn bytes_of(folder: &Path, keys: &[[u8; 32]]) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        if file.path().is_dir() {
            all.extend(bytes_of(&file.path(), keys));
            continue;
        }
        let name = file.path().display().to_string();
        let raw = std::fs::read(file.path()).unwrap();
        for key in keys {
            let aes = Aes::new(key);
            let plain = match name.ends_with("-wal") {
                true => frames(&raw)
                    .flat_map(|(p, first)| aes.page(p, first))
                    .collect(),
                false if raw.len() % PAGE == 0 => (raw.chunks(PAGE).enumerate())
                    .flat_map(|(i, p)| aes.page(p, i == 0))
                    .collect::<Vec<u8>>(),
                false => Vec::new(),
            };
            all.push((name.clone(), plain));
        }
        all.push((name, raw));
    }
    all
}

/// The pages in a journal: after its head of 32 bytes, each after a head of 24. The first page has its salt in front.
fn frames(wal: &[u8]) -> impl Iterator<Item = (&[u8], bool)> {
    let frames = wal.get(32..).unwrap_or_default().chunks_exact(24 + PAGE);
    frames.map(|f| (&f[24..], f[..4] == [0, 0, 0, 1]))
}

/// The files that hold one of these words, in any of the ways in which a text may stand there.
pub fn holding(folder: &Path, keys: &[[u8; 32]], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, bytes) in bytes_of(folder, keys) {
        for word in words {
            let word = word.as_bytes();
            if bytes.windows(word.len()).any(|w| w == word) {
                found.push(format!("{name}: {}", String::from_utf8_lossy(word)));
            }
        }
    }
    found
}

/// AES-256, the way back only. Slow and for tests.
struct Aes {
    rounds: [[u8; 16]; 15],
    inverse: [u8; 256],
}

fn times(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    while b > 0 {
        if b & 1 == 1 {
            product ^= a;
        }
        a = (a << 1) ^ if a & 0x80 != 0 { 0x1b } else { 0 };
        b >>= 1;
    }
    product
}

fn s_box() -> [u8; 256] {
    let mut s = [0; 256];
    for (i, out) in s.iter_mut().enumerate() {
        // The inverse is the 254th power; that of 0 is 0.
        let one = i as u8;
        let inverse = (0..253).fold(one, |p, _| times(p, one));
        let r = |n: u32| inverse.rotate_left(n);
        *out = inverse ^ r(1) ^ r(2) ^ r(3) ^ r(4) ^ 0x63;
    }
    s
}

impl Aes {
    fn new(key: &[u8; 32]) -> Self {
        let s = s_box();
        let mut inverse = [0; 256];
        for (i, v) in s.iter().enumerate() {
            inverse[*v as usize] = i as u8;
        }
        let mut words: Vec<[u8; 4]> = key.chunks(4).map(|c| c.try_into().unwrap()).collect();
        let mut constant = 1;
        for i in 8..60 {
            let mut w: [u8; 4] = words[i - 1];
            if i % 8 == 0 {
                w.rotate_left(1);
                w = w.map(|b| s[b as usize]);
                w[0] ^= constant;
                constant = times(constant, 2);
            } else if i % 8 == 4 {
                w = w.map(|b| s[b as usize]);
            }
            let before = words[i - 8];
            words.push(std::array::from_fn(|j| w[j] ^ before[j]));
        }
        let rounds = std::array::from_fn(|r| {
            let mut key = [0; 16];
            for (c, w) in words[r * 4..r * 4 + 4].iter().enumerate() {
                key[c * 4..c * 4 + 4].copy_from_slice(w);
            }
            key
        });
        Aes { rounds, inverse }
    }

    fn block(&self, block: &[u8], tables: &[[u8; 256]; 4]) -> [u8; 16] {
        let mut state: [u8; 16] = std::array::from_fn(|i| block[i] ^ self.rounds[14][i]);
        for round in (0..14).rev() {
            // Rows turn to the right, bytes go back through the box, then the key.
            let turned: [u8; 16] = std::array::from_fn(|i| state[(i + 16 - 4 * (i % 4)) % 16]);
            state =
                std::array::from_fn(|i| self.inverse[turned[i] as usize] ^ self.rounds[round][i]);
            if round > 0 {
                let column = state;
                state = std::array::from_fn(|i| {
                    let c = &column[i / 4 * 4..i / 4 * 4 + 4];
                    (0..4).fold(0, |sum, j| sum ^ tables[(j + 4 - i % 4) % 4][c[j] as usize])
                });
            }
        }
        state
    }

    /// One page. On the first the first 16 bytes are the salt.
    fn page(&self, page: &[u8], is_first: bool) -> Vec<u8> {
        if page.len() < PAGE {
            return Vec::new();
        }
        let tables: [[u8; 256]; 4] =
            [14, 11, 13, 9].map(|by| std::array::from_fn(|v| times(v as u8, by)));
        let from = if is_first { 16 } else { 0 };
        let mut before = &page[PAGE - RESERVED..PAGE - RESERVED + 16];
        let mut plain = vec![0; from];
        for block in page[from..PAGE - RESERVED].chunks_exact(16) {
            let opened = self.block(block, &tables);
            plain.extend(opened.iter().zip(before).map(|(o, b)| o ^ b));
            before = block;
        }
        plain
    }
}
