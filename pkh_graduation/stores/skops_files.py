"""A fitted model as bytes in skops format, and back; nothing that could run code is ever read.

Before anything is rebuilt, the description inside the file is read by us: every node must be one of `allowed_types.ALLOWED`,
files must be stored as they are (no compression, so no bomb), and the format must be the one this program writes. After
that, every tree is walked once (`tree_checks`). Pickle and joblib files are never opened.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from functools import cache
from typing import Any

from pkh_graduation.stores.allowed_types import ALLOWED, ATTRIBUTES, TYPES
from pkh_graduation.stores.tree_checks import TreeError, check_trees

SCHEMA = "schema.json"


class ModelFileError(ValueError):
    """A model's file is no skops file of ours; the message says why, without naming the file."""


def dump_model(model: Any) -> bytes:
    """A fitted model as the bytes of a skops file; equal models give equal bytes.

    Raises:
        ModelFileError: the model holds a type that could not be loaded again.
    """
    import skops.io

    content = skops.io.dumps(model)
    foreign = foreign_nodes(content)
    if foreign:
        raise ModelFileError(
            f"it holds {foreign}, which no bundle may: review each and add it to stores/allowed_types.py with its reason."
        )
    return _plain_bytes(content)


def load_model(content: bytes) -> Any:
    """The model inside the bytes of a skops file.

    Raises:
        ModelFileError: no skops file, another format of skops, a type that is not on our list, an object of ours without
            something that this program gives it, or nodes of a tree that point outside.
    """
    import skops.io

    foreign = foreign_nodes(content)
    if foreign:
        raise ModelFileError(f"it holds types that this program does not trust: {foreign}.")
    lacking = lacking_attributes(read_schema(content))
    if lacking:
        raise ModelFileError(
            f"it was fitted by another version of this program ({', '.join(lacking)} missing): train again."
        )
    try:
        model = skops.io.loads(content, trusted=sorted(TYPES))
        check_trees(model)
    except TreeError as error:
        raise ModelFileError(str(error)) from error
    except Exception as error:  # whatever a damaged file makes the library say, it is damaged
        raise ModelFileError(f"it cannot be rebuilt by this program ({type(error).__name__}).") from error
    return model


def foreign_nodes(content: bytes) -> list[str]:
    """Names of the nodes inside a skops file that are not on our list, sorted.

    Raises:
        ModelFileError: the file cannot be read, is compressed, or is of another format of skops.
    """
    schema = read_schema(content)
    if schema.get("protocol") != _protocol():
        raise ModelFileError(
            f"it has skops format {schema.get('protocol')!r}, this program reads {_protocol()!r}: train again here."
        )
    return sorted({f"{name} ({loader})" for loader, name in nodes(schema) if (loader, name) not in ALLOWED})


def read_schema(content: bytes) -> dict[str, Any]:
    """The description inside a skops file.

    Raises:
        ModelFileError: it is no such file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as box:
            if any(item.compress_type != zipfile.ZIP_STORED for item in box.infolist()):
                raise ModelFileError("its content is compressed, which this program never does.")
            schema = json.loads(box.read(SCHEMA))
    except ModelFileError:
        raise
    except Exception as error:  # zipfile and json raise many kinds on a damaged file
        raise ModelFileError(f"it is no skops file ({type(error).__name__}).") from error
    if not isinstance(schema, dict):
        raise ModelFileError("its description is no object.")
    return schema


def nodes(schema: Any) -> Iterator[tuple[str, str]]:
    """(loader, full name of the type) of every node of a description, at any depth."""
    return ((str(one.get("__loader__")), _type_of(one)) for one in _described(schema))


def lacking_attributes(schema: Any) -> list[str]:
    """What objects of our own types lack that this program gives them, as ``Type.attribute``, sorted."""
    lost: set[str] = set()
    for one in _described(schema):
        held = one.get("content")
        held = held.get("content") if isinstance(held, dict) else None
        wanted = ATTRIBUTES.get(_type_of(one), frozenset())
        lost |= {f"{one['__class__']}.{name}" for name in wanted - set(held if isinstance(held, dict) else ())}
    return sorted(lost)


def _type_of(node: dict[str, Any]) -> str:
    return f"{node.get('__module__')}.{node.get('__class__')}"


def _described(schema: Any) -> Iterator[dict[str, Any]]:
    """Every node of a description that says how it is rebuilt, at any depth."""
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if "__loader__" in one or "__class__" in one:
                yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _plain_bytes(content: bytes) -> bytes:
    """A skops file without what skops takes from the moment: addresses in memory (also as names of files) and the clock."""
    schema = read_schema(content)
    numbers: dict[int, int] = {}
    names: dict[str, str] = {}
    for node in _in_order(schema):
        number, name = node.get("__id__"), node.get("file")
        if isinstance(number, int):
            node["__id__"] = numbers.setdefault(number, len(numbers) + 1)
        if isinstance(name, str):
            node["file"] = names.setdefault(name, f"{len(names) + 1}.{name.rpartition('.')[2]}")
    plain = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as box, zipfile.ZipFile(plain, "w", zipfile.ZIP_STORED) as copy:
        for item in box.infolist():
            own = json.dumps(schema).encode() if item.filename == SCHEMA else box.read(item)
            copy.writestr(zipfile.ZipInfo(names.get(item.filename, item.filename)), own)
    return plain.getvalue()


def _in_order(schema: Any) -> Iterator[dict[str, Any]]:
    """Every object of a description, as it is read from top to bottom."""
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(reversed(one.values()))
        elif isinstance(one, list):
            waiting.extend(reversed(one))


@cache
def _protocol() -> Any:
    """The format that this machine's skops writes."""
    import skops.io

    return read_schema(skops.io.dumps(0))["protocol"]
