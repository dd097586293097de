"""A made-up kabupaten: families, the office's records about them, and the truth behind the records.

In: a preset, a seed, and the numbers of `marginals.toml`. Out: raw exports as an office would hand them over (`write_population`)
or in memory (`generate_part`), and hidden `kebenaran_*` tables that only tests and benchmarks read. May import: contracts,
programme, numpy, pandas. May not: any room, or other modules of records.

Nothing generated looks like a real person: numbers begin with the province code 99, which does not exist, names come from a
list of flowers and skies, phones begin with 0800, and coordinates lie in the open sea.
"""

from .export import FILE_KINDS, write_population
from .marginals import Marginals, marginals
from .noise import KINDS
from .parts import Part, generate_part
from .presets import PRESETS, Preset
from .simulation import reference
from .truth import truth_auc

__all__ = [
    "FILE_KINDS", "KINDS", "PRESETS", "Marginals", "Part", "Preset", "generate_part", "marginals", "reference", "truth_auc",
    "write_population",
]  # fmt: skip
