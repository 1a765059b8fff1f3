//! The words that an invented district is made of: names, places, jobs, each with its weight.
//!
//! Weights follow what is known of a rural district of the Red River delta; the combinations are of
//! chance, so a person of the same name who really lives is a coincidence. Place names set the style
//! only: which old commune became part of which new one is not modelled.

/// A list with how often each item comes.
pub type Weighted = &'static [(&'static str, u32)];

/// Surnames (*họ*).
pub const SURNAMES: Weighted = &[
    ("Nguyễn", 270),
    ("Trần", 150),
    ("Phạm", 110),
    ("Vũ", 90),
    ("Đỗ", 50),
    ("Đinh", 50),
    ("Lê", 40),
    ("Mai", 40),
    ("Hoàng", 40),
    ("Đặng", 40),
    ("Bùi", 30),
    ("Ngô", 30),
    ("Phan", 20),
    ("Lưu", 6),
    ("Ninh", 6),
    ("Cao", 5),
    ("Đoàn", 5),
    ("Lương", 5),
    ("Tạ", 4),
    ("Dương", 4),
    ("Nghiêm", 3),
    ("Khúc", 2),
];

/// Middle names (*tên đệm*) of men.
pub const MIDDLE_OF_MEN: Weighted = &[
    ("Văn", 40),
    ("Xuân", 9),
    ("Đức", 9),
    ("Quang", 7),
    ("Đình", 7),
    ("Ngọc", 6),
    ("Minh", 6),
    ("Công", 5),
    ("Hữu", 5),
    ("Duy", 4),
    ("Quốc", 2),
];

/// Middle names of women born before 1985, apart from *Thị*, and of all later ones.
pub const MIDDLE_OF_WOMEN: Weighted = &[
    ("Thu", 20),
    ("Thanh", 20),
    ("Hồng", 18),
    ("Ngọc", 16),
    ("Kim", 14),
    ("Minh", 6),
    ("Bích", 6),
];

/// Given names (*tên*) of older men.
pub const GIVEN_OF_OLDER_MEN: &[&str] = &[
    "Hùng", "Thắng", "Chiến", "Bình", "Toàn", "Khang", "Thành", "Hòa", "Định", "Sơn", "Hải",
    "Quyết", "Tiến", "Lợi", "Thịnh", "Vượng", "Khoa", "Ngọ", "Mão", "Tình", "Kiên", "Cường", "Bảo",
    "Tuyên", "Huấn", "Luyện", "Tập", "Nghị", "Phúc", "Vinh",
];

/// Given names of younger men.
pub const GIVEN_OF_YOUNGER_MEN: &[&str] = &[
    "Tuấn", "Dũng", "Hiếu", "Nam", "Long", "Việt", "Đạt", "Huy", "Trung", "Anh", "Linh", "Quân",
    "Phong", "Tùng", "Hưng", "Mạnh", "Khánh", "Lâm", "Hoàng", "Thái",
];

/// Given names of women.
pub const GIVEN_OF_WOMEN: &[&str] = &[
    "Hoa", "Lan", "Hương", "Hằng", "Thủy", "Nga", "Trang", "Linh", "Mai", "Huệ", "Nhung", "Yến",
    "Liên", "Oanh", "Thoa", "Hà", "Dung", "Thảo", "Loan", "Tuyết", "Vân", "Xuyến", "Phương",
    "Duyên", "Chi",
];

/// The communes that the reference district became.
pub const COMMUNES: [&str; 4] = ["Xuân Trường", "Xuân Hưng", "Xuân Giang", "Xuân Hồng"];

/// Communes as they were called before July 2025.
pub const OLD_COMMUNES: [&str; 20] = [
    "Xuân Bắc",
    "Xuân Châu",
    "Xuân Đài",
    "Xuân Hòa",
    "Xuân Hồng",
    "Xuân Kiên",
    "Xuân Ngọc",
    "Xuân Ninh",
    "Xuân Phong",
    "Xuân Phú",
    "Xuân Phương",
    "Xuân Tân",
    "Xuân Thành",
    "Xuân Thủy",
    "Xuân Thượng",
    "Xuân Tiến",
    "Xuân Trung",
    "Xuân Vinh",
    "Thọ Nghiệp",
    "Xuân Trường",
];

/// Bodies of a commune that have an organisation of their own beside the villages.
pub const BODIES_WITH_BRANCHES: [&str; 5] = [
    "Trung tâm Y tế",
    "Công an",
    "Quân sự",
    "Hợp tác xã Dệt may",
    "Thủy nông",
];

