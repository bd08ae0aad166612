#!/usr/bin/python3
"""A front-office application that talks to Klantbeeld, and survives lost replies.

Records contacts, loses a reply on purpose, sends the same again, reads its own
write, follows the feed and resumes it. Started by ./run, which makes the stubs.
"""
import os
import sys
import uuid

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from klantbeeld.v1 import (channel_pb2, citizen_service_pb2, citizen_service_pb2_grpc,
                           contact_service_pb2, contact_service_pb2_grpc, feed_service_pb2,
                           feed_service_pb2_grpc, identifier_pb2)
from klantbeeld.v1.contact_pb2 import ContactEvent

DEADLINE = 5  # seconds; a call without one would wait for ever
RETRYABLE = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED,
             grpc.StatusCode.CANCELLED, grpc.StatusCode.RESOURCE_EXHAUSTED}


def call_event(event_id, subject, phone):
    """A telephone call. `source` and `event_id` make it recognisable when sent again."""
    event = ContactEvent(source="python-sample", event_id=event_id)
    now = Timestamp()
    now.GetCurrentTime()
    event.data.channel = channel_pb2.CHANNEL_PHONE
    event.data.occurred_at.CopyFrom(now)
    event.data.subject = subject
    identifier = event.data.parties.add().identifiers.add()
    identifier.type = identifier_pb2.IDENTIFIER_TYPE_PHONE
    identifier.value = phone
    return event


class LostReply(Exception):
    """Stands in for a connection that breaks before the answer is there."""


def record(contacts, event, lose_first_reply=False):
    """Records an event, again and again with the same ids until there is an answer.

    After a lost reply nobody knows whether the event was recorded. Sending it
    again is always safe: the server answers with the first position.
    """
    request = contact_service_pb2.RecordContactEventRequest(event=event)
    for attempt in range(5):
        try:
            if lose_first_reply and attempt == 0:
                # It is recorded, and the answer gets lost on its way back.
                contacts.RecordContactEvent(request, timeout=DEADLINE)
                raise LostReply
            return contacts.RecordContactEvent(request, timeout=DEADLINE)
        except LostReply:
            print(f"  {event.event_id}: reply lost, sending again")
        except grpc.RpcError as error:
            if error.code() not in RETRYABLE:
                raise
            print(f"  {event.event_id}: {error.code().name}, sending again")
    raise RuntimeError("no answer after five attempts")


def follow(feed, start, count):
    """Yields the feed's events; each frame is acknowledged after it was processed.

    Gives (event, resume token of the frame before it was acknowledged) pairs and
    ends the call after `count` frames.
    """
    import queue
    requests = queue.SimpleQueue()
    requests.put(feed_service_pb2.FollowRequest(start=start))
    call = feed.Follow(iter(requests.get, None))
    last = 0
    for number, frame in enumerate(call, 1):
        for event in frame.events:
            assert event.position > last, "positions strictly rise"
            last = event.position
            yield event, frame
        requests.put(feed_service_pb2.FollowRequest(
            ack=feed_service_pb2.FollowAck(position=frame.position)))
        if number == count or frame.position >= frame.head:
            break
    requests.put(None)
    call.cancel()


def main():
    server = os.environ.get("KLANTBEELD_SERVER", "unix:/run/klantbeeld/klantbeeld.sock")
    # Streams and unary calls each have a channel of their own: streams count
    # towards a limit per connection, behind which unary calls would wait.
    local = [("grpc.use_local_subchannel_pool", 1)]
    unary, streams = (grpc.insecure_channel(server, options=local) for _ in range(2))
    contacts = contact_service_pb2_grpc.ContactServiceStub(unary)
    citizens = citizen_service_pb2_grpc.CitizenServiceStub(unary)
    feed = feed_service_pb2_grpc.FeedServiceStub(streams)
    run = uuid.uuid4().hex[:8]
    phone = f"06{uuid.uuid4().int % 10**8:08d}"

    print("Record three calls; the reply to the second is lost:")
    positions = []
    for number in range(3):
        event = call_event(f"{run}-{number}", f"Paspoort {number}", phone)
        reply = record(contacts, event, lose_first_reply=number == 1)
        again = record(contacts, event)
        assert again.duplicate and again.position == reply.position, "recorded once"
        positions.append(reply.position)
        print(f"  {event.event_id}: position {reply.position}")

    print("Read what was written:")
    key = identifier_pb2.Identifier(type=identifier_pb2.IDENTIFIER_TYPE_PHONE, value=phone)
    found = citizens.FindCitizens(citizen_service_pb2.FindCitizensRequest(
        identifier=key, min_position=positions[-1]), timeout=DEADLINE)
    subjects = set()
    for citizen in found.citizens:
        page = citizens.ListTimeline(citizen_service_pb2.ListTimelineRequest(
            citizen_id=citizen.id, min_position=positions[-1]), timeout=DEADLINE)
        subjects |= {entry.contact.data.subject for entry in page.entries}
    assert subjects == {f"Paspoort {number}" for number in range(3)}, subjects
    print(f"  {', '.join(sorted(subjects))}")

    print("Follow from before the first, stop, and resume:")
    start = feed_service_pb2.FollowStart(position=positions[0] - 1)
    seen, token = [], ""
    for event, frame in follow(feed, start, count=1):
        seen.append(event.position)
        token = frame.resume_token
    record(contacts, call_event(f"{run}-later", "Later", phone))
    start = feed_service_pb2.FollowStart(resume_token=token)
    for event, _ in follow(feed, start, count=100):
        seen.append(event.position)
    assert set(positions) < set(seen), "nothing missed"
    assert seen == sorted(set(seen)), "in order, nothing twice"
    print(f"  positions {seen[0]} to {seen[-1]}, nothing missed and nothing twice")
    return 0


if __name__ == "__main__":
    sys.exit(main())
