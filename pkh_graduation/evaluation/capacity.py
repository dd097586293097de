"""Lists at capacity: the top share of each pendamping's own caseload, and what became of the families on it.

A list of one pendamping has ``k = floor(share * caseload)`` places, the list the field uses: 10 % of 290 families is 29.
The caseload is her families that can be judged at the horizon. A caseload too small for one place has no list; it is
counted, and its positives count as missed. Ties at the last places are drawn by lot, so hits are *expected* hits, exact by
the hypergeometric mean ``r * p / m`` (r places left, p positives among m tied); best and worst luck are given beside.

Under bootstrap weights a list keeps its share of the caseload, ``k / n``: its places are ``k / n`` times the resampled
caseload and need not be whole, the last place being filled in part. Rounding down again would shrink lists at random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pkh_graduation.evaluation.ranking import Ranking, count, rank, ratio


def places_of(caseload: np.ndarray, share: float) -> np.ndarray:
    """Places on the list of each caseload: ``floor(share * caseload)``, safe against floating point.

    >>> places_of(np.array([9, 10, 29, 290]), 0.10).tolist()
    [0.0, 1.0, 2.0, 29.0]
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must lie in (0, 1], not {share!r}: it is the part of a caseload that fits on a list.")
    return np.floor(share * np.asarray(caseload, dtype=float) + 1e-9)


@dataclass(frozen=True)
class Lists:
    """All lists of one contender at one share, ready to be counted under weights; ``share`` (groups,) is ``k / n``."""

    ranking: Ranking
    places: np.ndarray
    share: np.ndarray

    @property
    def too_small(self) -> int:
        """Caseloads without a single place."""
        return int((self.places == 0).sum())


def draw_lists(score: np.ndarray, positive: np.ndarray, group: np.ndarray, share: float) -> Lists:
    """Lists by ``score`` (n,) within ``group`` (n,) integer codes; -1 means that nobody lists the family."""
    ranking = rank(score, positive, group)
    caseload = np.diff(ranking.edges)
    places = places_of(caseload, share)
    return Lists(ranking, places, places / np.maximum(caseload, 1))


def list_figures(lists: Lists, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Precision, recall and lift under ``weights`` (resamples, n), each of shape (resamples,), pooled over lists.

    precision = hits / places; recall = hits / positives of all caseloads; lift = hits / hits of the same lists drawn by
    lot, so that chance has a lift of one whatever the caseloads look like. Missing where nothing can be divided by.
    """
    ranking = lists.ranking
    counts = count(ranking, weights)
    taken = np.clip((lists.share * counts.totals)[:, ranking.group] - counts.before, 0, counts.inside)
    hits = (taken * counts.positive / np.maximum(counts.inside, 1e-300)).sum(axis=1)
    by_lot = (counts.positive * lists.share[ranking.group]).sum(axis=1)
    return {
        "precision": ratio(hits, (lists.share * counts.totals).sum(axis=1)),
        "recall": ratio(hits, counts.positive.sum(axis=1)),
        "lift": ratio(hits, by_lot),
    }


def listing_chance(score: np.ndarray, group: np.ndarray, share: float) -> np.ndarray:
    """Chance (n,) that each row is on its group's list: 1 above the last place, ``r / m`` among m tied for r places, else 0.

    The chances of a group add up to its places. Rows of group -1 have no chance.

    >>> listing_chance(np.array([.9, .5, .5, .1]), np.zeros(4, dtype=int), 0.5).tolist()
    [1.0, 0.5, 0.5, 0.0]
    """
    lists = draw_lists(score, np.ones(len(score), dtype=bool), group, share)
    ranking, counts = lists.ranking, count(lists.ranking, np.ones((1, len(score))))
    taken = np.clip(lists.places[ranking.group] - counts.before[0], 0, counts.inside[0])
    chance = np.zeros(len(score))
    chance[ranking.order] = np.repeat(taken / np.maximum(counts.inside[0], 1), ranking.stop - ranking.start)
    return chance


def at_capacity(score: np.ndarray, positive: np.ndarray, group: np.ndarray, share: float) -> dict[str, float]:
    """Everything about the lists of one contender, unweighted.

    Keys: ``precision``, ``recall``, ``lift`` (expected under ties), ``precision_best`` and ``precision_worst`` (luck in
    ties), ``places``, ``hits``, ``n`` and ``n_positive`` (families with a group), ``groups``, ``groups_too_small``,
    ``without_group``.

    >>> figures = at_capacity(np.array([.9, .5, .5, .1]), np.array([1, 1, 0, 0]), np.zeros(4, dtype=int), 0.5)
    >>> figures["precision"], figures["precision_best"], figures["precision_worst"]
    (0.75, 1.0, 0.5)
    """
    lists = draw_lists(score, positive, group, share)
    counts = count(lists.ranking, np.ones((1, len(score))))
    inside, tied_hits = counts.inside[0], counts.positive[0]
    taken = np.clip(lists.places[lists.ranking.group] - counts.before[0], 0, inside)
    places = float(lists.places.sum())
    figures = {name: float(value[0]) for name, value in list_figures(lists, np.ones((1, len(score)))).items()}
    best, worst = np.minimum(taken, tied_hits).sum(), np.maximum(0, taken - (inside - tied_hits)).sum()
    return figures | {
        "precision_best": float(ratio(best, places)),
        "precision_worst": float(ratio(worst, places)),
        "places": places,
        "hits": float((taken * tied_hits / np.maximum(inside, 1)).sum()),
        "n": float(len(lists.ranking.order)),
        "n_positive": float(len(lists.ranking.positives)),
        "groups": float(len(lists.places)),
        "groups_too_small": float(lists.too_small),
        "without_group": float(len(score) - len(lists.ranking.order)),
    }
