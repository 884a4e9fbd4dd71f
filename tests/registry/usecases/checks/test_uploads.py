"""A check, step by step: what is asked of whom in which order, and what becomes evidence."""

from contextlib import contextmanager
from dataclasses import replace

import pytest

from index.errors import LowInformation
from index.hashing.codes import Algorithm, Code
from index.verdict.reasons import Reason
from index.verdict.thresholds import MAX_PROPOSED_PDQ_BITS, NEAR_FROM_PDQ_BITS
from index.verdict.vocabulary import Band, Level, Outcome, ReferenceKind
from registry.domain.candidate import CodeCandidate, ExactCandidate
from registry.domain.ids import CHECK, is_id
from registry.domain.probe import Strictness
from registry.errors import CodesInsufficient, IndexBehind, NotPermitted, StorageUnavailable
from registry.matching.crowds import MAX_ALIKE, MIN_CROWD
from registry.matching.question import CodeQuestion, question_of_codes
from registry.permissions import Permission
from registry.usecases.checks import check_upload
from tests.support.databases.registry_parts import DANA, NOW, dhash, digest, near, pdq
from tests.support.usecases.fakes import FakeIndex
from tests.support.usecases.searched_check import FakedCheck

ASKED = pdq("asked", 100)
SEEN = CodeQuestion(pdq=ASKED, dhash=dhash("asked"), sha256=digest("asked").value)
FLAT = Code(algorithm=Algorithm.PDQ, value=bytes(32))
ONLY_PDQ = replace(SEEN, sha256=None)


class _Setting(FakedCheck):
    """A check's services, all fakes that keep what they were asked in one list."""

    def __init__(self):
        super().__init__(FakeIndex)

    def hold(self, *candidates):
        """Makes the index propose these, and the database confirm them."""
        for candidate in candidates:
            self.index.proposed += (candidate.code_id,)
            self.candidates.by_code[candidate.code_id] = candidate

    def ask(self, question=SEEN):
        return check_upload(question, actor=DANA, services=self.services)


@pytest.fixture
def setting():
    return _Setting()


def _candidate(bits=0, code_id=1, **changes):
    plain = CodeCandidate(
        key=1,
        reference_id=f"ref_{code_id}",
        case_id=f"case_{code_id}",
        number=code_id,
        kind=ReferenceKind.INTIMATE_ITEM,
        level=Level.V1,
        flat_share=0.0,
        code_id=code_id,
        pdq=near(ASKED, bits, code_id),
        dhash=dhash("asked"),
    )
    return replace(plain, **changes)


def _exact(**changes):
    plain = ExactCandidate(
        reference_id="ref_9", case_id="case_9", number=9, kind=ReferenceKind.INTIMATE_ITEM, level=Level.V1
    )
    return replace(plain, **changes)


def test_a_place_is_held_while_the_upload_is_compared_and_no_longer(setting):
    """Whoever waits for the disk holds no place: all checks that wait there are written in one transaction."""

    @contextmanager
    def turn():
        setting.calls.append("begins")
        yield
        setting.calls.append("ends")

    setting.hold(_candidate(bits=NEAR_FROM_PDQ_BITS))
    check_upload(SEEN, actor=DANA, services=replace(setting.services, turn=turn))
    names = [call if isinstance(call, str) else call[0] for call in setting.calls]
    assert names[:5] == ["begins", "ready_position", "propose", "confirm", "ends"]
    assert names[-1] == "add"


def test_whoever_may_not_ask_takes_no_place(setting):
    """A key that may not ask by codes is refused at once, however many wait for a place."""
    stranger = replace(DANA, permissions=frozenset({Permission.CHECK_CREATE}))
    with pytest.raises(NotPermitted):
        check_upload(SEEN, actor=stranger, services=replace(setting.services, turn=pytest.fail))


