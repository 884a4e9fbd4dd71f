"""The benchmarks' helpers are modules beside their scripts, the tests' own beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "bench"))
sys.path.insert(0, str(Path(__file__).parent))
