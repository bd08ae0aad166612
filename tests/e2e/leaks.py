"""Values of nobody that cannot be mistaken: made, put into requests, sent, and found again."""

import collections
import copy
import itertools
import pathlib
import re
import string
from queue import SimpleQueue
from typing import Any, Iterator, Optional

import grpc
from google.protobuf.descriptor import FieldDescriptor

import contract

# However a name or a number is folded and written, these are left of it.
WORD = re.compile(rb"zq[a-z]{5}xq")
DIGITS = re.compile(rb"(?<![.\d])\d{9,}")
HEX = re.compile(rb"(?:[0-9a-f]{2}){9,}")
KINDS = ("names", "notes", "numbers", "e-mail addresses", "BSNs")


def eleven(number: int) -> bool:
    digits = [int(digit) for digit in f"{number:09}"]
    return sum(digit * weight for digit, weight in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1))) % 11 == 0


class Planted:
    """Makes values, each once, and finds them again."""

    def __init__(self) -> None:
        self.kinds: dict[str, str] = {}
        self._words = ("".join(letters) for letters in itertools.product(string.ascii_lowercase, repeat=5))
        self._bsns = (str(number) for number in range(999800000, 999900000) if eleven(number))
        self._numbers = itertools.count(687000000, 7)  # Behind "0" they are telephone numbers.

    def __len__(self) -> int:
        return len(self.kinds)

    def counts(self) -> dict[str, int]:
        return dict(collections.Counter(self.kinds.values()))

    def _new(self, kind: str, value: str) -> str:
        self.kinds[value] = kind
        return value

    def _word(self, kind: str) -> str:
        return self._new(kind, f"zq{next(self._words)}xq")

    def name(self) -> str:
        return self._word("names").capitalize()

    def note(self) -> str:
        return f"Belde over {self._word('notes')} en over de afvalpas."

    def email(self) -> str:
        return f"{self._word('e-mail addresses')}@voorbeeld.example"

    def phone(self) -> str:
        return "0" + self._new("numbers", str(next(self._numbers)))

    def bsn(self) -> str:
        return self._new("BSNs", next(self._bsns))

    def found_in(self, text: bytes) -> set[str]:
        text = text.lower()
        found = {word for word in map(bytes.decode, WORD.findall(text)) if word in self.kinds}
        for digits in map(bytes.decode, DIGITS.findall(text)):
            found.update(part for part in (digits[at:at + 9] for at in range(len(digits) - 8)) if part in self.kinds)
        for dump in HEX.findall(text):
            found.update(word for word in map(bytes.decode, WORD.findall(bytes.fromhex(dump.decode()).lower()))
                         if word in self.kinds)
        return found


class Looked:
    """Where was looked, how much stood there, and what was found."""

    def __init__(self, planted: Planted) -> None:
        self.planted = planted
        self.bytes: dict[str, int] = collections.Counter()
        self.found: dict[str, set[str]] = collections.defaultdict(set)
        self.example: dict[str, str] = {}

    def at(self, place: str, text: bytes) -> None:
        self.bytes[place] += len(text)
        for value in self.planted.found_in(text):
            self.found[place].add(value)
            if place not in self.example:
                at = text.lower().find(value.encode())
                self.example[place] = text[max(0, at - 300):at + 60].decode(errors="replace")


# --- Requests with a value in one field after the other.

Path = tuple[FieldDescriptor, ...]


def leaves(descriptor: Any, path: Path = ()) -> Iterator[Path]:
    """Every field that holds text or a number, also in messages of messages; positions, which nobody has, left out."""
    for field in descriptor.fields:
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            yield from leaves(field.message_type, (*path, field))
        elif field.type not in (FieldDescriptor.TYPE_BOOL, FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_UINT64):
            yield (*path, field)


def name_of(path: Path) -> str:
    return ".".join(field.name for field in path)