def test_the_steps_come_in_their_order(setting):
    """Readiness is asked first, then the index, then the database, then the budget; the check is kept last."""
    setting.hold(_candidate(bits=NEAR_FROM_PDQ_BITS))
    setting.ask()
    assert setting.calls == [
        "ready_position",
        ("propose", ASKED.value, MAX_PROPOSED_PDQ_BITS),
        ("confirm", (1,), digest("asked").value),
        ("standing", DANA.tenant_id, ("ref_1",)),
        "add",
    ]


def test_an_index_that_is_behind_answers_nothing(setting):
    """Where the index cannot tell, nothing is asked, answered or kept (promise 6)."""
    setting.index.ready = False
    with pytest.raises(IndexBehind):
        setting.ask()
    assert setting.calls == ["ready_position"]


def test_a_database_that_cannot_confirm_is_no_answer(setting):
    """Where the database fails, the check fails: proposals alone decide nothing."""

    def fail(*_):
        raise StorageUnavailable

    setting.hold(_candidate())
    setting.candidates.confirm = fail
    with pytest.raises(StorageUnavailable):
        setting.ask()
    assert setting.checks.kept == {}


def test_an_answer_that_cannot_be_kept_is_not_given(setting):
    """Where the check cannot be kept there is no answer."""

    def fail(_):
        raise StorageUnavailable

    setting.checks.add = fail
    with pytest.raises(StorageUnavailable):
        setting.ask()


def test_nothing_near_and_no_digest_asks_the_database_all_the_same(setting):
    """Codes with nothing near and no digest confirm an id that no code has: the time does not tell that."""
    check = setting.ask(ONLY_PDQ)
    assert check.verdict.outcome is Outcome.ALLOW
    assert [call[0] for call in setting.calls if isinstance(call, tuple)] == [
        "propose",
        "confirm",
        "standing",
    ]


def test_a_digest_is_always_looked_up(setting):
    """An exact copy is found even where the index proposes nothing."""
    setting.candidates.by_digest[digest("asked").value] = _exact()
    check = setting.ask()
    assert (check.verdict.outcome, check.verdict.band) == (Outcome.BLOCK, Band.TIGHT)
    assert check.reference_ids == ("ref_9",)


def test_what_the_database_does_not_confirm_does_not_count(setting):
    """A proposal of a withdrawn code changes nothing."""
    setting.index.proposed = (1, 2, 3)
    check = setting.ask()
    assert (check.verdict.outcome, check.reference_ids) == (Outcome.ALLOW, ())


def test_the_check_is_kept_as_it_was_answered(setting):
    """The answer names tenant, position and time, has an id of its own, and is what was kept."""
    setting.hold(_candidate())
    check = setting.ask()
    assert setting.checks.kept == {check.id: check}
    assert is_id(check.id, CHECK)
    assert (check.tenant_id, check.as_of, check.checked_at) == (DANA.tenant_id, 7, NOW)


@pytest.mark.parametrize(
    ("bits", "outcome", "band"),
    [
        (0, Outcome.BLOCK, Band.TIGHT),
        (31, Outcome.BLOCK, Band.TIGHT),
        (32, Outcome.REVIEW, Band.LOOSE),
        (40, Outcome.REVIEW, Band.LOOSE),
        (41, Outcome.ALLOW, Band.NONE),
        (64, Outcome.ALLOW, Band.NONE),
    ],
)
def test_the_distance_is_recomputed_from_the_databases_code(setting, bits, outcome, band):
    """The verdict follows the distance to the code in the database, whatever the index said."""
    setting.hold(_candidate(bits=bits))
    verdict = setting.ask(ONLY_PDQ).verdict
    assert (verdict.outcome, verdict.band) == (outcome, band)


