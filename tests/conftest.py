"""For every test: what hotjunction keeps for its user goes elsewhere."""

import pytest


@pytest.fixture(autouse=True, scope="session")
def logs_elsewhere(tmp_path_factory):
    """Guardians of tests write their log into a folder of the tests (platformdirs, on Linux)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield
