"""Records: what the office wrote down, each row with the day it happened and the day it became known.

In: a folder of raw exports, a key for pseudonyms, optionally a mapping. Out: `Records` (accepted tables in one canonical form),
`Quarantine` (rows set aside, each with its reason), findings and the vault. May import: programme, contracts. May not: any room.
No identifier leaves this room except in the vault; no message of it holds one.
"""

from __future__ import annotations

from pkh_graduation.records.errors import RecordsError
from pkh_graduation.records.ingest import Ingested, ingest, read_records
from pkh_graduation.records.schemas import TABLES
from pkh_graduation.records.template import write_template

__all__ = ["TABLES", "Ingested", "RecordsError", "ingest", "read_records", "write_template"]
