"""The command that measures clips."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

RUN = """
import runpy, sys
sys.path.insert(0, {folder!r})
sys.argv = ["video", "--help"]
try:
    runpy.run_path({path!r}, run_name="__main__")
except SystemExit:
    names = list(sys.modules)
    print("first:", "index" if names.index("index") < names.index("numpy") else "numpy")
"""


def test_products_run_on_one_thread_as_in_the_product():
    """`index` is imported before NumPy: after it, its wish for one thread comes too late and waiting counts as work."""
    folder = ROOT / "scripts" / "bench"
    program = RUN.format(folder=str(folder), path=str(folder / "video"))
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT, timeout=60
    )
    assert "first: index" in out.stdout
