"""The exceptions of `index`: one tree, in which each class has a stable code.

    IndexingError
    ├── MediaError                    the media cannot be decoded
    │   ├── EmptyMedia                no bytes
    │   ├── TooManyBytes              more bytes than the limits allow
    │   ├── UnknownFormat             not one of the allowed formats
    │   ├── TooManyPixels             the header announces more pixels than the limits allow
    │   ├── SoundOnly                 sound, and no moving picture
    │   ├── UndecodableMedia          truncated or damaged
    │   ├── DecoderFailed             the decoder crashed, hung or exceeded its limits, and was killed
    │   └── DecodersBusy              no decoder became free in time; the media was not decoded
    ├── InformationError              the picture shows too little to be distinguished from others
    │   ├── LowInformation            flat or degenerate: it would match every blank upload
    │   └── LowQuality                PDQ quality below the minimum for enrolment
    ├── CodeError                     a code is not in its canonical spelling
    │   ├── UnknownAlgorithm
    │   ├── WrongLength
    │   └── MalformedCode
    ├── FaceError                     faces cannot be searched for
    │   ├── EngineUnavailable         the engine is not installed, or a package that it needs is missing
    │   ├── ModelDamaged              a model file's length, digest or self-check is wrong
    │   └── MalformedManifest         the manifest of an engine is not in its canonical spelling
    ├── TurnError                     too much is asked at once
    │   └── NoTurn                    no place for the work became free in time
    │       └── BudgetSpent           the same, of a tenant that has spent its processor time
    └── SearchError
        ├── NotReady                  the index does not (yet) contain the content of the database
        ├── DamagedSnapshot           a file's checksum, length or header is wrong
        ├── SnapshotNotWritten        the disk refused; the previous snapshot is unchanged
        ├── NotTheWriter              another process of this machine owns the index's files
        └── InvalidQuery              a radius or array shape that the engine does not accept

No message contains a hash, an embedding, a file name or bytes of the media.
"""

from typing import ClassVar


class IndexingError(Exception):
    """Base of all exceptions of the package. `code` is stable and may be shown to clients."""

    code: ClassVar[str] = "indexing-error"


class MediaError(IndexingError):
    """The media cannot be decoded."""

    code: ClassVar[str] = "media-unreadable"


class EmptyMedia(MediaError):
    """There are no bytes."""

    code: ClassVar[str] = "media-empty"


class TooManyBytes(MediaError):
    """The file has more bytes than the limits allow."""

    code: ClassVar[str] = "media-too-many-bytes"


class UnknownFormat(MediaError):
    """The content is none of the allowed formats. The file's name and declared type are ignored."""

    code: ClassVar[str] = "media-unknown-format"


class TooManyPixels(MediaError):
    """The header announces more pixels than the limits allow."""

    code: ClassVar[str] = "media-too-many-pixels"


class SoundOnly(MediaError):
    """The file has sound and no moving picture. A cover picture in it is not looked at."""

    code: ClassVar[str] = "media-sound-only"


class UndecodableMedia(MediaError):
    """The file is truncated or damaged.

    Attributes:
        is_final: True if the structure of the file is refused, so that no part of it is decoded either.
    """

    code: ClassVar[str] = "media-undecodable"

    def __init__(self, text: str, *, is_final: bool = False) -> None:
        super().__init__(text)
        self.is_final = is_final


class DecoderFailed(MediaError):
    """The decoder crashed, hung or exceeded its limits, and was killed."""

    code: ClassVar[str] = "media-decoder-failed"


class DecodersBusy(MediaError):
    """No decoder became free in time. The media was not decoded; the caller may try again later."""

    code: ClassVar[str] = "media-decoders-busy"


class TurnError(IndexingError):
    """Too much is asked at once."""

    code: ClassVar[str] = "busy"


class NoTurn(TurnError):
    """No place for the work became free in time. Nothing was done; the caller may try again later."""


class BudgetSpent(NoTurn):
    """No place became free in time for a tenant that has spent its processor time, because others came first."""

    code: ClassVar[str] = "cpu-budget-spent"


class InformationError(IndexingError):
    """The picture shows too little to be distinguished from others."""

    code: ClassVar[str] = "media-uninformative"


class LowInformation(InformationError):
    """The picture or code is flat or degenerate. If registered, it would match every blank upload."""

    code: ClassVar[str] = "media-low-information"


class LowQuality(InformationError):
    """The PDQ quality is below the minimum for enrolment."""

    code: ClassVar[str] = "media-low-quality"


class CodeError(IndexingError):
    """A code is not in its canonical spelling."""

    code: ClassVar[str] = "code-invalid"


class UnknownAlgorithm(CodeError):
    """The registry does not know an algorithm of this name."""

    code: ClassVar[str] = "code-unknown-algorithm"


class WrongLength(CodeError):
    """The value does not have the length of the algorithm's codes."""

    code: ClassVar[str] = "code-wrong-length"


class MalformedCode(CodeError):
    """The value contains a character other than 0-9 and a-f, or its quality is out of range."""

    code: ClassVar[str] = "code-malformed"


class FaceError(IndexingError):
    """Faces cannot be searched for. This is never reported as a picture without faces."""

    code: ClassVar[str] = "faces-failed"


class EngineUnavailable(FaceError):
    """The engine is not installed, or a package that it needs is missing."""

    code: ClassVar[str] = "face-engine-unavailable"


class ModelDamaged(FaceError):
    """A model file's length or digest is wrong, or the network failed its self-check."""

    code: ClassVar[str] = "face-model-damaged"


class MalformedManifest(FaceError):
    """The manifest of an engine is not in its canonical spelling, or describes an unsupported engine."""

    code: ClassVar[str] = "face-manifest-malformed"


class SearchError(IndexingError):
    """A search cannot be answered."""

    code: ClassVar[str] = "search-failed"


class NotReady(SearchError):
    """The index does not (yet) contain the content of the database."""

    code: ClassVar[str] = "index-not-ready"


class DamagedSnapshot(SearchError):
    """A snapshot file's checksum, length or header is wrong."""

    code: ClassVar[str] = "snapshot-damaged"


class SnapshotNotWritten(SearchError):
    """The disk refused (full, read-only, failing). The previous snapshot is unchanged."""

    code: ClassVar[str] = "snapshot-not-written"


class NotTheWriter(SearchError):
    """Another process of this machine owns the index's files. This process may only read them."""

    code: ClassVar[str] = "index-not-the-writer"


class InvalidQuery(SearchError):
    """The engine does not accept this radius or array shape."""

    code: ClassVar[str] = "query-invalid"
