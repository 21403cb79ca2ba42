"""What has been read and waits to be kept: so many files and so many bytes, then whoever reads has to wait."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from lims.harvest.reading import Done


class Closed(Exception):
    """Nobody takes anything any more."""


def weight_of(done: Done) -> int:
    """Bytes of what was read of a file, as its reader told them."""
    return done.outcome.cost.answer_bytes if done.outcome and done.outcome.cost else 0


class Outbox:
    """Between readers in threads of their own and the one that keeps. What is larger than all room goes in alone."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self.most = most
        self.most_bytes = most_bytes
        self._changed = threading.Condition()
        self._waiting: deque[Done] = deque()
        self._bytes = 0
        self._readers = 0
        self._error: BaseException | None = None
        self._is_closed = False

    @contextmanager
    def reader(self) -> Iterator[None]:
        """One that puts; what it raises, `take` does. To be entered before anything is taken."""
        try:
            yield
        except Closed:
            pass
        except BaseException as error:  # noqa: BLE001 — raised where the work is awaited
            self._error = self._error or error
        finally:
            with self._changed:
                self._readers -= 1
                self._changed.notify_all()

    def expect(self, readers: int) -> None:
        self._readers = readers

    def put(self, done: Done) -> None:
        """Waits for room. Raises Closed."""
        weight = weight_of(done)
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._has_room(weight))
            if self._is_closed:
                raise Closed
            self._waiting.append(done)
            self._bytes += weight
            self._changed.notify_all()

    def take(self, most_s: float) -> Done | None:
        """None where nothing came in time. Raises what a reader raised."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._error or not self._readers, most_s)
            if self._error:
                raise self._error
            if not self._waiting:
                return None
            done = self._waiting.popleft()
            self._bytes -= weight_of(done)
            self._changed.notify_all()
            return done

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    @property
    def is_over(self) -> bool:
        """Nothing is in it and nothing will come."""
        with self._changed:
            return not self._readers and not self._waiting and not self._error

    def _has_room(self, weight: int) -> bool:
        return not self._waiting or (len(self._waiting) < self.most and self._bytes + weight <= self.most_bytes)
