//! A member (*đảng viên*): the working record, in two kinds, because different people may read them.
//!
//! [`MEMBER`] lies in the member's own lane; [`MEMBER_SENSITIVE`] holds what the law calls sensitive
//! and lies in the office's. Neither holds the dossier (*hồ sơ*), its papers or the life history
//! (*lý lịch*): those stay on paper. The order of the fields is that of form 2-KNĐ.
//!
//! A place field has two values: the text as people wrote it, old place names included, and the code
//! of today's commune ([`crate::commune`]), empty where it is not sure.

use super::groups::{OCCUPATIONS, QUALIFICATIONS, SCHOOLING};
use super::unit::{GROUP_POSTS, GROUPS};
use super::{code, field, label};
use crate::access::Right;
use crate::caution::{Form, Watch};
use crate::deadline::{DeadlineRule, Of};
use crate::kind::{Code, Field, FieldType, KeptFrom, Key, Kind, Part, Retention, SINCE};
use crate::place::{Edge, Lane, PlaceKind, Role};
use crate::regulation::Key as Rule;

/// Sex, as the form asks it.
pub static SEXES: [Code; 2] = [
    code("male", "Nam", "Male", &["trai", "m"]),
    code("female", "Nữ", "Female", &["gai", "f"]),
];

/// How a member belongs to the Party.
pub static STATUSES: [Code; 12] = [
    code(
        "probationary",
        "Dự bị",
        "Probationary",
        &["dang vien du bi", "db"],
    ),
    code(
        "official",
        "Chính thức",
        "Official",
        &["dang vien chinh thuc", "ct", "dang sinh hoat"],
    ),
    code(
        "exempt",
        "Miễn công tác và sinh hoạt đảng",
        "Exempt",
        &[
            "mien",
            "mien sinh hoat",
            "duoc mien",
            "mien cong tac",
            "mien ct sh",
        ],
    ),
    code(
        "temp_exempt",
        "Tạm miễn sinh hoạt",
        "Temporarily exempt",
        &["tam mien", "tam mien sinh hoat dang"],
    ),
    code(
        "temp_transferred",
        "Chuyển sinh hoạt tạm thời",
        "Temporarily transferred",
        &["sinh hoat tam thoi", "chuyen tam thoi", "tam thoi"],
    ),
    code(
        "transferred",
        "Đã chuyển đi",
        "Transferred",
        &[
            "chuyen di",
            "chuyen sinh hoat chinh thuc",
            "chuyen chinh thuc",
            "chuyen sinh hoat",
        ],
    ),
    code(
        "suspended",
        "Đình chỉ sinh hoạt",
        "Suspended",
        &["dinh chi", "dinh chi sinh hoat dang"],
    ),
    code(
        "struck_off",
        "Xóa tên",
        "Struck off",
        &["xoa ten dang vien"],
    ),
    code(
        "withdrew",
        "Xin ra khỏi Đảng",
        "Withdrew",
        &["xin ra", "cho ra khoi dang"],
    ),
    code("expelled", "Khai trừ", "Expelled", &["khai tru khoi dang"]),
    code(
        "left",
        "Ra khỏi Đảng (không rõ hình thức)",
        "Left, not known how",
        &["ra khoi dang", "ra dang"],
    ),
    code(
        "deceased",
        "Từ trần",
        "Deceased",
        &["da mat", "chet", "qua doi", "mat"],
    ),
];

/// Political theory (*lý luận chính trị*).
pub static POLITICAL_THEORY: [Code; 4] = [
    code("none", "Chưa qua", "None", &["chua", "khong", "chua hoc"]),
    code("elementary", "Sơ cấp", "Elementary", &["so cap llct", "sc"]),
    code(
        "intermediate",
        "Trung cấp",
        "Intermediate",
        &["trung cap llct", "tc"],
    ),
    code(
        "advanced",
        "Cao cấp, cử nhân",
        "Advanced or bachelor",
        &[
            "cao cap",
            "cu nhan",
            "cao cap llct",
            "cu nhan chinh tri",
            "cc",
        ],
    ),
];

