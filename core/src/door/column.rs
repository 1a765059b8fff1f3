//! Reading Automerge's columns row by row, without ever unpacking a run.
//!
//! A column is a list of runs: a count and one value that repeats, a count and that many different
//! values, or a count of empty rows. Sixty bytes can so claim billions of rows. The readers here
//! hold one run at a time and hand out a row when asked; the caller asks for as many rows as the
//! limits allow and then demands that the column is [at its end](Runs::finish).

use super::Refusal;
use super::bytes::Bytes;
use crate::limits;

/// What a column's rows hold.
pub(super) trait Cell<'a>: Copy {
    fn read(bytes: &mut Bytes<'a>) -> Result<Self, Refusal>;
}

impl<'a> Cell<'a> for u64 {
    fn read(bytes: &mut Bytes<'a>) -> Result<Self, Refusal> {
        bytes.unsigned()
    }
}

impl<'a> Cell<'a> for i64 {
    fn read(bytes: &mut Bytes<'a>) -> Result<Self, Refusal> {
        bytes.signed()
    }
}

impl<'a> Cell<'a> for &'a str {
    fn read(bytes: &mut Bytes<'a>) -> Result<Self, Refusal> {
        bytes.text()
    }
}

/// A run-length encoded column. One without bytes stands for empty rows, as many as are asked for.
pub(super) struct Runs<'a, T> {
    bytes: Bytes<'a>,
    absent: bool,
    left: u64,
    literal: bool,
    value: Option<T>,
}

impl<'a, T: Cell<'a>> Runs<'a, T> {
    pub(super) fn new(column: &'a [u8]) -> Self {
        Runs {
            bytes: Bytes::new(column),
            absent: column.is_empty(),
            left: 0,
            literal: false,
            value: None,
        }
    }

    fn start_run(&mut self) -> Result<(), Refusal> {
        let count = self.bytes.signed().map_err(in_column)?;
        self.literal = count < 0;
        self.left = count.unsigned_abs();
        if count > 0 {
            self.value = Some(T::read(&mut self.bytes).map_err(in_column)?);
        } else if count == 0 {
            self.left = self.bytes.unsigned().map_err(in_column)?;
            self.value = None;
            if self.left == 0 {
                return Err(Refusal::Column);
            }
        }
        Ok(())
    }

    /// The next row; a column that ends too early does not fit the others.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<T>, Refusal> {
        if self.absent {
            return Ok(None);
        }
        if self.left == 0 {
            self.start_run()?;
        }
        self.left -= 1;
        if self.literal {
            self.value = Some(T::read(&mut self.bytes).map_err(in_column)?);
        }
        Ok(self.value)
    }

    /// The next row, which may not be empty.
    pub(super) fn some(&mut self) -> Result<T, Refusal> {
        self.next()?.ok_or(Refusal::Column)
    }

    /// How many rows the whole column has; refused at the first run that goes over `limit`.
    pub(super) fn rows(column: &'a [u8], limit: usize) -> Result<usize, Refusal> {
        let mut runs = Self::new(column);
        let mut rows = 0u64;
        while !runs.bytes.is_empty() {
            runs.start_run()?;
            rows = rows.saturating_add(runs.left);
            if rows > limit as u64 {
                return Err(Refusal::TooManyOps);
            }
            if runs.literal {
                for _ in 0..runs.left {
                    T::read(&mut runs.bytes).map_err(in_column)?;
                }
            }
        }
        Ok(rows as usize)
    }

    /// Demands that no row is left over.
    pub(super) fn finish(&self) -> Result<(), Refusal> {
        if self.left == 0 && self.bytes.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Column)
        }
    }
}

/// A column of operation counters, each stored as the difference to the one before.
pub(super) struct Counters<'a> {
    runs: Runs<'a, i64>,
    last: i64,
}

impl<'a> Counters<'a> {
    pub(super) fn new(column: &'a [u8]) -> Self {
        Counters {
            runs: Runs::new(column),
            last: 0,
        }
    }

    /// The next row: a number from 0 up to the largest counter there may be.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<u64>, Refusal> {
        let Some(delta) = self.runs.next()? else {
            return Ok(None);
        };
        self.last = self.last.checked_add(delta).ok_or(Refusal::Counter)?;
        match u64::try_from(self.last) {
            Ok(counter) if counter <= limits::MAX_OP => Ok(Some(counter)),
            _ => Err(Refusal::Counter),
        }
    }

    pub(super) fn some(&mut self) -> Result<u64, Refusal> {
        self.next()?.ok_or(Refusal::Column)
    }

    pub(super) fn finish(&self) -> Result<(), Refusal> {
        self.runs.finish()
    }
}

/// A column of booleans: counts of `false` and `true` in turn. One without bytes is all `false`.
pub(super) struct Flags<'a> {
    bytes: Bytes<'a>,
    absent: bool,
    first: bool,
    left: u64,
    value: bool,
}

impl<'a> Flags<'a> {
    pub(super) fn new(column: &'a [u8]) -> Self {
        Flags {
            bytes: Bytes::new(column),
            absent: column.is_empty(),
            first: true,
            left: 0,
            value: true,
        }
    }

