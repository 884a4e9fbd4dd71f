"""Examine the face engines of a deployment, and report findings to the operator.

A face engine is wrong at a known rate for each pair of faces. Its false alarms therefore grow with the number of
registered subjects: about FAR x subjects for each face that is checked. Each deployment sets its own limit.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique

from index.faces import Assurance, Calibration, EngineManifest


@unique
class Severity(StrEnum):
    """The severity of a finding, in ascending order."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One result of the examination.

    Attributes:
        topic: the part or engine that was examined. It names no person.
        text: one or two sentences for the operator.
    """

    topic: str
    severity: Severity
    text: str


def examine_faces(
    manifests: Sequence[EngineManifest], subjects: Mapping[str, int], wished_false_alarms: float
) -> Iterator[Finding]:
    """Yield findings about the enabled engines, and about disabled engines whose templates are not searched.

    Args:
        manifests: manifests of the enabled engines.
        subjects: number of subjects with a template, by engine id.
        wished_false_alarms: maximum acceptable false alarms for each face that is checked.
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
    """Return the highest severity of the findings, or `OK` if there are none."""
    order = tuple(Severity)
    return max((finding.severity for finding in findings), key=order.index, default=Severity.OK)


def false_alarms(calibration: Calibration, subjects: int) -> float:
    """Return the expected false alarms for each checked face, by the group with the highest FAR."""
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
