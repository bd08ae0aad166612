"""Clients that mean no good, each kind of them as many as asked for.

Nothing here judges; hostile_test.py does. Chance comes from a seed.
"""

import heapq
import itertools
import random
import struct
import time
from typing import Any, Callable, NamedTuple, Optional

import contract
import damage
from frames import (ACK, CANCEL, CONTINUATION, DATA, END_HEADERS, GOAWAY, HEADERS, PING, PREFACE, RST_STREAM, SETTINGS,
                    WINDOW_UPDATE, Crowd, Manners, Peer, call, data, fields, frame, message, number, settings, wide)

FOLLOW, WATCH, HEALTH = "FeedService/Follow", "CitizenService/WatchTimeline", "/grpc.health.v1.Health/Watch"
GET, RECORD, STREAM = "ContactService/GetContact", "ContactService/RecordContactEvent", \
    "ContactService/RecordContactEvents"
MESSAGE_MAX = 4 << 20
RATE = 500  # Calls a second of those that come and go.
NEVER = Manners(reads=0)
SLOWLY = Manners(reads=1, seconds=1)
SILENT = Manners(answers=False)


class Town:
    """What calls are about: the store's head, and requests as bytes."""

    def __init__(self, head: int, citizen: str, seed: int) -> None:
        self.head, self.random, self.made = head, random.Random(seed), itertools.count()
        make = contract.message
        self.get = make("GetContactRequest")(ref={"source": "balie", "id": "e-7"}).SerializeToString()
        self.watch = make("WatchTimelineRequest")(citizen_id=citizen, page_size=100).SerializeToString()
        self._follow = make("FollowRequest")

    def follow(self, position: int) -> bytes:
        return bytes(self._follow(start={"position": position % self.head}).SerializeToString())

    def follow_now(self) -> bytes:
        return bytes(self._follow(start={"now": True}).SerializeToString())

    def event(self) -> Any:
        """A new one of somebody known."""
        one = damage.contact(next(self.made)) | {"source": "hostile"}
        return damage.json_format.ParseDict(one, contract.message("ContactEvent")())

    def record(self) -> bytes:
        return bytes(contract.message("RecordContactEventRequest")(event=self.event()).SerializeToString())

    def records(self) -> bytes:
        return bytes(contract.message("RecordContactEventsRequest")(events=[self.event()]).SerializeToString())


Step = Callable[[], bool]  # Gives whether all have come that were asked for.


class Kind(NamedTuple):
    name: str
    count: int
    # Opens so many; what it returns is done again and again.
    open: Callable[[Crowd, Town, int], Optional[Step]]
    # What the server does about them while they stay: "streams" ends their calls, "connections" closes these.
    cut: str = ""


def spread(crowd: Crowd, count: int, per: int, begin: bytes, manners: Manners,
           one: Callable[[int, int], bytes]) -> None:
    """`count` calls, `per` of them on a connection; `one` makes a call from its number and its stream."""
    for first in range(0, count, per):
        crowd.add(begin + b"".join(one(at, 2 * (at - first) + 1) for at in range(first, min(count, first + per))),
                  manners)


