"""Outputs: lists as files that a pendamping can open on a cheap phone, in Excel or on paper, without a network.

In: `PriorityLists`, and at this last moment the vault with names. Out: per pendamping one workbook and one HTML page; for
the coordinator ``index.html`` with totals and no family; ``daftar.parquet`` without names for machines. May import:
contracts, programme, jinja2, xlsxwriter. May not: another room. Equal inputs give equal bytes.
"""

from pkh_graduation.outputs.identities import VaultError
from pkh_graduation.outputs.outcomes import OUTCOMES
from pkh_graduation.outputs.write import write_lists

__all__ = ["OUTCOMES", "VaultError", "write_lists"]
