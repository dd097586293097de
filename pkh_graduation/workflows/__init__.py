"""Workflows: the corridor, the only place that opens two rooms. It carries and does not compute.

In: folders and words from the command line, or parcels from a notebook. Out: folders, parcels, and the figures of a command.
May import: every room. May not: hold knowledge of its own about households, time, models or sentences.
"""
