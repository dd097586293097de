"""Linkage: families that may be one under two ids, and links that nothing supports. Reported for people, never acted upon.

A new No. KK is not a new family. What ties two ids is asked of the records as they were known on a day: the same manager, members
who are the same person, or members of one desa who agree on sex and birth date. As everywhere, two members or the manager are
asked for; one member who moves is no sign of anything. A link of `tautan_kpm` counts from the day on which it is known. Only
pseudonyms are reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Records
from pkh_graduation.programme.calendar import date_of

COLUMNS = ("jenis", "kpm_id", "kpm_lain", "anggota_sama", "lahir_sama", "pengurus_sama", "tautan", "diketahui")
"""``kpm_id`` was known first, ``kpm_lain`` later (missing where one family is meant); ``anggota_sama`` members who are one person
in both, ``lahir_sama`` others who agree on sex and birth date, ``pengurus_sama`` bool; ``tautan`` kind of a known link (empty:
none); ``diketahui`` ISO day since which all of it is known."""

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "ganti_nomor": "keluarga diduga berganti nomor: anggotanya sama, nomor lama tidak lagi diperbarui",
        "pecah_kk": "keluarga diduga pecah KK: sebagian anggota pindah ke nomor baru",
        "ganda": "keluarga diduga tercatat dua kali: anggota yang sama diperbarui di kedua nomor",
        "pengurus_sama": "pasang keluarga memakai NIK pengurus yang sama, tanpa anggota yang sama",
        "dua_kepala": "keluarga mempunyai lebih dari satu kepala keluarga",
        "ganti_kepala": "keluarga berganti kepala keluarga",
        "tautan_tanpa_bukti": "tautan tanpa bukti: tidak ada pengurus atau dua anggota yang sama",
        "tautan_bertentangan": "tautan bertentangan: saling menunjuk, atau satu nomor baru dari beberapa nomor lama",
    }
)
"""What each kind of finding means, in Indonesian."""

_PAIRS = ("ganti_nomor", "pecah_kk", "ganda", "pengurus_sama")
_HEAD, _GONE = 1, (2, 3, 4, 6)
"""Codes: head of the family; died, moved, abroad, not found."""
_CROWD = 12
"""Families of one desa with a member of the same sex and birth date beyond which the day says nothing (a date filled in)."""
_DAY = ["kpm", "anggota", "day"]


def find_suspects(records: Records, vault: pd.DataFrame, day: int) -> pd.DataFrame:
    """Every suspicion of one day; columns `COLUMNS`, sorted by kind and ids.

    Args:
        records: canonical records; rows known after the day do not count.
        vault: ``kpm_id, nik_pengurus, tanggal_diketahui`` (as `ingest` yields it); the numbers are compared and go no further.
        day: epoch day on which one looks.
    """
    members = _members(records, day)
    pairs = _evidence(members, _homes(records, day), _managers(vault, day))
    links = _links(records, day)
    found = [_doubles(pairs, members), _heads(members), _unsupported(links, pairs, members), _conflicting(links)]
    lines = pd.concat([part for part in found if len(part)], ignore_index=True) if any(map(len, found)) else _none()
    lines = lines.merge(links[["lama", "baru", "jenis_tautan"]], how="left", on=["lama", "baru"])
    turned = links.rename(columns={"lama": "baru", "baru": "lama", "jenis_tautan": "balik"})
    lines = lines.merge(turned[["lama", "baru", "balik"]], how="left", on=["lama", "baru"])
    return _told(lines.assign(tautan=lines["jenis_tautan"].fillna(lines["balik"]).fillna("")))


def count(suspects: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Findings per kind, and how many of them no known link explains."""
    return {
        str(kind): {"jumlah": len(own), "tanpa_tautan": int((own["tautan"] == "").sum())}
        for kind, own in suspects.groupby("jenis", sort=True)
    }


