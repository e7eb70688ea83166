"""Fixtures shared by all tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# The same examples in every run; `--hypothesis-profile=default` looks for new ones.
settings.register_profile("same", derandomize=True)
settings.load_profile("same")


def _find_shared_data() -> Path | None:
    """The folder of real measured files: beside the checkout, never part of it."""
    for parent in Path(__file__).resolve().parents:
        candidate = parent.parent / "shared" / "data"
        if candidate.is_dir():
            return candidate
    return None


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real measured files; the test is skipped where they are absent."""
    found = _find_shared_data()
    if found is None:
        pytest.skip("the folder of real measured files (shared/data beside the checkout) is absent")
    return found


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(20231)
