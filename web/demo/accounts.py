"""The accounts to try the product with: their names, and passwords that nobody has to store.

A password follows from the installation's own secret key and the user name. So the printout, the JSON
and the sign-in agree without a file, and two installations never share one.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import asdict, dataclass

from django.conf import settings

from accounts.models import User
from asn.models import Agency
from web.demo import corpus
from web.demo.world import DEMO_CITIES

OPERATOR = "operator"
ROLES = {  # role: (first part of the user name, what the printout says)
    "employee": ("asn", "ASN"),
    "supervisor": ("atasan", "Atasan langsung"),
    "hr": ("sdm", "Pengelola SDM"),
    "partner": ("mitra", "Mitra"),
    "newcomer": ("calon", "Calon mitra"),
    "mentor": ("mentor", "Mentor"),
    "auditor": ("auditor", "Auditor"),
    "leadership": ("pimpinan", "Pimpinan"),
}
_WORDS = [
    "angin",
    "bambu",
    "batik",
    "beras",
    "bukit",
    "bulan",
    "cengkih",
    "dayung",
    "delta",
    "durian",
    "elang",
    "embun",
    "gajah",
    "gelatik",
    "hujan",
    "hutan",
    "ikan",
    "intan",
    "jagung",
    "jambu",
    "jati",
    "jeruk",
    "kapal",
    "karang",
    "kebun",
    "kelapa",
    "kemiri",
    "kenari",
    "kopi",
    "kunyit",
    "ladang",
    "langit",
    "laut",
    "lebah",
    "lontar",
    "lumba",
    "madu",
    "mangga",
    "manis",
    "melati",
    "merak",
    "nelayan",
    "nipah",
    "ombak",
    "padi",
    "pandan",
    "pantai",
    "perahu",
    "pinus",
    "pulau",
    "purnama",
    "rimba",
    "rotan",
    "sagu",
    "sawah",
    "senja",
    "siput",
    "sungai",
    "talas",
    "taman",
    "teluk",
    "tenun",
    "timur",
    "udang",
]


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One line of the printout."""

    role: str
    city: str
    username: str
    password: str
    name: str

    def as_dict(self) -> dict[str, str]:
        """For JSON."""
        return asdict(self)


def username_of(role: str, city: str) -> str:
    """The user name of a role in a city."""
    return f"{ROLES[role][0]}.{city}"


def password_of(username: str) -> str:
    """Three words and a number that only this installation can work out."""
    key = settings.SECRET_KEY.encode()
    digest = hmac.new(key, f"demo account {username}".encode(), hashlib.sha256).digest()
    words = [_WORDS[byte % len(_WORDS)] for byte in digest[:3]]
    return "-".join([*words, f"{int.from_bytes(digest[3:5]) % 9000 + 1000}"])


def demo_accounts() -> list[DemoAccount]:
    """The accounts that exist, in the order of the road; empty when there is no demo world."""
    cities = {city.code: city.city for city in corpus.cities()}
    present = set(Agency.objects.filter(is_demo=True).values_list("code", flat=True))
    wanted = {
        username_of(role, city): (label, cities[city])
        for city in DEMO_CITIES
        if city in present
        for role, (_, label) in ROLES.items()
    }
    if present:
        wanted[OPERATOR] = ("Operator", "–")
    names = dict(User.objects.filter(username__in=wanted).values_list("username", "name"))
    return [
        DemoAccount(label, city, username, password_of(username), names[username])
        for username, (label, city) in wanted.items()
        if username in names
    ]