def sentences(counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Short Indonesian text about the counts; none where there is nothing to look at."""
    told = [
        f"{own['jumlah']} {SENTENCES[kind]}"
        + (f" ({own['tanpa_tautan']} belum ada di tautan_kpm)" if kind in _PAIRS else "")
        + "."
        for kind, own in counts.items()
    ]
    return [*told, "Periksa, lalu catat di tautan_kpm; tidak ada yang digabung otomatis."] if told else []


def last_day(records: Records) -> int:
    """The newest day on which anything about families, members or links became known; -1 where there is nothing."""
    tables = [records.tables[name] for name in ("keluarga", "anggota", "tautan_kpm") if name in records.tables]
    return int(max((table["known_day"].max() for table in tables if len(table)), default=-1))


def _known(table: pd.DataFrame, day: int) -> pd.DataFrame:
    """Rows that were visible on a day."""
    there = (table["known_day"] <= day) & (table["superseded_day"].fillna(day + 1) > day)
    return table[there & ~table["batal"] & (table["day"].fillna(day + 1) <= day).to_numpy(dtype=bool)]


def _members(records: Records, day: int) -> pd.DataFrame:
    """One row per family and member: ``kpm, anggota, jenis_kelamin, lahir, kepala, pergi``, first and last day seen, day known.

    A person is one row per day in the records; here she is one per family and day, so that who stands in two families on the
    same day is seen.
    """
    rows = records.tables["anggota"]
    rows = rows[
        (rows["known_day"] <= day) & (rows["day"].fillna(day + 1) <= day).to_numpy(dtype=bool) & rows["anggota"].notna()
    ]
    rows = rows.sort_values(["known_day", "record_id"], kind="stable").drop_duplicates(_DAY, keep="last")
    rows = rows[~rows["batal"] & rows["kpm"].notna()].sort_values(["day", "known_day", "record_id"], kind="stable")
    ids = rows[["kpm", "anggota"]].astype("int64")
    told = rows["tanggal_keluar"].notna() & (rows["tanggal_diketahui_selesai"].fillna(rows["known_day"]) <= day)
    flat = pd.DataFrame(
        {
            "kpm": ids["kpm"],
            "anggota": ids["anggota"],
            "jenis_kelamin": rows["jenis_kelamin"],
            "lahir": rows["tanggal_lahir"],
            "kepala": (rows["hubungan"] == _HEAD).fillna(False).astype(bool),
            "pergi": told.astype(bool) | rows["keberadaan"].isin(_GONE).fillna(False).astype(bool),
            "awal": rows["day"].astype("int64"),
            "diketahui": rows["known_day"].astype("int64"),
        }
    )
    seen = flat.groupby(["kpm", "anggota"], sort=False).agg(
        awal=("awal", "min"), akhir=("awal", "max"), diketahui=("diketahui", "min"), pernah_kepala=("kepala", "any")
    )
    last = flat.drop_duplicates(["kpm", "anggota"], keep="last").drop(columns=["awal", "diketahui"])
    return last.merge(seen, left_on=["kpm", "anggota"], right_index=True).reset_index(drop=True)


def _homes(records: Records, day: int) -> pd.Series:
    """Desa of each family as last known."""
    rows = _known(records.tables["keluarga"], day).sort_values(["day", "known_day", "record_id"], kind="stable")
    return rows.drop_duplicates("kpm", keep="last").set_index("kpm")["kode_wilayah"].fillna("")


def _managers(vault: pd.DataFrame, day: int) -> pd.DataFrame:
    """Which number managed which family, and since when that is known: ``nik, kpm, diketahui``."""
    rows = vault[vault["nik_pengurus"].notna() & (vault["tanggal_diketahui"].fillna(day + 1) <= day)]
    kpm = [int(name[1:], 16) for name in rows["kpm_id"]]
    known = rows["tanggal_diketahui"].astype("int64").to_numpy()
    flat = pd.DataFrame(
        {"nik": rows["nik_pengurus"].to_numpy(), "kpm": np.array(kpm, dtype="int64"), "diketahui": known}
    )
    return flat.groupby(["nik", "kpm"], as_index=False, sort=False)["diketahui"].min()


def _evidence(members: pd.DataFrame, homes: pd.Series, managers: pd.DataFrame) -> pd.DataFrame:
    """Pairs of families with all that ties them: ``kecil, besar`` (ids), counts of each kind, day known."""
    same = _paired(members[["anggota", "kpm", "diketahui"]], ["anggota"]).assign(jenis="anggota_sama")
    placed = members.assign(desa=members["kpm"].map(homes).astype("str").fillna(""))
    placed = placed[placed["lahir"].notna() & placed["jenis_kelamin"].notna() & (placed["desa"] != "")]
    alike = _paired(placed, ["desa", "jenis_kelamin", "lahir"], crowd=_CROWD, other="anggota").assign(
        jenis="lahir_sama"
    )
    led = _paired(managers, ["nik"]).assign(jenis="pengurus_sama")
    found = pd.concat([same, alike, led], ignore_index=True)
    counts = found.groupby(["kecil", "besar", "jenis"]).size().unstack("jenis", fill_value=0)
    counts = counts.reindex(columns=["anggota_sama", "lahir_sama", "pengurus_sama"], fill_value=0)
    known = found.groupby(["kecil", "besar"])["diketahui"].max()
    return counts.assign(diketahui=known).reset_index()


def _paired(rows: pd.DataFrame, keys: list[str], *, crowd: int = 50, other: str | None = None) -> pd.DataFrame:
    """Pairs of different families that share a key; ``other``: only where that column differs. Crowded keys say nothing."""
    rows = rows[[*keys, "kpm", "diketahui", *([other] if other else [])]]
    size = rows.groupby(keys)["kpm"].transform("nunique")
    rows = rows[(size > 1) & (size <= crowd)]
    both = rows.merge(rows, on=keys, suffixes=("", "_2"))
    both = both[both["kpm"] < both["kpm_2"]]
    if other:
        both = both[both[other] != both[f"{other}_2"]]
        both = both.drop_duplicates([*keys, "kpm", "kpm_2"])
    return pd.DataFrame(
        {
            "kecil": both["kpm"].astype("int64"),
            "besar": both["kpm_2"].astype("int64"),
            "diketahui": both[["diketahui", "diketahui_2"]].max(axis=1).astype("int64"),
        }
    )


def _doubles(pairs: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Pairs with enough evidence, the family known first as ``lama``, and what they look like."""
    enough = (pairs["pengurus_sama"] > 0) | (pairs["anggota_sama"] + pairs["lahir_sama"] >= 2)
    lives = members.groupby("kpm").agg(awal=("awal", "min"), akhir=("akhir", "max"), tahu=("diketahui", "min"))
    own = pairs[enough & pairs["kecil"].isin(lives.index) & pairs["besar"].isin(lives.index)].copy()
    if own.empty:
        return _none()
    began, known = ([own[side].map(lives[name]) for side in ("kecil", "besar")] for name in ("awal", "tahu"))
    first = (began[0] < began[1]) | ((began[0] == began[1]) & (known[0] <= known[1]))
    own["lama"] = np.where(first, own["kecil"], own["besar"])
    own["baru"] = np.where(first, own["besar"], own["kecil"])
    later = own["lama"].map(lives["akhir"]).to_numpy() >= own["baru"].map(lives["awal"]).to_numpy()
    staying = _staying(own, members)
    strangers = (own["anggota_sama"] + own["lahir_sama"] == 0).to_numpy()
    own["jenis"] = np.select([strangers, ~later, staying], ["pengurus_sama", "ganti_nomor", "pecah_kk"], "ganda")
    return own[["jenis", "lama", "baru", "anggota_sama", "lahir_sama", "pengurus_sama", "diketahui"]]


def _staying(own: pd.DataFrame, members: pd.DataFrame) -> np.ndarray:
    """Whether some members of the older family, there when the newer one begins, are people the newer one does not have."""
    begins = members.groupby("kpm")["awal"].min()
    left = own[["lama", "baru"]].reset_index(drop=True).reset_index(names="nomor")
    old = left.merge(members, left_on="lama", right_on="kpm")
    old = old[~old["pergi"] & (old["akhir"] >= old["baru"].map(begins))]
    new = left.merge(members, left_on="baru", right_on="kpm")
    ids = pd.MultiIndex.from_frame(new[["nomor", "anggota"]])
    looks = pd.MultiIndex.from_frame(new[["nomor", "jenis_kelamin", "lahir"]].fillna(-1))
    here = pd.MultiIndex.from_frame(old[["nomor", "anggota"]]).isin(ids)
    alike = pd.MultiIndex.from_frame(old[["nomor", "jenis_kelamin", "lahir"]].fillna(-1)).isin(looks)
    return left["nomor"].isin(old.loc[~here & ~alike, "nomor"]).to_numpy()


def _heads(members: pd.DataFrame) -> pd.DataFrame:
    """Families with several heads at once, and families whose head has changed."""
    heads = members[members["pernah_kepala"]]
    now = heads[heads["kepala"] & ~heads["pergi"]].groupby("kpm")
    twice = now["diketahui"].max()[now.size() > 1].rename("diketahui").reset_index().assign(jenis="dua_kepala")
    ever = heads.groupby("kpm")
    changed = ever["diketahui"].max()[ever.size() > 1].rename("diketahui").reset_index().assign(jenis="ganti_kepala")
    changed = changed[~changed["kpm"].isin(twice["kpm"])]
    lines = pd.concat([twice, changed], ignore_index=True).rename(columns={"kpm": "lama"})
    return lines.assign(baru=-1, anggota_sama=0, lahir_sama=0, pengurus_sama=0)


def _links(records: Records, day: int) -> pd.DataFrame:
    """Links known and in force on a day: ``lama, baru, jenis_tautan, diketahui``."""
    table = records.tables.get("tautan_kpm")
    if table is None or table.empty:
        kinds = {"lama": "int64", "baru": "int64", "jenis_tautan": "str", "diketahui": "int64"}
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})
    rows = _known(table, day)
    over = (rows["berlaku_sampai"].fillna(day) < day) & (rows["tanggal_diketahui_selesai"].fillna(day + 1) <= day)
    rows = rows[~over.to_numpy(dtype=bool)]
    flat = pd.DataFrame(
        {
            "lama": rows["kpm_lama_key"].astype("int64"),
            "baru": rows["kpm_baru_key"].astype("int64"),
            "jenis_tautan": rows["jenis"].fillna("tanpa_jenis").astype("str"),
            "diketahui": rows["known_day"].astype("int64"),
        }
    )
    return flat.drop_duplicates(["lama", "baru"], keep="last").reset_index(drop=True)


