"""The built-in face engine: dlib's detector and landmarks, and dlib's network run by onnxruntime.

Importing this package loads neither library: `open_default` and `open_network` load them on demand.
"""

from index.faces.dlib.centring import DLIB_CENTRING, Centring
from index.faces.dlib.files import network_bytes, open_network
from index.faces.dlib.manifest import DEFAULT_ENGINE, DEFAULT_MANIFEST
from index.faces.dlib.network import INPUT, OUTPUT
from index.faces.dlib.opening import open_default

__all__ = [
    "DEFAULT_ENGINE",
    "DEFAULT_MANIFEST",
    "DLIB_CENTRING",
    "INPUT",
    "OUTPUT",
    "Centring",
    "network_bytes",
    "open_default",
    "open_network",
]