/// The 54 ethnic groups of the State's list of 1979, in its order, and one for others.
pub static ETHNICITIES: [Code; 55] = [
    code("kinh", "Kinh", "Kinh", &["viet"]),
    code("tay", "Tày", "Tày", &[]),
    code("thai", "Thái", "Thái", &[]),
    code("hoa", "Hoa", "Hoa", &["han"]),
    code("khmer", "Khơ-me", "Khơ-me", &["khmer", "khome", "kho me"]),
    code("muong", "Mường", "Mường", &[]),
    code("nung", "Nùng", "Nùng", &[]),
    code("hmong", "Mông", "Mông", &["hmong", "h mong", "meo"]),
    code("dao", "Dao", "Dao", &[]),
    code(
        "gia_rai",
        "Gia-rai",
        "Gia-rai",
        &["gia rai", "jrai", "j rai", "giarai"],
    ),
    code("ngai", "Ngái", "Ngái", &[]),
    code("e_de", "Ê-đê", "Ê-đê", &["ede", "rhade"]),
    code("ba_na", "Ba-na", "Ba-na", &["bana", "bahnar"]),
    code(
        "xo_dang",
        "Xơ-đăng",
        "Xơ-đăng",
        &["xodang", "xe dang", "sedang"],
    ),
    code("san_chay", "Sán Chay", "Sán Chay", &["cao lan", "san chi"]),
    code("co_ho", "Cơ-ho", "Cơ-ho", &["coho", "k ho", "kho"]),
    code("cham", "Chăm", "Chăm", &["cham pa"]),
    code("san_diu", "Sán Dìu", "Sán Dìu", &[]),
    code("hre", "Hrê", "Hrê", &["h re"]),
    code("mnong", "Mnông", "Mnông", &["m nong"]),
    code("ra_glai", "Ra-glai", "Ra-glai", &["raglai"]),
    code("xtieng", "Xtiêng", "Xtiêng", &["x tieng", "stieng"]),
    code(
        "bru_van_kieu",
        "Bru - Vân Kiều",
        "Bru - Vân Kiều",
        &["van kieu", "bru"],
    ),
    code("tho", "Thổ", "Thổ", &[]),
    code("giay", "Giáy", "Giáy", &[]),
    code("co_tu", "Cơ-tu", "Cơ-tu", &["cotu", "k tu"]),
    code("gie_trieng", "Gié - Triêng", "Gié - Triêng", &["gie"]),
    code("ma", "Mạ", "Mạ", &[]),
    code("kho_mu", "Khơ-mú", "Khơ-mú", &["khomu", "kmu"]),
    code("co", "Co", "Co", &["cor"]),
    code("ta_oi", "Tà-ôi", "Tà-ôi", &["taoi"]),
    code("cho_ro", "Chơ-ro", "Chơ-ro", &["choro", "chau ro"]),
    code("khang", "Kháng", "Kháng", &[]),
    code("xinh_mun", "Xinh-mun", "Xinh-mun", &["xinhmun"]),
    code("ha_nhi", "Hà Nhì", "Hà Nhì", &[]),
    code("chu_ru", "Chu-ru", "Chu-ru", &["churu"]),
    code("lao", "Lào", "Lào", &[]),
    code("la_chi", "La Chí", "La Chí", &[]),
    code("la_ha", "La Ha", "La Ha", &[]),
    code("phu_la", "Phù Lá", "Phù Lá", &[]),
    code("la_hu", "La Hủ", "La Hủ", &[]),
    code("lu", "Lự", "Lự", &[]),
    code("lo_lo", "Lô Lô", "Lô Lô", &[]),
    code("chut", "Chứt", "Chứt", &[]),
    code("mang", "Mảng", "Mảng", &[]),
    code("pa_then", "Pà Thẻn", "Pà Thẻn", &[]),
    code("co_lao", "Cơ Lao", "Cơ Lao", &[]),
    code("cong", "Cống", "Cống", &[]),
    code("bo_y", "Bố Y", "Bố Y", &[]),
    code("si_la", "Si La", "Si La", &[]),
    code("pu_peo", "Pu Péo", "Pu Péo", &[]),
    code("brau", "Brâu", "Brâu", &[]),
    code("o_du", "Ơ-đu", "Ơ-đu", &["odu"]),
    code("ro_mam", "Rơ-măm", "Rơ-măm", &["romam"]),
    code(
        "other",
        "Khác",
        "Other",
        &["dan toc khac", "nguoi nuoc ngoai"],
    ),
];

