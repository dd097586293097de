"""Outcome codes: what a pendamping may answer. The one list of them is `programme.returns`."""

from pkh_graduation.programme.returns import HASIL, KEPUTUSAN_DAFTAR, KEPUTUSAN_KELUARGA, OUTCOMES

__all__ = ["HASIL", "KEPUTUSAN_DAFTAR", "KEPUTUSAN_KELUARGA", "OUTCOMES"]
