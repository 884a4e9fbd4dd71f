"""A worker, and a service without the extra `faces`, load no library that they do not use."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("index.faces", {"dlib", "onnxruntime"}),
        ("index.faces.dlib", {"dlib", "onnxruntime"}),
        ("index.faces.wire", {"dlib", "onnxruntime", "faiss", "av", "PIL"}),
        ("index.pictures.wire", {"faiss", "av", "scipy", "index.search", "index.comparison"}),
        ("index.clips.wire", {"faiss", "scipy", "index.search", "index.comparison"}),
    ],
)
def test_import_loads_no_unused_library(module, unwanted):
    """Importing the module loads none of the libraries and packages that it does not use."""
    program = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert unwanted.isdisjoint(done.stdout.split())