/// Religions, as the statistical tables count them.
pub static RELIGIONS: [Code; 8] = [
    code("none", "Không", "None", &["ko", "khong ton giao", "k"]),
    code("buddhist", "Phật giáo", "Buddhist", &["phat", "dao phat"]),
    code(
        "catholic",
        "Công giáo",
        "Catholic",
        &["thien chua", "thien chua giao", "ki to giao"],
    ),
    code("protestant", "Tin Lành", "Protestant", &["dao tin lanh"]),
    code("cao_dai", "Cao Đài", "Cao Dai", &["dao cao dai"]),
    code("hoa_hao", "Hòa Hảo", "Hoa Hao", &["phat giao hoa hao"]),
    code("muslim", "Hồi giáo", "Muslim", &["hoi", "islam"]),
    code("other", "Khác", "Other", &["ton giao khac"]),
];

/// Forms of discipline (Quy định 69-QĐ/TW of 2022, article 7).
pub static DISCIPLINE_FORMS: [Code; 4] = [
    code("reprimand", "Khiển trách", "Reprimand", &["kt"]),
    code("warning", "Cảnh cáo", "Warning", &["cc"]),
    code("removal", "Cách chức", "Removal from post", &[]),
    code(
        "expulsion",
        "Khai trừ",
        "Expulsion",
        &["khai tru khoi dang"],
    ),
];

/// One award (*khen thưởng*): a badge, an order, a certificate.
static AWARD: [Field; 4] = [
    field("form", "Hình thức", "Form", FieldType::Line, &[]).always_needed(),
    field("date", "Ngày", "Date", FieldType::Date, &[]),
    field(
        "number",
        "Số quyết định",
        "Decision number",
        FieldType::Line,
        &[],
    ),
    field(
        "issuer",
        "Cơ quan quyết định",
        "Issuer",
        FieldType::Line,
        &[],
    ),
];

/// The field with the statuses that stood in the record before the one of today.
pub const STATUSES_BEFORE: &str = "statuses";

/// One of them.
static STATUS_BEFORE: [Field; 2] = [
    field(
        "status",
        "Tình trạng",
        "Status",
        FieldType::Code(&STATUSES),
        &[],
    ),
    field(SINCE, "Từ ngày", "Since", FieldType::Date, &[]),
];

/// The field with what somebody replaced in a name or a date of birth of the record.
pub const REPLACED: &str = "replaced";

/// The cell of one of them that says why; without it and without a decision people are asked ([`crate::register::unexplained`]).
pub const WHY: &str = "why";

/// One of them: the value that stood, under the name of its field.
static REPLACED_ONE: [Field; 4] = [
    field(
        "full_name",
        "Họ và tên trước khi sửa",
        "Full name before",
        FieldType::Name,
        &[],
    ),
    field(
        "birth_name",
        "Họ và tên khai sinh trước khi sửa",
        "Name at birth before",
        FieldType::Name,
        &[],
    ),
    field(
        "born",
        "Ngày sinh trước khi sửa",
        "Born, before",
        FieldType::Date,
        &[],
    ),
    field(WHY, "Lý do sửa", "Why replaced", FieldType::Line, &[]),
];

/// One disciplinary decision. Only formal decisions; no complaints, no drafts.
static DISCIPLINE: [Field; 4] = [
    field(
        "form",
        "Hình thức",
        "Form",
        FieldType::Code(&DISCIPLINE_FORMS),
        &[],
    )
    .always_needed(),
    field("date", "Ngày", "Date", FieldType::Date, &[]),
    field(
        "number",
        "Số quyết định",
        "Decision number",
        FieldType::Line,
        &[],
    )
    .always_needed(),
    field(
        "issuer",
        "Cơ quan quyết định",
        "Issuer",
        FieldType::Line,
        &[],
    ),
];

