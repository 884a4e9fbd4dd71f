"""No oracle (promise 5): a constant shape, no measure, and a budget of questions near a threshold."""

import hashlib
import random
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest

from registry.bootstrap.databases import ENVIRONMENT
from registry.demo.pictures import drawn, recompressed_half
from registry.domain.roles import Role
from registry.ports import Environment
from registry.security.oracle_budget import BLURRED_BUDGETS
from tests.support.web.answers import ANSWER
from tests.support.web.clips import checks as check_of
from tests.support.web.clips import new_clip, registers
from tests.support.web.media import PICTURE_SIZE, codes, codes_of, fingerprint, flipped, made_up_pdq
from tests.support.web.service import BY_CODES, running

NUMBERS = {"boxes", "segments"}
BUDGET = 10
WHOLE = {"left": 0.0, "top": 0.0, "right": 1.0, "bottom": 1.0}
HELD = ("review", "loose", [], "near_threshold_budget")
UNBOUNDED = 1_000_000
PDQ_BITS = 256


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service with a small budget."""
    with running(tmp_path_factory.mktemp("budget"), probe_budget=BUDGET) as started:
        yield started


@pytest.fixture
def attacker(service):
    """A platform of its own for each test: budgets are each tenant's."""
    return service.newcomer(Role.PLATFORM, allowed=BY_CODES)


@pytest.fixture
def target(service, picture):
    """The fingerprint of a picture registered in a verified case."""
    service.operator.opens(picture, level="V1")
    return fingerprint(picture)


def near(target, bits, seed):
    """Makes a code at a distance from the target's; its code of the full picture is no nearer."""
    one, other = target.pdq.value, target.pdq_canonical.value
    differ = int.from_bytes(one) ^ int.from_bytes(other)
    same = [place for place in range(PDQ_BITS) if not differ >> place & 1]
    return flipped(one, random.Random(seed).sample(same, bits))


def ask(person, target, bits, seed=0, **changed):
    """Asks about a code at a distance, whose second family agrees."""
    return answered(person, near(target, bits, seed), target, **changed)


def answered(person, value, target, **changed):
    """Asks about a code, and returns what of the answer could tell something."""
    check = person.checks(codes=codes(value, changed.get("second", target.dhash.value)))
    assert check["boxes"] == ([WHOLE] if check["kinds"] else [])
    return tuple(check[name] for name in ("verdict", "band", "kinds", "reason"))


def spend(person, target, count=BUDGET):
    """Asks that many different questions near the threshold."""
    return [ask(person, target, 30, seed) for seed in range(1, count + 1)]


def test_every_answer_has_the_same_keys_and_no_measure(service, attacker, new_picture):
    """Picture or clip, whatever the verdict, at once or read back: the same keys, no numbers but coarse places."""
    pictures = {level: new_picture() for level in ("V0", "V1")}
    for level, media in pictures.items():
        service.operator.opens(media, level=level)
    checks = [attacker.checks(media) for media in (*pictures.values(), new_picture())]
    checks += [attacker.checks(codes=codes_of(media)) for media in pictures.values()]
    clip = new_clip()
    registers(service, service.operator, clip, level="V1")
    checks += [check_of(service, attacker, media) for media in (clip, new_clip())]
    assert {check["verdict"] for check in checks} == {"allow", "review", "block"}
    for check in checks:
        read = attacker.get(f"/v1/checks/{check['check_id']}").json
        assert set(check) == ANSWER
        assert set(read) == ANSWER | {"decision"}
        for document in (check, read):
            assert {name for name, value in document.items() if _has_number(value)} <= NUMBERS
            assert bool(document["boxes"]) is (document["verdict"] != "allow")
            for box in document["boxes"]:
                assert list(box) == ["left", "top", "right", "bottom"]
                assert all((edge * 64).is_integer() and 0 <= edge <= 1 for edge in box.values())
            for segment in document["segments"]:
                assert list(segment) == ["start_s", "end_s"]
                assert all((time * 2).is_integer() for time in segment.values())
    assert [bool(check["segments"]) for check in checks] == [False] * (len(checks) - 2) + [True, False]


def test_an_answer_has_the_same_length_for_any_distance(attacker, target):
    """Copies at different distances have answers that differ in the check's id alone."""
    answers = [
        attacker.checks(codes=codes(near(target, bits, 1), target.dhash.value)) for bits in (0, 8, 16, 22)
    ]
    assert len({str(answer | {"check_id": ""}) for answer in answers}) == 1


def test_within_the_budget_answers_are_exact(attacker, target):
    """As many different questions as the budget are answered by the ladder."""
    assert spend(attacker, target) == [("block", "tight", ["copy"], "tight_match")] * BUDGET


@pytest.mark.parametrize("bits", [0, 4, 8, 16, 24, 31, 32, 40])
def test_far_beyond_the_budget_the_distance_does_not_show(worn, target_of_worn, bits):
    """Once twelve budgets are spent, questions at all distances up to 40 bits are held with the same answer."""
    assert [ask(worn, target_of_worn, bits, 1_000 + seed) for seed in range(2)] == [HELD] * 2