@pytest.mark.parametrize(
    ("held", "asked", "reason"),
    [
        ({"pdq": replace(ASKED, quality=49)}, {}, Reason.LOW_QUALITY),
        ({"pdq": replace(ASKED, quality=None)}, {}, Reason.LOW_QUALITY),
        ({}, {"pdq": replace(ASKED, quality=10)}, Reason.LOW_QUALITY),
        ({"flat_share": 1.0}, {}, Reason.FLAT_PICTURE),
        ({"flat_share": None}, {}, Reason.FLAT_PICTURE),
        ({"dhash": dhash("other")}, {}, Reason.SECOND_FAMILY_DIFFERS),
        ({"level": Level.V0}, {}, Reason.CASE_NOT_VERIFIED),
    ],
)
def test_each_gate_that_fails_turns_a_block_into_a_review(setting, held, asked, reason):
    """Quality, flatness, second family and level are taken from both sides, the worse one counting."""
    setting.hold(_candidate(**held))
    verdict = setting.ask(replace(ONLY_PDQ, **asked)).verdict
    assert verdict.outcome is Outcome.REVIEW
    assert reason in verdict.reasons


def test_only_what_the_answer_rests_on_is_named(setting):
    """References that alone would have been allowed are not among the check's matches."""
    setting.hold(
        _candidate(bits=0, code_id=1), _candidate(bits=60, code_id=2), _candidate(bits=20, code_id=3)
    )
    assert setting.ask(ONLY_PDQ).reference_ids == ("ref_1", "ref_3")


def test_an_allowed_check_names_nothing(setting):
    """The check of an allowed upload names no reference, nor what a release excuses."""
    setting.candidates.by_digest[digest("asked").value] = _exact(kind=ReferenceKind.OFFICIAL_RELEASE)
    setting.candidates.link("case_9", "case_1")
    setting.hold(_candidate(bits=0, kind=ReferenceKind.SOURCE_ORIGINAL), _candidate(bits=50, code_id=2))
    check = setting.ask(SEEN)
    assert (check.verdict.outcome, check.reference_ids) == (Outcome.ALLOW, ())


def test_a_flat_picture_is_refused(setting):
    """A picture that shows too little is not proposed and not answered: allow would be a guess."""
    setting.index.proposed = (1,)
    with pytest.raises(LowInformation):
        setting.ask(replace(SEEN, pdq=FLAT))
    assert setting.checks.kept == {}
    assert not [call for call in setting.calls if call[0] == "propose"]


def test_a_flat_picture_that_is_registered_is_answered(setting):
    """A flat picture whose exact bytes are registered is blocked all the same."""
    setting.candidates.by_digest[digest("asked").value] = _exact()
    assert setting.ask(replace(SEEN, pdq=FLAT)).verdict.outcome is Outcome.BLOCK


@pytest.mark.parametrize("bits", [NEAR_FROM_PDQ_BITS, 31, 32, 40, 41, 64])
def test_a_near_question_beyond_the_budget_is_held(setting, bits):
    """Once the budget is spent every near question is reviewed, and the answer is the same at any distance."""
    setting.budget.strictness = Strictness.HELD
    setting.hold(_candidate(bits=bits))
    verdict = setting.ask(ONLY_PDQ).verdict
    plain = _Setting()
    plain.budget.strictness = Strictness.HELD
    plain.hold(_candidate(bits=NEAR_FROM_PDQ_BITS))
    assert verdict.outcome is Outcome.REVIEW
    assert verdict == plain.ask(ONLY_PDQ).verdict


def test_a_question_within_the_budget_is_answered_exactly(setting):
    """Until the budget is spent the answer follows the distance."""
    setting.hold(_candidate(bits=31))
    assert setting.ask(ONLY_PDQ).verdict.outcome is Outcome.BLOCK


@pytest.mark.parametrize(("bits", "outcome"), [(0, Outcome.BLOCK), (8, Outcome.BLOCK), (9, Outcome.REVIEW)])
def test_blurred_answers_tell_copies_within_the_questions_own_distance(setting, bits, outcome):
    """Within it a copy is blocked; beyond it the upload is held."""
    setting.budget.strictness = Strictness.BLURRED
    setting.hold(_candidate(bits=bits))
    assert setting.ask(ONLY_PDQ).verdict.outcome is outcome