    #[inline]
    pub(super) fn next(&mut self) -> Result<bool, Refusal> {
        if self.absent {
            return Ok(false);
        }
        while self.left == 0 {
            self.left = self.bytes.unsigned().map_err(in_column)?;
            self.value = !self.value;
            // Only the first count may be nought: when the column begins with `true`.
            if self.left == 0 && !self.first {
                return Err(Refusal::Column);
            }
            self.first = false;
        }
        self.left -= 1;
        Ok(self.value)
    }

    pub(super) fn finish(&self) -> Result<(), Refusal> {
        if self.left == 0 && self.bytes.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Column)
        }
    }
}

/// The most that a counter may begin with or be counted up by at once. All operations of a document
/// together then stay far below where a sum overflows, which would panic wherever it is read.
const LARGEST_STEP: u64 = 1 << 40;

/// What a value is, as far as the door has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    /// A signed whole number that a counter may be counted up by.
    Step,
    Counter,
    /// Exactly one code point: what a text consists of.
    Character,
    Text,
    Other,
}

/// A value of one of the sorts that records hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar<'a> {
    Null,
    YesNo(bool),
    Whole(i64),
    Text(&'a str),
    Other,
}

/// The type of a value that is a text.
const TEXT: u64 = 6;

/// The two columns that values are stored in: kind and length of each, and their bytes.
pub(super) struct Values<'a> {
    meta: Runs<'a, u64>,
    raw: Bytes<'a>,
}

impl<'a> Values<'a> {
    pub(super) fn new(meta: &'a [u8], raw: &'a [u8]) -> Self {
        Values {
            meta: Runs::new(meta),
            raw: Bytes::new(raw),
        }
    }

    /// The next value as it lies there: the number of its type, and its bytes.
    fn raw(&mut self) -> Result<(u64, &'a [u8]), Refusal> {
        let meta = self.meta.some()?;
        let length = usize::try_from(meta >> 4).map_err(|_| Refusal::Value)?;
        if length > limits::PROSE_BYTES {
            return Err(Refusal::ValueTooLong);
        }
        let raw = self.raw.take(length).map_err(|_| Refusal::Value)?;
        Ok((meta & 15, raw))
    }

    /// The next value if it is a text.
    pub(super) fn text(&mut self) -> Result<Option<&'a str>, Refusal> {
        match self.raw()? {
            (TEXT, raw) => Ok(Some(std::str::from_utf8(raw).map_err(|_| Refusal::Utf8)?)),
            _ => Ok(None),
        }
    }

    /// The next value itself, if it is of a sort that records hold.
    pub(super) fn scalar(&mut self) -> Result<Scalar<'a>, Refusal> {
        let (meta, raw) = self.raw()?;
        Ok(match meta {
            0 => Scalar::Null,
            1 => Scalar::YesNo(false),
            2 => Scalar::YesNo(true),
            4 => Scalar::Whole(Bytes::new(raw).signed().map_err(in_value)?),
            TEXT => Scalar::Text(std::str::from_utf8(raw).map_err(|_| Refusal::Utf8)?),
            _ => Scalar::Other,
        })
    }

    /// The next value, checked and bounded.
    pub(super) fn next(&mut self) -> Result<Kind, Refusal> {
        let (meta, raw) = self.raw()?;
        let length = raw.len();
        let mut number = Bytes::new(raw);
        let kind = match meta {
            0 if length == 0 => Kind::Null,
            1 | 2 if length == 0 => Kind::Other,
            3 => number.unsigned().map(|_| Kind::Other).map_err(in_value)?,
            4 => match number.signed().map_err(in_value)? {
                step if step.unsigned_abs() <= LARGEST_STEP => Kind::Step,
                _ => Kind::Other,
            },
            8 => match number.signed().map_err(in_value)? {
                start if start.unsigned_abs() <= LARGEST_STEP => Kind::Counter,
                _ => return Err(Refusal::Value),
            },
            9 => number.signed().map(|_| Kind::Other).map_err(in_value)?,
            // Only numbers that equal themselves and that JSON can hold.
            5 if raw
                .try_into()
                .map(f64::from_le_bytes)
                .is_ok_and(f64::is_finite) =>
            {
                Kind::Other
            }
            7 => Kind::Other,
            TEXT => {
                let text = std::str::from_utf8(raw).map_err(|_| Refusal::Utf8)?;
                let mut characters = text.chars();
                match (characters.next(), characters.next()) {
                    (Some(_), None) => Kind::Character,
                    _ => Kind::Text,
                }
            }
            _ => return Err(Refusal::Value),
        };
        let is_number = matches!(meta, 3 | 4 | 8 | 9);
        if is_number && !number.is_empty() {
            return Err(Refusal::Value);
        }
        Ok(kind)
    }

    pub(super) fn finish(&self) -> Result<(), Refusal> {
        self.meta.finish()?;
        if self.raw.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Value)
        }
    }
}

/// Bytes that end too early inside a column are the column's fault, not the chunk's.
fn in_column(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Truncated => Refusal::Column,
        other => other,
    }
}

fn in_value(_: Refusal) -> Refusal {
    Refusal::Value
}

