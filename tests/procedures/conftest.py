"""For tests of procedures: they look at what a run recorded, never at what is made of it afterwards."""

import pytest


@pytest.fixture(autouse=True)
def as_recorded(unanalysed):
    """Leave every recording as it was written."""
