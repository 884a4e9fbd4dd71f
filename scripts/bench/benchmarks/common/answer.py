"""An answer about one upload, as a benchmark judges it, and as it is recorded and compared."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Final, Self

from index.arrays import U8
from index.verdict import Band, Evidence, Segment, Verdict, tell
from registry.client import Problem, RegistryClient
from registry.matching import Found

REFUSED: Final = "refused"
FAULT: Final = "fault"

_STRENGTH: Final = {Band.NONE: 0, Band.LOOSE: 1, Band.TIGHT: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The product's answer about one upload, and its evidence.

    Attributes:
        verdict: None where the upload was refused, or the check failed.
        refusal: code of the error that refused the upload; empty for none.
        fault: text of an exception that the product must never raise; empty for none.
        reference_ids: references that the verdict rests on.
        best: strongest evidence about each reference, by its id.
        compared: log-likelihood ratio, in nats, of each reference whose windows were compared.
        loose: those of them that one loose hit triggered.
        triggered: number of keys that windows triggered.
        pdq: uint8 [10, 32], PDQ of the first query frame: its stored variants and the inverse; None without a frame.
        dhash: uint8 [10, 16], dHash-128 likewise.
        is_clip: whether the upload was checked as a clip.
    """

    verdict: Verdict | None = None
    refusal: str = ""
    fault: str = ""
    reference_ids: frozenset[str] = frozenset()
    best: dict[str, Evidence] = field(default_factory=dict)
    compared: dict[str, float] = field(default_factory=dict)
    loose: frozenset[str] = frozenset()
    triggered: int = 0
    pdq: U8 | None = None
    dhash: U8 | None = None
    is_clip: bool = False

    @property
    def outcome(self) -> str:
        """The verdict's outcome, `REFUSED` or `FAULT`."""
        if self.fault:
            return FAULT
        return REFUSED if self.verdict is None else self.verdict.outcome.value

    @property
    def reasons(self) -> tuple[str, ...]:
        """The verdict's reasons, or the text of the refusal or the fault alone."""
        if self.verdict is None:
            return (self.fault or self.refusal,)
        return tuple(reason.value for reason in self.verdict.reasons)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The verdict's segments; none without a verdict."""
        return () if self.verdict is None else self.verdict.segments

    def band_of(self, reference_id: str) -> Band:
        """Return the band of one reference's evidence."""
        evidence = self.best.get(reference_id)
        return Band.NONE if evidence is None else evidence.grade().band

    def counted(self) -> frozenset[str]:
        """Return the references with loose or tight evidence, including those that the verdict did not need."""
        return frozenset(name for name in self.best if self.band_of(name) is not Band.NONE)


def strongest(found: Iterable[Found]) -> dict[str, Evidence]:
    """Return the evidence of the highest band for each reference; the first of equal bands."""
    best: dict[str, Evidence] = {}
    for name, evidence in found:
        held = best.get(name)
        if held is None or _STRENGTH[evidence.grade().band] > _STRENGTH[held.grade().band]:
            best[name] = evidence
    return best


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An answer without measures and ids: all of it, or what a platform is told. Equal answers are equal records.

    Attributes:
        verdict: the outcome, `REFUSED` or `FAULT`.
        reasons: of the verdict, or of the refusal.
        boxes: left, top, right and bottom, as shares of the upload.
        segments: start and end, in seconds.
        altered: as boxes.
    """

    verdict: str
    band: str = ""
    kinds: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    boxes: tuple[tuple[float, ...], ...] = ()
    segments: tuple[tuple[float, float], ...] = ()
    altered: tuple[tuple[float, ...], ...] = ()

    @classmethod
    def by(cls, answer: Answer) -> Self:
        """Return the record of an answer in process."""
        verdict = answer.verdict
        if verdict is None:
            return cls(verdict=answer.outcome, reasons=answer.reasons)
        return cls(
            verdict=verdict.outcome.value,
            band=verdict.band.value,
            kinds=tuple(kind.value for kind in verdict.kinds),
            reasons=answer.reasons,
            boxes=tuple(box.edges for box in verdict.boxes),
            segments=tuple((one.start_ms / 1000, one.end_ms / 1000) for one in verdict.segments),
            altered=tuple(box.edges for box in verdict.altered),
        )

    @classmethod
    def platform(cls, answer: Answer) -> Self:
        """Return the record of what a platform is told of an answer in process, as `over_http` does."""
        if answer.verdict is None:
            return cls(verdict=answer.outcome, reasons=answer.reasons)
        told = tell(answer.verdict)
        return cls(
            verdict=told.outcome.value,
            band=told.band.value,
            kinds=tuple(kind.value for kind in told.kinds),
            reasons=(told.reason.value,),
            boxes=tuple(box.edges for box in told.boxes),
            segments=tuple((one.start_ms / 1000, one.end_ms / 1000) for one in told.segments),
        )

    @classmethod
    def over_http(cls, client: RegistryClient, data: bytes) -> Self:
        """Ask a served registry, and return the record of its answer."""
        try:
            reply = client.check(data)
        except Problem as problem:
            return cls(verdict=REFUSED, reasons=(problem.code,))
        return cls(
            verdict=reply.verdict,
            band=reply.band,
            kinds=reply.kinds,
            reasons=(reply.reason,),
            boxes=tuple((one.left, one.top, one.right, one.bottom) for one in reply.boxes),
            segments=tuple((one.start_s, one.end_s) for one in reply.segments),
        )

    def as_json(self) -> dict[str, object]:
        """Return the fields under their names."""
        return asdict(self)
