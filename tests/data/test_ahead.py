"""Items are made ahead by another thread, in order, never more than two, and are closed when they are left."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from trainer.data.ahead import ahead


class Made:
    """What was made, and by which threads."""

    def __init__(self, count: int, fails_at: int = -1) -> None:
        self.items: list[int] = []
        self.threads: set[int] = set()
        self.is_closed = False
        self.count, self.fails_at = count, fails_at
        self.more = threading.Semaphore(0)

    def numbers(self) -> Generator[int, None, None]:
        try:
            for number in range(self.count):
                if number == self.fails_at:
                    raise ValueError(f"no {number}")
                self.items.append(number)
                self.threads.add(threading.get_ident())
                self.more.release()
                yield number
        finally:
            self.threads.add(threading.get_ident())
            self.is_closed = True


@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_items_come_in_order_from_one_other_thread(count: int) -> None:
    made = Made(count)
    assert list(ahead(made.numbers())) == list(range(count))
    assert made.is_closed and threading.get_ident() not in made.threads and len(made.threads) == 1


def test_what_raises_there_is_raised_here_after_the_items_before_it() -> None:
    made = Made(10, fails_at=3)
    numbers = ahead(made.numbers())
    found = [next(numbers) for _ in range(3)]
    with pytest.raises(ValueError, match="no 3"):
        next(numbers)
    assert found == [0, 1, 2] and made.is_closed


def test_who_leaves_early_closes_the_source() -> None:
    made = Made(1000)
    numbers = ahead(made.numbers())
    assert next(numbers) == 0
    numbers.close()
    assert made.is_closed and len(made.items) <= 3 and len(made.threads) == 1


def test_no_more_than_two_are_ahead() -> None:
    made = Made(100)
    numbers = ahead(made.numbers())
    for number in range(20):
        assert next(numbers) == number
        for _ in range(min(3, len(made.items))):  # gives the other thread time to make all it may
            made.more.acquire(timeout=0.01)
        assert len(made.items) <= number + 3
    numbers.close()
