from datetime import UTC, datetime, timedelta

from lims.importing import evenings

DAY = datetime(2018, 11, 13, tzinfo=UTC)


def at(*hours: float) -> list[datetime]:
    return [DAY + timedelta(hours=hour) for hour in hours]


def cut(*hours: float, zone: str = "UTC") -> list[list[int]]:
    return [list(one) for one in evenings(at(*hours), zone)]


def test_eight_hours_without_a_file_separate_two_sessions() -> None:
    assert cut(1, 8.9) == [[0, 1]]
    assert cut(1, 9) == [[0], [1]]


def test_three_hours_over_midnight_do_too_and_less_does_not() -> None:
    assert cut(22, 25) == [[0], [1]]
    assert cut(22, 24.9) == [[0, 1]]
    assert cut(19, 20, 21, 23.5, 24.5, 26) == [[0, 1, 2, 3, 4, 5]]


def test_midnight_is_the_instruments() -> None:
    """From 20:00 to 23:30 UTC: over midnight in Tokyo (05:00 is past it at both ends) not, in Berlin's winter not."""
    assert cut(20, 23.5, zone="Europe/Berlin") == [[0], [1]]  # 21:00 and 00:30
    assert cut(20, 23.5, zone="Asia/Tokyo") == [[0, 1]]  # 05:00 and 08:30


def test_all_are_in_exactly_one_and_none_is_made_of_nothing() -> None:
    assert cut() == []
    assert cut(1) == [[0]]
    assert cut(1, 1, 1) == [[0, 1, 2]]
