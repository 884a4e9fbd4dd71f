"""Made-up face vectors, as an engine would describe people, and cases that hold them."""

from dataclasses import replace

import numpy as np

from index.verdict.vocabulary import Level, ReferenceKind
from registry.domain.consent import BY_API, Consent, ConsentPurpose
from registry.domain.family import Family
from registry.domain.likeness import FacePhoto, StoredLikeness
from registry.storage.codes.change_feed import SqlChangeFeed
from registry.storage.codes.faces import SearchedTemplates
from tests.support.databases.registry_parts import NOW, SEALER, a_case, a_reference, digest

DIMENSIONS = {"small-1": 8, "large-1": 128}
MODELS = {engine: bytes([number]) * 32 for number, engine in enumerate(DIMENSIONS)}
SMALL, LARGE = (Family.faces(engine, dimension) for engine, dimension in DIMENSIONS.items())


def face(person, photograph=0, engine="large-1", spread=0.1):
    """Makes up the vector of a person's face in one photograph, near those in others."""
    chance = np.random.default_rng(list(f"{person} {engine}".encode()))
    centre = chance.standard_normal(DIMENSIONS[engine])
    chance = np.random.default_rng(list(f"{person} {photograph} {engine}".encode()))
    vector = centre / np.linalg.norm(centre)
    vector = vector + spread * chance.standard_normal(len(vector)) / len(vector) ** 0.5
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def likeness(person, photograph=0, engines=DIMENSIONS, models=MODELS):
    """Makes up one photograph as every engine describes it."""
    photos = [
        FacePhoto(engine=engine, model_sha256=models[engine], vector=face(person, photograph, engine))
        for engine in engines
    ]
    return StoredLikeness(photos=tuple(photos))


def a_photo(case, person, photograph=0, **made):
    """Makes a reference of a photograph in a case."""
    reference = a_reference(case, digest(("face", person, photograph)), kind=ReferenceKind.LIKENESS)
    return replace(reference, draft=replace(reference.draft, likeness=likeness(person, photograph, **made)))


def consent_to_faces(unit, case, number=0):
    """Adds the consent without which the database keeps no face of a case."""
    consent = Consent(
        id=f"con_{case.id.removeprefix('case_')[:14]}_{number}",
        case_id=case.id,
        purpose=ConsentPurpose.LIKENESS,
        text="likeness-1",
        stated=BY_API,
        given_at=NOW,
        recorded_by=None,
    )
    unit.consents.add(consent)
    return consent


def enrol_faces(units, person, photographs=1, case=None, **made):
    """Registers photographs of a person, one transaction each; returns the case."""
    for photograph in range(photographs):
        with units.write() as unit:
            if case is None:
                case = a_case(level=Level.V2)
                unit.cases.add(case)
                consent_to_faces(unit, case)
            unit.references.add(a_photo(case, person, photograph, **made))
            unit.commit()
    return case


def face_feed(databases, family=LARGE, model=None, sealing=SEALER):
    """Makes a reader of one engine's change log."""
    model = MODELS[family.engine_id] if model is None else model
    return SqlChangeFeed(databases.registry, SearchedTemplates(family, model, sealing))