def _unsupported(links: pd.DataFrame, pairs: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Links between families whose members are known, and which have neither manager nor two members in common."""
    there = links[links["lama"].isin(members["kpm"]) & links["baru"].isin(members["kpm"])]
    there = there.assign(kecil=there[["lama", "baru"]].min(axis=1), besar=there[["lama", "baru"]].max(axis=1))
    asked = there.merge(pairs.drop(columns="diketahui"), how="left", on=["kecil", "besar"])
    asked = asked.fillna({"anggota_sama": 0, "lahir_sama": 0, "pengurus_sama": 0})
    weak = (asked["pengurus_sama"] == 0) & (asked["anggota_sama"] + asked["lahir_sama"] < 2)
    return asked.loc[weak, ["lama", "baru", "anggota_sama", "lahir_sama", "pengurus_sama", "diketahui"]].assign(
        jenis="tautan_tanpa_bukti"
    )


def _conflicting(links: pd.DataFrame) -> pd.DataFrame:
    """Links that point at each other, and new ids with several old ones that are not said to be joined."""
    back = pd.MultiIndex.from_frame(links[["baru", "lama"]])
    mutual = pd.MultiIndex.from_frame(links[["lama", "baru"]]).isin(back)
    several = links.duplicated("baru", keep=False) & (links["jenis_tautan"] != "gabung")
    own = links[mutual | several.to_numpy()]
    return own[["lama", "baru", "diketahui"]].assign(
        jenis="tautan_bertentangan", anggota_sama=0, lahir_sama=0, pengurus_sama=0
    )


def _none() -> pd.DataFrame:
    numbers = ("lama", "baru", "anggota_sama", "lahir_sama", "pengurus_sama", "diketahui")
    return pd.DataFrame({"jenis": pd.Series(dtype="str"), **{name: pd.Series(dtype="int64") for name in numbers}})


def _told(lines: pd.DataFrame) -> pd.DataFrame:
    """The lines with pseudonyms, in their order."""
    lines = lines.sort_values(["jenis", "lama", "baru"], kind="stable", ignore_index=True)
    told = {
        "jenis": lines["jenis"].astype("str"),
        "kpm_id": _names(lines["lama"]),
        "kpm_lain": _names(lines["baru"]),
        "anggota_sama": lines["anggota_sama"].astype("int64"),
        "lahir_sama": lines["lahir_sama"].astype("int64"),
        "pengurus_sama": lines["pengurus_sama"] > 0,
        "tautan": lines["tautan"].astype("str"),
        "diketahui": pd.Series([date_of(int(day)).isoformat() for day in lines["diketahui"]], dtype="str"),
    }
    return pd.DataFrame(told)[list(COLUMNS)]


def _names(numbers: pd.Series) -> pd.Series:
    return pd.Series([f"k{number:015x}" if number >= 0 else None for number in numbers], dtype="str")