def test_an_exact_copy_hides_no_probe(setting):
    """A known digest beside a near code is blocked, and the near code is counted all the same."""
    setting.budget.strictness = Strictness.HELD
    setting.hold(_candidate(bits=30))
    setting.candidates.by_digest[digest("asked").value] = _exact()
    assert setting.ask().verdict.outcome is Outcome.BLOCK
    assert ("standing", DANA.tenant_id, ("ref_1",)) in setting.calls


@pytest.mark.parametrize("bits", [0, 4, 64])
def test_everything_that_is_proposed_is_a_probe(setting, bits):
    """Copies count as much as what lies beyond every threshold."""
    setting.hold(_candidate(bits=bits))
    setting.ask(ONLY_PDQ)
    (check,) = setting.checks.kept.values()
    assert check.probe.reference_ids == ("ref_1",)
    assert not check.probe.is_held


def test_a_question_near_nothing_asks_the_budgets_too(setting):
    """Its time tells nothing, and no probe is kept."""
    setting.ask(ONLY_PDQ)
    assert ("standing", DANA.tenant_id, ()) in setting.calls
    (check,) = setting.checks.kept.values()
    assert check.probe is None


def test_an_official_release_is_no_probe(setting):
    """It is public. Codes alone do not show that it is all of the upload, so it excuses nothing."""
    setting.budget.strictness = Strictness.HELD
    setting.hold(_candidate(kind=ReferenceKind.OFFICIAL_RELEASE))
    setting.candidates.link("case_1")
    assert setting.ask(ONLY_PDQ).verdict.reasons == (Reason.NO_MATCH,)
    assert ("standing", DANA.tenant_id, ()) in setting.calls


def test_a_flood_of_proposals_is_held(setting):
    """Where more codes are near than are confirmed, an upload is reviewed: allow would be a guess."""
    one = _candidate(bits=200)
    setting.candidates.by_code.update(dict.fromkeys(range(MIN_CROWD + 1), one))
    setting.index.proposed = tuple(range(MIN_CROWD + 1))
    assert setting.ask(ONLY_PDQ).verdict.outcome is Outcome.REVIEW
    (asked,) = [call[1] for call in setting.calls if call[0] == "confirm"]
    assert asked == tuple(range(MAX_ALIKE))


def test_holding_ends_at_the_probes_own_edge(setting):
    """Beyond the probe's edge a question is answered exactly again."""
    setting.budget.strictness = Strictness.HELD
    setting.budget.edge = 45
    setting.hold(_candidate(bits=46))
    assert setting.ask(ONLY_PDQ).verdict.outcome is Outcome.ALLOW


def test_a_probe_counts_once_for_each_reference(setting):
    """Two codes of one reference are one reference to the budget."""
    setting.hold(
        _candidate(bits=30, code_id=1, reference_id="ref_b"),
        _candidate(bits=33, code_id=2, reference_id="ref_b"),
        _candidate(bits=50, code_id=3, reference_id="ref_a"),
    )
    setting.ask(ONLY_PDQ)
    assert ("standing", DANA.tenant_id, ("ref_a", "ref_b")) in setting.calls


def test_codes_make_a_question():
    """A question of codes carries each code in its place, and no flat share."""
    asked = question_of_codes([ASKED, dhash(1), digest(1)])
    assert asked == CodeQuestion(pdq=ASKED, dhash=dhash(1), sha256=digest(1).value)


def test_a_degenerate_code_makes_an_uninformative_question():
    """The code of a flat picture shows too little to be told from others."""
    assert not question_of_codes([FLAT]).is_informative
    assert question_of_codes([digest(1)]).is_informative


@pytest.mark.parametrize("codes", [[], [dhash(1)], [ASKED, ASKED]])
def test_codes_that_cannot_match_make_no_question(codes):
    """Without a PDQ or a digest, or with two of one kind, there is no question."""
    with pytest.raises(CodesInsufficient):
        question_of_codes(codes)


def test_no_printed_form_shows_a_hash():
    """Neither a question nor a candidate prints its codes."""
    shown = repr(SEEN) + repr(_candidate())
    assert ASKED.value.hex() not in shown
    assert repr(ASKED.value) not in shown
    assert repr(SEEN.sha256) not in shown
