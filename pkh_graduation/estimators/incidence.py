"""From hazards to incidence: the recursion that every contender ends with.

Within a quarter, administratif comes first, then alamiah, then mandiri, each conditional on the ones before (the order
and the condition under which `person_period` builds the lines):

``administratif += S a``, ``alamiah += S (1 - a) c``, ``mandiri += S (1 - a) (1 - c) m``, ``S *= (1 - a) (1 - c) (1 - m)``.

Staying and the three ways out therefore sum to one, and every incidence can only grow.
"""

from __future__ import annotations

import numpy as np

from pkh_graduation.programme.vocabulary import ADMINISTRATIF, ALAMIAH, MANDIRI, MASIH_PESERTA, STATES

_STAY, _MANDIRI = STATES.index(MASIH_PESERTA), STATES.index(MANDIRI)
_ALAMIAH, _ADMINISTRATIF = STATES.index(ALAMIAH), STATES.index(ADMINISTRATIF)


def incidence_path(administratif: np.ndarray, alamiah: np.ndarray, mandiri: np.ndarray) -> np.ndarray:
    """Probability of each state after 0..horizon quarters, shape (n, horizon + 1, 4), states in the order of `STATES`.

    The three hazards have shape (n, horizon).

    >>> one = np.array([[0.1]])
    >>> incidence_path(one, one, one)[0, 1].round(4)
    array([0.729, 0.081, 0.09 , 0.1  ])
    """
    n, horizon = mandiri.shape
    path = np.zeros((n, horizon + 1, len(STATES)))
    path[:, 0, _STAY] = 1.0
    for j in range(horizon):
        before = path[:, j]
        after = path[:, j + 1]
        after[:] = before
        stay = before[:, _STAY]
        for state, hazard in ((_ADMINISTRATIF, administratif), (_ALAMIAH, alamiah), (_MANDIRI, mandiri)):
            after[:, state] += stay * hazard[:, j]
            stay = stay * (1.0 - hazard[:, j])
        after[:, _STAY] = stay
    return path


def mandiri_by_horizon(administratif: np.ndarray, alamiah: np.ndarray, mandiri: np.ndarray) -> np.ndarray:
    """P(mandiri by the last quarter), shape (n,); the hazards have shape (n, horizon)."""
    others = (1.0 - administratif) * (1.0 - alamiah)
    survival = np.cumprod(others * (1.0 - mandiri), axis=1)
    before = np.concatenate([np.ones((len(survival), 1)), survival[:, :-1]], axis=1)
    return (before * others * mandiri).sum(axis=1)
