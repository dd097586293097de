"""Stores: what stays on disk between two commands, and what loads it again.

In: parcels and fitted models. Out: the canonical Parquet store, the vault of identifiers, model bundles, MLflow runs.
May import: contracts, programme. May not: any other room. `tracking` is the only module that imports mlflow.
"""

from pkh_graduation.stores.bundles import Bundle, BundleError, list_bundles, load_bundle, save_bundle
from pkh_graduation.stores.files import write_bytes, write_frame, write_json, write_text
from pkh_graduation.stores.parts import Parts, clear_litter, digest_of
from pkh_graduation.stores.tables import Store, StoreError, columns_of, open_store, read_bucket, read_store, write_store
from pkh_graduation.stores.vault import read_names, read_vault, write_vault

__all__ = [
    "Bundle",
    "BundleError",
    "Parts",
    "Store",
    "StoreError",
    "clear_litter",
    "columns_of",
    "digest_of",
    "list_bundles",
    "load_bundle",
    "open_store",
    "read_bucket",
    "read_names",
    "read_store",
    "read_vault",
    "save_bundle",
    "write_bytes",
    "write_frame",
    "write_json",
    "write_store",
    "write_text",
    "write_vault",
]
