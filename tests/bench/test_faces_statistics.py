"""Error rates of faces: exact quantiles, intervals by identity, and templates without their probe."""

import numpy as np
import pytest

from benchmarks.faces.statistics import Resampled, det_points
from benchmarks.faces.trials import MAX_TEMPLATES, Trials, templates_of, trials_of


def made_up(tail, *, templates, probes, genuine=(), floor=0.0) -> Trials:
    """Return trials of impostors (cosine, identities of template and probe) and genuine trials (cosine, identity)."""
    ordered = sorted(tail, reverse=True)
    return Trials(
        k=1,
        genuine=np.array([score for score, _ in genuine], np.float64),
        genuine_of=np.array([identity for _, identity in genuine], np.intp),
        tail=np.array([score for score, _, _ in ordered], np.float64),
        tail_template=np.array([template for _, template, _ in ordered], np.intp),
        tail_probe=np.array([probe for _, _, probe in ordered], np.intp),
        floor=floor,
        templates=np.array(templates, np.intp),
        probes=np.array(probes, np.intp),
    )


def clusters(people: int, pictures: int, noise: float, seed: int = 1):
    """Return vectors around a direction per person, float32 [people * pictures, 32], and their identities."""
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(people, 32))
    vectors = np.repeat(directions, pictures, axis=0) + noise * rng.normal(size=(people * pictures, 32))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit.astype(np.float32), np.repeat(np.arange(people), pictures)


def test_far_and_tar_are_exact_shares():
    """2 of 1,000 impostor trials and 3 of 4 genuine trials reach the threshold."""
    trials = made_up(
        [(0.9, 0, 1), (0.8, 1, 0), (0.5, 0, 2)],
        genuine=[(0.95, 0), (0.85, 0), (0.8, 1), (0.2, 1)],
        templates=[10, 10, 0],
        probes=[40, 40, 10],
    )
    assert trials.impostors == 1000
    once = Resampled.of(trials, np.random.default_rng(1), resamples=0)
    assert once.far(0.8).value == pytest.approx(2e-3)
    assert once.tar(0.8).value == pytest.approx(0.75)


def test_a_threshold_lets_no_more_impostors_in_than_allowed():
    """Equal cosines are excluded together, and the next larger cosine is the threshold."""
    trials = made_up(
        [(0.9, 0, 1), (0.8, 1, 0), (0.8, 0, 1), (0.7, 0, 1), (0.6, 0, 1)],
        genuine=[(0.85, 0), (0.8, 1)],
        templates=[10, 10],
        probes=[20, 20],
    )
    once = Resampled.of(trials, np.random.default_rng(1), resamples=0)
    thresholds = once.thresholds(0.005)
    assert thresholds is not None
    assert 0.8 < thresholds[0] < 0.8 + 1e-9
    assert once.far(thresholds[0]).value == pytest.approx(1 / 400)
    assert once.tar_at_far(0.005).value == 0.5


def test_a_rate_that_trials_cannot_tell_is_not_told():
    """There is no quantile below one trial, and resampling has none above half of the tail."""
    trials = made_up([(0.9, 0, 1)], genuine=[(0.8, 0)], templates=[10, 10], probes=[20, 20])
    once = Resampled.of(trials, np.random.default_rng(1), resamples=0)
    assert once.thresholds(1e-3) is None
    assert once.tar_at_far(1e-3) is None
    with pytest.raises(ValueError, match="up to"):
        once.thresholds(0.5)


def test_a_threshold_below_the_tail_is_refused():
    """A share that would leave out trials is refused."""
    trials = made_up([(0.9, 0, 1)], templates=[1, 1], probes=[1, 1], floor=0.6)
    once = Resampled.of(trials, np.random.default_rng(1), resamples=0)
    with pytest.raises(ValueError, match="tail"):
        once.far(0.5)


def test_none_seen_is_no_certainty():
    """Where no impostor is accepted, the upper end is 3 divided by the pairs of people, not of trials."""
    trials = made_up([], templates=[5, 5, 5], probes=[5, 5, 5])
    rate = Resampled.of(trials, np.random.default_rng(1)).far(0.9)
    assert (rate.value, rate.low) == (0, 0)
    assert rate.high == pytest.approx(1)
    many = made_up([], templates=[5] * 100, probes=[5] * 100)
    assert Resampled.of(many, np.random.default_rng(1)).far(0.9).high == pytest.approx(3 / 4950)


def test_an_identity_drawn_twice_counts_as_two_people():
    """Weights multiply for impostor trials; copies of one person are not impostors of each other."""
    trials = made_up([(0.9, 0, 1)], genuine=[(0.9, 0), (0.1, 1)], templates=[1, 1, 1], probes=[1, 1, 1])
    drawn = Resampled(trials=trials, weights=np.array([[2.0, 1.0, 0.0]]))
    assert drawn.far(0.5).value == pytest.approx(2 / 4)
    assert drawn.tar(0.5).value == pytest.approx(2 / 3)


