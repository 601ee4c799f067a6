"""The peers, for the tests that need them: skipped where they are not installed."""

import pytest

from . import peers


@pytest.fixture(scope="session")
def torch():
    pytest.importorskip("torch")
    return peers.Torch()


@pytest.fixture(scope="session")
def jax():
    pytest.importorskip("jax")
    return peers.Jax()
