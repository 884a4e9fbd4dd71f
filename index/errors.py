"""Everything that `index` raises on purpose: one tree, each leaf with a stable code.

    IndexingError
    ├── MediaError                    the bytes that came in cannot be looked at
    │   ├── EmptyMedia                no bytes
    │   ├── TooManyBytes              more bytes than the profile allows
    │   ├── UnknownFormat             not one of the formats on the allow-list
    │   ├── TooManyPixels             the header announces more pixels than the profile allows
    │   ├── UndecodableMedia          truncated or damaged
    │   ├── DecoderFailed             the decoder crashed, hung or went over its limits and was killed
    │   └── DecodersBusy              no decoder became free in time; the media was not looked at
    ├── InformationError              the picture shows too little to be told from others
    │   ├── LowInformation            flat or degenerate: it would match every blank upload
    │   └── LowQuality                PDQ quality below what enrolment asks for
    ├── CodeError                     a code that a client sent is not in its one canonical spelling
    │   ├── UnknownAlgorithm
    │   ├── WrongLength
    │   └── MalformedCode
    ├── FaceError                     faces cannot be looked for
    │   ├── EngineUnavailable         the engine is not installed, or a package that it needs is missing
    │   ├── ModelDamaged              a model file's length, digest or self-check is wrong
    │   └── MalformedManifest         the description of an engine is not in its one spelling
    └── SearchError
        ├── NotReady                  the index does not hold what the database holds (yet)
        ├── DamagedSnapshot           a file's checksum, length or header is wrong
        ├── SnapshotNotWritten        the disk refused; what stood there before stands
        ├── NotTheWriter              another process of this machine owns the index's files
        └── InvalidQuery              a radius or shape outside the engine's contract

No message ever contains a hash, an embedding, a file name or bytes of the media (style rule R6).
"""

from typing import ClassVar


class IndexingError(Exception):
    """Base of all errors of the package; `code` is stable and may be shown to clients."""

    code: ClassVar[str] = "indexing-error"


class MediaError(IndexingError):
    """The bytes that came in cannot be looked at."""

    code: ClassVar[str] = "media-unreadable"


class EmptyMedia(MediaError):
    """There are no bytes."""

    code: ClassVar[str] = "media-empty"


class TooManyBytes(MediaError):
    """The file has more bytes than the profile allows."""

    code: ClassVar[str] = "media-too-many-bytes"


class UnknownFormat(MediaError):
    """The content is none of the allowed formats, whatever its name or declared type says."""

    code: ClassVar[str] = "media-unknown-format"


class TooManyPixels(MediaError):
    """The header announces more pixels than the profile allows."""

    code: ClassVar[str] = "media-too-many-pixels"


class UndecodableMedia(MediaError):
    """The file is truncated or damaged."""

    code: ClassVar[str] = "media-undecodable"


class DecoderFailed(MediaError):
    """The decoder crashed, hung or went over its limits, and was killed."""

    code: ClassVar[str] = "media-decoder-failed"


class DecodersBusy(MediaError):
    """No decoder became free in time; the media was not looked at, and trying again later is right."""

    code: ClassVar[str] = "media-decoders-busy"


class InformationError(IndexingError):
    """The picture shows too little to be told from others."""

    code: ClassVar[str] = "media-uninformative"


class LowInformation(InformationError):
    """The picture or code is flat or degenerate: registered, it would match every blank upload."""

    code: ClassVar[str] = "media-low-information"


class LowQuality(InformationError):
    """The PDQ quality is below what enrolment asks for."""

    code: ClassVar[str] = "media-low-quality"


class CodeError(IndexingError):
    """A code is not in its one canonical spelling."""

    code: ClassVar[str] = "code-invalid"


class UnknownAlgorithm(CodeError):
    """The algorithm's name is not one that the registry accepts."""

    code: ClassVar[str] = "code-unknown-algorithm"


class WrongLength(CodeError):
    """The value has another length than the algorithm's codes have."""

    code: ClassVar[str] = "code-wrong-length"


class MalformedCode(CodeError):
    """The value holds a character other than 0-9 and a-f, or its quality is out of range."""

    code: ClassVar[str] = "code-malformed"


class FaceError(IndexingError):
    """Faces cannot be looked for: no statement about any picture, and never an empty answer."""

    code: ClassVar[str] = "faces-failed"


class EngineUnavailable(FaceError):
    """The engine is not installed, or a package that it needs is missing."""

    code: ClassVar[str] = "face-engine-unavailable"


class ModelDamaged(FaceError):
    """A model file's length or digest is wrong, or the network made of it failed its self-check."""

    code: ClassVar[str] = "face-model-damaged"


class MalformedManifest(FaceError):
    """The description of an engine is not in its one spelling, or asks for what no engine here can be."""

    code: ClassVar[str] = "face-manifest-malformed"


class SearchError(IndexingError):
    """A search cannot be answered."""

    code: ClassVar[str] = "search-failed"


class NotReady(SearchError):
    """The index does not hold what the database holds (yet)."""

    code: ClassVar[str] = "index-not-ready"


class DamagedSnapshot(SearchError):
    """A snapshot file's checksum, length or header is wrong."""

    code: ClassVar[str] = "snapshot-damaged"


class SnapshotNotWritten(SearchError):
    """The disk refused (full, read-only, failing); what stood there before still stands."""

    code: ClassVar[str] = "snapshot-not-written"


class NotTheWriter(SearchError):
    """Another process of this machine owns the index's files: this one may only read them."""

    code: ClassVar[str] = "index-not-the-writer"


class InvalidQuery(SearchError):
    """A radius or array shape lies outside the engine's contract."""

    code: ClassVar[str] = "query-invalid"
