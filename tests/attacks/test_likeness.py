"""Searching a registry of people by portraits (promise 5): how many registered people each attack is told of.

The attacker has another photograph of each of 40 registered people and of 120 strangers, knows the source, and uses an
ordinary key. Run with `-s` to see the figures.
"""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from index.verdict.reasons import Reason
from index.verdict.vocabulary import Context, Outcome
from registry.events import LogEvent
from registry.security import people_budget
from registry.security.people_budget import KNOWN_FROM, UPLOADS_PER_PERSON, PeopleLimits
from registry.storage.rows.days import WINDOW_DAYS
from tests.support.attacks.portraits import REGISTERED, STRANGERS, Portraits
from tests.support.databases.registry_parts import DANA

MAX_TOLD = 5
TENANT = PeopleLimits().tenant
UNLIMITED = PeopleLimits(uploader=10**9, tenant=10**9)
ACCOUNTS = [f"account {number}" for number in range(20)]


@pytest.fixture
def portraits(sqlite):
    return Portraits(sqlite)


def shuffled(people, seed=1):
    people = list(people)
    random.Random(seed).shuffle(people)
    return people


def is_told(verdict):
    return Reason.LIKENESS_ALONE in verdict.reasons


def search(portraits, people=None, **asked):
    """Asks about everybody, one portrait at a time, and returns who was told and all answers."""
    answers = {name: portraits.ask((name,), **asked) for name in people or shuffled(REGISTERED + STRANGERS)}
    return {name for name, verdict in answers.items() if is_told(verdict)}, answers


def show(text, *figures):
    print(f"{text:>40}: {', '.join(map(str, figures))}")  # noqa: T201


@pytest.mark.parametrize("uploader", [None, "somebody"])
def test_one_key_learns_of_five_people(portraits, uploader):
    """Then every portrait gets the same answer, and the operator was warned when half of the budget was spent."""
    told, answers = search(portraits, uploader=uploader)
    show(f"one key, uploader {uploader}", f"{len(told)} of 40 told")
    assert len(told) == MAX_TOLD
    told_at = [number for number, verdict in enumerate(answers.values(), 1) if is_told(verdict)]
    after = list(answers.values())[told_at[-1] :]
    assert {repr(verdict) for verdict in after} == {repr(after[0])}
    assert after[0].outcome is Outcome.REVIEW
    assert after[0].reasons == (Reason.LIKENESS_BUDGET,)
    half = [at for event, at in portraits.reported if event is LogEvent.LIKENESS_BUDGET_HALF]
    assert half == [told_at[2]]
    assert [at for event, at in portraits.reported if event is LogEvent.LIKENESS_BUDGET_SPENT] == [told_at[4]]


def test_without_budgets_everybody_is_told(sqlite):
    """What the budgets prevent is real: all the registered people are told from the strangers, and nobody is warned."""
    portraits = Portraits(sqlite, UNLIMITED)
    assert search(portraits)[0] == set(REGISTERED)
    assert portraits.reported == []


def test_several_keys_and_processes_share_the_budget(portraits):
    """Keys of one tenant, workers and restarts are one asker."""
    told = set()
    for turn, name in enumerate(shuffled(REGISTERED)):
        portraits.restart()
        if is_told(portraits.ask((name,), actor=replace(DANA, credential_id=f"cred_{turn % 5}"))):
            told.add(name)
    assert len(told) == MAX_TOLD


def test_asking_at_once_tells_no_more(portraits):
    """Questions that are asked before any of them is answered count one after another."""
    with ThreadPoolExecutor(16) as threads:
        verdicts = list(threads.map(lambda name: portraits.ask((name,)), REGISTERED))
    assert sum(map(is_told, verdicts)) <= MAX_TOLD
    assert all(verdict.outcome is Outcome.REVIEW for verdict in verdicts)


def test_invented_uploaders_meet_the_tenants_budget(portraits):
    """A key that invents a user for each few portraits learns no more than its tenant may, and sets off the alarm."""
    told = set()
    for turn, name in enumerate(shuffled(REGISTERED + STRANGERS)):
        if is_told(portraits.ask((name,), uploader=ACCOUNTS[turn % 20])):
            told.add(name)
            if len(told) == TENANT // 2 + 1:
                assert portraits.reported[0][0] is LogEvent.LIKENESS_BUDGET_HALF
    show("20 invented uploaders", f"{len(told)} of 40 told")
    assert len(told) <= TENANT + 160 // UPLOADS_PER_PERSON


def test_accounts_that_help_each_other_gain_nothing(portraits):
    """Telling one person to several accounts makes nobody's spent budget whole: four accounts learn of 20 at most."""
    told, accounts = set(), ACCOUNTS[: KNOWN_FROM + 1]
    for name in shuffled(REGISTERED):
        told |= {name for account in accounts if is_told(portraits.ask((name,), uploader=account))}
    show(f"{len(accounts)} accounts that help each other", f"{len(told)} of 40 told")
    assert len(told) <= MAX_TOLD * len(accounts)
    assert is_told(portraits.ask(tuple(told)[:1], uploader="somebody else"))