def test_intervals_contain_the_truth():
    """For 40 samples of one population, at least 32 intervals of FAR and TAR contain its rates."""
    vectors, identities = clusters(800, 2, 1.0, seed=5)
    truth = Resampled.of(
        trials_of(vectors, identities, 1, np.random.default_rng(0)), np.random.default_rng(0), 0
    )
    threshold = truth.thresholds(5e-3)[0]
    wanted = truth.far(threshold).value, truth.tar(threshold).value
    rng = np.random.default_rng(7)
    held = np.zeros(2)
    for _ in range(40):
        people = rng.permutation(800)[:60]
        rows = np.flatnonzero(np.isin(identities, people))
        whose = np.unique(identities[rows], return_inverse=True)[1]
        some = Resampled.of(trials_of(vectors[rows], whose, 1, rng, threshold=threshold), rng)
        found = some.far(threshold), some.tar(threshold)
        held += [one.low <= true <= one.high for one, true in zip(found, wanted, strict=True)]
    assert (held >= 32).all(), held


def test_the_tail_gives_what_all_trials_give():
    """The result equals a plain calculation over every pair."""
    vectors, identities = clusters(60, 3, 0.8)
    trials = trials_of(vectors, identities, 1, np.random.default_rng(0))
    scores = vectors.astype(np.float32) @ vectors.T
    is_other = identities[:, np.newaxis] != identities
    once = Resampled.of(trials, np.random.default_rng(0), 0)
    assert trials.impostors == is_other.sum()
    assert len(trials.genuine) == (~is_other).sum() - len(vectors)
    for far in (1e-2, 1e-3):
        threshold = once.thresholds(far)[0]
        reached = scores[is_other] >= threshold + 1e-7  # BLAS rounds by the shape of its matrices
        assert abs(reached.mean() - once.far(threshold).value) <= 4 / is_other.sum()
        assert once.far(threshold).value <= far < once.far(threshold).value + 4 / is_other.sum()


def test_templates_never_hold_their_probe():
    """With four photographs per person, three make a template and only the fourth is its genuine probe."""
    vectors, identities = clusters(20, 4, 0.5)
    templates = templates_of(vectors, identities, 3, np.random.default_rng(0))
    assert len(templates.members) == 20 * MAX_TEMPLATES
    trials = trials_of(vectors, identities, 3, np.random.default_rng(0))
    assert len(trials.genuine) == 20 * 4
    # Each genuine cosine is that of the fourth photograph with the mean of the three others.
    expected = []
    for row, identity in enumerate(identities):
        mean = vectors[(identities == identity) & (np.arange(len(vectors)) != row)].mean(axis=0)
        expected.append(vectors[row] @ mean / np.linalg.norm(mean))
    assert np.sort(trials.genuine) == pytest.approx(np.sort(expected), abs=1e-5)


@pytest.mark.parametrize("pictures", [7, 40])
def test_of_many_photographs_some_templates_are_drawn(pictures):
    """They are distinct sets of k photographs of one person, the same for the same seed."""
    vectors, identities = clusters(3, pictures, 0.5)
    drawn = templates_of(vectors, identities, 5, np.random.default_rng(4))
    assert len(drawn.members) == 3 * MAX_TEMPLATES
    assert all(len(set(row)) == 5 and len(set(identities[list(row)])) == 1 for row in drawn.members.tolist())
    assert len({tuple(sorted(row)) for row in drawn.members.tolist()}) == len(drawn.members)
    again = templates_of(vectors, identities, 5, np.random.default_rng(4))
    assert (drawn.members == again.members).all()


def test_too_few_photographs_make_no_trial():
    """With at most four pictures per person, templates of five photographs cannot be measured."""
    vectors, identities = clusters(10, 4, 0.5)
    five = Resampled.of(trials_of(vectors, identities, 5, np.random.default_rng(0)), np.random.default_rng(0))
    assert five.trials.impostors == 0
    assert five.tar_at_far(1e-3) is None
    assert five.tar(0.5) is None
    assert det_points(five.trials, np.array([1e-3, 1e-2])) == []


def test_a_person_with_three_pictures_is_a_stranger_to_others_alone():
    """Three photographs make a template without a genuine probe; impostors are compared with it."""
    vectors, identities = clusters(5, 3, 0.5)
    trials = trials_of(vectors, identities, 3, np.random.default_rng(0))
    assert len(trials.genuine) == 0
    assert trials.impostors == 5 * 12


def test_pictures_without_a_face_are_no_trials():
    """Rows of NaN are left out of all counts."""
    vectors, identities = clusters(10, 2, 0.5)
    vectors[0] = np.nan
    trials = trials_of(vectors, identities, 1, np.random.default_rng(0))
    assert trials.probes.sum() == 19
    assert np.isfinite(trials.genuine).all()
    assert len(trials.genuine) == 18


def test_a_det_line_falls():
    """The more strangers are accepted, the fewer subjects are missed."""
    vectors, identities = clusters(80, 3, 1.0)
    trials = trials_of(vectors, identities, 1, np.random.default_rng(0))
    points = det_points(trials, np.logspace(-6, -2, 21))
    assert points[0][0] >= 1 / trials.impostors
    missed = [share for _, share in points]
    assert missed == sorted(missed, reverse=True)
    assert missed[0] > missed[-1]
