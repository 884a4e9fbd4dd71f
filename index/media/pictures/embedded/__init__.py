"""Other media in a picture's file: previews in its header, and pictures and clips behind its end."""

from index.media.pictures.embedded.planes import (
    MAX_EMBEDDED_CLIPS,
    MAX_EMBEDDED_PICTURES,
    Embedded,
    embedded_media,
)

__all__ = [
    "MAX_EMBEDDED_CLIPS",
    "MAX_EMBEDDED_PICTURES",
    "Embedded",
    "embedded_media",
]