/// Agencies that are one branch.
pub const AGENCIES: [&str; 7] = [
    "Bưu điện",
    "Điện lực",
    "Kho bạc",
    "Thuế",
    "Ngân hàng Chính sách",
    "Trung tâm Văn hóa",
    "Bảo hiểm xã hội",
];

/// Villages with a name of their own, beside the numbered ones.
pub const VILLAGES: [&str; 10] = [
    "thôn Đông",
    "thôn Đoài",
    "thôn Trung",
    "thôn Bắc",
    "Hành Thiện",
    "Trà Lũ",
    "Kiên Lao",
    "Lạc Quần",
    "Phú Nhai",
    "Bùi Chu",
];

/// Jobs in a village; who is past the age of work is mostly retired.
pub const JOBS: Weighted = &[
    ("Làm ruộng", 24),
    ("Công nhân may", 6),
    ("Công nhân giày", 3),
    ("Thợ xây", 4),
    ("Cơ khí", 4),
    ("Buôn bán", 7),
    ("Giáo viên", 6),
    ("Cán bộ xã", 4),
    ("Cán bộ xóm", 3),
    ("Lái xe", 2),
    ("Thợ mộc", 1),
    ("Nhân viên y tế", 1),
    ("Kinh doanh vận tải", 1),
];

/// What the retired were.
pub const RETIRED: Weighted = &[("Hưu trí", 60), ("Hưu trí quân đội", 25), ("Làm ruộng", 15)];

/// Jobs in a school.
pub const SCHOOL_JOBS: Weighted = &[("Giáo viên", 88), ("Nhân viên văn phòng", 12)];

/// Jobs in an agency.
pub const AGENCY_JOBS: Weighted = &[("Công chức", 45), ("Viên chức", 40), ("Nhân viên", 15)];

/// General education of those who went to school before the reform of the 1980s and after.
pub const EDUCATION: Weighted = &[("7/10", 14), ("10/10", 16), ("9/12", 15), ("12/12", 55)];

/// Qualifications; an empty one is none.
pub const QUALIFICATIONS: Weighted = &[
    ("Không", 48),
    ("Sơ cấp", 6),
    ("Trung cấp kế toán", 6),
    ("Trung cấp nông nghiệp", 6),
    ("Trung cấp quân sự", 6),
    ("Cao đẳng sư phạm", 5),
    ("Cao đẳng", 3),
    ("Đại học sư phạm", 8),
    ("Đại học kinh tế", 5),
    ("Đại học luật", 4),
    ("Đại học", 3),
];

/// Political theory, by the code of its list.
pub const POLITICAL_THEORY: Weighted = &[
    ("none", 30),
    ("elementary", 48),
    ("intermediate", 19),
    ("advanced", 3),
];

/// Where people go for work.
pub const AWAY_AT: Weighted = &[
    ("phường Dĩ An, TP Hồ Chí Minh", 14),
    ("phường Trảng Dài, tỉnh Đồng Nai", 12),
    ("phường Bình Hòa, TP Hồ Chí Minh", 8),
    ("xã Yên Phong, tỉnh Bắc Ninh", 12),
    ("phường Quế Võ, tỉnh Bắc Ninh", 8),
    ("xã Thiên Lộc, TP Hà Nội", 10),
    ("phường Hoàng Mai, TP Hà Nội", 10),
    ("phường An Dương, TP Hải Phòng", 8),
    ("phường Nam Định, tỉnh Ninh Bình", 8),
    ("xã Ea Kar, tỉnh Đắk Lắk", 4),
    ("Đài Loan", 3),
    ("Nhật Bản", 3),
];

/// What is known of where somebody went when it is not clear.
pub const AWAY_UNCLEAR: &[&str] = &[
    "miền Nam",
    "Bình Dương (cũ)",
    "Hà Nội",
    "Tây Nguyên",
    "không rõ",
];

/// Why people go.
pub const AWAY_REASONS: Weighted = &[
    ("làm công nhân", 45),
    ("làm thợ xây", 20),
    ("buôn bán", 15),
    ("theo con", 10),
    ("lái xe đường dài", 6),
    ("xuất khẩu lao động", 4),
];

/// Languages.
pub const LANGUAGES: Weighted = &[
    ("Tiếng Anh A", 40),
    ("Tiếng Anh B", 30),
    ("Tiếng Anh B1", 20),
    ("Tiếng Nga", 6),
    ("Tiếng Trung", 4),
];

/// Posts of members without office in the branch; an empty one is none.
pub const POSTS: Weighted = &[
    ("", 85),
    ("Trưởng xóm", 3),
    ("Chi hội trưởng Cựu chiến binh", 3),
    ("Chi hội trưởng Phụ nữ", 3),
    ("Chi hội trưởng Nông dân", 3),
    ("Trưởng ban công tác Mặt trận", 3),
];

