"""Outputs: lists as files that a pendamping can open on a cheap phone, in Excel or on paper, without a network.

In: `PriorityLists`, at once or part by part, and at this last moment the vault with names. Out: per pendamping one workbook
and one HTML page; for coordinators ``index.html`` with totals and no family (with several kabupaten, a page for each);
``daftar.parquet`` without names for machines. May import: contracts, programme, jinja2, xlsxwriter, joblib. May not: another
room. Equal inputs give equal bytes.
"""

from pkh_graduation.outputs.facts import SHOWN_FACTS
from pkh_graduation.outputs.identities import VaultError
from pkh_graduation.outputs.outcomes import OUTCOMES
from pkh_graduation.outputs.summary import PartSummary
from pkh_graduation.outputs.write import FORMATS, Index, write_index, write_lists, write_part

__all__ = [
    "FORMATS",
    "OUTCOMES",
    "SHOWN_FACTS",
    "Index",
    "PartSummary",
    "VaultError",
    "write_index",
    "write_lists",
    "write_part",
]