@pytest.fixture(scope="module")
def target_of_worn(service):
    """The fingerprint of a picture about which very much is asked."""
    media = drawn(77_777, PICTURE_SIZE)
    service.operator.opens(media, level="V1")
    return fingerprint(media)


@pytest.fixture(scope="module")
def worn(service, target_of_worn):
    """A platform that has spent twelve budgets about one picture, with sure copies alone."""
    asking = service.newcomer(Role.PLATFORM, allowed=BY_CODES)
    for seed in range(BUDGET * BLURRED_BUDGETS):
        assert ask(asking, target_of_worn, 4, seed)[0] == "block"
    return asking


def test_beyond_the_budget_close_copies_are_blocked_and_others_by_chance(attacker, target):
    """Between a close copy and the threshold some questions are blocked and some are held: no distance is an edge."""
    spend(attacker, target)
    assert [ask(attacker, target, bits, 100)[0] for bits in (0, 16, 24)] == ["block"] * 3
    assert {ask(attacker, target, 28, 110 + seed)[0] for seed in range(30)} == {"block", "review"}
    assert [ask(attacker, target, bits, 150) for bits in (32, 40)] == [HELD] * 2


def test_the_edge_of_what_is_held_is_no_threshold(attacker, target):
    """Beyond 40 bits, whether a question is held depends on the question: at one distance some are, some not."""
    spend(attacker, target)
    outcomes = {ask(attacker, target, 52, 200 + seed)[0] for seed in range(40)}
    assert outcomes == {"allow", "review"}
    assert ask(attacker, target, 80, 300)[0] == "allow"


def test_the_same_answer_for_the_same_question(attacker, target):
    """Asking again beyond the budget gives no new information."""
    spend(attacker, target)
    for seed in range(10):
        assert len({str(ask(attacker, target, 52, 400 + seed)) for _ in range(3)}) == 1


def test_one_question_counts_once(attacker, target):
    """The same picture, uploaded by many, is one question: it does not spend the budget."""
    for _ in range(3 * BUDGET):
        assert ask(attacker, target, 30, 1)[0] == "block"
    assert ask(attacker, target, 30, 2)[0] == "block"


def test_other_platforms_are_not_affected(service, attacker, target):
    """A spent budget is one platform's own."""
    spend(attacker, target, BUDGET + 1)
    erin = service.newcomer(Role.PLATFORM, allowed=BY_CODES)
    assert ask(attacker, target, 33, 500) == HELD
    assert ask(erin, target, 30, 500)[0] == "block"


def test_other_references_are_not_affected(service, attacker, target, new_picture):
    """A spent budget is about one reference."""
    spend(attacker, target, BUDGET + 1)
    media = new_picture()
    service.operator.opens(media, level="V1")
    assert ask(attacker, fingerprint(media), 30, 1)[0] == "block"


def test_copies_keep_being_blocked(service, attacker, picture):
    """However much was asked, the picture and its poor copy are blocked."""
    service.operator.opens(picture, level="V1")
    target = fingerprint(picture)
    spend(attacker, target, 2 * BUDGET)
    for media in (picture, recompressed_half(picture)):
        assert attacker.checks(media)["verdict"] == "block"
        assert attacker.checks(codes=codes_of(media))["verdict"] == "block"


def test_unrelated_pictures_stay_allowed(attacker, target, new_picture):
    """However much was asked, what nobody registered is allowed."""
    spend(attacker, target, 2 * BUDGET)
    assert attacker.checks(new_picture())["verdict"] == "allow"


