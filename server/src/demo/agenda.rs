//! What happens in the demo's year: one list, in the order in which it begins; and who of an invented district lives
//! through what of it ([`Plans`]). Both are worked out from the list and the branches alone, so nothing is shared between
//! devices but the node.
//!
//! The year is that of the reform: 1 December 2024 to 30 November 2025. Months are counted from 0, which is December.

use super::device::{Device, DeviceId};
use crate::bring_in::PlacedBranch;
use crate::district::Size;
use chibo_core::id::{Hasher, PlaceId};
use chibo_core::place::Role;

/// The first month of the year: December 2024.
pub(super) const FIRST: (u32, u32) = (2024, 12);
/// Months that pass.
pub(super) const MONTHS: u32 = 12;
/// The day of a month on which the office decides what waits.
pub(super) const OFFICE_DAY: u32 = 25;
/// The day of the month on which whoever leads a branch hands it over.
pub(super) const HAND_OVER_DAY: u32 = 10;
/// The device that is backed up and goes on from the backup: the first secretary's. Month and day of both.
pub(super) const RESTORED_DEVICE: DeviceId = 0;
pub(super) const BACKUP: (u32, u32) = (2, 8);
pub(super) const RESTORE: (u32, u32) = (3, 20);
/// The day on which the reform is in force, and done.
pub(super) const REFORM: (u32, u32) = (7, 1);

/// What a line needs to happen at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// One branch.
    Branch,
    /// Two of them.
    Two,
    /// A district that the reform made.
    District,
}

/// To whom it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// Everybody whose turn it is: no line of [`Plans`].
    All,
    /// A member at home who leads nothing, in every so-many-eth branch; 0: in one.
    AtHome(usize),
    /// A member away without a device of their own, in every so-many-eth branch.
    Away(usize),
    /// Somebody who is not there yet, in every so-many-eth branch.
    Newcomer(usize),
    /// Members away with a device, one in so many.
    WithDevice(usize),
}

macro_rules! year {
    ($($event:ident $code:literal $needs:ident $months:expr, $who:expr, $vi:literal $en:literal)*) => {
        /// Something that happens in the year.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Event { $(#[doc = $en] $event,)* }

        /// The year.
        pub(super) const YEAR: &[Line] = &[$(Line {
            event: Event::$event, code: $code, needs: Needs::$needs, months: $months, who: $who, vi: $vi, en: $en,
        },)*];
    };
}

/// One line of the year.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub event: Event,
    /// Its name in JSON.
    pub code: &'static str,
    pub needs: Needs,
    /// The first and the last month in which it begins.
    pub months: (u32, u32),
    pub who: Who,
    pub vi: &'static str,
    pub en: &'static str,
}

use Who::{All, AtHome, Away, Newcomer, WithDevice};

