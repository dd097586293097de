"""The vault: who is behind a pseudonym. Apart from the store, sealed under the office's key, opened only when names are needed.

``manifest.json`` names the buckets and tells keys apart; ``bucket=NN.identitas`` holds the families' identifiers in sealed
blocks (`sealed`), ``bucket=NN.pasangan`` their outside ids, ``bersama.pasangan`` those of pendamping and kelompok.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pkh_graduation.stores.buckets import Buckets
from pkh_graduation.stores.cipher import Cipher, CipherError, cipher_for
from pkh_graduation.stores.files import write_json
from pkh_graduation.stores.sealed import open_rows, seal_frame, unseal_frame, write_rows

SCHEMA = 2
MANIFEST = "manifest.json"
SHARED = "bersama"
SHARED_KINDS = ("pendamping_id", "kelompok_id")
"""Outside ids that are no family's."""


@dataclass(frozen=True)
class Vault:
    """A finished vault and the cipher that opens it."""

    folder: Path
    cipher: Cipher
    buckets: tuple[str, ...]

    def read(self, families: Collection[str] | None = None, *, buckets: Sequence[str] | None = None) -> pd.DataFrame:
        """Identifiers of all families or of those named (``kpm_id``), from all buckets or from those named.

        Raises:
            CipherError: a file was changed or cut short.
        """
        wanted = None if families is None else np.unique(numbers_of(families))
        frames = []
        for bucket in self.buckets if buckets is None else buckets:
            table = open_rows(self._path(bucket, "identitas"), self.cipher, f"{bucket}/identitas")
            positions = None
            if wanted is not None:
                positions = table.positions(wanted)
                if not len(positions):
                    continue
                wanted = np.setdiff1d(wanted, table.keys[positions])
            frames.append(table.read(positions))
            if wanted is not None and not len(wanted):
                break
        if not frames:
            first = open_rows(self._path(self.buckets[0], "identitas"), self.cipher, f"{self.buckets[0]}/identitas")
            return first.read(np.empty(0, dtype=np.int64))
        return pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]

    def pairs(self, bucket: str = SHARED) -> pd.DataFrame:
        """Outside ids and pseudonyms (``jenis, asal, id``) of a bucket's families, or of pendamping and kelompok."""
        return unseal_frame(self._path(bucket, "pasangan"), self.cipher, f"{bucket}/pasangan")

    def write(self, bucket: str, identities: pd.DataFrame, pairs: pd.DataFrame) -> None:
        """Write one bucket's families, ordered by family, each one's lines as they stand."""
        numbers = numbers_of(identities["kpm_id"])
        order = np.argsort(numbers, kind="stable")
        path = self._path(bucket, "identitas")
        write_rows(path, identities.iloc[order], numbers[order], self.cipher, f"{bucket}/identitas")
        self.write_pairs(bucket, pairs)

    def write_pairs(self, bucket: str, pairs: pd.DataFrame) -> None:
        """Write the pairs of one bucket, or of `SHARED`."""
        pairs = pairs.sort_values(["jenis", "asal", "id"], kind="stable", ignore_index=True)
        seal_frame(self._path(bucket, "pasangan"), pairs, self.cipher, f"{bucket}/pasangan")

    def _path(self, bucket: str, kind: str) -> Path:
        return self.folder / (f"{SHARED}.{kind}" if bucket == SHARED else f"bucket={bucket}.{kind}")


def write_vault(
    identities: pd.DataFrame,
    pairs: pd.DataFrame,
    folder: Path,
    *,
    key: bytes | None = None,
    buckets: Buckets | None = None,
    demo_seed: int | None = None,
) -> Path:
    """Seal identifiers and the pairs (``jenis, asal, id``) of outside ids and pseudonyms; readable by their owner only.

    ``buckets``: where each family's records lie; without it all lie in one. ``demo_seed``: the key is that of a demo's seed,
    which is noted, so that made-up names open without a key.

    Raises:
        CipherError: no key was given or found.
    """
    cipher = cipher_for(key, demo_seed)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    (folder / MANIFEST).unlink(missing_ok=True)
    names = tuple(buckets.names) if buckets else ("00",)
    vault = Vault(folder, cipher, names)
    of_family = ~pairs["jenis"].isin(SHARED_KINDS)
    vault.write_pairs(SHARED, pairs[~of_family])
    own = pairs[of_family]
    homes, pair_homes = _homes(identities["kpm_id"], buckets), _homes(own["id"], buckets)
    for number, name in enumerate(names):
        vault.write(name, identities[homes == number], own[pair_homes == number])
    _keep_only(folder, names)
    content = {"schema": SCHEMA, "buckets": list(names), "check": cipher.check, "demo_seed": demo_seed}
    write_json(folder / MANIFEST, content).chmod(0o600)
    return folder


