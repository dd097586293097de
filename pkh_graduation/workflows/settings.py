"""Settings of a run, read once from ``pkh.toml`` into frozen objects; an unknown or wrong setting is refused by name."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Recipe(_Frozen):
    """All that decides a model. The same object drives `backtest` and `train`: what is used is what was validated."""

    horizon: int = Field(default=4, ge=1, le=8, description="quarters ahead that are predicted and judged")
    history_tahap: int = Field(
        default=24, ge=4, le=80, description="as-of dates to learn from, one per tahap, newest last"
    )
    origins: int = Field(
        default=3, ge=1, le=12, description="rolling origins of the backtest; the last one is the test"
    )
    capacity: float = Field(default=0.10, gt=0, le=0.5, description="share of a pendamping's caseload on her list")
    bootstrap: int = Field(default=200, ge=0, le=5000, description="household bootstrap replicates of the intervals")
    members: int = Field(default=5, ge=1, le=50, description="models in the bag, each fitted on other households")
    blend: float = Field(default=0.5, ge=0, le=1, description="weight of the logistic part on the log-odds scale")
    ramp_spread: float | None = Field(
        default=None,
        gt=0,
        description="prior spread of the logistic part, log-odds; smaller is steadier, without one it is chosen by the data",
    )
    calibration: str = Field(
        default="auto",
        pattern="^(none|platt|beta|auto)$",
        description="map from log-odds to chance; auto takes the simplest that serves in the last mature year",
    )
    families: int = Field(
        default=150_000, ge=1_000, description="families to learn from at most; more are drawn from by a hash"
    )
    seed: int = Field(default=0, ge=0, description="seed of every random draw")


class Ingest(_Frozen):
    """How exports are read."""

    strict: bool = Field(
        default=False, description="refuse rows without a known date instead of assuming the table's lag"
    )
    quarantine_limit: float = Field(
        default=0.05, ge=0, le=1, description="share of a table's rows; above it the exit code is 3"
    )


class Lists(_Frozen):
    """How lists are drawn."""

    exploration: float = Field(
        default=0.05, ge=0, le=0.5, description="share of places drawn by lot, with logged chance"
    )
    goal: str = Field(
        default="readiness",
        pattern="^(readiness|need_weighted|hybrid)$",
        description="order among ready families: by chance, by chance and need, or between",
    )
    monthly: int = Field(default=15, ge=1, description="visits that a month's plan holds at most")
    floor_desa: int = Field(default=1, ge=0, description="places kept for every desa of a caseload")
    floor_female: float = Field(
        default=0.5, ge=0, le=1, description="part of their share of the caseload kept for families headed by a woman"
    )
    floor_remote: float = Field(
        default=0.5, ge=0, le=1, description="part of their share of the caseload kept for families in remote places"
    )
    exposure_axis: str = Field(
        default="",
        pattern="^(|kepala|komponen|lansia_tunggal|wilayah_sulit|perkotaan|keluarga_besar|kabupaten|provinsi)$",
        description="axis of the fairness audit whose groups keep a floor on the lists; empty for none",
    )
    exposure_ratio: float = Field(
        default=0.8, ge=0, le=1, description="least share of the common rate at which each group of that axis is listed"
    )
    false_discovery: float = Field(
        default=0.9,
        gt=0,
        le=1,
        description="share of the families called siap dibahas that is expected, at most, not to leave by mandiri within twelve "
        "months; 1 promises nothing and calls everyone above the mean so",
    )
    expected_rate: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="mean chance of leaving by mandiri within twelve months that policy expects, such as 0.04; it sets the level",
    )
    expected_rate_source: str = Field(
        default="", description="where the expected rate comes from: a decree, a target, a date"
    )
    bonus: float = Field(
        default=0.10,
        ge=0,
        le=1,
        description="by how much the chance of a family of the last list counts higher in the order",
    )  # so that noise does not take her off it: `benchmarks/hysteresis.py`
    rest_months: int = Field(default=0, ge=0, le=36, description="months without a visit after a family's refusal")
    holdout: float = Field(
        default=0.0, ge=0, lt=1, description="share of families drawn to be on no list, so that lists can be judged"
    )
    pdf: bool = Field(default=False, description="also write each list as PDF (extra `pdf`)")
    odk: bool = Field(default=False, description="also write each list as a form (XLSForm) for ODK Collect or KoBo")
    csv: bool = Field(default=False, description="also write the machine copy as CSV")
    language: str = Field(default="id", pattern="^[a-z]{2}$", description="language of the sentences")
    password_env: str = Field(
        default="", description="environment variable with the password that lists open with; never the password itself"
    )
    password_file: str = Field(default="", description="file with that password, instead of a variable")

    @model_validator(mode="after")
    def _a_rate_has_a_source(self) -> Self:
        if self.expected_rate is not None and not self.expected_rate_source.strip():
            raise ValueError("expected_rate needs expected_rate_source: where the number comes from")
        return self


class Machine(_Frozen):
    """What a run may use of the machine. No result depends on it."""

    workers: int = Field(default=2, ge=1, le=64, description="processes at work")
    memory_limit: str = Field(
        default="4GB", pattern=r"^\d+(\.\d+)?\s*[KMGTkmgt][Bb]$", description="memory of all engines together"
    )
    families_per_bucket: int = Field(
        default=200_000, ge=1, description="families, past and present, that lie together in the store"
    )


class Retention(_Frozen):
    """How long families are kept of whom nothing more is heard. The office decides; without a number nothing is removed."""

    names_years: int | None = Field(
        default=None, ge=1, le=100, description="years after a family's last news, then its identifiers leave the vault"
    )
    records_years: int | None = Field(
        default=None, ge=1, le=100, description="years after a family's last news, then all its rows leave the store"
    )


class Settings(_Frozen):
    """Everything a run can be told; each part has defaults that the demo uses."""

    recipe: Recipe = Recipe()
    ingest: Ingest = Ingest()
    retention: Retention = Retention()
    lists: Lists = Lists()
    machine: Machine = Machine()


class SettingsError(ValueError):
    """A settings file holds something that is not a setting."""


def read_settings(path: Path | None) -> Settings:
    """Read ``pkh.toml``; without a path, the defaults.

    Raises:
        SettingsError: unreadable file, unknown setting (with the nearest known one) or a value out of bounds.
    """
    if path is None:
        return Settings()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SettingsError(f"settings {path} cannot be read as TOML ({type(error).__name__}): {error}") from error
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        raise SettingsError(f"settings {path}: " + "; ".join(_sentence(item) for item in error.errors())) from None


def _sentence(error: Any) -> str:
    """One of pydantic's errors (its own mapping) in our words."""
    place = [str(part) for part in error["loc"]]
    if error["type"] != "extra_forbidden":
        return f"{'.'.join(place)}: {error['msg']}"
    model: Any = Settings if len(place) == 1 else Settings.model_fields[place[0]].annotation
    known = list(model.model_fields)
    near = difflib.get_close_matches(place[-1], known, 1)
    return f"{'.'.join(place)} is not a setting" + (f"; did you mean {near[0]!r}?" if near else f"; known are {known}")
