"""Requests of jobs, from the few words in which tests tell them."""

from index.verdict.vocabulary import Level, ReferenceKind
from registry.domain.job import CheckAsked, EnrolmentAsked, InCase, InNewCase, JobKind


def asked_of(kind, spooled, *, case_id=None, level=None, **asked):
    """Make the request of a job that checks a clip, or registers it in a case or a new one."""
    if kind is JobKind.CHECK:
        return CheckAsked(spooled=spooled, **asked)
    target = InNewCase(level=level or Level.V0) if case_id is None else InCase(case_id=case_id)
    asked = {"reference_kind": ReferenceKind.INTIMATE_ITEM} | asked
    return EnrolmentAsked(spooled=spooled, target=target, **asked)
