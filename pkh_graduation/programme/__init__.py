"""Programme: what PKH is, as dated facts with a source. Standard library only.

In: nothing. Out: tahap arithmetic (`calendar`), dated rules (`rules`), the vocabulary of ways out and codes (`vocabulary`).
May import: the standard library. May not: anything else, in this project or outside it.
"""
