"""A BRP on loopback, in the shapes of Haal Centraal BRP bevragen 2: brp_server.py [PORT [CERT KEY CLIENTS]]

Prints its port, serves until its standard input closes, and answers as the first part of the
path says: /brp/personen by the rules of the interface, /429/personen with that status. What it
was asked last stands at GET /asked. With certificates it speaks TLS and wants the client's.
"""

import http.server
import json
import ssl
import sys
import threading
from typing import Any

DATE = {"type": "Datum", "datum": "1985-12-01", "langFormaat": "1 december 1985"}
PERSONS: dict[str, dict[str, Any]] = {
    "999990019": {
        "naam": {"voornamen": "Sanne Élise", "voorletters": "S.É.", "voorvoegsel": "van der",
                 "geslachtsnaam": "Berg", "aanduidingNaamgebruik": {"code": "V", "omschrijving": "-"}},
        "partners": [{"naam": {"voorvoegsel": "de", "geslachtsnaam": "Vries"}}],
        "geboorte": {"datum": DATE}, "geslacht": {"code": "V", "omschrijving": "vrouw"},
        "verblijfplaats": {"type": "Adres", "verblijfadres": {
            "officieleStraatnaam": "Lindelaan", "korteStraatnaam": "Lindeln", "huisnummer": 31,
            "huisletter": "a", "huisnummertoevoeging": "bis", "postcode": "3077 aw",
            "woonplaats": "Lindewaard"}}},
    "999990020": {
        "naam": {"geslachtsnaam": "Jansen", "aanduidingNaamgebruik": {"code": "E"}},
        "geheimhoudingPersoonsgegevens": True,
        "opschortingBijhouding": {"reden": {"code": "O", "omschrijving": "overlijden"}}},
}
BAD_PARAMS = {"title": "Een of meerdere parameters zijn niet correct.", "status": 400,
              "code": "paramsValidation", "instance": "/personen"}
last: dict[str, Any] = {}


def answer(question: dict[str, Any]) -> tuple[int, Any]:
    kind = question.get("type")
    if kind == "RaadpleegMetBurgerservicenummer":
        bsns = question["burgerservicenummer"]
        if not 1 <= len(bsns) <= 20:
            return 400, BAD_PARAMS
        found = [{"burgerservicenummer": bsn, **PERSONS[bsn]} for bsn in bsns if bsn in PERSONS]
    elif kind in ("ZoekMetGeslachtsnaamEnGeboortedatum", "ZoekMetPostcodeEnHuisnummer"):
        if question.get("geslachtsnaam") == "Veel":
            return 400, {"title": "Teveel zoekresultaten.", "status": 400, "code": "tooManyResults",
                         "detail": "Meer dan maximum van 10 zoekresultaten gevonden."}
        found = [{"burgerservicenummer": "999990019"}] if question.get("geslachtsnaam") != "Geen" else []
    else:
        return 400, BAD_PARAMS
    return 200, {"type": kind, "personen": found}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:  # noqa: N802
        self.reply(200, json.dumps(last).encode())

    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        last.update(body=json.loads(body), key=self.headers.get("X-API-KEY", ""))
        mode = self.path.split("/")[1]
        if mode == "brp":
            status, said = answer(json.loads(body))
            kind = "application/json" if status == 200 else "application/problem+json"
            self.reply(status, json.dumps(said).encode(), Content_Type=kind)
        elif mode == "slow":
            self.connection.recv(1)  # Until the caller gives up.
            self.close_connection = True
        elif mode == "malformed":
            self.reply(200, b'{"type": "RaadpleegMetBurgerservicenummer", "personen": [')
        elif mode == "page":
            self.reply(200, b"<html>Log in</html>")
        elif mode == "large":
            self.reply(200, b" " * (2 << 20))
        elif mode == "moved":
            self.reply(302, b"", Location="/brp/personen")
        elif mode == "echo":  # An error that repeats what was asked.
            code = json.loads(body)["burgerservicenummer"][0]
            self.reply(500, json.dumps({"code": code, "detail": code}).encode())
        else:
            self.reply(int(mode), json.dumps({"status": int(mode), "code": "authentication"}).encode(),
                       Retry_After="7")


def main() -> None:
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    if len(sys.argv) > 2:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=sys.argv[4])
        context.load_cert_chain(sys.argv[2], sys.argv[3])
        context.verify_mode = ssl.CERT_REQUIRED
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


main()