@pytest.mark.parametrize("together", [40, 10, 6])
def test_a_collage_tells_neither_which_nor_how_many(portraits, together):
    """One upload of more people than may be told is held, and all of the budget is spent."""
    held = portraits.ask(tuple(REGISTERED[:together]))
    assert held.reasons == (Reason.LIKENESS_BUDGET,)
    assert (held.kinds, held.boxes) == ((), ())
    assert portraits.ask((REGISTERED[39],)) == portraits.ask((STRANGERS[0],)) == held


def test_everybody_in_a_collage_counts(portraits):
    """Collages of a few people, among many strangers, tell of five people in all, and not which they are."""
    told = Counter()
    for number in range(0, 40, 2):
        people = (*REGISTERED[number : number + 2], *STRANGERS[number : number + 8])
        verdict = portraits.ask(people)
        told["people"] += 2 * is_told(verdict)
        assert not is_told(verdict) or [box.steps for box in verdict.boxes] == [(0, 0, 64, 64)]
    assert told["people"] == MAX_TOLD - 1  # the third one would be six


def test_every_frame_of_an_animation_counts(portraits):
    """Six people in six frames are one question about six."""
    assert not is_told(portraits.ask(*((name,) for name in REGISTERED[:6])))
    assert is_told(
        Portraits(portraits.databases).ask(*((name,) for name in REGISTERED[:5]), uploader="other")
    )


def test_held_uploads_make_nobody_known(portraits):
    """Collages by several accounts do not make it free to tell everybody in them to one more."""
    for account in ACCOUNTS[: KNOWN_FROM + 1]:
        portraits.ask(tuple(REGISTERED), uploader=account)
    told, _ = search(portraits, REGISTERED, uploader="one more")
    assert len(told) == MAX_TOLD


def test_waiting_a_week_tells_five_more(portraits):
    """Not a day earlier; each week has its alarm."""
    assert len(search(portraits, REGISTERED[:10])[0]) == MAX_TOLD
    portraits.wait(WINDOW_DAYS - 1)
    assert not search(portraits, REGISTERED[10:20])[0]
    portraits.wait(1)
    assert len(search(portraits, REGISTERED[20:30])[0]) == MAX_TOLD
    assert [event for event, _ in portraits.reported].count(LogEvent.LIKENESS_BUDGET_HALF) == 3


def test_a_flat_portrait_is_held_like_any_other(portraits):
    """Where a stranger's picture would be refused, a spent budget holds it as it holds everybody's."""
    search(portraits, REGISTERED[:5])
    verdicts = [portraits.ask((name,), is_informative=False) for name in (REGISTERED[9], STRANGERS[9])]
    assert {verdict.reasons for verdict in verdicts} == {(Reason.LIKENESS_BUDGET,)}


def test_a_sexual_context_holds_everybody_alike(portraits):
    """Held portraits in a sexual context are to stay unpublished, whoever they show."""
    search(portraits, REGISTERED[:5])
    verdicts = [portraits.ask((name,), context=Context.SEXUAL) for name in (REGISTERED[9], STRANGERS[9])]
    assert {verdict.reasons for verdict in verdicts} == {(Reason.LIKENESS_BUDGET, Reason.SEXUAL_CONTEXT)}


def test_uploads_without_a_face_are_answered_as_ever(portraits):
    """A spent budget stops nothing that shows no face."""
    search(portraits, REGISTERED[:6])
    assert portraits.ask(()).outcome is Outcome.ALLOW


def fans(portraits, users=40, uploads=600):
    """Users upload ten famous people all day, and strangers; returns how many answers are not those without budgets."""
    draw, otherwise = random.Random(1), 0
    for _ in range(uploads):
        is_famous = draw.random() < 0.5
        name = draw.choice(REGISTERED[:10] if is_famous else STRANGERS)
        verdict = portraits.ask((name,), uploader=f"user {draw.randrange(users)}")
        otherwise += is_told(verdict) is not is_famous or verdict.outcome is Outcome.BLOCK
    show("fans of ten people", f"{otherwise} of {uploads} answered otherwise")
    return otherwise


def test_fans_of_the_same_people_spend_nothing(portraits):
    """Who is widely uploaded on a platform counts for nobody there: all answers are those without budgets."""
    assert fans(portraits) == 0
    assert LogEvent.LIKENESS_BUDGET_SPENT not in {event for event, _ in portraits.reported}


def test_if_known_people_counted_fans_would_be_stopped(portraits, monkeypatch):
    """What the rule for known people gives is real."""
    monkeypatch.setattr(people_budget, "KNOWN_FROM", 10**9)
    assert fans(portraits, uploads=300) > 10
