//! Tickets as QR codes: blocks for a screen, an SVG picture for a printer.
//!
//! A code holds the ticket's text in capitals, which a QR code packs closer than small letters; read by any
//! scanner, it is typed or pasted like the text itself.

use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write;

/// Light modules around the code, by which a scanner finds it (ISO/IEC 18004 asks for four).
const MARGIN: usize = 4;
/// Height of a line of words below it, in modules.
const LINE: usize = 5;

/// A code, as rows of modules with the margin; `true`: dark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Qr(Vec<Vec<bool>>);

/// Why there is no code: the text is longer than any holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this text is too long for a QR code")]
pub struct TooLong;

impl Qr {
    /// The code of a ticket's text. A quarter of what is `printed` may be soiled or folded; on a screen, where
    /// nothing is, the code is as small as can be.
    pub fn of(text: &str, printed: bool) -> Result<Self, TooLong> {
        let level = if printed { EcLevel::Q } else { EcLevel::L };
        let code = QrCode::with_error_correction_level(text.to_ascii_uppercase(), level);
        let code = code.map_err(|_| TooLong)?;
        let (width, colors) = (code.width(), code.to_colors());
        let side = width + 2 * MARGIN;
        let mut rows = vec![vec![false; side]; side];
        for (row, modules) in rows.iter_mut().skip(MARGIN).zip(colors.chunks(width)) {
            for (at, color) in row.iter_mut().skip(MARGIN).zip(modules) {
                *at = *color == Color::Dark;
            }
        }
        Ok(Qr(rows))
    }

    /// Rows of half blocks, two modules in a character. What is light is printed, so that it is right on a dark
    /// screen; `colored` says both colors, and is right on any terminal that knows them.
    pub fn blocks(&self, colored: bool) -> String {
        let mut text = String::new();
        for pair in self.0.chunks(2) {
            if colored {
                text.push_str("\u{1b}[97;40m");
            }
            let none = Vec::new();
            let (upper, lower) = (&pair[0], pair.get(1).unwrap_or(&none));
            for (x, dark) in upper.iter().enumerate() {
                // Below the last row is nothing: it is dark like the screen.
                let dark_below = lower.get(x).copied().unwrap_or(true);
                text.push(match (dark, dark_below) {
                    (false, false) => '█',
                    (false, true) => '▀',
                    (true, false) => '▄',
                    (true, true) => ' ',
                });
            }
            if colored {
                text.push_str("\u{1b}[0m");
            }
            text.push('\n');
        }
        text
    }

    /// A picture that prints sharp at any size, with these lines below the code: some forty signs each.
    pub fn svg(&self, below: &[&str]) -> String {
        let side = self.0.len();
        let width = 80;
        let (mut words, mut height) = (String::new(), side);
        for line in below {
            let line = line.replace('&', "&amp;").replace('<', "&lt;");
            let (middle, at) = (side / 2, height + LINE / 2);
            let _ = writeln!(
                words,
                "<text x=\"{middle}\" y=\"{at}\" text-anchor=\"middle\" font-family=\"monospace\" font-size=\"3\">{line}</text>"
            );
            height += LINE;
        }
        let tall = (width * height).div_ceil(side);
        let mut path = String::new();
        for (y, row) in self.0.iter().enumerate() {
            let mut x = 0;
            while x < side {
                let run = row[x..].iter().take_while(|dark| **dark).count();
                if run > 0 {
                    let _ = write!(path, "M{x} {y}h{run}v1h-{run}z");
                }
                x += run.max(1);
            }
        }
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {height}\" width=\"{width}mm\" height=\"{tall}mm\" \
             shape-rendering=\"crispEdges\">\n<rect width=\"{side}\" height=\"{height}\" fill=\"#fff\"/>\n\
             <path d=\"{path}\" fill=\"#000\"/>\n{words}</svg>\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chibo_core::enrol::code::Once;
    use chibo_core::enrol::{Offer, Pass, Ticket};
    use chibo_core::id::{LogId, PersonId, PlaceId, PublicKey};
    use chibo_core::identity::{Custody, SecretKey};
    use chibo_core::place::Role;
    use chibo_core::time::Timestamp;
    use rand_chacha::ChaCha8Rng;
    use rand_core::SeedableRng;

    /// What a camera reads of a picture with these dark modules.
    fn scan(dark: &dyn Fn(usize, usize) -> bool, side: usize) -> String {
        const PIXELS: usize = 4;
        let gray = |x: usize, y: usize| if dark(x / PIXELS, y / PIXELS) { 0 } else { 255 };
        let mut image =
            rqrr::PreparedImage::prepare_from_greyscale(side * PIXELS, side * PIXELS, gray);
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1, "a scanner finds one code");
        grids[0].decode().unwrap().1
    }

