import threading
import time
from contextlib import ExitStack

from lims.harvest.halting import Halts


def test_a_cancel_ends_what_it_means_and_nothing_else() -> None:
    halts = Halts(lambda: False)
    with ExitStack() as opened:
        named = (("ada", "one"), ("ada", "two"), ("bob", "three"))
        first, second, third = (opened.enter_context(halts.opened(*who)) for who in named)
        assert halts.cancel("ada", "three") == 0
        assert halts.cancel("ada", "two") == 1
        assert [one.is_set() for one in (first, second, third)] == [False, True, False]
        assert halts.cancel("ada", "two") == 0
        assert halts.cancel() == 2
        assert all(one.was_cancelled for one in (first, second, third))
    assert halts.cancel() == 0


def test_a_cancel_of_nothing_does_not_reach_the_next() -> None:
    halts = Halts(lambda: False)
    halts.cancel()
    with halts.opened() as later:
        assert not later.is_set()


def test_closing_ends_all_of_them_and_is_no_cancel() -> None:
    closing = threading.Event()
    with Halts(closing.is_set).opened() as halt:
        assert not halt.wait(0.01)
        closing.set()
        assert halt.wait(60)
        assert not halt.was_cancelled


def test_who_waits_hears_of_a_cancel_at_once() -> None:
    halts = Halts(lambda: False)
    with halts.opened() as halt:
        threading.Timer(0.05, halts.cancel).start()
        begin = time.monotonic()
        assert halt.wait(60)
        assert time.monotonic() - begin < 30
