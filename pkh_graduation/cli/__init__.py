"""Command line: words to workflows. `pkh-graduation COMMAND`, in the order of the river.

In: arguments. Out: progress and messages on standard error; with ``--json``, one JSON object as the last line of standard
output. May import: workflows (late, so that ``--help`` stays light). May not: compute, read or write anything itself.
"""

from pkh_graduation.cli.app import main

__all__ = ["main"]
