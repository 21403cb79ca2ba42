import threading
import time

import pytest

from lims.errors import Unavailable
from lims.harvest.outbox import Closed, Outbox
from tests.harvest.works import done


def putting(outbox: Outbox, *sizes: int) -> list[int]:
    """Put so many bytes each from a thread of its own; grows by each that found room."""
    found_room: list[int] = []

    def put() -> None:
        with outbox.reader():
            for size in sizes:
                outbox.put(done(told=size))
                found_room.append(size)

    outbox.expect(1)
    threading.Thread(target=put, daemon=True).start()
    time.sleep(0.2)
    return found_room


def test_who_puts_waits_where_there_are_too_many() -> None:
    outbox = Outbox(2, 1000)
    put = putting(outbox, 1, 2, 3, 4)
    assert put == [1, 2]
    assert outbox.take(1) is not None
    time.sleep(0.2)
    assert put == [1, 2, 3]
    outbox.close()


def test_who_puts_waits_where_it_is_too_much() -> None:
    outbox = Outbox(10, 100)
    assert putting(outbox, 60, 60) == [60]
    outbox.close()


def test_what_is_larger_than_all_room_goes_in_alone() -> None:
    outbox = Outbox(10, 100)
    put = putting(outbox, 500, 1)
    assert put == [500]
    outbox.take(1)
    time.sleep(0.2)
    assert put == [500, 1]


def test_nothing_in_time_is_none_and_the_end_is_known() -> None:
    outbox = Outbox(10, 100)
    outbox.expect(1)
    assert outbox.take(0.01) is None
    assert not outbox.is_over
    with outbox.reader():
        outbox.put(done())
    assert not outbox.is_over
    assert outbox.take(1) is not None
    assert outbox.is_over


def test_what_a_reader_raises_reaches_who_takes() -> None:
    outbox = Outbox(10, 100)
    outbox.expect(1)
    with outbox.reader():
        raise Unavailable("The disk is full.")
    assert not outbox.is_over
    with pytest.raises(Unavailable, match="full"):
        outbox.take(1)


def test_who_waits_for_room_is_sent_home_when_nobody_takes_any_more() -> None:
    outbox = Outbox(1, 100)
    outbox.expect(1)
    outbox.put(done())
    threading.Timer(0.05, outbox.close).start()
    with pytest.raises(Closed):
        outbox.put(done())