/// Names and dates of birth change by decision (Hướng dẫn 06-HD/TW of 9/6/2025), and what is mistyped is mended: so who
/// replaces one is asked why. What numbers look like; what looks otherwise is kept as it was typed.
static MEMBER_WATCHES: [Watch; 9] = [
    code_of("birthplace_code"),
    code_of("hometown_code"),
    code_of("permanent_residence_code"),
    code_of("temporary_residence_code"),
    code_of("away_at_code"),
    Watch::Replaced {
        entries: REPLACED,
        why: WHY,
        rule: Rule::ChangeByDecision,
    },
    Watch::Looks {
        field: "card_number",
        form: Form::Digits,
        rule: Rule::CardForm,
        on: &[],
        only: None,
    },
    Watch::Looks {
        field: "life_history_no",
        form: Form::DigitsAndLetters,
        rule: Rule::LifeHistoryForm,
        on: &[],
        only: None,
    },
    Watch::telephone("phone"),
];
/// Beside the words of a place stands the code of today's list, where it is sure.
const fn code_of(field: &'static str) -> Watch {
    let rule = Rule::PlaceCode;
    Watch::NoCommune { field, rule }
}

static SENSITIVE_WATCHES: [Watch; 1] = [Watch::Looks {
    field: "personal_id",
    form: Form::Digits,
    rule: Rule::PersonalIdForm,
    on: &[],
    only: None,
}];

/// From the admission to official membership. The terms of a probationary member end with the date at which
/// they are official: when the branch met about it, the record does not say.
static DEADLINES: [DeadlineRule; 3] = [
    DeadlineRule {
        rule: Rule::Ceremony,
        from: "admission_decided_on",
        after: None,
        done: "admitted_on",
        while_code: PROBATIONARY,
        in_states: &[],
        ending: None,
        remind: None,
        of: Of::Document,
    },
    DeadlineRule {
        rule: Rule::Probation,
        from: "admitted_on",
        after: None,
        done: "official_on",
        while_code: PROBATIONARY,
        in_states: &[],
        ending: None,
        remind: None,
        of: Of::Document,
    },
    DeadlineRule {
        rule: Rule::OfficialReview,
        from: "admitted_on",
        after: Some(Rule::Probation),
        done: "official_on",
        while_code: PROBATIONARY,
        in_states: &[],
        ending: None,
        remind: None,
        of: Of::Document,
    },
];

/// The code of a member whose probation runs.
const PROBATIONARY: Option<(&str, &str)> = Some(("status", "probationary"));