def put(message: Any, path: Path, value: Any) -> None:
    for field in path[:-1]:
        message = getattr(message, field.name)
        if field.label == FieldDescriptor.LABEL_REPEATED:
            message = message[0] if len(message) > 0 else message.add()
    last = path[-1]
    if last.label == FieldDescriptor.LABEL_REPEATED:
        getattr(message, last.name)[:] = [value]
    else:
        setattr(message, last.name, value)


def with_values(base: Any, planted: Planted) -> Iterator[tuple[Path, Any]]:
    """`base`, with a value that fits in one field, one that is too long, and one that is no UTF-8."""
    for path in leaves(base.DESCRIPTOR):
        text = path[-1].type == FieldDescriptor.TYPE_STRING
        values: list[Any] = [planted.name(), planted.note() * 500] if text else [int(planted.bsn())]
        for value in values:
            message = copy.deepcopy(base)
            put(message, path, value)
            yield path, message
        if text:
            yield path, message.SerializeToString().replace(b"Belde", b"\xff\xfe ", 1)


# --- Calls, and what of their errors leaves the server.

class Client:
    """Calls a method by its path; whatever error comes is kept as the caller could log it."""

    def __init__(self, address: str, looked: Looked) -> None:
        # A connection of its own, where others are shared.
        self.channel = grpc.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)])
        self.looked = looked
        self.refused = 0
        self.last = ""

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.channel.close()

    def failed(self, error: Any) -> None:
        self.refused += 1
        self.last = f"{error.code()}: {error.details()}"
        sent = [*(error.initial_metadata() or ()), *(error.trailing_metadata() or ())]
        for part in [error.details() or "", *itertools.chain(*sent)]:
            self.looked.at("error texts and details", part if isinstance(part, bytes) else part.encode())

    def call(self, method: Any, request: Any, metadata: Any = None) -> Optional[list[Any]]:
        """All answers, or nothing where it was refused. `request` may be bytes that are no message."""
        kind = ("stream" if method.client_streaming else "unary", "stream" if method.server_streaming else "unary")
        call = getattr(self.channel, "_".join(kind))(
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=lambda one: one if isinstance(one, bytes) else one.SerializeToString(),
            response_deserializer=contract.message(method.output_type.name).FromString)
        try:
            given = iter([request]) if method.client_streaming else request
            answer = call(given, timeout=30, metadata=metadata)
            return list(answer) if method.server_streaming else [answer]
        except grpc.RpcError as error:
            self.failed(error)
            return None

    def first(self, method: Any, request: Any) -> Optional[Any]:
        """The first answer of a stream that does not end by itself, and until then has more to ask."""
        asked: SimpleQueue[Any] = SimpleQueue()
        asked.put(request)
        given = iter(asked.get, None) if method.client_streaming else request
        kind = "stream_stream" if method.client_streaming else "unary_stream"
        call = getattr(self.channel, kind)(
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=lambda one: one if isinstance(one, bytes) else one.SerializeToString(),
            response_deserializer=contract.message(method.output_type.name).FromString)(given, timeout=30)
        try:
            return next(iter(call), None)
        except grpc.RpcError as error:
            self.failed(error)
            return None
        finally:
            call.cancel()
            asked.put(None)


def methods() -> dict[str, Any]:
    """Every method of the contract, by its name."""
    return {method.name: method for file in contract.files().file for service in file.service
            for method in contract.pool().FindServiceByName(f"{file.package}.{service.name}").methods}


# --- Files that a program made.

def rights(folder: pathlib.Path) -> Iterator[tuple[pathlib.Path, int]]:
    """Every file and directory below, and who may do what with it."""
    for path in folder.rglob("*"):
        if not path.is_symlink():
            yield path, path.stat().st_mode & 0o777


def processes() -> bytes:
    """What `ps` would show of every process, and what their environment holds."""
    text = b""
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        for file in ("cmdline", "environ", "comm"):
            try:
                text += (process / file).read_bytes()
            except OSError:
                pass  # It ended, or is somebody else's.
    return text
