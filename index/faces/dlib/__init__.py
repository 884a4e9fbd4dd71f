"""The built-in face engine: dlib's detector and landmarks, and dlib's network run by onnxruntime."""

from index.faces.dlib.centring import DLIB_CENTRING, Centring
from index.faces.dlib.default import DEFAULT_ENGINE, DEFAULT_MANIFEST, open_default
from index.faces.dlib.engine import DlibEngine
from index.faces.dlib.files import network_bytes, open_network
from index.faces.dlib.network import INPUT, OUTPUT

__all__ = [
    "DEFAULT_ENGINE",
    "DEFAULT_MANIFEST",
    "DLIB_CENTRING",
    "INPUT",
    "OUTPUT",
    "Centring",
    "DlibEngine",
    "network_bytes",
    "open_default",
    "open_network",
]
