"""The versions of the fingerprints that active references have. Media is not kept, so an old one stays as it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from index.clips import CLIP_VERSION
from index.pictures import VERSION as PICTURE_VERSION

NEWEST: Final = frozenset({PICTURE_VERSION, CLIP_VERSION})
"""The versions that this program gives new references."""

CLIENT_VERSION: Final = "client"
"""Version of codes that a client sent. The procedure that made them is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionCounts:
    """How many active references have which fingerprint.

    Attributes:
        references: number of references by the version of their fingerprint; of those with the digest of a file.
        pictures: number of pictures that are found in edits, by windows.
        pictures_without_regions: number of those without a regional signature of the newest version.
        key_frames: number of key frames of clips.
        key_frames_without_regions: number of those without a regional signature of the newest version.
    """

    references: Mapping[str, int]
    pictures: int
    pictures_without_regions: int
    key_frames: int
    key_frames_without_regions: int

    @property
    def older(self) -> Mapping[str, int]:
        """The references of older versions, by version. Codes that a client sent are of none."""
        return {
            version: count
            for version, count in sorted(self.references.items())
            if version not in NEWEST and version != CLIENT_VERSION
        }
