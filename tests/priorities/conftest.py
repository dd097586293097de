"""A cohort that each test may bend."""

import pytest
from handmade_cases import Case


@pytest.fixture
def case() -> Case:
    return Case(300)
