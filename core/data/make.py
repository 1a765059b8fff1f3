#!/usr/bin/env python3
"""Makes communes-2025.txt and communes-before-2025.txt beside this file.

    python3 make.py FOLDER      the folder holds the two CSV files named in README.md
"""
import csv
import pathlib
import sys

source = pathlib.Path(sys.argv[1])
here = pathlib.Path(__file__).parent


def rows(name):
    with open(source / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def even(name):
    # One source spells some kinds with two capitals.
    for kind in ("Thị xã", "Thị trấn", "Thành phố", "Đặc khu"):
        if name.lower().startswith(kind.lower() + " "):
            return kind + name[len(kind):]
    return name


def short(name):
    name = even(name)
    # Most are xã: the commonest kind is left out.
    return name.removeprefix("Xã ")


out, province = [], None
for r in sorted(rows("communes-2025.csv"), key=lambda r: (r["province_code"], r["code"])):
    if r["province_code"] != province:
        province = r["province_code"]
        out.append(f"={province}\t{r['province']}")
    out.append(f"{r['code']}\t{short(r['name'])}")
(here / "communes-2025.txt").write_text("\n".join(out) + "\n", encoding="utf-8")

out, province, district = [], None, None
for r in sorted(rows("communes-before-2025.csv"), key=lambda r: (r["province_code"], r["district_code"], r["code"])):
    if r["province_code"] != province:
        province = r["province_code"]
        out.append(f"={r['province']}")
    if r["district_code"] != district:
        district = r["district_code"]
        out.append(f"+{even(r['district'])}")
    out.append(f"{short(r['name'])}\t{r['became']}")
(here / "communes-before-2025.txt").write_text("\n".join(out) + "\n", encoding="utf-8")
