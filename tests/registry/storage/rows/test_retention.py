"""Signs of life, notices and places of journals as rows, on both databases."""

from datetime import timedelta

from registry.domain.journal import JournalPlace
from registry.domain.retention import RetentionNotice
from tests.support.databases.registry_parts import ALICE, BOB, NOW, a_case


def test_silence_and_notices(units):
    """A case without a sign of life is found with its first notice, page by page; a sign of life deletes notices."""
    cases = [a_case(), a_case(opened_at=NOW + timedelta(days=2)), a_case(owner=BOB)]
    with units.write() as unit:
        for case in cases:
            unit.cases.add(case)
        notice = RetentionNotice(case_id=cases[0].id, days=90, made_at=NOW, expires_at=NOW + timedelta(90))
        assert unit.retention.add_notice(notice)
        assert not unit.retention.add_notice(notice)
        found = unit.retention.silent(NOW + timedelta(days=1), "", 10)
        assert {(one.case_id, one.first_notice_at) for one in found} == {
            (cases[0].id, NOW),
            (cases[2].id, None),
        }
        assert len(unit.retention.silent(NOW + timedelta(days=1), max(one.case_id for one in found), 10)) == 0
        assert unit.retention.notices(ALICE.tenant_id) == (notice,)
        assert unit.retention.hear(cases[0].id, NOW)
        assert unit.retention.notices(ALICE.tenant_id) == ()
        assert unit.retention.is_heard(cases[0].id, NOW + timedelta(hours=23))
        assert not unit.retention.is_heard(cases[0].id, NOW + timedelta(hours=24))
        unit.commit()


def test_places_of_journals(units):
    """A later place of a journal is remembered, an earlier one is not."""
    places = [
        JournalPlace(journal_id="ab" * 16, lines=lines, digest=bytes([lines]) * 32) for lines in (2, 5, 3)
    ]
    with units.write() as unit:
        for place in places:
            unit.journals.save(place, NOW)
        assert unit.journals.places() == (places[1],)
        unit.journals.forget()
        assert unit.journals.places() == ()
