"""Limits of what is read at all: what lies beyond is no record of a family but a fault, or an attack on the reader.

They stand far above anything that an office exports, so that no honest file meets them.
"""

from __future__ import annotations

MAX_LINE = 131_072
"""Bytes of one line of a CSV file; a longer line is set aside. (The module `csv` reads no longer cell.)"""

MAX_CELL = 32_767
"""Characters of a cell: what a spreadsheet can hold. A row with a longer text is set aside."""

MAX_WORD = 1_000
"""Characters of a cell that is a number, a date, a code or a word; a longer one cannot be read."""

MAX_COLUMNS = 2_000
"""Columns of a table; a file with more is refused."""

MAX_UNPACKED = 2 << 30
"""Bytes that all members of a workbook may unpack to together; a workbook with more is refused before it is read."""

MAX_RATIO, RATIO_FROM = 250, 64 << 20
"""How many times its packed size a member may unpack to, once it unpacks to `RATIO_FROM` bytes; honest sheets reach about 50."""

MAX_MEMBERS = 10_000
"""Members of a workbook."""

MAX_SHEET = 48_000_000
"""Cells of the rectangle that a sheet's cells span; readers of workbooks hold all of it."""

MAX_CELLS_OF_BYTE = 1_100
"""Cells of a survey file per byte: its formats take a byte for a cell, and deflate makes at most 1,032 bytes of one."""

MAX_MAPPING = 1 << 20
"""Bytes of a mapping file."""
