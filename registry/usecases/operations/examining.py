"""Examines what a deployment's faces rest on, and says what an operator has to know.

A face engine is wrong at a known rate for each pair, so its false alarms grow with every subject that is registered:
about FAR x subjects for each face that is looked at. What one deployment is content with is its own to say.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique

from index.faces import Assurance, Calibration, EngineManifest


@unique
class Severity(StrEnum):
    """What a finding asks for."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        topic: what it is about; names of engines and of parts, nothing of anybody.
        text: for the operator, one sentence.
    """

    topic: str
    severity: Severity
    text: str


def examine_faces(
    manifests: Sequence[EngineManifest], subjects: Mapping[str, int], wished_false_alarms: float
) -> Iterator[Finding]:
    """Yield findings about the engines that are on, and about those whose templates nobody searches.

    Args:
        manifests: of the engines that are on.
        subjects: how many subjects have a template of each engine, by its id.
        wished_false_alarms: for each face that is looked at.
    """
    if not manifests and not subjects:
        yield Finding(
            topic="faces",
            severity=Severity.OK,
            text="Faces are switched off, and nobody is registered by one.",
        )
    for manifest in manifests:
        yield from _examined(manifest, subjects.get(manifest.id, 0), wished_false_alarms)
    yield from _unsearched(subjects, {manifest.id for manifest in manifests})


def worst(findings: Iterable[Finding]) -> Severity:
    """Return the severest of all."""
    order = tuple(Severity)
    return max((finding.severity for finding in findings), key=order.index, default=Severity.OK)


def false_alarms(calibration: Calibration, subjects: int) -> float:
    """Return the false alarms to expect for each face, by the group that fares worst."""
    rates = [calibration.far, *(far for _, far, _, _ in calibration.far_by_group)]
    return max(rates) * subjects


def _examined(manifest: EngineManifest, subjects: int, wished: float) -> Iterator[Finding]:
    topic = f"faces: {manifest.id}"
    calibration = manifest.calibration
    if calibration is None:
        yield Finding(
            topic=topic,
            severity=Severity.FAILURE,
            text="This engine is not calibrated, so it matches nobody. Calibrate it with scripts/calibrate_faces.",
        )
        return
    expected = false_alarms(calibration, subjects)
    text = (
        f"{subjects} subjects, {expected:.2g} false alarms expected for each face"
        f" (by the group that fares worst); at most {wished:.2g} are accepted."
    )
    too_many = expected > wished
    yield Finding(topic=topic, severity=Severity.WARNING if too_many else Severity.OK, text=text)
    if manifest.assurance is Assurance.LOW:
        yield Finding(
            topic=topic,
            severity=Severity.WARNING,
            text="Low assurance: it misses more faces and persons than engines that `takedown models add` installs.",
        )


def _unsearched(subjects: Mapping[str, int], enabled: set[str]) -> Iterator[Finding]:
    for engine_id in sorted(subjects):
        if subjects[engine_id] and engine_id not in enabled:
            yield Finding(
                topic=f"faces: {engine_id}",
                severity=Severity.WARNING,
                text=f"This engine is off: {subjects[engine_id]} subjects who registered their likeness with it are not"
                " searched for. Switch it on again, or ask them to register again.",
            )
