"""Findings about the faces of a deployment: false alarms, assurance, and subjects that no engine searches."""

from dataclasses import replace

import pytest

from index.faces.dlib.manifest import DEFAULT_MANIFEST
from index.faces.engine.manifest import Assurance, Calibration
from registry.usecases.operations.examining import Finding, Severity, examine_faces, false_alarms, worst

CALIBRATION = Calibration(
    cosine=0.5,
    far=1e-5,
    far_low=0.0,
    far_high=2e-5,
    far_by_group=(("these", 1e-4, 0.0, 2e-4), ("others", 0.0, 0.0, 1e-5)),
    tar=0.9,
    evidence="Made up by a test.",
)
MANIFEST = replace(DEFAULT_MANIFEST, id="good-1", assurance=Assurance.STANDARD, calibration=CALIBRATION)


def found(manifests=(MANIFEST,), subjects=None, wished=0.05):
    """Examines, and returns severities with their texts."""
    return [
        (finding.severity, finding.topic, finding.text)
        for finding in examine_faces(manifests, {} if subjects is None else subjects, wished)
    ]


def test_false_alarms_follow_the_group_that_fares_worst():
    """The rate of all would hide what one group suffers; subjects multiply it."""
    assert false_alarms(CALIBRATION, 200) == pytest.approx(0.02)
    overall = replace(CALIBRATION, far=1e-3)
    assert false_alarms(overall, 200) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("subjects", "severity"), [(0, Severity.OK), (499, Severity.OK), (501, Severity.WARNING)]
)
def test_more_false_alarms_than_wished_are_a_warning(subjects, severity):
    """The deployment's own wish is the border, and both numbers stand in the text."""
    ((told, topic, text),) = found(subjects={"good-1": subjects})
    assert (told, topic) == (severity, "faces: good-1")
    assert text.startswith(f"{subjects} subjects, {1e-4 * subjects:.2g} false alarms")
    assert "at most 0.05 are accepted" in text


def test_low_assurance_is_a_warning():
    """An engine that works without anything to download is told to be what it is."""
    severities = [severity for severity, _, _ in found([DEFAULT_MANIFEST])]
    assert severities == [Severity.OK, Severity.WARNING]


def test_an_engine_that_nobody_calibrated_is_a_failure():
    """It matches nobody, whoever is registered by it."""
    ((severity, _, text),) = found([replace(MANIFEST, calibration=None)], {"good-1": 3})
    assert severity is Severity.FAILURE
    assert "matches nobody" in text


def test_subjects_whom_nobody_looks_for_are_a_warning():
    """Templates of an engine that is off are told with their number; an engine that has none is not."""
    told = found([MANIFEST], {"gone-1": 2, "gone-2": 0})
    assert [(severity, topic) for severity, topic, _ in told] == [
        (Severity.OK, "faces: good-1"),
        (Severity.WARNING, "faces: gone-1"),
    ]
    assert "2 subjects" in told[1][2]


@pytest.mark.parametrize("subjects", [{}, {"gone-1": 1}])
def test_faces_that_are_off_are_told(subjects):
    """All is well where nobody is registered by a face, and only there."""
    ((severity, _, _),) = found([], subjects)
    assert severity is (Severity.WARNING if subjects else Severity.OK)


def test_the_worst_finding_counts():
    """A failure outweighs warnings, and nothing at all is well."""
    findings = [Finding(topic="x", severity=severity, text="y") for severity in Severity]
    assert worst(reversed(findings)) is Severity.FAILURE
    assert worst(findings[:2]) is Severity.WARNING
    assert worst([]) is Severity.OK
