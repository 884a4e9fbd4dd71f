"""Models of face engines: known by name, and downloaded. Only commands import this package, and with it an HTTP client.

- `catalogue`: the engines known by name. Their manifests are the JSON files beside it.
- `downloads`: the download of their files.
"""

from registry.engines.models.catalogue import known_engines
from registry.engines.models.downloads import DownloadProgress, ModelDownloads

__all__ = ["DownloadProgress", "ModelDownloads", "known_engines"]