    fn scan_blocks(text: &str) -> String {
        let rows: Vec<Vec<char>> = text.lines().map(|l| l.chars().collect()).collect();
        let side = rows[0].len();
        let dark = |x: usize, y: usize| {
            let light = if y.is_multiple_of(2) {
                ['█', '▀']
            } else {
                ['█', '▄']
            };
            !light.contains(&rows[y / 2][x])
        };
        scan(&dark, side)
    }

    fn scan_svg(svg: &str) -> String {
        let between = |from: &str, to: &str| {
            let rest = &svg[svg.find(from).unwrap() + from.len()..];
            rest[..rest.find(to).unwrap()].to_owned()
        };
        let side: usize = between("viewBox=\"0 0 ", " ").parse().unwrap();
        let mut dark = vec![vec![false; side]; side];
        for run in between("<path d=\"", "\"")
            .split('M')
            .filter(|r| !r.is_empty())
        {
            let (x, rest) = run.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let (n, _) = rest.split_once('v').unwrap();
            let [x, y, n] = [x, y, n].map(|t| t.parse::<usize>().unwrap());
            dark[y][x..x + n].fill(true);
        }
        scan(&|x, y| dark[y][x], side)
    }

    fn tickets() -> [Ticket; 2] {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let (place, person) = (PlaceId::random(&mut rng), PersonId::random(&mut rng));
        let offer = Offer::new(Role::Member, place, person, Timestamp(1_790_000_000));
        let secretary = SecretKey::random(&mut rng);
        let key = PublicKey([7; 32]);
        let own = offer.grant(LogId([1; 16]), key, Custody::Device, &mut rng);
        let own = own.signed(&secretary);
        let url = "https://dang-uy-xa.example.vn:8443";
        let of_office = Ticket {
            url: url.into(),
            log: LogId([1; 16]),
            role: Role::Member,
            place,
            expires: Timestamp(1_790_000_000),
            letter_key: Some(key),
            pass: Pass::Secret(Once::random(&mut rng)),
        };
        let on_paper = Ticket {
            letter_key: Some(key),
            ..Ticket::on_paper(url, &offer, &own, &secretary, &mut rng)
        };
        [of_office, on_paper]
    }

    #[test]
    fn a_scanner_reads_the_ticket_from_the_screen_and_from_the_printed_picture() {
        for ticket in tickets() {
            let text = ticket.to_text();
            let on_screen = Qr::of(&text, false).unwrap().blocks(false);
            let printed = Qr::of(&text, true).unwrap().svg(&["AB12-CD34", "x&y"]);
            assert!(printed.contains(">AB12-CD34</text>") && printed.contains(">x&amp;y</text>"));
            for read in [scan_blocks(&on_screen), scan_svg(&printed)] {
                assert_eq!(Ticket::from_text(&read), Ok(ticket.clone()));
            }
            let colored = Qr::of(&text, false).unwrap().blocks(true);
            let bare = colored
                .replace("\u{1b}[97;40m", "")
                .replace("\u{1b}[0m", "");
            assert_eq!(bare, on_screen);
        }
    }

    #[test]
    fn a_ticket_of_the_office_fits_on_a_screen_of_eighty_columns() {
        let [of_office, _] = tickets();
        let blocks = Qr::of(&of_office.to_text(), false).unwrap().blocks(false);
        assert!(blocks.lines().all(|l| l.chars().count() <= 80));
    }

    #[test]
    fn a_text_that_no_code_holds_is_told() {
        assert_eq!(Qr::of(&"A".repeat(5_000), true), Err(TooLong));
    }
}
