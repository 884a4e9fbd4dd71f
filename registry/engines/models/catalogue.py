"""The engines that `takedown models add` knows by name: their manifests are in the package, their model files are not.

Sizes and SHA-256 digests come from the publishers' own LFS pointers (OpenCV's zoo), or from several projects that pin
the published file and agree (AuraFace); `docs/models.md` gives the source of each. None of the engines is calibrated,
because a calibration is measured, not copied.
"""

from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

from index.faces import EngineManifest, parse_manifest


def known_engines() -> Mapping[str, EngineManifest]:
    """Return the manifests by engine id, sorted."""
    texts = [entry.read_bytes() for entry in files(__package__).iterdir() if entry.name.endswith(".json")]
    manifests = sorted(map(parse_manifest, texts), key=lambda manifest: manifest.id)
    return MappingProxyType({manifest.id: manifest for manifest in manifests})
