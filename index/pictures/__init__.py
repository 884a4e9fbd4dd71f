"""Fingerprint pictures: the entry point, the procedure inside the sandbox, and the messages between the two."""

from index.pictures.describing import VERSION, ImageFingerprint, Purpose, describe_in_process
from index.pictures.face_regions import with_face_regions
from index.pictures.fingerprint import ENROLMENT_QUALITY, Fingerprinter, require_enrollable

__all__ = [
    "ENROLMENT_QUALITY",
    "VERSION",
    "Fingerprinter",
    "ImageFingerprint",
    "Purpose",
    "describe_in_process",
    "require_enrollable",
    "with_face_regions",
]
