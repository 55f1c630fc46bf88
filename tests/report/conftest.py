"""The sample results as fixtures."""

import pytest

from headstart.core.results import Results
from tests.report import sample


@pytest.fixture(scope="session")
def solar() -> Results:
    return sample.solar()


@pytest.fixture(scope="session")
def tweets() -> Results:
    return sample.tweets()
