"""Makes the helpers of these tests importable beside them, and takes hypothesis's clock away."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

# Wall time of an example tells how busy the machine is, and pytest's own time limit stands.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