def followers(manners: Manners, per: int = 10) -> Callable[[Crowd, Town, int], None]:
    """Each from a place of its own, so that no two are sent the same frame."""
    def open_all(crowd: Crowd, town: Town, count: int) -> None:
        spread(crowd, count, per, wide(), manners, lambda at, stream: call(stream, FOLLOW) + data(
            stream, town.follow(at * max(1, town.head // count)), end=False))
    return open_all


def storm(crowd: Crowd, town: Town, count: int) -> Step:
    """All connect and follow at once; when all were told where they are, all go, and come again."""
    def connect() -> None:
        spread(crowd, count, 1, wide(), Manners(),
               lambda _, stream: call(stream, FOLLOW) + data(stream, town.follow_now(), end=False))

    def step() -> bool:
        if all(peer.gone or peer.came[DATA] or peer.came[GOAWAY] for peer in crowd.peers):
            for peer in list(crowd.peers):
                crowd.close(peer)
            connect()
        return True
    connect()
    return step


def left_open(crowd: Crowd, town: Town, count: int) -> None:
    """Calls of every sort that were begun and are not gone on with."""
    del town
    for name in (FOLLOW, STREAM, GET, RECORD, WATCH):
        spread(crowd, count // 5, 50, wide(), Manners(), lambda _, stream, name=name: call(stream, name))


def watched(crowd: Crowd, town: Town, count: int) -> None:
    spread(crowd, count // 2, 50, wide(), NEVER,
           lambda _, stream: call(stream, WATCH) + data(stream, town.watch))
    spread(crowd, count // 2, 50, wide(), Manners(), lambda _, stream: call(stream, HEALTH) + data(stream, b""))


def answers_not_taken(crowd: Crowd, town: Town, count: int) -> None:
    """Two connections that read all, and whose windows let no answer through."""
    spread(crowd, count // 2, count, PREFACE + settings(0), Manners(),
           lambda _, stream: call(stream, GET) + data(stream, town.get))
    spread(crowd, count // 2, count, PREFACE + settings(0), Manners(),
           lambda _, stream: call(stream, STREAM) + data(stream, town.records(), end=False))


def silent(crowd: Crowd, town: Town, count: int) -> None:
    """Connections that say nothing, begin and say nothing, or no longer answer."""
    del town
    for at in range(count):
        crowd.add((b"", PREFACE, wide())[at % 3], SILENT)


def unfinished(crowd: Crowd, town: Town, count: int) -> None:
    """Messages of the largest size, of which the last byte does not come."""
    del town
    body = message(bytes(MESSAGE_MAX))[:-1]
    for first in range(0, count, 20):
        streams = [2 * at + 1 for at in range(min(20, count - first))]
        peer = crowd.add(wide() + b"".join(call(stream, RECORD) for stream in streams))
        for stream in streams:
            peer.send_long(stream, body)


class Paced:
    """Does `count` things, so many a second, and each other thing that is due."""

    def __init__(self, act: Callable[[], None], count: int, per_second: float) -> None:
        self.act, self.count, self.rate, self.began, self.did = act, count, per_second, time.monotonic(), 0
        self.due: list[tuple[float, int, Callable[[], None]]] = []

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self.due, (time.monotonic() + seconds, next(ORDER), act))

    def step(self) -> bool:
        now = time.monotonic()
        # After a pause not all at once.
        for _ in range(min(50, self.count - self.did, int((now - self.began) * self.rate) - self.did)):
            self.act()
            self.did += 1
        while self.due and self.due[0][0] <= now:
            heapq.heappop(self.due)[2]()
        return self.did >= self.count and not self.due


ORDER = itertools.count()


class Streams:
    """A few connections on which calls come and go."""

    def __init__(self, crowd: Crowd, connections: int) -> None:
        self.crowd = crowd
        self.open = [(crowd.add(wide()), itertools.count(1, 2)) for _ in range(connections)]

    def next(self, at: int) -> tuple[Peer, int]:
        at %= len(self.open)
        peer, streams = self.open[at]
        if peer.gone:
            self.crowd.close(peer)
            self.open[at] = peer, streams = self.crowd.add(wide()), itertools.count(1, 2)
        return peer, next(streams)

    def send(self, peer: Peer, what: bytes) -> None:
        if not peer.gone:
            peer.out += what
            peer.write()
            self.crowd.watch(peer)


def any_call(town: Town, at: int, stream: int, *more: tuple[str, str]) -> bytes:
    name, body, end = ((GET, town.get, True), (RECORD, town.record(), True), (STREAM, town.records(), False),
                       (FOLLOW, town.follow(at), False), (WATCH, town.watch, True))[at % 5]
    return call(stream, name, *more) + data(stream, body, end)


def cancelled(crowd: Crowd, town: Town, count: int) -> Step:
    """Calls that end at any byte, or at any moment after it: by a reset, or with the connection."""
    streams = Streams(crowd, 8)
    lots = town.random

    def act() -> None:
        at = paced.did
        if at % 4 == 0:
            whole = wide() + any_call(town, lots.randrange(5), 1)
            peer = crowd.add(whole[:lots.randrange(len(whole) + 1)])
            paced.later(lots.choice((0, lots.random() * 0.05)), lambda: crowd.close(peer))
            return
        peer, stream = streams.next(at)
        streams.send(peer, any_call(town, lots.randrange(5), stream))
        paced.later(lots.random() ** 3 * 0.05,
                    lambda: streams.send(peer, frame(RST_STREAM, 0, stream, CANCEL)))
    paced = Paced(act, count, RATE)
    return paced.step


def short_deadlines(crowd: Crowd, town: Town, count: int) -> Step:
    streams = Streams(crowd, 8)

    def act() -> None:
        peer, stream = streams.next(paced.did)
        streams.send(peer, any_call(town, paced.did, stream, ("grpc-timeout", "1u")))
    paced = Paced(act, count, RATE)
    return paced.step


def bad_frames(town: Town) -> list[bytes]:
    """Each begins a connection, and breaks a rule or a limit, or stays just within it."""
    window = struct.pack(">I", 1 << 30)
    name = (":method", "POST")
    large = [call(1, GET, ("x", "v" * size)) + data(1, town.get) for size in (7900, 8200, 20000, 60000)]
    return [wide() + one for one in (
        frame(DATA, 0, 1, b"x"), frame(HEADERS, END_HEADERS, 0, fields(name)), frame(HEADERS, END_HEADERS, 2, b""),
        frame(CONTINUATION, 0, 1, b"x"), frame(HEADERS, 0, 1, fields(name)) + frame(PING, 0, 0, bytes(8)),
        frame(HEADERS, END_HEADERS, 1, b"\xff\xff\xff\xff\xff\xff\xff"), frame(HEADERS, END_HEADERS, 1, b"\x80"),
        frame(HEADERS, END_HEADERS, 1, b"\0" + number(1 << 30, 7)), frame(HEADERS, END_HEADERS, 1, b"\x3f\xff\xff\xff"),
        frame(SETTINGS, 0, 0, b"x"), frame(SETTINGS, 0, 1, b""), frame(SETTINGS, ACK, 0, b"123456"),
        frame(SETTINGS, 0, 0, struct.pack(">HI", 5, 1)), frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 1 << 31)),
        frame(WINDOW_UPDATE, 0, 0, bytes(4)), frame(WINDOW_UPDATE, 0, 0, window * 1) * 4, frame(WINDOW_UPDATE, 0, 1, b""),
        frame(PING, 0, 0, b"short"), frame(PING, 0, 0, bytes(8)) * 2000, frame(SETTINGS, 0, 0) * 2000,
        frame(RST_STREAM, 0, 1, CANCEL), frame(GOAWAY, 0, 0, bytes(8)), frame(99, 255, 1, b"unknown"),
        b"\xff\xff\xff" + frame(DATA, 0, 1)[3:], call(1, GET) + b"\x00\x80\x00" + frame(DATA, 0, 1)[3:] + bytes(32768),
        call(1, GET) + frame(DATA, 1, 1, b"\0" + struct.pack(">I", 1 << 31) + b"x"),
        call(1, GET) + frame(DATA, 1, 1, b"\0" + struct.pack(">I", MESSAGE_MAX + (64 << 10) + 1) + b"x"),
        call(1, GET) + frame(DATA, 1, 1, b"\1" + struct.pack(">I", 4) + b"junk"),
        call(1, GET) + frame(DATA, 1, 1, b"\7" + struct.pack(">I", 0)), call(1, GET) + frame(DATA, 1, 1, b"\0\0"),
        call(1, GET) * 2, call(5, GET) + call(3, GET), call(1, "Nobody/Nothing") + data(1, b""),
        call(1, GET, ("grpc-timeout", "99999999999H")) + data(1, town.get),
        call(1, GET, ("grpc-encoding", "gzip")) + data(1, town.get), *large)] + [
            b"GET / HTTP/1.1\r\nHost: hostile\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
            PREFACE[:10], PREFACE + PREFACE, PREFACE + frame(DATA, 0, 1, b"x"), bytes(1 << 16)]


def wrong(crowd: Crowd, town: Town, count: int) -> Step:
    sorts = bad_frames(town)

    def act() -> None:
        peer = crowd.add(sorts[paced.did % len(sorts)])
        paced.later(0.2, lambda: crowd.close(peer))
    paced = Paced(act, count, RATE / 5)
    return paced.step


KINDS = [
    Kind("followers that never read", 1000, followers(NEVER), cut="streams"),
    Kind("followers that read a byte a second", 1000, followers(SLOWLY), cut="streams"),
    Kind("followers that never acknowledge", 1000, followers(Manners()), cut="streams"),
    Kind("followers that all connect, go and come again", 900, storm),
    Kind("calls begun and left: follow, record, read, write, watch", 1000, left_open),
    Kind("watchers that never read; health watched", 1000, watched),
    Kind("answers that are not taken", 400, answers_not_taken, cut="streams"),
    Kind("calls cancelled at every moment, 500 a second", 10_000, cancelled),
    Kind("deadlines of 1 µs, 500 a second", 10_000, short_deadlines),
    Kind("connections that say nothing, or no longer answer", 600, silent, cut="connections"),
    Kind("frames, metadata and messages at, over and beside their limits", 1000, wrong),
    Kind("messages of 4 MiB without their last byte", 400, unfinished),
]


def all_together(crowd: Crowd, town: Town, count: int) -> Step:
    """A share of each kind."""
    steps = [kind.open(crowd, town, kind.count * count // 1000)
             for kind in KINDS if kind.open is not storm]

    def step() -> bool:
        return all([one() for one in steps if one is not None])  # Each of them, whatever the others say.
    return step


TOGETHER = Kind("all of these together, a quarter of each", 250, all_together)