/// Kin who can be asked.
pub const KIN: &[&str] = &[
    "vợ", "chồng", "con trai", "con gái", "anh trai", "em gái", "bố",
];

/// Sentences that stand in notes from the beginning.
pub const NOTES: &[&str] = &[
    "Gia đình chính sách.",
    "Cựu chiến binh.",
    "Sức khỏe yếu, đi lại khó khăn.",
    "Đã đổi thẻ đảng năm 2025.",
    "Cần bổ sung giấy chứng nhận lớp đảng viên mới.",
    "Phụ trách tổ đảng số 2.",
];

/// Sentences that people add to notes later.
pub const LATER_NOTES: &[&str] = &[
    "Đã gọi điện ngày {d}, gia đình báo vẫn khỏe.",
    "Xin nghỉ họp tháng {m} vì đi viện.",
    "Đã nộp đảng phí đến hết tháng {m}.",
    "Đề nghị bổ sung hồ sơ trước ngày {d}.",
    "Con gái báo số điện thoại mới ngày {d}.",
    "Đã đối chiếu với sổ giấy ngày {d}.",
    "Chuyển chỗ trọ, chưa rõ địa chỉ mới.",
    "Sẽ về dự kiểm điểm cuối năm.",
    "Thẻ đảng bị mờ số, đề nghị làm lại.",
    "Đã nhắc làm phiếu bổ sung hồ sơ.",
];

/// Agendas of meetings.
pub const AGENDAS: &[&str] = &[
    "Thông tin thời sự; đánh giá việc thực hiện nghị quyết tháng trước; bàn nhiệm vụ tháng tới.",
    "Phổ biến văn bản của Đảng ủy xã; phân công đảng viên phụ trách hộ gia đình; thu đảng phí.",
    "Chuyên đề học tập và làm theo tư tưởng, đạo đức, phong cách Hồ Chí Minh.",
    "Bàn việc làm đường ngõ xóm; rà soát đảng viên đi làm ăn xa; bổ sung hồ sơ đảng viên.",
    "Bàn gieo cấy vụ xuân, nạo vét kênh mương; công tác phát triển đảng viên mới.",
    "Kiểm điểm, xếp loại đảng viên cuối năm.",
];

/// How the last resolution was carried out.
pub const LAST_RESOLUTIONS: &[&str] = &[
    "Đã làm xong 120 m đường ngõ xóm; còn hai hộ chưa đóng góp.",
    "Hoàn thành thu đảng phí; đã gửi danh sách đảng viên đi xa lên Đảng ủy.",
    "Đã vận động các hộ nạo vét mương; vệ sinh môi trường đạt yêu cầu.",
    "Hai đồng chí được phân công đã hoàn thành, một đồng chí chậm.",
];

/// What was said.
pub const DISCUSSIONS: &[&str] = &[
    "Các đồng chí nhất trí với dự thảo.",
    "Có ý kiến đề nghị liên hệ lại với đảng viên đi làm ăn xa trước ngày 15.",
    "Đề nghị đưa việc sửa nhà văn hóa vào kế hoạch quý sau.",
    "Một đồng chí đề nghị tăng thời gian thảo luận, giảm phần đọc văn bản.",
    "Đồng chí trưởng xóm báo cáo tình hình an ninh trật tự ổn định.",
];

/// What was concluded.
pub const CONCLUSIONS: &[&str] = &[
    "Thống nhất các nhiệm vụ tháng tới; giao đồng chí phó bí thư theo dõi.",
    "Chi bộ nhất trí 100 %. Giao tổ trưởng đôn đốc từng hộ.",
    "Mỗi đảng viên phụ trách ba hộ; báo kết quả tại kỳ họp sau.",
    "Hoàn thành bổ sung hồ sơ trước ngày 20; đảng viên đi xa báo nơi ở hằng tháng.",
];

/// What a member who is away says of their tasks.
pub const AWAY_TASKS: &[&str] = &[
    "Đã đọc nghị quyết tháng này qua nhóm của chi bộ.",
    "Đã vận động hai gia đình cùng quê tham gia bảo hiểm y tế.",
    "Chưa làm được vì tăng ca.",
    "Giữ liên lạc với đảng viên cùng quê ở khu trọ.",
];

/// What a member who is away asks for.
pub const AWAY_REQUESTS: &[&str] = &[
    "Xin gửi bản kiểm điểm qua người nhà.",
    "Xin giấy giới thiệu sinh hoạt tạm thời.",
    "Xin nộp đảng phí cả quý.",
    "Tháng sau về quê, sẽ dự họp.",
];
