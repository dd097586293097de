"""The office that several tests look at and none may change."""

import os

import pytest
from quiet_office import QuietOffice


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> QuietOffice:
    """A finished office, made once per session in a process without network; read only."""
    base = tmp_path_factory.getbasetemp()
    home = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "kantor-sunyi"
    home.mkdir(exist_ok=True)
    office = QuietOffice(home)
    office.make()
    return office


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The office is made first, while other processes have other files to do: whoever asks later need not wait for it."""
    items.sort(key=lambda item: item.path.name != "test_river.py")