year! {
    Meeting "meeting" Branch (0, 11), All, "Họp chi bộ" "A branch meets"
    CheckIn "check_in" Branch (0, 11), All, "Đảng viên đi xa báo nơi ở" "A member away says where they are"
    Correction "correction" Branch (0, 11), All, "Sửa một chỗ trong lý lịch" "A record is corrected"
    TwoVersions "two_versions" Branch (0, 0), All, "Bí thư và phó bí thư sửa cùng một ô" "Secretary and deputy change the same field"
    Address "address" Branch (0, 0), All, "Ghi nơi ở của người đi xa, theo lời ai" "Where somebody away lives, by whose words"
    Transfer "transfer" Two (0, 7), AtHome(2), "Chuyển sinh hoạt trong xã, có giấy giới thiệu" "A member goes to another branch of the node"
    Received "received" Two (2, 10), All, "Chi bộ mới tiếp nhận người chuyển đến" "The other branch receives them"
    DossierGiven "dossier_given" Two (1, 8), All, "Giao nhận hồ sơ, hai bên ký" "A paper dossier changes hands, signed by both"
    Stay "stay" Two (0, 7), Away(1), "Sinh hoạt tạm thời ở chi bộ khác" "Somebody takes part in another branch for a time"
    GuestMarked "guest_marked" Two (0, 11), All, "Chi bộ chủ nhà điểm danh khách" "The host marks a guest"
    Exemption "exemption" Branch (0, 5), WithDevice(3), "Xin tạm miễn, được cho, rồi trở lại" "A temporary exemption is asked for"
    ExemptionGiven "exemption_given" Branch (0, 6), All, "Cho tạm miễn" "A temporary exemption is given"
    Death "death" Branch (0, 11), AtHome(6), "Qua đời" "A member dies"
    Rule "rule" Branch (1, 1), All, "Đảng ủy thêm một quy định" "The committee adds a rule of its own"
    Applicant "applicant" Branch (1, 1), Newcomer(10), "Có người xin vào Đảng" "Somebody asks to be admitted"
    OldRecord "old_record" Branch (1, 1), Newcomer(0), "Ghi lại người đã ra khỏi Đảng từ lâu" "Somebody who left long ago is recorded"
    Mistyped "mistyped" Branch (1, 1), AtHome(0), "Quyết định ghi nhầm số, hủy, ghi lại" "A decision is mistyped, cancelled, recorded anew"
    Supplement "supplement" Branch (1, 1), All, "Phiếu bổ sung hằng năm" "A yearly supplement"
    TransferOut "transfer_out" Branch (1, 5), AtHome(6), "Chuyển đi nơi không dùng Chibo" "A member goes to a place without Chibo"
    StruckOff "struck_off" Branch (2, 2), AtHome(12), "Xóa tên" "A member is struck off"
    Dossier "dossier" Branch (2, 2), All, "Mục lục hồ sơ" "What a paper dossier holds"
    TransferIn "transfer_in" Branch (2, 6), Newcomer(6), "Chuyển đến từ nơi không dùng Chibo" "Somebody comes from a place without Chibo"
    Admission "admission" Branch (3, 6), Newcomer(12), "Kết nạp" "A member is admitted"
    Renamed "renamed" Branch (3, 9), AtHome(8), "Đổi họ tên theo quyết định" "A name changes by decision"
    Restored "restored" Branch (3, 3), All, "Máy chạy lại từ bản sao cũ" "A device goes on from its old backup"
    LostCard "lost_card" Branch (3, 3), AtHome(4), "Mất thẻ, cấp lại" "A lost card, and the new one"
    Contest "contest" Branch (3, 3), WithDevice(3), "Đảng viên phản ánh một chỗ trong lý lịch" "A member contests a sentence of their record"
    Answered "answered" Branch (3, 11), All, "Trả lời phản ánh" "A contest is answered"
    Forgotten "forgotten" Branch (4, 8), All, "Xóa dữ liệu người không được kết nạp" "A refused applicant is forgotten"
    Elected "elected" Branch (5, 5), AtHome(5), "Đại hội chi bộ bầu bí thư mới" "A congress elects another secretary"
    Discipline "discipline" Branch (5, 5), AtHome(0), "Quyết định kỷ luật" "A decision on discipline"
    HandedOver "handed_over" Branch (6, 6), All, "Bí thư cũ bàn giao, máy cũ hết quyền và dữ liệu" "The old secretary hands over; role and data end"
    Reform "reform" District (7, 7), All, "Sắp xếp ngày 1/7/2025: 14 xã còn 4, huyện kết thúc" "The reform of 1 July 2025: 14 communes become 4, the district ends"
    Late "late" Branch (7, 7), AtHome(8), "Chuyển sinh hoạt quá hạn, có nêu lý do" "A transfer that is late, with the reason"
    AskedWhyLate "asked_why_late" Branch (11, 11), All, "Máy hỏi lý do chậm, người làm nêu lý do" "Whoever is late is asked why, and says it"
    Reinstated "reinstated" Branch (8, 8), All, "Phục hồi đảng viên" "Whoever was struck off is restored"
    TermOver "term_over" Branch (9, 9), All, "Xóa dữ liệu hết thời hạn lưu" "Records whose term is over are erased"
    GuestRemark "guest_remark" Two (10, 10), All, "Nơi tạm thời nhận xét khách" "The host's remark on a guest"
    ResidenceRemark "residence_remark" Branch (11, 11), All, "Nhận xét nơi cư trú" "A residence remark"
}

impl Event {
    /// Its line.
    pub(super) fn line(self) -> Option<&'static Line> {
        YEAR.iter().find(|line| line.event == self)
    }
}

impl Line {
    /// Whether it can happen in a world of this size.
    pub(super) fn can_be(&self, size: Size) -> bool {
        match self.needs {
            Needs::Branch => true,
            Needs::Two => size != Size::Branch,
            Needs::District => matches!(size, Size::District | Size::SmallDistrict),
        }
    }
}

