"""Somebody's agency that registers a deepfake as an official release, so that it may be published."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from index.regions import regional_signature
from index.verdict import ladder, releases
from index.verdict.evidence import ExactEvidence, ReferenceFacts
from index.verdict.ladder import decide
from index.verdict.reasons import Reason
from index.verdict.releases import Excuse
from index.verdict.vocabulary import Context, Level, Outcome, ReferenceKind
from registry.domain.candidate import CaseStanding, ExactCandidate
from registry.domain.probe import Strictness
from registry.matching.embedded_clips import EmbeddedClips
from registry.matching.likeness import LikenessMatches
from registry.matching.whole_codes import match_whole
from tests.support.databases.registry_parts import dhash, digest, pdq
from tests.support.usecases.drawn_media import anchored, coded, picture, plane, query_frame, question, whole
from tests.support.usecases.fake_faces import FaceSetting, face, template
from tests.support.usecases.fake_faces import picture as portrait
from tests.support.usecases.searched_check import SearchedCheck

RELEASE, ORIGINAL = ReferenceKind.OFFICIAL_RELEASE, ReferenceKind.SOURCE_ORIGINAL
FILE = digest("asked").value
DEEPFAKE = coded(pdq("asked", 100), dhash("asked"), sha256=FILE, colours=(portrait(1),))


@pytest.fixture
def setting():
    """The victim registered her likeness as the first, and the upload shows her face."""
    setting = FaceSetting()
    setting.register(template())
    setting.faces.shown[1] = (face(0.5),)
    return setting


def release(case_id="case_9", number=9, **changes):
    """The very file, registered as an official release at the highest level."""
    plain = ExactCandidate(
        reference_id="ref_release", case_id=case_id, number=number, kind=RELEASE, level=Level.V4
    )
    return replace(plain, **changes)


def everything_counts(monkeypatch):
    """Lets every release excuse everything, as if its registration alone made it one."""
    monkeypatch.setattr(releases, "is_vouched_for", lambda _release: True)
    monkeypatch.setattr(releases, "release_counts", lambda _release, _matched: Excuse.FULL)


def verify(setting, case_id, *linked):
    """Somebody other than who opened a case verifies it."""
    setting.candidates.standings[case_id] = CaseStanding(linked=frozenset(linked), is_verified=True)


@pytest.mark.parametrize("is_verified", [False, True])
@pytest.mark.parametrize("number", [0, 9], ids=["before her", "after her"])
def test_nobodys_release_allows_a_deepfake(setting, monkeypatch, number, is_verified):
    """Whoever registers the deepfake as a release, verified or not, before or after her: her likeness is held."""
    setting.candidates.by_digest[FILE] = release(number=number)
    if is_verified:
        verify(setting, "case_9")
    assert setting.ask(DEEPFAKE).verdict.reasons == (Reason.LIKENESS_ALONE,)
    everything_counts(monkeypatch)
    assert setting.ask(DEEPFAKE).verdict.outcome is Outcome.ALLOW


def test_her_own_release_is_allowed(setting):
    """The honest side: an operator's link, or a verified release in her own case, lets what she published pass."""
    setting.candidates.by_digest[FILE] = release()
    setting.candidates.link("case_1", "case_9")
    assert setting.ask(DEEPFAKE).verdict.reasons == (Reason.OFFICIAL_RELEASE,)
    setting.candidates.by_digest[FILE] = release("case_1")
    setting.candidates.standings.clear()
    assert setting.ask(DEEPFAKE).verdict.outcome is Outcome.REVIEW
    verify(setting, "case_1")
    assert setting.ask(DEEPFAKE).verdict.reasons == (Reason.OFFICIAL_RELEASE,)


def test_a_link_counts_as_long_as_it_stands(setting):
    """It is read for each check, so its end takes effect at once."""
    setting.candidates.by_digest[FILE] = release()
    setting.candidates.link("case_1", "case_9")
    assert setting.ask(DEEPFAKE).verdict.outcome is Outcome.ALLOW
    setting.candidates.standings.clear()
    assert setting.ask(DEEPFAKE).verdict.outcome is Outcome.REVIEW


def test_in_a_sexual_context_no_release_allows_her_likeness(setting, monkeypatch):
    """Her own, linked and verified release neither."""
    setting.candidates.by_digest[FILE] = release()
    verify(setting, "case_9", "case_1")
    asked = replace(DEEPFAKE, context=Context.SEXUAL)
    held = setting.ask(asked).verdict
    assert held.reasons == (Reason.LIKENESS_ALONE, Reason.SEXUAL_CONTEXT)
    monkeypatch.setattr(releases, "_is_never_excused", lambda _item, _context: False)
    assert setting.ask(asked).verdict.outcome is Outcome.ALLOW