def open_vault(folder: Path, key: bytes | None = None) -> Vault:
    """Find a finished vault and take the key given, that of a demo, or the key at hand (``PKH_KEY``, ``PKH_KEY_FILE``).

    Raises:
        FileNotFoundError: the folder holds no vault. CipherError: no key, another key, or a vault of another version.
    """
    path = folder / MANIFEST
    if not path.is_file():
        kind = "a vault that is not sealed" if (folder / "identitas.parquet").is_file() else f"no vault ({MANIFEST})"
        raise FileNotFoundError(f"{folder} holds {kind}: lists can be written without names, or ingest again.")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        schema, names, check = manifest["schema"], tuple(manifest["buckets"]), manifest["check"]
    except (ValueError, KeyError, TypeError) as error:
        raise CipherError(f"the manifest of {folder} cannot be read: ingest the exports again.") from error
    if schema != SCHEMA:
        raise CipherError(f"{folder} has vault version {schema!r}, this program reads {SCHEMA}: ingest again.")
    cipher = cipher_for(key, manifest.get("demo_seed"))
    cipher.require(check, f"the vault {folder}")
    return Vault(folder, cipher, names)


def earlier_pairs(folder: Path, key: bytes) -> tuple[pd.DataFrame, list[str]]:
    """Pairs (``jenis, asal, id``) of families in every file of a vault that opens, and the names of those that do not.

    The manifest is not asked, since an ingest that broke off left none; what it had written agrees with what it had not.
    """
    cipher = Cipher.of(key)
    frames, closed = [pd.DataFrame({name: pd.Series(dtype="str") for name in ("jenis", "asal", "id")})], []
    for path in sorted(folder.glob("bucket=*.pasangan")):
        try:
            frames.append(unseal_frame(path, cipher, f"{path.stem.removeprefix('bucket=')}/pasangan"))
        except (CipherError, OSError):
            closed.append(path.name)
    return pd.concat(frames, ignore_index=True), closed


def demo_seed_of(folder: Path) -> int | None:
    """Seed of the demo that made a vault; None for a vault under a key of its own, and where there is none."""
    path = folder / MANIFEST
    try:
        seed = json.loads(path.read_text(encoding="utf-8")).get("demo_seed") if path.is_file() else None
    except ValueError:
        return None
    return int(seed) if seed is not None else None


def read_vault(
    folder: Path,
    families: Collection[str] | None = None,
    *,
    key: bytes | None = None,
    buckets: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Read the identifiers, of all families or of those named (``kpm_id``); only blocks that hold them are opened.

    ``buckets``: look only there, and stop when all were found.

    Raises:
        FileNotFoundError: the folder holds no vault. CipherError: see `open_vault`.
    """
    return open_vault(folder, key).read(families, buckets=buckets)


def read_names(folder: Path, *, key: bytes | None = None) -> dict[str, str]:
    """What the office calls its pendamping and kelompok, by pseudonym; empty where there is no vault."""
    if not (folder / MANIFEST).is_file():
        return {}
    own = open_vault(folder, key).pairs()
    return dict(zip(own["id"], own["asal"], strict=True))


def numbers_of(families: Collection[str]) -> np.ndarray:
    """The integers of pseudonyms, int64."""
    return np.array([int(text[1:], 16) for text in families], dtype=np.int64)


def _homes(families: pd.Series, buckets: Buckets | None) -> np.ndarray:
    """Bucket number of each family; a family without records lies in the first."""
    if buckets is None or not len(buckets.kpm):
        return np.zeros(len(families), dtype=np.int64)
    numbers = numbers_of(families)
    place = np.minimum(np.searchsorted(buckets.kpm, numbers), len(buckets.kpm) - 1)
    return np.where(buckets.kpm[place] == numbers, buckets.number[place], 0)


def _keep_only(folder: Path, names: Collection[str]) -> None:
    """Files of an earlier vault, of any layout, do not stay beside this one."""
    for path in folder.iterdir():
        sealed = path.suffix in (".identitas", ".pasangan") and path.stem != SHARED
        if path.suffix == ".parquet" or (sealed and path.stem.removeprefix("bucket=") not in names):
            path.unlink()
