"""A promotion that is broken off at any call to MLflow ends, given again, with the same champion."""

import shutil
from functools import partial
from pathlib import Path

from pkh_graduation.stores import registry, tracking

OLD, NEW = "a" * 64, "b" * 64


class BrokenOff(BaseException):
    """The process is gone: no handler runs, so this is no `Exception`."""


class Client:
    """MLflow's client, until it has been called so many times."""

    def __init__(self, client, calls):
        self._client, self._left = client, calls

    def __getattr__(self, name):
        found = getattr(self._client, name)

        def call(*args, **kwargs):
            if self._left == 0:
                raise BrokenOff
            self._left -= 1
            return found(*args, **kwargs)

        return call if callable(found) else found


def given(client, *_):
    return client


def crown(folder: Path, digest: str) -> None:
    def write(target: Path) -> Path:
        target.mkdir()
        (target / "MLmodel").write_text(digest)
        return target

    made = registry.register(folder, bundle=digest[0], digest=digest, tags={"recipe_digest": "r"}, write_model=write)
    registry.move_champion(folder, made.version, tags={"proof": digest[0]})


def test_a_promotion_broken_off_at_any_call_is_made_good_by_the_next(tmp_path, monkeypatch):
    crown(tmp_path / "before", OLD)
    open_client, ended = tracking.open_client, False
    for calls in range(1, 100):
        folder = tmp_path / str(calls)  # MLflow keeps a connection per address
        shutil.copytree(tmp_path / "before", folder)
        client = open_client(folder)
        monkeypatch.setattr(tracking, "open_client", partial(given, Client(client, calls)))
        try:
            crown(folder, NEW)
            ended = True
        except BrokenOff:
            pass
        monkeypatch.setattr(tracking, "open_client", partial(given, client))
        now = registry.champion(folder)
        assert now is not None and now.tags[registry.DIGEST] in (OLD, NEW)
        crown(folder, NEW)
        champion = registry.champion(folder)
        assert champion is not None
        assert (champion.tags[registry.DIGEST], champion.tags["proof"]) == (NEW, "b")
        versions = client.search_model_versions(f"name = '{registry.NAME}'")
        assert sorted(version.tags[registry.DIGEST] for version in versions) == [OLD, NEW]
        (source,) = [version.source for version in versions if version.tags[registry.DIGEST] == NEW]
        assert (Path(source.removeprefix("file://")) / "MLmodel").read_text() == NEW
        if ended:
            break
    assert ended and calls > 8