def test_faces_that_were_not_compared_hold_a_release(setting):
    """They may be anybody's."""
    setting.candidates.by_digest[FILE] = release()
    setting.candidates.link("case_1", "case_9")
    setting.faces.is_whole = False
    assert setting.ask(DEEPFAKE).verdict.reasons == (Reason.FACES_UNCOMPARED,)


# ---------------------------------------------------------------- by codes


class Registered(SearchedCheck):
    """A released picture, the original of the same subject, and what others registered."""

    IMAGE = picture(871)

    def __init__(self):
        super().__init__()
        signature = regional_signature(plane(self.IMAGE))
        released = whole(self.IMAGE, 7, key=7, number=7, kind=RELEASE)
        self.hold(released, replace(anchored(self.IMAGE, 7), kind=RELEASE, regions=signature))
        self.hold(whole(self.IMAGE, 1, key=1, number=1, kind=ORIGINAL))
        self.candidates.link("case_1", "case_7")


def with_another_corner(image, other):
    """The picture with its left upper quarter from another one."""
    changed = image.copy()
    changed.paste(other.crop((0, 0, image.width // 2, image.height // 2)), (0, 0))
    return changed


def test_a_block_stays_a_block(monkeypatch):
    """A release that was registered later, however verified, lowers no block; an earlier one makes it a conflict."""
    check = Registered()
    check.hold(whole(Registered.IMAGE, 5, key=5, number=5))
    verify(check, "case_7", "case_1")
    asked = question(Registered.IMAGE)
    assert check.ask(asked).outcome is Outcome.BLOCK
    check.candidates.by_code[5] = replace(check.candidates.by_code[5], number=8)
    assert check.ask(asked).reasons == (Reason.CONFLICTING_CLAIMS, Reason.TIGHT_MATCH)
    check.candidates.by_code[5] = replace(check.candidates.by_code[5], number=5)
    everything_counts(monkeypatch)
    assert check.ask(asked).outcome is Outcome.REVIEW


def test_her_release_is_allowed_beside_her_original_whatever_was_asked():
    """Also where the original's budget is spent: a release that counts leaves nothing to be probed."""
    check = Registered()
    check.budget.strictness = Strictness.HELD
    assert check.ask(question(Registered.IMAGE)).reasons == (Reason.OFFICIAL_RELEASE,)
    assert ("standing", "ten_dana", ()) in check.calls
    check.candidates.standings.clear()
    assert check.ask(question(Registered.IMAGE)).reasons == (Reason.NEAR_THRESHOLD_BUDGET,)


@pytest.mark.parametrize("crowd", [0, 6])
def test_a_release_with_another_face_releases_nothing(crowd):
    """The upload is compared with the release itself, however many nearer pictures somebody registered."""
    deepfake = with_another_corner(Registered.IMAGE, picture(872))
    asked = question(deepfake)
    check = Registered()
    for code_id in (1, 7):
        near = replace(check.candidates.by_code[code_id], pdq=asked.pdq, dhash=asked.query_frames[0].dhash)
        check.candidates.by_code[code_id] = near
        check.index.hold(near)
    strange = {"kind": RELEASE, "case_id": "case_9"}
    check.hold(*(replace(near, code_id=number, key=number, **strange) for number in range(20, 20 + crowd)))
    assert check.ask(asked).outcome is Outcome.REVIEW


def test_a_release_is_no_cover_for_more_frames_or_a_clip(monkeypatch):
    """An animation that begins with a release, and a release with a clip in its file, show something else too."""
    check = Registered()
    alone = question(Registered.IMAGE)
    (frame,) = alone.query_frames
    more = [
        replace(alone, query_frames=(frame, query_frame(picture(872)))),
        replace(alone, clips=(SimpleNamespace(),)),
    ]

    def asked(one):
        return decide(item for _, item in match_whole(one, check.index, check.candidates).by_code).outcome

    assert asked(alone) is Outcome.ALLOW
    assert [asked(one) for one in more] == [Outcome.REVIEW] * 2
    monkeypatch.setattr(ladder, "is_release", lambda item: item.reference.kind is RELEASE)
    assert [asked(one) for one in more] == [Outcome.ALLOW] * 2


def test_a_released_clip_within_a_picture_releases_nothing(monkeypatch):
    """A motion photo whose clip is an official release may show anything beside it."""
    facts = ReferenceFacts(kind=RELEASE, level=Level.V4, case_id="case_9", is_verified=True)
    seen = SimpleNamespace(
        found=(("ref_release", ExactEvidence(reference=facts)),),
        is_flood=False,
        is_finished=True,
        faces=LikenessMatches(),
    )
    monkeypatch.setattr(EmbeddedClips, "_seen", lambda *_: seen)
    looking = object.__new__(EmbeddedClips)  # needs no decoder here
    assert looking.matches((None,), None, None, None).found == []