/// The member's record, as the member may read it.
pub static MEMBER: Kind = Kind {
    number: 2,
    name: "member",
    label: label("Đảng viên", "Member"),
    place: &[PlaceKind::Member],
    lane: Lane::Own,
    edge: Edge::Parent,
    key: Key::Single,
    title: "full_name",
    fields: &[
        field(
            "full_name",
            "Họ và tên",
            "Full name",
            FieldType::Name,
            &[
                "ho ten",
                "ho va ten dang vien",
                "ho ten dang vien",
                "ten dang vien",
                "ho va ten dang dung",
                "ho ten dang dung",
                "ho dem va ten",
                "ho va ten khai sinh dang dung",
            ],
        )
        .always_needed()
        .keeps_replaced("status", REPLACED)
        .decided_once("status"),
        field(
            "sort_name",
            "Tên để xếp thứ tự",
            "Sorted under",
            FieldType::Line,
            &["ten xep thu tu"],
        ),
        field(
            "sex",
            "Giới tính",
            "Sex",
            FieldType::Code(&SEXES),
            &["gioi", "nam nu", "phai", "gt"],
        )
        .always_needed()
        .counted(),
        field(
            "birth_name",
            "Họ và tên khai sinh",
            "Name at birth",
            FieldType::Name,
            &["ho ten khai sinh", "ten khai sinh"],
        )
        .always_needed()
        .keeps_replaced("status", REPLACED)
        .decided_once("status"),
        field(
            "alias",
            "Bí danh",
            "Alias",
            FieldType::Line,
            &["ten goi khac", "ten khac"],
        ),
        field(
            "born",
            "Ngày sinh",
            "Born",
            FieldType::Date,
            &[
                "ngay thang nam sinh",
                "nam sinh",
                "sinh ngay",
                "ngay thang sinh",
                "ngay sinh nam sinh",
                "ns",
            ],
        )
        .always_needed()
        .keeps_replaced("status", REPLACED)
        .decided_once("status"),
        field(
            "birthplace",
            "Nơi sinh",
            "Birthplace",
            FieldType::Line,
            &["noi sinh cu"],
        )
        .always_needed(),
        field(
            "birthplace_code",
            "Mã xã nơi sinh",
            "Commune code of birthplace",
            FieldType::Line,
            &[],
        ),
        field(
            "hometown",
            "Quê quán",
            "Home town",
            FieldType::Line,
            &["que", "nguyen quan", "que quan cu"],
        )
        .always_needed(),
        field(
            "hometown_code",
            "Mã xã quê quán",
            "Commune code of home town",
            FieldType::Line,
            &[],
        ),
        field(
            "permanent_residence",
            "Nơi thường trú",
            "Permanent residence",
            FieldType::Line,
            &[
                "thuong tru",
                "ho khau thuong tru",
                "hktt",
                "dia chi thuong tru",
                "noi dang ky thuong tru",
                "dia chi",
            ],
        )
        .always_needed(),
        field(
            "permanent_residence_code",
            "Mã xã thường trú",
            "Commune code of permanent residence",
            FieldType::Line,
            &[],
        ),
        field(
            "temporary_residence",
            "Nơi tạm trú",
            "Temporary residence",
            FieldType::Line,
            &[
                "tam tru",
                "noi o hien nay",
                "cho o hien nay",
                "noi o",
                "dia chi tam tru",
            ],
        ),
        field(
            "temporary_residence_code",
            "Mã xã tạm trú",
            "Commune code of temporary residence",
            FieldType::Line,
            &[],
        ),
        field(
            "temporary_residence_since",
            "Tạm trú từ ngày",
            "Temporary residence since",
            FieldType::Date,
            &["tam tru tu"],
        ),
        field(
            "occupation",
            "Nghề nghiệp",
            "Occupation",
            FieldType::Line,
            &[
                "nghe nghiep hien nay",
                "cong viec",
                "nghe",
                "nghe nghiep ban than",
            ],
        )
        .always_needed()
        .grouped(&OCCUPATIONS),
        field(
            "post",
            "Chức vụ",
            "Post",
            FieldType::Line,
            &["chuc vu dang", "chuc vu chinh quyen doan the", "chuc danh"],
        ),
        field(
            "education",
            "Giáo dục phổ thông",
            "General education",
            FieldType::Line,
            &[
                "hoc van",
                "trinh do hoc van",
                "van hoa",
                "trinh do van hoa",
                "trinh do giao duc pho thong",
                "gdpt",
            ],
        )
        .always_needed()
        .grouped(&SCHOOLING),
        field(
            "qualification",
            "Chuyên môn, nghiệp vụ",
            "Qualification",
            FieldType::Line,
            &[
                "chuyen mon",
                "trinh do chuyen mon",
                "trinh do chuyen mon nghiep vu",
                "hoc vi",
            ],
        )
        .always_needed()
        .grouped(&QUALIFICATIONS),
        field(
            "political_theory",
            "Lý luận chính trị",
            "Political theory",
            FieldType::Code(&POLITICAL_THEORY),
            &[
                "ly luan",
                "llct",
                "trinh do ly luan chinh tri",
                "trinh do llct",
            ],
        )
        .always_needed()
        .counted(),
        field(
            "languages",
            "Ngoại ngữ, tiếng dân tộc",
            "Languages",
            FieldType::Line,
            &["ngoai ngu", "tieng dan toc", "trinh do ngoai ngu"],
        )
        .always_needed(),
        field(
            "admission_decided_on",
            "Ngày quyết định kết nạp",
            "Admission decided on",
            FieldType::Date,
            &[
                "ngay qd ket nap",
                "quyet dinh ket nap ngay",
                "qd ket nap",
                "ngay quyet dinh kn",
            ],
        )
        .always_needed()
        .decided(),
        field(
            "admitted_on",
            "Ngày kết nạp",
            "Admitted on",
            FieldType::Date,
            &[
                "ngay vao dang",
                "vao dang ngay",
                "ket nap",
                "ngay ket nap vao dang",
                "ngay ket nap dang",
                "ngay vao dcsvn",
                "du bi ngay",
                "ngay vao dang du bi",
                "vao dang",
            ],
        )
        .always_needed()
        .decided(),
        field(
            "admission_place",
            "Nơi kết nạp",
            "Admitted at",
            FieldType::Line,
            &["chi bo ket nap", "noi ket nap vao dang", "ket nap tai"],
        ),
        field(
            "official_on",
            "Ngày chính thức",
            "Official on",
            FieldType::Date,
            &[
                "chinh thuc ngay",
                "ngay cong nhan chinh thuc",
                "chinh thuc",
                "ngay vao dang chinh thuc",
                "ngay ct",
            ],
        )
        .needed_if_official()
        .decided(),
        field(
            "official_place",
            "Nơi công nhận chính thức",
            "Made official at",
            FieldType::Line,
            &[
                "noi chinh thuc",
                "chi bo cong nhan chinh thuc",
                "cong nhan chinh thuc tai",
            ],
        ),
        field(
            "card_number",
            "Số thẻ đảng viên",
            "Card number",
            FieldType::Line,
            &["so the", "so the dang", "the dang vien", "so the dv"],
        )
        .needed_if_official(),
        field(
            "life_history_no",
            "Số lý lịch",
            "Life history number",
            FieldType::Line,
            &["so ly lich dang vien", "so ll", "so lldv"],
        )
        .always_needed(),
        field(
            "status",
            "Tình trạng",
            "Status",
            FieldType::Code(&STATUSES),
            &[
                "tinh trang dang vien",
                "dien dang vien",
                "loai dang vien",
                "tinh trang sinh hoat",
                "dang vien chinh thuc du bi",
            ],
        )
        .always_needed()
        .counted()
        .keeps_earlier("status_since", STATUSES_BEFORE)
        .decided(),
        field(
            "status_since",
            "Tình trạng từ ngày",
            "Status since",
            FieldType::Date,
            &["tu ngay"],
        )
        .decided(),
        field(
            STATUSES_BEFORE,
            "Tình trạng trước đây",
            "Earlier statuses",
            FieldType::Entries(&STATUS_BEFORE),
            &["tinh trang truoc"],
        )
        .decided(),
        field(
            REPLACED,
            "Họ tên, ngày sinh đã sửa",
            "Names and birth dates replaced",
            FieldType::Entries(&REPLACED_ONE),
            &[],
        )
        .decided(),
        field(
            "phone",
            "Số điện thoại",
            "Phone",
            FieldType::Line,
            &[
                "dien thoai",
                "sdt",
                "so dt",
                "dt",
                "dien thoai lien he",
                "so dien thoai lien he",
            ],
        ),
        field(
            "contact_person",
            "Người liên hệ",
            "Contact person",
            FieldType::Line,
            &["nguoi than", "lien he", "nguoi lien he khi can"],
        ),
        field(
            "away",
            "Đi xa",
            "Away",
            FieldType::YesNo,
            &["di lam an xa", "vang mat tai dia phuong", "lam an xa"],
        ),
        field(
            "away_at",
            "Nơi đi",
            "Away at",
            FieldType::Line,
            &["noi di lam an", "noi den", "noi lam an xa"],
        ),
        field(
            "away_at_code",
            "Mã xã nơi đi",
            "Commune code of the place away",
            FieldType::Line,
            &[],
        ),
        field(
            "away_since",
            "Đi từ ngày",
            "Away since",
            FieldType::Date,
            &["ngay di", "di tu"],
        ),
        field(
            "away_reason",
            "Lý do đi",
            "Reason for being away",
            FieldType::Line,
            &["ly do di xa"],
        ),
        field(
            "away_contact",
            "Liên hệ khi đi xa",
            "Contact when away",
            FieldType::Line,
            &["lien he khi di lam an"],
        ),
        field(
            "awards",
            "Khen thưởng",
            "Awards",
            FieldType::Entries(&AWARD),
            &[
                "huy hieu dang",
                "danh hieu khen thuong",
                "hinh thuc khen thuong",
            ],
        ),
        field(
            "group",
            "Tổ đảng",
            "Group",
            FieldType::Line,
            &["to", "sinh hoat tai to dang", "to sinh hoat"],
        )
        .named(GROUPS),
        field(
            "group_post",
            "Nhiệm vụ trong tổ đảng",
            "Post in the group",
            FieldType::Code(&GROUP_POSTS),
            &["to truong", "to pho", "chuc vu trong to"],
        ),
        field("note", "Ghi chú", "Note", FieldType::Prose, &["chu thich"]),
        crate::whose::words(),
    ],
    rights: &[
        (Role::Office, Right::ALL),
        (Role::Secretary, Right::WRITE),
        (Role::Deputy, Right::WRITE),
        (Role::Member, Right::READ),
        (Role::CommitteeMember, Right::READ),
        (Role::Auditor, Right::READ),
        (Role::Upper, Right::READ),
        (Role::CommitteeSecretary, Right::DECIDE),
        (Role::Operator, Right::NONE),
    ],
    append_only: false,
    watches: &MEMBER_WATCHES,
    formal: false,
    case: None,
    deadlines: &DEADLINES,
    part: Part::Record,
    retention: Retention::For(Rule::KeepRecord, KeptFrom::Leaving),
};

