"""HTTP/2 frames, written by hand: libraries do not send what must not be sent, nor leave unread what comes.

A Crowd holds many such peers and lets each read and answer only as its Manners say.
"""

import collections
import selectors
import socket
import struct
import time
from typing import Callable, NamedTuple

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4
FRAME_MAX = 16384
WINDOW_MAX = (1 << 31) - 1
CANCEL = struct.pack(">I", 8)


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def number(value: int, bits: int) -> bytes:
    """An integer as HPACK writes it, the bits before it zero."""
    if value < (1 << bits) - 1:
        return bytes((value,))
    out, value = bytearray(((1 << bits) - 1,)), value - ((1 << bits) - 1)
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))


def fields(*pairs: tuple[str, str]) -> bytes:
    """Headers, each as a literal that is not to be remembered."""
    return b"".join(b"\0" + number(len(name), 7) + name.encode() + number(len(value), 7) + value.encode()
                    for name, value in pairs)


def call(stream: int, method: str, *more: tuple[str, str]) -> bytes:
    """The head of a call; its messages follow."""
    block = fields((":method", "POST"), (":scheme", "http"), (":path", method if method[0] == "/" else f"/klantbeeld.v1.{method}"),
                   (":authority", "hostile"), ("te", "trailers"), ("content-type", "application/grpc"), *more)
    parts = [block[at:at + FRAME_MAX] for at in range(0, len(block), FRAME_MAX)]
    kinds = [HEADERS] + [CONTINUATION] * (len(parts) - 1)
    return b"".join(frame(kind, END_HEADERS if at == len(parts) - 1 else 0, stream, part)
                    for at, (kind, part) in enumerate(zip(kinds, parts)))


def message(body: bytes) -> bytes:
    return b"\0" + struct.pack(">I", len(body)) + body


def data(stream: int, body: bytes, end: bool = True) -> bytes:
    """One message of at most a frame."""
    return frame(DATA, END_STREAM if end else 0, stream, message(body))


def settings(window: int) -> bytes:
    """`window`: what each stream may send before it is given more."""
    return frame(SETTINGS, 0, 0, struct.pack(">HI", 4, window))


def wide() -> bytes:
    """Begins a connection that takes whatever comes."""
    return PREFACE + settings(WINDOW_MAX) + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", WINDOW_MAX - 65535))


class Manners(NamedTuple):
    reads: int = 1 << 18  # Bytes at a time; 0: never.
    seconds: float = 0  # Between two times.
    answers: bool = True  # Settings and pings.


class Peer:
    """One connection. Sends what was given, long messages only as far as the server lets it."""

    def __init__(self, address: str, manners: Manners, begin: bytes) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", 10, 0))
        self.socket.connect(address)  # Waits while many others wait.
        self.socket.setblocking(False)
        self.manners, self.out, self.next_read = manners, bytearray(begin), 0.0
        self.gone = False
        self.came: collections.Counter[int] = collections.Counter()  # Frames, by kind.
        self._in = bytearray()
        self._window = collections.defaultdict(lambda: 65535)  # By stream; 0: the connection's.
        self._long: dict[int, memoryview] = {}

    def send_long(self, stream: int, body: bytes) -> None:
        """Data that the server's windows hold back; the stream stays open."""
        self._long[stream] = memoryview(body)
        self._push(stream)

    def _push(self, stream: int) -> None:
        while self._long.get(stream):
            size = min(FRAME_MAX, self._window[0], self._window[stream], len(self._long[stream]))
            if size <= 0:
                return
            self.out += frame(DATA, 0, stream, bytes(self._long[stream][:size]))
            self._long[stream] = self._long[stream][size:]
            self._window[0] -= size
            self._window[stream] -= size

    def write(self) -> None:
        try:
            while self.out:
                del self.out[:self.socket.send(self.out[:1 << 18])]
        except BlockingIOError:
            pass
        except OSError:
            self.gone = True

    def read(self, now: float) -> None:
        self.next_read = now + self.manners.seconds
        try:
            came = self.socket.recv(self.manners.reads)
        except BlockingIOError:
            return
        except OSError:
            came = b""
        if not came:
            self.gone = True
            return
        self._in += came
        while len(self._in) >= 9:
            size = int.from_bytes(self._in[:3], "big")
            if len(self._in) < 9 + size:
                return
            kind, flags, stream = struct.unpack(">BBI", self._in[3:9])
            payload = bytes(self._in[9:9 + size])
            del self._in[:9 + size]
            self._take(kind, flags, stream, payload)

    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        self.came[kind] += 1
        if kind in (SETTINGS, PING) and not flags & ACK and self.manners.answers:
            self.out += frame(kind, ACK, 0, b"" if kind == SETTINGS else payload)
        if kind == WINDOW_UPDATE:
            self._window[stream] += int.from_bytes(payload, "big")
            for waiting in [stream] if stream else list(self._long):
                self._push(waiting)

    def close(self) -> None:
        self.socket.close()
        self.gone = True


class Crowd:
    """Peers that are driven together, by one thread."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.peers: list[Peer] = []
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_: object) -> None:
        for peer in self.peers:
            self._drop(peer)
        self._selector.close()

    def add(self, begin: bytes, manners: Manners = Manners()) -> Peer:
        peer = Peer(self.address, manners, begin)
        self.peers.append(peer)
        self._selector.register(peer.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, peer)
        peer.write()
        self.watch(peer)
        return peer

    def watch(self, peer: Peer) -> None:
        """To be called after something was put in a peer's `out`."""
        wants = (selectors.EVENT_WRITE if peer.out else 0) | \
            (selectors.EVENT_READ if peer.manners.reads and not peer.manners.seconds else 0)
        known = peer.socket in self._selector.get_map()
        if wants and known:
            self._selector.modify(peer.socket, wants, peer)
        elif wants:
            self._selector.register(peer.socket, wants, peer)
        elif known:
            self._selector.unregister(peer.socket)

    def _drop(self, peer: Peer) -> None:
        if peer.socket.fileno() >= 0 and peer.socket in self._selector.get_map():
            self._selector.unregister(peer.socket)
        peer.close()

    def close(self, peer: Peer) -> None:
        self._drop(peer)
        if peer in self.peers:
            self.peers.remove(peer)

    def step(self, seconds: float = 0.02) -> None:
        """What can be done now, and what comes within so many seconds."""
        now = time.monotonic()
        for peer in self.peers:
            if peer.manners.seconds and not peer.gone and now >= peer.next_read:
                peer.read(now)
        for key, events in self._selector.select(seconds):
            peer = key.data
            if events & selectors.EVENT_READ:
                peer.read(now)
            if not peer.gone and peer.out:
                peer.write()
            if peer.gone:
                self._drop(peer)
            else:
                self.watch(peer)

    def until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Steps until it is done, or that much time has passed."""
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() >= end:
                return False
            self.step()
        return True