def test_the_operator_is_warned(service, attacker, target):
    """Half of a budget is a line of the log that names the tenant, and no reference."""
    spend(attacker, target, BUDGET * BLURRED_BUDGETS // 2 + 1)
    lines = [line for line in service.log.getvalue().splitlines() if "oracle.budget_half" in line]
    assert any(attacker.tenant_id in line for line in lines)
    assert "ref_" not in "".join(lines)


def test_the_budget_comes_back_after_a_week(tmp_path, picture):
    """Questions of more than seven days ago count no longer."""
    clock = [datetime(2026, 3, 1, 12, tzinfo=UTC)]
    environment = Environment(now=lambda: clock[0], random=ENVIRONMENT.random)
    with running(tmp_path, environment=environment, probe_budget=BUDGET) as service:
        service.operator.opens(picture, level="V1")
        target = fingerprint(picture)
        spend(service.operator, target)
        clock[0] += timedelta(days=6)
        assert ask(service.operator, target, 33, 600) == HELD
        clock[0] += timedelta(days=1)
        assert ask(service.operator, target, 30, 600)[0] == "block"


def climb(person, target):
    """Walks along the threshold by code-only questions, and returns the best guess at the code.

    From a code at 31 bits each of 256 flips is asked once: what is still blocked came nearer, so the bit was wrong.
    """
    start = near(target, 31, 700)
    wrong = []
    for place in range(PDQ_BITS):
        asked = {"codes": codes(flipped(start, [place]), target.dhash.value)}
        reply = person.post("/v1/checks", json=asked)
        if reply.status_code == HTTPStatus.FORBIDDEN:
            assert reply.json["code"] == "probing-suspended"
            break
        if reply.json["verdict"] == "block":
            wrong.append(place)
    return flipped(start, wrong)


def bits_between(one, other):
    """Counts the bits in which two codes differ."""
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def test_the_attack_works_without_a_budget(tmp_path, picture):
    """Without the budget 256 questions give the whole hash: what the next test prevents is real."""
    with running(tmp_path, probe_budget=UNBOUNDED) as service:
        service.operator.opens(picture, level="V1")
        target = fingerprint(picture)
        assert climb(service.operator, target) == target.pdq.value


def test_the_attack_ends_with_the_budget(attacker, target, new_picture):
    """With it questions by codes end before all bits were asked; media are answered on."""
    guess = climb(attacker, target)
    assert bits_between(guess, target.pdq.value) >= 31 - BUDGET
    refused = attacker.post("/v1/checks", json={"codes": codes(made_up_pdq(1))})
    assert (refused.status_code, refused.json["code"]) == (HTTPStatus.FORBIDDEN, "probing-suspended")
    assert attacker.checks(new_picture())["verdict"] == "allow"


KNOWN_TO_ALL = hashlib.sha256(b"a file that the attacker knows to be registered").digest()


def test_an_exact_match_beside_does_not_switch_it_off(service, attacker, target):
    """Sending a digest that is known to be registered beside the probe does not evade the budget."""
    digest = {"algorithm": "sha256", "value": KNOWN_TO_ALL.hex()}
    service.operator.post("/v1/cases", json={"reference": {"codes": [digest]}})
    verdicts = []
    for seed in range(3 * BUDGET):
        probe = codes(near(target, 30 + seed % 3, seed), target.dhash.value)
        verdicts.append(attacker.checks(codes=[*probe, digest])["verdict"])
    assert verdicts[-BUDGET:].count("block") <= BUDGET // 2


def test_a_closer_match_beside_does_not_switch_it_off(service, attacker, target):
    """A decoy that an accomplice registered close to the probes does not evade the budget."""
    start = near(target, 31, 800)
    service.operator.post("/v1/cases", json={"reference": {"codes": codes(start)}})
    verdicts = [answered(attacker, flipped(start, [place]), target)[0] for place in range(3 * BUDGET)]
    assert verdicts[-BUDGET:].count("block") <= BUDGET // 2


def test_the_second_family_is_no_oracle_either(attacker, target):
    """Different second codes under one PDQ near the threshold are different questions."""
    value, second = near(target, 30, 900), bytearray(target.dhash.value)
    found = []
    for place in range(4 * BUDGET):
        changed = int.from_bytes(second) ^ (((1 << 20) - 1) << place)
        found.append(answered(attacker, value, target, second=changed.to_bytes(16)))
    assert found[-BUDGET:].count(HELD) >= BUDGET // 2


def test_a_probing_uploader_is_stopped_alone(service, target, new_picture):
    """Who probes through a platform spends a budget of their own: all their uploads are held, and only theirs."""
    platform = service.newcomer(Role.PLATFORM, allowed=BY_CODES)
    media = new_picture()
    for seed in range(BUDGET):
        asked = {"codes": codes(near(target, 28, seed), target.dhash.value), "uploader": "mallory"}
        assert platform.post("/v1/checks", json=asked).json["verdict"] == "block"
    held = platform.send("/v1/checks", media, uploader="mallory").json
    assert tuple(held[name] for name in ("verdict", "band", "kinds", "reason")) == HELD
    for fields in ({"uploader": "alice"}, {}):
        assert platform.send("/v1/checks", media, **fields).json["verdict"] == "allow"


def test_an_uploaders_name_is_kept_nowhere(service, target):
    """Neither a log nor a database has it."""
    platform = service.newcomer(Role.PLATFORM, allowed=BY_CODES)
    asked = {"codes": codes(near(target, 28, 1), target.dhash.value), "uploader": "name-of-an-uploader"}
    platform.post("/v1/checks", json=asked)
    assert "name-of-an-uploader" not in service.log.getvalue()
    for file in service.container.settings.data.glob("*.sqlite*"):
        assert b"name-of-an-uploader" not in file.read_bytes()


@pytest.mark.parametrize("name", ["", "u" * 201, 7])
def test_an_uploaders_name_is_short_text(attacker, target, name):
    """Anything else is refused, with the place of the fault."""
    asked = {"codes": codes(target.pdq.value), "uploader": name}
    refused = attacker.post("/v1/checks", json=asked)
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert refused.json["errors"][0]["pointer"] == "/uploader"


def test_made_up_codes_tell_nothing(attacker, target):
    """Random codes, far from every reference, are allowed and reveal nothing."""
    for seed in range(20):
        assert answered(attacker, made_up_pdq(5_000 + seed), target)[0] == "allow"


def _has_number(value):
    if isinstance(value, list | dict):
        return any(map(_has_number, value.values() if isinstance(value, dict) else value))
    return isinstance(value, (int, float))