/// What the law calls sensitive about a member, and formal discipline: for the branch's leaders and
/// those above them.
pub static MEMBER_SENSITIVE: Kind = Kind {
    number: 3,
    name: "member_sensitive",
    label: label(
        "Thông tin cần giữ kín của đảng viên",
        "Sensitive data of a member",
    ),
    place: &[PlaceKind::Member],
    lane: Lane::Office,
    edge: Edge::Parent,
    key: Key::Single,
    title: "personal_id",
    fields: &[
        field(
            "ethnicity",
            "Dân tộc",
            "Ethnicity",
            FieldType::Code(&ETHNICITIES),
            &["thanh phan dan toc"],
        )
        .always_needed()
        .counted(),
        field(
            "religion",
            "Tôn giáo",
            "Religion",
            FieldType::Code(&RELIGIONS),
            &["theo ton giao"],
        )
        .always_needed()
        .counted(),
        field(
            "personal_id",
            "Số định danh cá nhân",
            "Personal id",
            FieldType::Line,
            &[
                "cccd",
                "so cccd",
                "can cuoc",
                "so can cuoc",
                "can cuoc cong dan",
                "so can cuoc cong dan",
                "cmnd",
                "cmnd cccd",
                "so dinh danh",
                "so cmnd",
                "so cmnd cccd",
            ],
        ),
        field(
            "discipline",
            "Kỷ luật",
            "Discipline",
            FieldType::Entries(&DISCIPLINE),
            &["ki luat", "hinh thuc ky luat", "ky luat dang"],
        )
        .decided(),
        crate::whose::words(),
    ],
    rights: &[
        (Role::Office, Right::ALL),
        (Role::Secretary, Right::WRITE),
        (Role::Deputy, Right::WRITE),
        (Role::Member, Right::NONE),
        (Role::CommitteeMember, Right::NONE),
        (Role::Auditor, Right::READ),
        (Role::Upper, Right::NONE),
        (Role::CommitteeSecretary, Right::DECIDE),
        (Role::Operator, Right::NONE),
    ],
    append_only: false,
    watches: &SENSITIVE_WATCHES,
    formal: false,
    case: None,
    deadlines: &[],
    part: Part::Sensitive,
    retention: Retention::For(Rule::KeepRecord, KeptFrom::Leaving),
};
