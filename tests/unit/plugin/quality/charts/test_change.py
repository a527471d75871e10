"""Lasting changes are seen upwards and downwards, and are over when they are."""

from __future__ import annotations

from random import Random

from plugin.quality.charts.change import Change, ChangeKind, Direction, Scores, changes_of


def _amounts(seed: int, count: int, share: float, length: float = 100.0) -> list[float]:
    random = Random(seed)
    return [random.expovariate(1 / length) if random.random() < share else 0.0 for _ in range(count)]


def test_scores_of_the_baseline_have_mean_nothing_and_sigma_one() -> None:
    baseline = _amounts(1, 150, 0.6)
    scored = [*map(Scores(baseline), baseline)]
    assert abs(sum(scored)) < 1e-9
    assert abs(sum(one * one for one in scored) / 150 - 1) < 1e-9


def test_a_wild_value_weighs_no_more_than_one_above_all_others() -> None:
    scores = Scores(_amounts(1, 150, 0.6))
    assert scores(1e9) == scores(1e5)


def test_a_shift_is_raised_once_and_over_once_all_is_as_before() -> None:
    scores = Scores(_amounts(1, 150, 1.0))
    amounts = [*_amounts(2, 300, 1.0), *_amounts(3, 200, 1.0, 300.0), *_amounts(4, 300, 1.0)]
    shifts = [change for change in changes_of(amounts, scores) if change.kind is ChangeKind.SHIFT]
    assert len(shifts) == 1
    assert shifts[0].direction is Direction.MORE
    assert 300 < shifts[0].raised < 340
    assert shifts[0].over is not None
    assert 500 < shifts[0].over < 600


def test_editing_less_and_less_is_a_change_of_its_own_direction() -> None:
    scores = Scores(_amounts(1, 150, 0.9))
    amounts = [one for place in range(20) for one in _amounts(place, 50, 0.9 - 0.035 * place)]
    found = changes_of(amounts, scores)
    assert {change.direction for change in found} == {Direction.LESS}
    assert found[0].kind is ChangeKind.DRIFT


def test_where_nothing_was_edited_at_all_editing_that_begins_is_seen_and_a_single_case_is_not() -> None:
    scores = Scores([0.0] * 150)
    assert changes_of([*[0.0] * 100, 500.0, *[0.0] * 100], scores) == []
    assert changes_of([0.0] * 100 + [500.0] * 20, scores)[0] == Change(
        ChangeKind.SHIFT, Direction.MORE, raised=107, over=None
    )
