//! The district of before the reform of 1 July 2025, and the decision that made of it what it is today.
//!
//! Until 30 June the same branches stood under fourteen communes of a district of the province of Nam Định; fourteen
//! communes became four, the district level ended, the province became that of Ninh Bình. The units are real, and so is
//! which became which (the official list); which branch stood under which of them is chance.
//!
//! Does not know: the plan's meaning. It writes the table that an office types ([`chibo_core::reform`]), units by name.

use super::{District, Organisation, lists, organisation};
use chibo_core::commune::Communes;
use chibo_core::document::Value;

/// The communes of the district of Xuân Trường until 30 June 2025.
pub(crate) const OLD: [&str; 14] = [
    "thị trấn Xuân Trường",
    "xã Xuân Châu",
    "xã Xuân Hồng",
    "xã Xuân Thành",
    "xã Xuân Thượng",
    "xã Xuân Giang",
    "xã Xuân Tân",
    "xã Xuân Ngọc",
    "xã Trà Lũ",
    "xã Thọ Nghiệp",
    "xã Xuân Phú",
    "xã Xuân Vinh",
    "xã Xuân Ninh",
    "xã Xuân Phúc",
];

const HUYEN: &str = "Đảng bộ huyện Xuân Trường";

/// A district as it stood before the reform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// Its units; the root is the province.
    pub district: District,
    /// The plan's table, as an office types it.
    pub plan: String,
}

/// What a commune of before became, by the official list.
fn became(old: &str) -> Option<&'static str> {
    let text = format!("{old}, huyện Xuân Trường, tỉnh Nam Định");
    let sure = Communes::official().resolve_old(&text).sure();
    sure.map(|commune| commune.name)
}

/// The district that became this one, with the same branches and people; `None`: it is none that a reform made.
///
/// Of its organisations of villages the first fourteen are the communes of before, and the others stood under one of
/// them; bodies with branches, and what stands directly under a commune of today, stood under the district.
pub fn before_the_reform(today: District) -> Option<Before> {
    let mut plan = format!(
        "decision\t1674/NQ-UBTVQH15\tỦy ban Thường vụ Quốc hội\t16/06/2025\t01/07/2025\n\
         rename\tĐảng bộ tỉnh Nam Định\tĐảng bộ tỉnh Ninh Bình\n\
         from\tĐảng bộ tỉnh Ninh Bình\tĐảng bộ tỉnh Hà Nam\tmerged\n\
         end\t{HUYEN}\t-\tabolished\n"
    );
    let mut ends = String::new();
    let mut all = vec![
        of_before("Đảng bộ tỉnh Nam Định".into(), "province", None),
        of_before(HUYEN.into(), "district", Some(0)),
    ];
    for old in OLD {
        let to = became(old)?;
        let new = format!("new\tĐảng bộ xã {to}\tcommune\tĐảng bộ tỉnh Ninh Bình\tcommune\n");
        if !plan.contains(&new) {
            plan += &new;
        }
        let name = format!("Đảng bộ {old}");
        ends += &format!("end\t{name}\tĐảng bộ xã {to}\tmerged\n");
        all.push(of_before(name, "commune", Some(1)));
    }
    let mut moves = String::new();
    let names: Vec<String> = today.organisations.iter().map(|o| o.name.clone()).collect();
    let mut villages = 0;
    for mut org in today.organisations {
        let Some(above) = org.parent.and_then(|i| names.get(i)) else {
            continue;
        };
        let is_commune = org.sort == "commune";
        if org.branches.iter().any(|b| !b.village.is_empty()) && !is_commune {
            let at = 2 + villages % OLD.len();
            if villages < OLD.len() {
                all[at].branches.append(&mut org.branches);
            } else {
                org.unit.remove("valid_from");
                let sort = Value::Text("part_org".into());
                org.unit.insert("sort".into(), sort);
                all.push(Organisation {
                    sort: "part_org",
                    parent: Some(at),
                    ..org
                });
            }
            villages += 1;
        } else if is_commune {
            for branch in &org.branches {
                moves += &format!("move\t{HUYEN} > {}\t{}\n", branch.name, org.name);
            }
            all[1].branches.append(&mut org.branches);
        } else {
            moves += &format!("move\t{HUYEN} > {}\t{above}\n", org.name);
            org.unit.remove("valid_from");
            all.push(Organisation {
                parent: Some(1),
                ..org
            });
        }
    }
    let is_whole = lists::COMMUNES
        .iter()
        .all(|name| plan.contains(&format!("Đảng bộ xã {name}\t")));
    (villages > 0 && is_whole).then_some(Before {
        district: District {
            name: today.name,
            organisations: all,
        },
        plan: plan + &ends + &moves,
    })
}

/// A unit of before: it is not one of the reform's.
fn of_before(name: String, sort: &'static str, parent: Option<usize>) -> Organisation {
    let mut made = organisation(name, sort, parent);
    made.unit.remove("valid_from");
    made
}
