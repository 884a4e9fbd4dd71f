"""What `takedown doctor` says of the versions of references."""

from index.clips.values import CLIP_VERSION
from index.pictures.describing import VERSION
from registry.domain.versions import VersionCounts
from registry.usecases.operations.examining import Severity, worst
from registry.usecases.operations.examining_versions import examine_versions


def _examined(references, pictures=(0, 0), key_frames=(0, 0)):
    found = tuple(
        examine_versions(
            VersionCounts(
                references=references,
                pictures=pictures[1],
                pictures_without_regions=pictures[0],
                key_frames=key_frames[1],
                key_frames_without_regions=key_frames[0],
            )
        )
    )
    return worst(found), " ".join(finding.text for finding in found)


def test_newest_references_are_well():
    """References of this program's versions, and codes that clients sent, are nothing to report."""
    severity, text = _examined({VERSION: 3, CLIP_VERSION: 2, "client": 7}, (0, 3), (0, 40))
    assert severity is Severity.OK
    assert "None of 12 references has an older fingerprint." in text


def test_older_references_are_a_warning_with_their_number():
    """The operator reads how many references are older, of which versions, and that they match as before."""
    severity, text = _examined({VERSION: 3, "image-2": 20, "clip-1": 4}, (20, 23), (0, 40))
    assert severity is Severity.WARNING
    assert "24 references have an older fingerprint (4 of clip-1, 20 of image-2)" in text
    assert "20 of 23 pictures have no regional signature" in text
    assert "match as before" in text


def test_clips_without_signatures_are_a_warning():
    """Key frames are reported by themselves."""
    severity, text = _examined({CLIP_VERSION: 2}, key_frames=(40, 41))
    assert severity is Severity.WARNING
    assert "40 of 41 key frames have no regional signature" in text
