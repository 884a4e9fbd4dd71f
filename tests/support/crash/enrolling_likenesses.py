"""A process that registers likenesses as fast as it can, to be killed: run as `enrolling` is.

Each case gets some photographs, one after the other: each replaces the case's templates by other means.
"""

from dataclasses import replace
from pathlib import Path

from index.verdict.vocabulary import Level, ReferenceKind
from registry.domain.reference import Draft
from registry.usecases.cases.withdrawing import withdraw
from registry.usecases.enrolment.enrolling import enrol
from tests.support.crash.enrolling import begun, serve
from tests.support.databases.registry_parts import BOB, draft
from tests.support.faces.stored import likeness
from tests.support.usecases.verifying import open_verified

MAX_PHOTOGRAPHS = 4
WITHDRAWN_SHARE = 0.2


def enrol_for_ever(path: Path, acknowledge: int, seed: str) -> None:
    """Open cases at V2, add photographs and withdraw; report each acknowledged act once its call has returned."""
    chance, around, tell = begun(path, acknowledge, seed)
    while True:
        person = chance.random()
        opened = open_verified(Level.V2, _draft(person, 0), actor=BOB, **around)
        tell("enrolled", opened.case.id, opened.first.reference.id, opened.receipt.hex())
        for photograph in range(1, chance.randint(1, MAX_PHOTOGRAPHS)):
            enrolled = enrol(opened.case.id, _draft(person, photograph), actor=BOB, **around)
            tell("enrolled", opened.case.id, enrolled.reference.id, enrolled.receipt.hex())
        if chance.random() < WITHDRAWN_SHARE:
            tell("withdrawing", opened.case.id)
            withdrawn = withdraw(opened.case.id, actor=BOB, **around)
            tell("withdrawn", opened.case.id, withdrawn.receipt.hex())


def _draft(person: float, photograph: int) -> Draft:
    plain = replace(draft((person, photograph)), kind=ReferenceKind.LIKENESS)
    return replace(plain, likeness=likeness(person, photograph), has_consented=True)


if __name__ == "__main__":
    serve(enrol_for_ever)
