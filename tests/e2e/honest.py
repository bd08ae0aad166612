"""A client with nothing to hide, beside hostile ones: honest.py ADDRESS

It reads a contact and records one in turn, a hundred of each a second, over a connection of its
own, and follows the feed over another. For each line of input it prints how long it waited since
the line before: for an answer, and until the feed brought what it had recorded.
"""

import json
import sys
import threading
import time
from queue import SimpleQueue
from typing import Any, Optional

import grpc

import contract
import damage

PACE = 0.005  # Seconds from one call to the next.


class Waited:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seconds: list[float] = []
        self.failed: dict[str, int] = {}

    def took(self, seconds: float) -> None:
        with self.lock:
            self.seconds.append(seconds)

    def fail(self, error: grpc.RpcError) -> None:
        what = f"{error.code().name}: {error.details()}"
        with self.lock:
            self.failed[what] = self.failed.get(what, 0) + 1

    def since(self) -> dict[str, Any]:
        with self.lock:
            seconds, self.seconds = sorted(self.seconds), []
            failed, self.failed = self.failed, {}

        def at(share: float) -> float:
            return 1000 * seconds[int(share * (len(seconds) - 1))] if seconds else 0

        return {"count": len(seconds), "p50": at(0.5), "p99": at(0.99), "most": at(1), "failed": failed}


class Follower:
    """Follows from where it is, again and again, and says how old each of its own contacts was."""

    def __init__(self, address: str, waited: Waited) -> None:
        self.address, self.waited = address, waited
        self.sent: dict[str, float] = {}
        self.token: Optional[str] = None
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        request = contract.message("FollowRequest")
        while True:
            with damage.Client(self.address) as client:
                asked: SimpleQueue[Any] = SimpleQueue()
                asked.put(request(start={"resume_token": self.token} if self.token else {"now": True}))
                try:
                    for frame in client.channel.stream_stream(
                            "/klantbeeld.v1.FeedService/Follow", request_serializer=request.SerializeToString,
                            response_deserializer=contract.message("FollowResponse").FromString)(iter(asked.get, None)):
                        now = time.monotonic()
                        for event in frame.events:
                            if began := self.sent.pop(event.event.event_id, 0):
                                self.waited.took(now - began)
                        self.token = frame.resume_token
                        asked.put(request(ack={"position": frame.position}))
                except grpc.RpcError as error:
                    self.waited.fail(error)
                asked.put(None)


def main(address: str) -> None:
    waited = Waited()
    follower = Follower(address, waited)

    def work() -> None:
        pace = threading.Event()  # Never set; its waiting keeps the pace.
        due = time.monotonic()
        with damage.Client(address) as client:
            for number in range(1 << 60):
                due = max(due + PACE, time.monotonic() - 0.1)
                pace.wait(max(0.0, due - time.monotonic()))
                name, began = f"honest-{number}", time.monotonic()
                try:
                    if number % 2:
                        event = damage.contact(number) | {"eventId": name}
                        follower.sent[name] = began
                        client.call("ContactService", "RecordContactEvent", {"event": event}, seconds=5)
                    else:
                        client.call("ContactService", "GetContact",
                                    {"ref": {"source": "balie", "id": f"e-{number % 1000}"}}, seconds=5)
                    waited.took(time.monotonic() - began)
                except grpc.RpcError as error:
                    waited.fail(error)

    threading.Thread(target=work, daemon=True).start()
    for _ in sys.stdin:
        print(json.dumps(waited.since()), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
