"""What the registry replied."""

from dataclasses import dataclass


class Problem(Exception):
    """The registry did not do what was asked; nothing was written.

    Attributes:
        code: stable name, explained in docs/errors.md.
        status: HTTP status, or None where no answer came.
    """

    def __init__(self, code: str, detail: str, status: int | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxReply:
    """A part of a picture: edges as shares of its width and height, 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentReply:
    """A part of a clip's time, in seconds from its first frame."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressReply:
    """How far a clip was looked at, in seconds; `of_s` is what its header says of its length, or None."""

    seen_s: float
    of_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolReply:
    """The reference that stands for the media now; `outcome` is `enrolled` or `duplicate`.

    Attributes:
        found_by: what the reference is found in, of `file`, `copies` and `edits`.
        inner: where pictures lie within a screenshot or a collage, to be registered by themselves.
    """

    outcome: str
    case: str
    reference: str
    found_by: tuple[str, ...]
    inner: tuple[BoxReply, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReply:
    """The verdict about one upload; only `allow` means that it may be published.

    Attributes:
        kinds: how it matches: `copy`, `partial_copy`, `altered_copy`, `likeness`.
        boxes: where in the upload the matches lie that the verdict rests on.
        segments: when in an upload that is a clip they are shown.
    """

    check_id: str
    verdict: str
    band: str
    kinds: tuple[str, ...]
    reasons: tuple[str, ...]
    boxes: tuple[BoxReply, ...]
    segments: tuple[SegmentReply, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalReply:
    """A withdrawn case; `erased_at` is None until the last copies on disk are overwritten."""

    case: str
    withdrawn_at: str
    erased_at: str | None
