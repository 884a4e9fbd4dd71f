"""A fingerprinter that describes every file as one photograph."""

from dataclasses import dataclass, field

from index.media.pictures.formats import MediaFormat
from index.pictures.describing import ImageFingerprint
from tests.support.databases.registry_parts import dhash, pdq
from tests.support.usecases.fake_faces import picture

PHOTOGRAPH = ImageFingerprint(
    sha256=bytes(range(32)),
    media_format=MediaFormat.JPEG,
    width=4,
    height=4,
    pdq=pdq("photograph", 100),
    pdq_canonical=pdq("photograph", 100),
    dhash=dhash("photograph"),
    phash=None,
    flat_share=0.1,
    colours=(picture(1),),
)


@dataclass
class FakeFingerprints:
    """Describes every file as one photograph, or fails."""

    fingerprint: ImageFingerprint = PHOTOGRAPH
    failure: Exception | None = None
    asked: list = field(default_factory=list)

    def describe(self, data, purpose, *, colours=False):
        """Implements `Fingerprints`."""
        self.asked.append((purpose, colours))
        if self.failure is not None:
            raise self.failure
        return self.fingerprint
