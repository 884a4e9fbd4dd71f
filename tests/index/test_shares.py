"""Fair turns: shares take turns at places, none holds all, and whoever has spent its time comes last."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import NoTurn
from index.shares import WINDOW_S, CpuBudget, Places, Turns, on_behalf_of


def served(turns, number):
    """Gives places one after the other, each of which is free again at once; returns whose they were."""
    order = []
    for _ in range(number):
        share, _item = turns.next()
        order.append(share)
        turns.end(share)
    return order


def waiting(places, spare=0, spent=(), **shares):
    """Makes turns at which items of shares wait."""
    turns = Turns(places, spare=spare, is_spent=lambda share: share in spent)
    for share, number in shares.items():
        for item in range(number):
            turns.add(share, item)
    return turns


def test_shares_take_turns():
    """However much one share has waiting, each other share is served between two of its items."""
    assert served(waiting(1, a=4, b=1, c=2), 7) == ["a", "b", "c", "a", "c", "a", "a"]


def test_the_items_of_a_share_keep_their_order():
    """Within a share the first that waits is served first."""
    turns = waiting(3, a=3)
    assert [turns.next() for _ in range(3)] == [("a", 0), ("a", 1), ("a", 2)]
    assert turns.next() is None


def test_whoever_has_spent_its_time_comes_last():
    """A share beyond its budget is served when no other waits, and then as fast as any."""
    assert served(waiting(1, spent={"a"}, a=3, b=2), 5) == ["b", "b", "a", "a", "a"]


def test_the_spare_place_is_for_whoever_holds_none():
    """It goes to a newcomer, but neither to who holds a place, nor to a newcomer beyond its budget."""
    turns = waiting(2, spare=1, spent={"c"}, a=3, c=1)
    assert [turns.next(), turns.next(), turns.next()] == [("a", 0), ("a", 1), None]
    turns.add("b", 0)
    assert [turns.next(), turns.next()] == [("b", 0), None]


def test_an_item_that_waits_no_longer_is_not_served():
    """It can be removed until it was given a place."""
    turns = waiting(1, a=2, b=1)
    assert turns.next() == ("a", 0)
    assert not turns.remove("a", 0)
    assert turns.remove("a", 1)
    assert turns.waiting("a") == 0
    turns.end("a")
    assert turns.next() == ("b", 0)


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=60),
    st.integers(1, 4),
    st.integers(0, 2),
    st.sets(st.sampled_from("abcd")),
)
def test_no_place_is_lost_or_given_twice(acts, places, spare, spent):
    """Whatever comes and ends in whatever order, the bounds hold, and everybody is served in the end."""
    turns = Turns(places, spare=spare, is_spent=lambda share: share in spent)
    held = []
    for number, (share, ends) in enumerate(acts):
        turns.add(share, number)
        while (given_place := turns.next()) is not None:
            held.append(given_place[0])
        assert len(held) <= places + spare
        assert all(held.count(one) <= places for one in held)
        if ends and held:
            turns.end(held.pop(0))
    left = sum(turns.waiting(share) for share in "abcd")
    for _ in range(left):
        while held:
            turns.end(held.pop())
        held.append(turns.next()[0])
    assert turns.next() is None


def test_a_budget_is_of_the_last_minute():
    """What was taken longer ago than the window is forgotten, little by little."""
    clock = [0.0]
    budget = CpuBudget(2.0, now=lambda: clock[0])
    with on_behalf_of("a"):
        budget.charge(1.5)
        clock[0] = WINDOW_S / 2
        budget.charge(1.0)
    assert budget.is_spent("a")
    assert not budget.is_spent("b")
    clock[0] = WINDOW_S
    assert not budget.is_spent("a")
    clock[0] = 2 * WINDOW_S
    assert not budget.is_spent("a")
    assert budget._taken == budget._sums == {}


def test_without_a_budget_nothing_is_counted():
    """Work outside a server has none."""
    budget = CpuBudget()
    budget.charge(1e9)
    assert not budget.is_spent("")
    assert budget._taken == {}


def test_the_time_of_the_thread_counts_where_it_should():
    """Places for work of the thread itself measure it."""
    budget = CpuBudget(1e-9)
    with on_behalf_of("a"), Places(1, budget=budget).place(0):
        sum(range(10_000))
    assert not budget.is_spent("a")
    with on_behalf_of("a"), Places(1, budget=budget, counts_thread=True).place(0):
        sum(range(10_000))
    assert budget.is_spent("a")


def test_threads_never_hold_more_places_than_there_are():
    """Many threads of three shares take turns at two places and one spare one."""
    places, lock = Places(2, spare=1), threading.Lock()
    held, most = [], []

    def work(number):
        with on_behalf_of("abc"[number % 3]), places.place(60):
            with lock:
                held.append(number)
                most.append(len(held))
            with lock:
                held.remove(number)

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(work, range(200)))
    assert len(most) == 200
    assert max(most) <= 3
    assert places._turns._held == {}


def test_a_place_is_free_again_after_an_error():
    """Whatever happens within the block, the next one gets the place; who waits in vain is told so."""
    places = Places(1)
    with pytest.raises(ZeroDivisionError), places.place(0):
        raise ZeroDivisionError
    with places.place(0), pytest.raises(NoTurn), places.place(0):
        pytest.fail("two have one place")
    assert places._turns.waiting("") == 0
