"""Stores: what stays on disk between two commands, and what loads it again.

In: parcels and fitted models. Out: the canonical Parquet store, the vault of identifiers, model bundles, MLflow runs.
May import: contracts, programme. May not: any other room. `tracking` is the only module that imports mlflow.
"""

from pkh_graduation.stores.buckets import assign
from pkh_graduation.stores.bundles import (
    Bundle,
    BundleError,
    Sealed,
    list_bundles,
    load_bundle,
    read_card,
    read_sealed,
    save_bundle,
    versions,
)
from pkh_graduation.stores.cipher import Cipher, CipherError, cipher_for, demo_key, key_at_hand
from pkh_graduation.stores.erasure import erase_from_outputs, erase_from_store, rows_about, traces
from pkh_graduation.stores.files import (
    DamagedError,
    DiskError,
    columns_of,
    disk_trouble,
    read_frame,
    write_bytes,
    write_frame,
    write_json,
    write_text,
)
from pkh_graduation.stores.locks import LockedError, only_run
from pkh_graduation.stores.parts import Parts, clear_litter, digest_of
from pkh_graduation.stores.retention import silent_families
from pkh_graduation.stores.sealed import seal_frame, unseal_frame
from pkh_graduation.stores.tables import Store, StoreError, open_store, read_bucket, read_store, write_store
from pkh_graduation.stores.tombstones import FILE as TOMBSTONES
from pkh_graduation.stores.tombstones import add_tombstones, forgotten, read_tombstones, stones_of
from pkh_graduation.stores.vault import MANIFEST as VAULT_MANIFEST
from pkh_graduation.stores.vault import (
    Vault,
    demo_seed_of,
    earlier_pairs,
    numbers_of,
    open_vault,
    read_names,
    read_vault,
    write_vault,
)

__all__ = [
    "TOMBSTONES",
    "VAULT_MANIFEST",
    "Bundle",
    "BundleError",
    "Cipher",
    "CipherError",
    "DamagedError",
    "DiskError",
    "LockedError",
    "Parts",
    "Sealed",
    "Store",
    "StoreError",
    "Vault",
    "add_tombstones",
    "assign",
    "cipher_for",
    "clear_litter",
    "columns_of",
    "demo_key",
    "demo_seed_of",
    "digest_of",
    "disk_trouble",
    "earlier_pairs",
    "erase_from_outputs",
    "erase_from_store",
    "forgotten",
    "key_at_hand",
    "list_bundles",
    "load_bundle",
    "numbers_of",
    "only_run",
    "open_store",
    "open_vault",
    "read_bucket",
    "read_card",
    "read_frame",
    "read_names",
    "read_sealed",
    "read_store",
    "read_tombstones",
    "read_vault",
    "rows_about",
    "save_bundle",
    "seal_frame",
    "silent_families",
    "stones_of",
    "traces",
    "unseal_frame",
    "versions",
    "write_bytes",
    "write_frame",
    "write_json",
    "write_store",
    "write_text",
    "write_vault",
]
