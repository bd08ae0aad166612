"""The people of Lindewaard: households with shared telephones and tablets."""

import pathlib
import random
from dataclasses import dataclass

WORDS = pathlib.Path(__file__).parent / "words"


def words(name: str) -> list[list[str]]:
    lines = (WORDS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line.split("|") for line in lines if line and not line.startswith("#")]


def bsn_valid(number: str) -> bool:
    """The eleven test: 9·d1 + 8·d2 + … + 2·d8 − d9 is divisible by 11."""
    if len(number) != 9 or not number.isdigit() or number == "000000000":
        return False
    digits = [int(digit) for digit in number]
    return (sum((9 - i) * d for i, d in enumerate(digits[:8])) - digits[8]) % 11 == 0


@dataclass
class Household:
    street: str
    number: int
    addition: str
    postcode: str
    landline: str | None
    tablet: str | None


@dataclass
class Citizen:
    bsn: str
    first: str
    prefix: str
    surname: str
    birth: tuple[int, int | None, int | None]
    female: bool
    home: Household
    mobile: str
    email: str
    cookie: str
    activity: float
    visits: int = 0

    def stated(self, rng: random.Random, full: bool) -> dict[str, object]:
        """What this person tells of itself: seldom everything."""
        details: dict[str, object] = {"surname": self.surname}
        if self.prefix:
            details["surnamePrefix"] = self.prefix
        if full or rng.random() < 0.4:
            details["firstNames"] = self.first
        else:
            details["initials"] = self.first[0] + "."
        if full or rng.random() < 0.6:
            parts = zip(("year", "month", "day"), self.birth)
            details["birthDate"] = {name: value for name, value in parts if value}
        if full or rng.random() < 0.5:
            details["address"] = self.address()
        return details

    def address(self) -> dict[str, object]:
        home = self.home
        address: dict[str, object] = {
            "postcode": home.postcode, "houseNumber": home.number,
            "street": home.street, "city": "Lindewaard"}
        if home.addition:
            address["houseNumberAddition"] = home.addition
        return address


def _bsn(rng: random.Random, taken: set[str]) -> str:
    while True:
        head = f"9{rng.randrange(10**7):07d}"
        check = sum((9 - i) * int(d) for i, d in enumerate(head)) % 11
        if check < 10 and head + str(check) not in taken:
            taken.add(head + str(check))
            return head + str(check)


def _birth(rng: random.Random) -> tuple[int, int | None, int | None]:
    year = int(rng.triangular(1932, 2006, 1978))
    if rng.random() < 0.008:  # As for people whose register had no full date.
        return year, rng.choice((None, rng.randint(1, 12))), None
    return year, rng.randint(1, 12), rng.randint(1, 28)


def _unique(rng: random.Random, taken: set[str], pattern: str, digits: int) -> str:
    while True:
        value = pattern + f"{rng.randrange(10**digits):0{digits}d}"
        if value not in taken:
            taken.add(value)
            return value


def populate(rng: random.Random, count: int) -> list[Citizen]:
    female = [w[0] for w in words("first_names_female")]
    male = [w[0] for w in words("first_names_male")]
    surnames = words("surnames")
    streets = [w[0] for w in words("streets")]
    taken: set[str] = set()
    citizens: list[Citizen] = []
    while len(citizens) < count:
        street = rng.randrange(len(streets))
        home = Household(
            street=streets[street],
            number=rng.randint(1, 240),
            addition=rng.choice(("A", "B", "C", "bis", "2")) if rng.random() < 0.12 else "",
            postcode=f"{9940 + street // 12}{'ABCDEGHJKLMN'[street % 12]}{rng.choice('ABCDEGHJK')}",
            landline=_unique(rng, taken, "05994", 5) if rng.random() < 0.55 else None,
            tablet=f"{rng.getrandbits(48):012x}" if rng.random() < 0.3 else None)
        family = rng.choice(surnames)
        for member in range(rng.choices((1, 2, 3, 4), (38, 40, 14, 8))[0]):
            is_female = rng.random() < 0.5
            prefix, surname = family if member == 0 or rng.random() < 0.55 else rng.choice(surnames)
            first = rng.choice(female if is_female else male)
            plain = "".join(c for c in (first + "." + surname).lower() if c.isascii() and c not in " '")
            citizens.append(Citizen(
                bsn=_bsn(rng, taken), first=first, prefix=prefix, surname=surname,
                birth=_birth(rng), female=is_female, home=home,
                mobile=_unique(rng, taken, "061", 7),
                email=f"{plain}{len(citizens)}@example.org",
                cookie=f"{rng.getrandbits(48):012x}",
                activity=rng.lognormvariate(0, 0.8)))
    return citizens[:count]
