"""Time in Lindewaard: seconds since 1970, with the Dutch clock and office hours."""

import datetime as dt

DAY = 86_400
EPOCH = dt.date(1970, 1, 1)


def _last_sunday(year: int, month: int) -> dt.date:
    day = dt.date(year, month, 31)
    return day - dt.timedelta(days=(day.weekday() + 1) % 7)


def _summer(day: dt.date) -> bool:
    return _last_sunday(day.year, 3) <= day < _last_sunday(day.year, 10)


def at(day: dt.date, seconds: int) -> int:
    """The moment at which the wall clock shows `seconds` after midnight."""
    return (day - EPOCH).days * DAY + seconds - (7200 if _summer(day) else 3600)


def local(moment: int) -> tuple[dt.date, int]:
    """Day and seconds after midnight on the wall clock."""
    day = EPOCH + dt.timedelta(days=(moment + 3600) // DAY)
    seconds = moment - at(day, 0)
    return (day, seconds) if seconds < DAY else (day + dt.timedelta(days=1), seconds - DAY)


def next_open(moment: int, opens: int, closes: int, spread: int) -> int:
    """`moment` when the office is open then, else some time after it next opens."""
    day, seconds = local(moment)
    if day.weekday() < 5 and opens <= seconds < closes:
        return moment
    if seconds >= opens or day.weekday() >= 5:
        day += dt.timedelta(days=1)
    while day.weekday() >= 5:
        day += dt.timedelta(days=1)
    return at(day, opens + spread)


def iso(moment: int) -> str:
    return dt.datetime.fromtimestamp(moment, dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
