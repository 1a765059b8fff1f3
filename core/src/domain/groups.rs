//! What people write in their own words and are counted by all the same: occupation (*nghề nghiệp*), schooling (*học vấn*),
//! qualification (*chuyên môn*). The record keeps the words (“Giáo viên cấp 2, nghỉ hưu 2015”); a figure and a filter look them
//! up here ([`crate::field::group`]). What stands first in a list wins, so a retired teacher is retired.
//!
//! Which groups a report asks for was not found in any text of the Party that is public; they follow the breakdowns that
//! such reports print (occupation, general education, qualification), and are data: another list is another array.

use super::code;
use crate::kind::Code;

/// Groups of occupations.
pub static OCCUPATIONS: [Code; 10] = [
    code(
        "retired",
        "Hưu trí, mất sức",
        "Retired",
        &[
            "huu", "huu tri", "ve huu", "nghi huu", "nguyen", "mat suc", "gia yeu", "tuoi cao",
        ],
    ),
    code(
        "student",
        "Học sinh, sinh viên",
        "Student",
        &["hoc sinh", "sinh vien", "di hoc"],
    ),
    code(
        "armed_forces",
        "Quân đội, công an",
        "Armed forces",
        &[
            "bo doi",
            "quan doi",
            "quan nhan",
            "si quan",
            "cong an",
            "quan su",
        ],
    ),
    code(
        "teacher",
        "Giáo viên",
        "Teacher",
        &["giao vien", "nha giao", "giang vien", "day hoc"],
    ),
    code(
        "health",
        "Y tế",
        "Health",
        &["y te", "bac si", "y si", "y ta", "dieu duong", "duoc si"],
    ),
    code(
        "official",
        "Cán bộ, công chức, viên chức",
        "Official",
        &["can bo", "cong chuc", "vien chuc", "cbcc", "chuyen vien"],
    ),
    code(
        "farmer",
        "Nông dân",
        "Farmer",
        &[
            "lam ruong",
            "nong dan",
            "nong nghiep",
            "trong lua",
            "lam nong",
            "chan nuoi",
            "nuoi trong thuy san",
            "lam vuon",
            "ngu dan",
            "lam muoi",
        ],
    ),
    code(
        "worker",
        "Công nhân, thợ",
        "Worker",
        &[
            "cong nhan",
            "tho",
            "lai xe",
            "co khi",
            "xay dung",
            "nhan vien",
            "ky su",
            "lao dong",
        ],
    ),
    code(
        "trade",
        "Buôn bán, kinh doanh",
        "Trade",
        &[
            "buon ban",
            "kinh doanh",
            "ban hang",
            "dich vu",
            "giam doc",
            "chu doanh nghiep",
            "tieu thuong",
        ],
    ),
    code("other", "Nghề khác", "Other", &[]),
];

/// Levels of general education, after the systems of ten and of twelve years.
pub static SCHOOLING: [Code; 4] = [
    code(
        "upper_secondary",
        "Trung học phổ thông (cấp 3)",
        "Upper secondary",
        &[
            "12 12",
            "11 12",
            "10 12",
            "10 10",
            "9 10",
            "8 10",
            "thpt",
            "cap 3",
            "cap iii",
            "trung hoc pho thong",
        ],
    ),
    code(
        "lower_secondary",
        "Trung học cơ sở (cấp 2)",
        "Lower secondary",
        &[
            "9 12",
            "8 12",
            "7 12",
            "6 12",
            "7 10",
            "6 10",
            "5 10",
            "thcs",
            "cap 2",
            "cap ii",
            "trung hoc co so",
        ],
    ),
    code(
        "primary",
        "Tiểu học (cấp 1)",
        "Primary",
        &[
            "5 12",
            "4 12",
            "3 12",
            "2 12",
            "1 12",
            "4 10",
            "3 10",
            "2 10",
            "1 10",
            "tieu hoc",
            "cap 1",
            "cap i",
            "biet chu",
            "binh dan hoc vu",
        ],
    ),
    code("other", "Ghi cách khác", "Written otherwise", &[]),
];

/// Levels of qualification, the highest that is named.
pub static QUALIFICATIONS: [Code; 7] = [
    code(
        "postgraduate",
        "Trên đại học",
        "Postgraduate",
        &[
            "tien si",
            "thac si",
            "thac sy",
            "tien sy",
            "chuyen khoa i",
            "chuyen khoa ii",
            "ck1",
            "ck2",
        ],
    ),
    code(
        "university",
        "Đại học",
        "University",
        &["dai hoc", "cu nhan", "ky su", "bac si", "dh"],
    ),
    code("college", "Cao đẳng", "College", &["cao dang", "cd"]),
    code(
        "intermediate",
        "Trung cấp",
        "Intermediate",
        &["trung cap", "tc", "y si", "trung hoc chuyen nghiep"],
    ),
    code(
        "elementary",
        "Sơ cấp, công nhân kỹ thuật",
        "Elementary",
        &[
            "so cap",
            "sc",
            "cong nhan ky thuat",
            "cnkt",
            "chung chi nghe",
        ],
    ),
    code(
        "none",
        "Không, chưa qua đào tạo",
        "None",
        &["khong", "chua qua", "chua", "chua qua dao tao"],
    ),
    code("other", "Ghi cách khác", "Written otherwise", &[]),
];
