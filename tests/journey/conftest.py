"""Makes the helper of these tests importable beside them."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from serving import running


@pytest.fixture
def serve():
    """Hands out `running`."""
    return running