/// Who lives through what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub event: Event,
    /// The branch, by its place in the list.
    pub branch: usize,
    /// The member; of a newcomer, the place that they will have.
    pub member: PlaceId,
    /// The member's place in the branch's list, if they are in it.
    pub index: Option<usize>,
    /// The month in which it begins.
    pub month: u32,
}

/// All parts, by branch.
#[derive(Debug)]
pub(super) struct Plans(Vec<Vec<Part>>);

impl Plans {
    /// Gives every line of the year its people. Nobody at home has two of them; where no branch's turn comes, the one with
    /// the most people left has it.
    pub(super) fn of(size: Size, branches: &[PlacedBranch], devices: &[Device]) -> Plans {
        let mut plans = Plans(vec![Vec::new(); branches.len()]);
        // The first of a branch comes last: who is taken is taken from the end.
        let at_home = |b: &PlacedBranch| {
            let all = b.members.iter().enumerate();
            let home = all.filter(|(_, (_, m))| !m.away && !m.is_secretary && !m.is_deputy);
            home.map(|(i, _)| i).rev().collect()
        };
        let mut home: Vec<Vec<usize>> = branches.iter().map(at_home).collect();
        for line in YEAR.iter().filter(|line| line.can_be(size)) {
            let (every, mut turns) = match line.who {
                All => continue,
                WithDevice(every) => {
                    plans.with_device(line, every, devices);
                    continue;
                }
                AtHome(every) | Away(every) | Newcomer(every) => (every, Vec::new()),
            };
            for b in 0..branches.len() {
                if every > 0 && b % every == 0 {
                    turns.push((b, b / every));
                }
            }
            let before = plans.all().count();
            for (b, n) in turns {
                plans.give(line, b, n, branches, &mut home);
            }
            if plans.all().count() == before {
                let most = (0..branches.len()).max_by_key(|b| (home[*b].len(), branches.len() - b));
                most.into_iter()
                    .for_each(|b| plans.give(line, b, 0, branches, &mut home));
            }
        }
        plans
    }

    fn give(
        &mut self,
        line: &Line,
        b: usize,
        n: usize,
        branches: &[PlacedBranch],
        home: &mut [Vec<usize>],
    ) {
        let members = &branches[b].members;
        let index = match line.who {
            AtHome(_) => home[b].pop(),
            Away(_) => members.iter().position(|(_, m)| m.away && !m.has_device),
            _ => None,
        };
        let newcomer = matches!(line.who, Newcomer(_));
        let member = match index.and_then(|i| members.get(i)) {
            Some((member, _)) => *member,
            None if newcomer => comes(branches[b].place, line.event),
            None => return,
        };
        let (from, to) = line.months;
        let mut month = from + n as u32 % (to - from + 1);
        // What that secretary does between backup and restore is lost, as it would be; the year does not count on it.
        if b == 0 && (BACKUP.0..=RESTORE.0).contains(&month) && to > RESTORE.0 {
            month = RESTORE.0 + 1;
        }
        self.0[b].push(Part {
            event: line.event,
            branch: b,
            member,
            index,
            month,
        });
    }

    fn with_device(&mut self, line: &Line, every: usize, devices: &[Device]) {
        let (from, to) = line.months;
        let of_members = devices.iter().filter(|d| d.role == Role::Member);
        for (n, device) in of_members.enumerate().filter(|(n, _)| n % every == 0) {
            self.0[device.branch].push(Part {
                event: line.event,
                branch: device.branch,
                member: device.place,
                index: Some(device.member),
                month: from + (n / every) as u32 % (to - from + 1),
            });
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Part> {
        self.0.iter().flatten()
    }

    /// The parts of a line.
    pub(super) fn parts(&self, event: Event) -> impl Iterator<Item = &Part> {
        self.all().filter(move |part| part.event == event)
    }

    /// The parts of a line in a branch.
    pub(super) fn here(&self, branch: usize, event: Event) -> impl Iterator<Item = &Part> {
        let here = self.0.get(branch).into_iter().flatten();
        here.filter(move |part| part.event == event)
    }
}

/// The place that somebody will have who is not there yet.
fn comes(branch: PlaceId, event: Event) -> PlaceId {
    let code = event.line().map_or("", |line| line.code);
    PlaceId(
        Hasher::new("chibo/demo-newcomer/1")
            .part(&branch.0)
            .part(code.as_bytes())
            .id(),
    )
}