/// The columns of one table: a specification and bytes for each, in ascending order.
pub(super) struct Columns<'a>(Vec<(u32, &'a [u8])>);

impl<'a> Columns<'a> {
    /// Reads the list of specifications and lengths; [`Self::fill`] then finds the bytes.
    pub(super) fn list(bytes: &mut Bytes<'a>, known: &[u32]) -> Result<Vec<(u32, usize)>, Refusal> {
        let count = bytes.length()?;
        if count > limits::CHANGE_COLUMNS {
            return Err(Refusal::TooManyColumns);
        }
        let mut list = Vec::with_capacity(count);
        let mut previous = None;
        for _ in 0..count {
            let spec = bytes.unsigned()?;
            if spec & 8 != 0 {
                return Err(Refusal::ColumnDeflated);
            }
            let spec = u32::try_from(spec).map_err(|_| Refusal::Number)?;
            if previous >= Some(spec) {
                return Err(Refusal::ColumnOrder);
            }
            previous = Some(spec);
            if !known.contains(&spec) {
                return Err(Refusal::ColumnUnknown { spec });
            }
            list.push((spec, bytes.length()?));
        }
        Ok(list)
    }

    /// Takes the columns of `list` from `bytes`.
    pub(super) fn fill(list: Vec<(u32, usize)>, bytes: &mut Bytes<'a>) -> Result<Self, Refusal> {
        list.into_iter()
            .map(|(spec, length)| Ok((spec, bytes.take(length)?)))
            .collect::<Result<_, _>>()
            .map(Columns)
    }

    /// The bytes of one column; none if it is not there.
    pub(super) fn get(&self, spec: u32) -> &'a [u8] {
        self.0
            .iter()
            .find(|(s, _)| *s == spec)
            .map_or(&[], |(_, bytes)| bytes)
    }

    /// Whether some column is there without any bytes, which Automerge never writes.
    pub(super) fn has_empty(&self) -> bool {
        self.0.iter().any(|(_, bytes)| bytes.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_billions_is_counted_and_not_unpacked() {
        // 4,000,000,000 times the value 1.
        let column = [0x80, 0xd0, 0xac, 0xf3, 0x0e, 1];
        assert_eq!(Runs::<u64>::rows(&column, 10), Err(Refusal::TooManyOps));
        let mut runs = Runs::<u64>::new(&column);
        assert_eq!(runs.next(), Ok(Some(1)));
        assert_eq!(runs.finish(), Err(Refusal::Column));
    }

    #[test]
    fn the_most_negative_count_of_different_values_does_not_overflow() {
        let mut column = [0x80; 10];
        column[9] = 0x7f;
        assert_eq!(Runs::<u64>::rows(&column, 10), Err(Refusal::TooManyOps));
        assert_eq!(Runs::<u64>::new(&column).next(), Err(Refusal::Column));
    }

    #[test]
    fn rows_come_out_as_they_went_in() {
        let mut runs = Runs::<u64>::new(&[2, 7, 0, 1, 0x7e, 8, 9]);
        let rows: Vec<_> = (0..5).map(|_| runs.next()).collect();
        assert_eq!(
            rows,
            [Ok(Some(7)), Ok(Some(7)), Ok(None), Ok(Some(8)), Ok(Some(9))]
        );
        assert_eq!(runs.finish(), Ok(()));
        assert_eq!(runs.next(), Err(Refusal::Column));
    }

    #[test]
    fn flags_alternate_and_only_the_first_count_may_be_nought() {
        let mut flags = Flags::new(&[0, 1, 2]);
        let rows: Vec<_> = (0..3).map(|_| flags.next()).collect();
        assert_eq!(rows, [Ok(true), Ok(false), Ok(false)]);
        assert_eq!(flags.finish(), Ok(()));
        let mut flags = Flags::new(&[1, 0, 0, 5]);
        assert_eq!(flags.next(), Ok(false));
        assert_eq!(flags.next(), Err(Refusal::Column));
    }

    #[test]
    fn a_value_is_as_long_as_its_kind_demands() {
        let value = |meta: &[u8], raw: &[u8]| Values::new(meta, raw).next();
        assert_eq!(value(&[0x7f, 0x16], b"a"), Ok(Kind::Character));
        assert_eq!(value(&[0x7f, 0x26], "ă".as_bytes()), Ok(Kind::Character));
        assert_eq!(value(&[0x7f, 0x26], &[0xff, 0xff]), Err(Refusal::Utf8));
        assert_eq!(value(&[0x7f, 0x24], &[1, 1]), Err(Refusal::Value));
        assert_eq!(value(&[0x7f, 0x15], &[1]), Err(Refusal::Value));
        assert_eq!(value(&[0x7f, 0x1a], &[1]), Err(Refusal::Value));
        let float = |n: f64| value(&[0x7f, 0x85, 1], &n.to_le_bytes());
        assert_eq!(float(0.5), Ok(Kind::Other));
        assert_eq!(float(f64::NAN), Err(Refusal::Value));
        assert_eq!(value(&[0x7f, 0x16], &[]), Err(Refusal::Value));
    }
}
