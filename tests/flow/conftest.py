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
