"""`takedown quarantine` and `takedown benign` on the data folder."""

from registry.domain.case_states import ReferenceState
from registry.domain.quarantine import QuarantineReason
from tests.support.databases.registry_parts import (
    ALICE,
    NOW,
    Location,
    a_case,
    a_reference,
    add_people,
    digest,
)


def _quarantined(data):
    """Puts a reference into quarantine, and tells its ids."""
    databases = Location.folder(data).open()
    case = a_case()
    reference = a_reference(case, digest(1))
    add_people(databases.units, [ALICE])
    with databases.units.write() as unit:
        unit.cases.add(case)
        unit.references.add(reference)
        unit.references.move([reference.id], ReferenceState.QUARANTINED)
        unit.quarantines.begin(reference.id, QuarantineReason.PRECISION, NOW)
        unit.votes.add("ten_a", {reference.id: b"x"}, is_confirmed=False)
        unit.commit()
    databases.close()
    return case.id, reference.id


def test_quarantines_are_listed_and_cleared(here):
    """Each with its reason and feedback, until somebody clears it; an unknown one is one line."""
    case, reference = _quarantined(here.data)
    (listed,) = here.run("quarantine", "list", "--json").lines
    assert listed == {
        "reference": reference,
        "case": case,
        "tenant": ALICE.tenant_id,
        "level": "V1",
        "reason": "precision",
        "quarantined_at": NOW.isoformat(),
        "platforms": 1,
        "confirmed": 0,
        "mistaken": 1,
    }
    assert here.run("quarantine", "list").out.startswith(f"{reference}  {case}")
    assert here.run("quarantine", "clear", reference).out == f"{reference}: indexed\n"
    assert here.run("quarantine", "list").out == ""
    again = here.run("quarantine", "clear", reference)
    assert (again.code, again.out) == (1, "")
    assert "No reference with this id is in quarantine" in again.err


def test_benign_pictures_are_added_listed_and_removed(here, pictures):
    """A near one is known; what is near is not registered until the entry is removed."""
    first, second = (
        here.run("benign", "add", str(pictures / "photo.jpg"), "--json").lines[0] for _ in range(2)
    )
    assert (first["outcome"], second) == ("added", {"id": first["id"], "outcome": "known"})
    assert [line["id"] for line in here.run("benign", "list", "--json").lines] == [first["id"]]
    refused = here.run("enrol", str(pictures / "photo.jpg"), "--kind", "intimate_item", "--json")
    assert "media-known-benign" in refused.out
    assert here.run("benign", "remove", first["id"]).out == f"{first['id']}: removed\n"
    assert here.run("benign", "list").out == ""
    assert here.run("benign", "remove", first["id"]).code == 1
