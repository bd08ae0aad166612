"""What the systems of Lindewaard report: website, exchange, desk and queue system."""

import random
from dataclasses import dataclass, field
from typing import Any

from clock import iso, local
from people import Citizen, words

Json = dict[str, Any]


@dataclass
class Product:
    code: str
    name: str
    term: str
    department: str
    queue: str
    page: str
    service: str
    weight: int
    kind: str

    def reference(self) -> Json:
        return {"name": self.name, "code": self.code,
                "uplUri": f"http://standaarden.overheid.nl/owms/terms/{self.term}"}


def products() -> list[Product]:
    return [Product(*row[:7], weight=int(row[7]), kind=row[8]) for row in words("products")]


def identifier(kind: str, value: str, verified: str | None = None) -> Json:
    out = {"type": f"IDENTIFIER_TYPE_{kind}", "value": value}
    if verified:
        out["verified"] = f"VERIFIED_BY_{verified}"
    return out


def party(identifiers: list[Json], details: Json | None = None) -> list[Json]:
    """The customer; nothing at all for somebody who stays unknown."""
    out: Json = {"initiator": True}
    if identifiers:
        out["identifiers"] = identifiers
    if details:
        out["details"] = details
    return [out] if len(out) > 1 else []


@dataclass
class Systems:
    """Writes events in the words of each source. Nothing after `end` is reported."""

    rng: random.Random
    end: int
    events: list[tuple[int, int, Json]] = field(default_factory=list)
    contacts: dict[str, int] = field(default_factory=lambda: {"web": 0, "phone": 0, "counter": 0})
    numbers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.locations = [(row[0], int(row[1])) for row in words("locations")]
        self.outcomes = [(row[0], int(row[1])) for row in words("outcomes")]
        self.notes: dict[str, list[list[str]]] = {}
        for code, *note in words("notes"):
            self.notes.setdefault(code, []).append(note)
        first = [row[0] for row in words("first_names_female") + words("first_names_male")]
        self.agents = [(f"{name[0]}. {surname[0] + ' ' if surname[0] else ''}{surname[1]}", f"kcc{i:03d}")
                       for i, (name, surname) in enumerate(
                           zip(self.rng.sample(first, 40), self.rng.sample(words("surnames"), 40)))]

    def next_id(self, prefix: str) -> str:
        self.numbers[prefix] = self.numbers.get(prefix, 0) + 1
        return f"{prefix}-{self.numbers[prefix]:07d}"

    def report(self, moment: int, source: str, event_id: str, data: Json,
               contact: tuple[str, str] | None = None, revised: bool = False) -> None:
        """Keeps an event that its source sent at `moment`."""
        if moment > self.end:
            return
        event: Json = {"source": source, "eventId": event_id}
        if contact:
            event["contact"] = {"source": contact[0], "id": contact[1]}
        if revised:
            event["revisedAt"] = iso(moment)
        event["data"] = data
        self.events.append((moment, len(self.events), event))

    def agent(self) -> list[Json]:
        name, number = self.rng.choice(self.agents)
        return [{"name": name, "id": number, "kind": "AGENT_KIND_EMPLOYEE", "job": "Medewerker KCC"}]

    # --- Website

    def visit(self, who: Citizen, product: Product, start: int, seconds: int, *,
              logged_in: bool, submitted: bool, session: str, stopped_at: str | None = None) -> int:
        """A visit to the website; answers when it ended."""
        rng = self.rng
        end = start + seconds
        if end > self.end:
            return end
        self.contacts["web"] += 1
        cookie = who.home.tablet if who.home.tablet and rng.random() < 0.4 else who.cookie
        ids = [identifier("COOKIE", cookie)]
        if logged_in:
            ids = [identifier("BSN", who.bsn, "DIGID"), identifier("SESSION", session, "DIGID"), *ids]
        pages = [("/", "Gemeente Lindewaard"), (product.page, product.name)]
        web: Json = {
            "site": "Mijn Lindewaard" if logged_in else "www.lindewaard.example",
            "loggedIn": logged_in, "visitNumber": who.visits,
            "deviceKind": rng.choice(("smartphone", "smartphone", "desktop", "tablet"))}
        if rng.random() < 0.3:
            pages.append(("/contact", "Contact"))
        if logged_in and (submitted or stopped_at):
            pages.append((product.page + "/formulier", f"Formulier {product.name}"))
            web.update(form=product.name, formSubmitted=submitted)
            if stopped_at:
                web["formStep"] = stopped_at
        if not logged_in and rng.random() < 0.25:
            web["searches"] = [product.name.split()[0].lower()]
            web["referrerKind"] = "search"
        step = max(1, seconds // len(pages))
        web["pages"] = len(pages)
        web["pageViews"] = [
            {"path": path, "title": title, "at": iso(start + i * step), "spent": f"{step}s"}
            for i, (path, title) in enumerate(pages)]
        self.report(end, "website", self.next_id("v"), {
            "channel": "CHANNEL_WEB", "direction": "DIRECTION_INBOUND",
            "occurredAt": iso(start), "endedAt": iso(end), "state": "CONTACT_STATE_ENDED",
            "product": product.reference(), "subject": product.name,
            "department": product.department, "parties": party(ids), "web": web})
        if submitted and rng.random() < 0.15:  # The form engine knows the session only.
            self.contacts["web"] += 1
            self.report(end, "forms", self.next_id("f"), {
                "channel": "CHANNEL_WEB", "channelName": "Webformulier",
                "direction": "DIRECTION_INBOUND", "occurredAt": iso(end),
                "product": product.reference(), "subject": f"Formulier {product.name}",
                "reference": f"LW{rng.randrange(10**7):07d}",
                "parties": party([identifier("SESSION", session, "SESSION"),
                                  identifier("EMAIL", who.email, "TYPED")]),
                "web": {"form": product.name, "formSubmitted": True, "loggedIn": True}})
        who.visits += 1
        return end

    # --- Telephone

    def call(self, who: Citizen, product: Product, start: int, *, wait: int, talk: int,
             session: str | None, caller: str | None) -> str:
        """A call as the exchange writes it, given up when `talk` is 0. Answers its id."""
        rng = self.rng
        held = rng.randint(10, 150) if talk and rng.random() < 0.2 else 0
        after = rng.randint(15, 180) if talk else 0
        end = start + wait + talk + held
        call_id = self.next_id("c")
        if end + after > self.end:
            return call_id
        self.contacts["phone"] += 1
        ids = []
        if caller:
            ids.append(identifier("PHONE", caller, "CALLER_LINE"))
        if session:  # Called from the portal, which hands its session over.
            ids.append(identifier("SESSION", session, "SESSION"))
        data: Json = {
            "channel": "CHANNEL_PHONE", "direction": "DIRECTION_INBOUND",
            "occurredAt": iso(start), "endedAt": iso(end), "waited": f"{wait}s",
            "state": "CONTACT_STATE_ENDED" if talk else "CONTACT_STATE_ABANDONED",
            "reached": bool(talk), "queue": product.queue, "subject": product.queue, "parties": party(ids),
            "call": {"dialledNumber": "140599", "callId": f"{start}.{rng.randrange(10**4)}",
                     "menuChoices": [product.queue], "menu": f"{rng.randint(8, 45)}s",
                     "queuePosition": 1 + wait // 75,
                     "disposition": "CONNECTEDQUEUEDANNOUNCE" if talk else "ABANDONEDQUEUED",
                     "endedBy": rng.choice(("customer", "agent")) if talk else "customer"}}
        if talk:
            data.update(talked=f"{talk}s", afterWork=f"{after}s")
        if held:
            data["held"] = f"{held}s"
            data["call"]["holds"] = 1
        if caller is None:
            data["attributes"] = [{"name": "caller", "value": "anonymous"}]
        self.report(end, "exchange", call_id, data)
        if talk and rng.random() < 0.03:  # The exchange corrects its record later.
            self.report(end + after, "exchange", call_id + "-2", {
                "afterWork": f"{after + 30}s", "call": {"transfers": 1}},
                ("exchange", call_id), revised=True)
        return call_id

    def note(self, who: Citizen, product: Product, moment: int, contact: tuple[str, str], *,
             verified: str | None, subject: str | None = None, outcome: str | None = None) -> None:
        """The agent's note on a contact of another system."""
        rng = self.rng
        pool = self.notes.get(product.code, []) + (self.notes["*"] if rng.random() < 0.2 else [])
        chosen = next((n for n in pool if n[0] == subject), None) or rng.choice(pool or self.notes["*"])
        outcome = outcome or rng.choices([o[0] for o in self.outcomes], [o[1] for o in self.outcomes])[0]
        progress = "voortgang" in (chosen[0] + chosen[3]).lower()
        data: Json = {
            "subject": chosen[0], "question": chosen[1], "answer": chosen[2], "note": chosen[3],
            "outcome": outcome, "product": product.reference(),
            "department": product.department, "language": "nld", "agents": self.agent()}
        if rng.random() < 0.5:
            data["avoidable"] = {"reason": "AVOIDABLE_REASON_" + (
                "PROGRESS" if progress else
                rng.choice(("NOT_AVOIDABLE", "NOT_AVOIDABLE", "UNCLEAR", "WRONG_DESK")))}
        if progress and rng.random() < 0.5:
            data["cases"] = [f"ZAAK-{local(moment)[0].year}-{rng.randrange(10**7):07d}"]
        if outcome.startswith("Terugbel"):
            data["followUp"] = {"action": "Terugbellen over " + product.name.lower(),
                                "forWhom": product.department, "dueAt": iso(min(moment + 86_400, self.end))}
        if verified:
            data["parties"] = party([identifier("BSN", who.bsn, verified)],
                                    who.stated(rng, full=verified == "CONTROL_QUESTIONS"))
        elif rng.random() < 0.5:
            data["parties"] = party([], who.stated(rng, full=False))
        self.report(moment, "desk", self.next_id("n"), data, contact, revised=True)

    # --- Counter

    def appointment(self, who: Citizen, product: Product, booked: int, planned: int) -> str:
        """Books a visit. Answers the visit's id."""
        visit = self.next_id("q")
        if planned > self.end:
            return visit
        self.contacts["counter"] += 1
        number = self.next_id("afspraak")
        self.report(booked, "queue", f"{visit}/planned", {
            "channel": "CHANNEL_COUNTER", "direction": "DIRECTION_INBOUND",
            "plannedAt": iso(planned), "state": "CONTACT_STATE_PLANNED",
            "product": product.reference(), "subject": product.service,
            "parties": party([identifier("APPOINTMENT", number)]),
            "counter": {"service": product.service, "byAppointment": True,
                        "appointmentAt": iso(planned), "appointmentLength": "900s"}},
            ("queue", visit), revised=True)
        return visit

    def counter(self, who: Citizen, product: Product, start: int, *, wait: int, talk: int,
                place: int, visit: str | None = None, no_show: bool = False,
                scanned: bool = False) -> str:
        """A visit: the town hall reports each step, the other desks the whole at its end."""
        rng = self.rng
        location, desks = self.locations[place]
        planned = visit is not None
        visit = visit or self.next_id("q")
        day, _ = local(start)
        number = f"{'ABCDE'[place]}{rng.randint(1, 299):03d}"
        ticket = identifier("TICKET", f"{day.isoformat()}-{place}-{number}")
        if start > self.end:
            return visit
        if not planned:
            self.contacts["counter"] += 1
        if no_show:
            self.report(start + 1200, "queue", f"{visit}/no-show", {"state": "CONTACT_STATE_NO_SHOW"},
                        ("queue", visit), revised=True)
            return visit
        shown = identifier("BSN", who.bsn, "ID_DOCUMENT")
        begin: Json = {
            "channel": "CHANNEL_COUNTER", "channelName": "balie", "direction": "DIRECTION_INBOUND",
            "occurredAt": iso(start), "location": location, "queue": product.queue,
            "product": product.reference(), "subject": product.service,
            "department": product.department,
            "parties": party([ticket, shown] if scanned else [ticket]),
            "counter": {"ticket": number, "service": product.service}}
        called: Json = {"waited": f"{wait}s", "counter": {
            "calledAt": iso(start + wait), "desk": f"Balie {rng.randint(1, desks)}"}}
        served: Json = {
            "state": "CONTACT_STATE_ENDED", "endedAt": iso(start + wait + talk), "talked": f"{talk}s",
            "reached": True, "outcome": "Zelf afgehandeld",
            "parties": party([ticket, shown], {**who.stated(rng, full=True),
                                               "sex": "SEX_FEMALE" if who.female else "SEX_MALE"})}
        ref = ("queue", visit)
        if place == 0 or start + wait + talk > self.end:
            self.report(start, "queue", f"{visit}/printed",
                        {**begin, "state": "CONTACT_STATE_WAITING"}, ref, revised=True)
            self.report(start + wait, "queue", f"{visit}/called",
                        {**called, "state": "CONTACT_STATE_IN_PROGRESS"}, ref, revised=True)
            self.report(start + wait + talk, "queue", f"{visit}/served", served, ref, revised=True)
        else:
            whole = {**begin, **called, **served,
                     "counter": {**begin["counter"], **called["counter"]}}
            self.report(start + wait + talk, "queue", f"{visit}/served", whole, ref, revised=True)
        return visit
