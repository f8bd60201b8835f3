"""Plans the demo world as plain data: the same seed, size and day always give the same world."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any

from web.demo import corpus
from web.demo.corpus import City, PositionTemplate, Vignette
from web.demo.gatherings import GATHERINGS
from web.demo.history import past_applications
from web.demo.kinds import STYLES
from web.demo.people import Namer, Numberer
from web.demo.records import (
    Agreement,
    Application,
    Assessment,
    Employee,
    Evaluation,
    LogbookDay,
    Member,
    Mentor,
    Partner,
    Position,
    Session,
    Slot,
    Unit,
    World,
)
from web.demo.texts import Writer


@dataclass(frozen=True, slots=True)
class Size:
    """How big a world is; numbers are per city."""

    employees: int
    slots: int
    finished: int
    running: int
    unit_kinds: frozenset[str] | None = None


SIZES = {
    "small": Size(
        50,
        8,
        2,
        1,
        frozenset(
            {
                "setda",
                "inspektorat",
                "bappeda",
                "bkpsdm",
                "kominfo",
                "dinkes",
                "dukcapil",
                "kecamatan",
            }
        ),
    ),
    "city": Size(500, 60, 8, 3),
}
# Somebody can sign in to these cities, so their queues are the fullest.
DEMO_CITIES = ("surakarta", "palu")
# Accounts to try the product with have a fixed partner and unit.
DEMO_PARTNERS = {
    "tebingtinggi": "PT Deli Kreasi Perangkat",
    "surakarta": "PT Laweyan Solusi Digital",
    "palu": "PT Teluk Digital Karsa",
    "sibolga": "PT Horas Jaringan Digital",
    "tanjungpinang": "PT Bintan Karya Informatika",
}
DEMO_UNIT = "kominfo"
DEMO_POSITION = "analis-data"
DEMO_LEVELS = {
    "TEK-216-15": 1,
    "TEK-216-10": 1,
    "MAN-03": 1,
    "MAN-07": 1,
    "MAN-08": 1,
}  # TEK-220-01 stays unknown
HEADS = {
    "setda": "Sekretaris Daerah",
    "setwan": "Sekretaris DPRD",
    "inspektorat": "Inspektur",
    "disdik": "Kepala {unit}",
}
DESK_FIELDS = (
    "TEK-216",
    "TEK-220",
    "TEK-221",
    "TEK-5",
    "TEK-401",
    "TEK-601",
    "TEK-224",
)
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
LEADERS = {
    1: ("pelaksana", "pejabat fungsional jenjang pertama"),
    2: ("pejabat fungsional ahli pertama", "pejabat pengawas"),
    3: ("pejabat pengawas", "ketua tim kerja"),
    4: ("pejabat administrator", "kepala bidang"),
    5: ("kepala perangkat daerah", "pejabat pimpinan tinggi"),
}


def plan(*, seed: int, size: str, today: date) -> World:
    """The whole world; nothing is written anywhere."""
    return _Planner(seed, size, today).run()


def _lower(name: str) -> str:
    """A catalogue name inside a sentence: abbreviations keep their capitals."""
    return " ".join(word if sum(map(str.isupper, word)) > 1 else word.lower() for word in name.split(" "))


def _slug(name: str) -> str:
    """ASCII letters of a name, for addresses."""
    words = "".join(char if char.isalnum() else " " for char in name.lower() if char.isascii()).split()
    dull = {"pt", "dan", "persero", "perseroda", "rekan"}
    return "-".join(word for word in words if word not in dull)


def _workdays(starts: date, ends: date) -> list[date]:
    days = (starts + timedelta(days=n) for n in range((ends - starts).days + 1))
    return [day for day in days if day.weekday() < 5]


class _Planner:
    """Fills a world step by step; each step draws from its own generator, so that none shifts another."""

    def __init__(self, seed: int, size: str, today: date) -> None:
        self.size = SIZES[size]
        self.world = World(seed, size, today, corpus.cities())
        self.today = today
        self.seed = seed
        self.namer = Namer(self.rng("names"))
        self.numberer = Numberer(self.rng("numbers"), today)
        self.writer = Writer(self.rng("texts"))
        self.people: dict[str, list[Employee]] = defaultdict(list)
        self.unit_of: dict[str, Unit] = {}
        self.partner_of: dict[str, Partner] = {}
        self.mentor_of: dict[str, Mentor] = {}
        self.mentors_at: dict[str, list[Mentor]] = defaultdict(list)
        self.agreement_of: dict[tuple[str, str], Agreement] = {}
        self.uses: Counter[Vignette] = Counter()
        self.busy: set[str] = set()

    def rng(self, name: str) -> Random:
        return Random(f"{self.seed}:{self.world.size}:{name}")

    def run(self) -> World:
        for city in self.world.cities:
            self.staff(city)
        self.hosts()
        chosen: list[tuple[City, Vignette, Partner, str]] = []
        for city in self.world.cities:
            chosen.extend(self.choose(city))
        self.guides(chosen)
        self.agree(chosen)
        self.write_slots(chosen)
        self.demo_hosts()
        self.placements()
        for city in self.world.cities:
            self.queues(city)
        self.world.past = past_applications(self.world, self.rng("history"))
        self.gather()
        return self.world

    # People ------------------------------------------------------------------------------------

    def staff(self, city: City) -> None:
        """Units, positions and employees of a city."""
        rng = self.rng(f"staff:{city.code}")
        wanted = self.size.unit_kinds
        units = [u for u in city.units if wanted is None or u.kind in wanted]
        positions: dict[str, Position] = {}
        total = sum(unit.share for unit in units)
        for number, template in enumerate(units, 1):
            unit = Unit(
                f"{city.code}:unit:{number:02d}",
                city.code,
                template.kind,
                template.name,
                template.place,
            )
            self.world.units.append(unit)
            self.unit_of[unit.key] = unit
            size = max(4, round(self.size.employees * template.share / total))
            for post in self.posts(rng, unit, size):
                position = self.position(city, unit, post, positions)
                self.people[city.code].append(self.employ(rng, city, unit, position, post))
        self.supervisors(city)
        self.demo_staff(city)
        self.assess(rng, city)

    def posts(self, rng: Random, unit: Unit, size: int) -> list[PositionTemplate]:
        """The posts of a unit: one of each leading post, the rest by weight."""
        fitting = [post for post in corpus.positions() if post.fits(unit.kind)]
        skipped = {
            "kecamatan": {"kepala"},
            "setda": {"sekretaris"},
            "setwan": {"sekretaris"},
        }
        fitting = [p for p in fitting if p.code not in skipped.get(unit.kind, set())]
        leading = {"JPT_PRATAMA", "ADMINISTRATOR", "PENGAWAS"}
        single = [post for post in fitting if post.position_class in leading]
        posts = [post for post in single for _ in range(post.weight)]
        # Small units have no room for every leading post: heads come first in the list.
        posts = posts[: max(2, size // 2)]
        pool = [post for post in fitting if post not in single]
        # Posts of the field weigh more than those that every unit has.
        weights = [post.weight * (1 if "*" in post.units else 4) for post in pool]
        own = [post for post in pool if "*" not in post.units]
        own.sort(key=lambda post: post.code != DEMO_POSITION)
        posts.extend(own[: max(0, size - len(posts))])
        while len(posts) < size:
            posts.append(rng.choices(pool, weights)[0])
        return posts

    def position(
        self,
        city: City,
        unit: Unit,
        post: PositionTemplate,
        known: dict[str, Position],
    ) -> Position:
        """The position row a post stands for; leading posts are one for each unit."""
        per_unit = "{unit}" in post.title
        code = f"{post.code}-{unit.key[-2:]}" if per_unit else post.code
        if code not in known:
            name = unit.name.removeprefix("Kecamatan ") if post.code == "camat" else unit.name
            title = post.title
            if post.code == "kepala":
                title = HEADS.get(unit.kind, title)
            known[code] = Position(
                f"{city.code}:position:{code}",
                city.code,
                post.position_class,
                title.format(unit=name),
                post.duties.format(unit=unit.name),
                post.standards,
            )
            self.world.positions.append(known[code])
        return known[code]

    def employ(
        self,
        rng: Random,
        city: City,
        unit: Unit,
        position: Position,
        post: PositionTemplate,
    ) -> Employee:
        klass = position.position_class
        person = self.namer.employee(city.names, unit.kind, klass, post.code)
        contract = (
            klass in ("PELAKSANA", "JF_TERAMPIL", "JF_AHLI_PERTAMA")
            and post.code != DEMO_POSITION
            and rng.random() < 0.22
        )
        service = self.numberer.service(klass, female=person.female, contract=contract)
        employee = Employee(
            f"{city.code}:employee:{len(self.people[city.code]) + 1:04d}",
            city.code,
            unit.key,
            position.key,
            klass,
            post.code,
            person,
            service,
        )
        employee.required = corpus.class_standards()[klass] | dict(position.standards)
        self.world.employees.append(employee)
        return employee

    def supervisors(self, city: City) -> None:
        """Each person's superior: the nearest leading post of the unit, heads below the regional secretary."""
        people = self.people[city.code]
        by_unit: dict[str, list[Employee]] = defaultdict(list)
        for employee in people:
            by_unit[employee.unit].append(employee)
        secretary = next(e for e in people if e.template == "kepala" and self.unit_of[e.unit].kind == "setda")
        for staff in by_unit.values():
            head = next((e for e in staff if e.template in ("kepala", "camat")), staff[0])
            middle = [e for e in staff if e is not head and e.position_class in ("ADMINISTRATOR", "PENGAWAS")]
            for number, employee in enumerate(staff):
                if employee is secretary:
                    continue
                if employee is head:
                    employee.supervisor = secretary.key
                elif employee in middle or employee.position_class == "JF_AHLI_MADYA":
                    employee.supervisor = head.key
                else:
                    # A small unit has one superior below its head, so that nobody leads nobody.
                    leaders = middle[:1] if len(staff) < 12 else middle
                    leader = leaders[number % len(leaders)] if leaders else head
                    employee.supervisor = leader.key

    def demo_staff(self, city: City) -> None:
        """Who stands behind the demo accounts of the city's own people."""
        for role, kind, templates in (
            ("employee", DEMO_UNIT, (DEMO_POSITION,)),
            ("hr", "bkpsdm", ("analis-sdm-muda", "analis-sdm-pertama")),
            ("auditor", "inspektorat", ("auditor-muda", "auditor-pertama")),
            ("leadership", "setda", ("kepala",)),
        ):
            self.world.accounts[(city.code, role)] = next(
                employee.key
                for template in templates
                for employee in self.people[city.code]
                if employee.template == template and self.unit_of[employee.unit].kind == kind
            )
        demo = self.world.accounts[(city.code, "employee")]
        boss = next(e.supervisor for e in self.people[city.code] if e.key == demo and e.supervisor)
        self.world.accounts[(city.code, "supervisor")] = boss

    def assess(self, rng: Random, city: City) -> None:
        """Measured levels: most known, some never measured, some longer ago than three years."""
        units = {u.key: u for u in self.world.units}
        texts = corpus.sentences()["interests"]["texts"]
        for employee in self.people[city.code]:
            demo = employee.key == self.world.accounts[(city.code, "employee")]
            if not demo and rng.random() < 0.05:
                continue
            generic_on = self.today - timedelta(days=rng.randint(40, 1500))
            technical_on = self.today - timedelta(days=rng.randint(20, 1350))
            if demo:
                generic_on = self.today - timedelta(days=400)
                technical_on = self.today - timedelta(days=200)
            for competency, need in employee.required.items():
                technical = competency.startswith("TEK")
                level = self.level(rng, need)
                unknown = rng.random() < (0.16 if technical else 0.04)
                if demo:
                    level = DEMO_LEVELS.get(competency, need)
                    unknown = competency == "TEK-220-01"
                if unknown:
                    continue
                employee.levels[competency] = level
                source = "assessment_centre"
                if technical:
                    source = "computer_test" if level % 2 else "supervisor"
                self.world.assessments.append(
                    Assessment(
                        employee.key,
                        competency,
                        level,
                        source,
                        technical_on if technical else generic_on,
                    )
                )
            wish = sorted(c for c in employee.required if employee.gap(c) > 0)
            if wish and (demo or rng.random() < 0.3):
                competency = "TEK-216-15" if demo else rng.choice(wish)
                employee.interests = rng.choice(texts).format(
                    competency=_lower(corpus.competency_names()[competency]),
                    unit=units[employee.unit].name,
                )

    @staticmethod
    def level(rng: Random, need: int) -> int:
        draw = rng.random()
        if draw < 0.05:
            return min(5, need + 1)
        if draw < 0.5:
            return need
        return max(1, need - (1 if draw < 0.84 else 2))

    # Hosts --------------------------------------------------------------------------------------

    def hosts(self) -> None:
        """Partners with their numbers, the cities they serve, and two members each."""
        rng = self.rng("hosts")
        codes = [city.code for city in self.world.cities]
        national = 0
        for number, template in enumerate(corpus.partners(), 1):
            if template.scope == "nasional":
                missing = codes[national % len(codes)]
                national += 1
                served = tuple(code for code in codes if code != missing)
            else:
                served = (template.scope,)
            company = template.kind in ("company", "state_company", "regional_company")
            digits = "".join(str(rng.randint(0, 9)) for _ in range(24))
            partner = Partner(
                f"partner:{number:02d}",
                template,
                served,
                f"{rng.choice((1, 2, 8, 9))}{digits[:8]}{number:04d}" if company else "",
                f"0{digits[8:20]}{rng.randint(100, 999)}" if template.kind != "community" else "",
                f"0{rng.randint(1, 9)}{rng.randint(1000, 9999)}" if template.kind == "university" else "",
                f"0{rng.choice(('21', '271', '451', '621', '771'))} {rng.randint(300, 899)}{rng.randint(100, 999)}",
                _slug(template.name),
            )
            self.world.partners.append(partner)
            self.partner_of[partner.key] = partner
            weights = self.names_at(partner)
            for order, role in enumerate(("owner", "member"), 1):
                name, _female = self.namer.draw(weights)
                self.world.members.append(Member(f"{partner.key}:member:{order}", partner.key, name, role))

    def names_at(self, partner: Partner) -> dict[str, int]:
        """Whose names people of a partner bear."""
        for city in self.world.cities:
            if city.code == partner.template.scope:
                return city.names
        return {
            "jawa": 40,
            "umum": 25,
            "batak": 10,
            "minang": 8,
            "tionghoa": 8,
            "bugis": 5,
            "melayu": 4,
        }

    # Slots --------------------------------------------------------------------------------------

    def choose(self, city: City) -> list[tuple[City, Vignette, Partner, str]]:
        """Which texts a city's partners offer, led by what its people lack."""
        rng = self.rng(f"choose:{city.code}")
        people = self.people[city.code]
        demand: Counter[tuple[str, int]] = Counter()
        for employee in people:
            for competency, need in employee.required.items():
                if employee.gap(competency):
                    have = employee.levels.get(competency, need - 1)
                    for level in range(have, need):
                        demand[(competency, level)] += 1
        total = self.size.slots + self.size.finished + self.size.running
        here = [p for p in self.world.partners if city.code in p.cities]
        taken: Counter[str] = Counter()
        load: Counter[str] = Counter()
        chosen: list[tuple[City, Vignette, Partner, str]] = []
        done: set[Vignette] = set()
        demo = self.demo_partner(city)
        own = 4 if self.size.slots < 20 else 6
        while len(chosen) < total:
            best: tuple[float, Vignette, Partner] | None = None
            for vignette in corpus.vignettes():
                if vignette in done or self.uses[vignette] >= 3:
                    continue
                tags = corpus.host_tags(vignette.competency, vignette.kind)
                able = [p for p in here if tags & set(p.template.tags)]
                if len(chosen) < own:  # the demo partner chooses first
                    able = [demo] if demo in able else []
                if not able:
                    continue
                wanted = sum(
                    demand[(vignette.competency, level)] for level in range(vignette.from_level, vignette.to_level)
                )
                if not wanted:
                    continue
                score = (wanted**0.4) * (0.55 ** taken[vignette.competency])
                score *= 0.35 ** self.uses[vignette] * rng.uniform(0.75, 1.25)
                score *= STYLES[vignette.kind].appeal
                if any(vignette.competency.startswith(f) for f in city.focus):
                    score *= 1.6
                if best is None or score > best[0]:
                    partner = self.pick_host(rng, city, vignette, able, load)
                    best = (score, vignette, partner)
            if best is None:
                raise RuntimeError(f"Not enough slot texts for {city.city}.")
            _score, vignette, partner = best
            done.add(vignette)
            taken[vignette.competency] += 1
            load[partner.key] += 1
            self.uses[vignette] += 1
            chosen.append((city, vignette, partner, ""))
        return self.with_status(rng, chosen, demo)

    @staticmethod
    def pick_host(
        rng: Random,
        city: City,
        vignette: Vignette,
        able: list[Partner],
        load: Counter[str],
    ) -> Partner:
        """Neighbours first, then whoever offers least; what needs a local place stays local if it can."""

        def rank(partner: Partner) -> float:
            local = partner.template.scope == city.code
            value = load[partner.key] * 0.6 + rng.random()
            value -= 2.0 if local else 0.0
            if vignette.on_site and not local:
                value += 5
            return value

        return min(able, key=rank)

    def with_status(
        self,
        rng: Random,
        chosen: list[tuple[City, Vignette, Partner, str]],
        demo: Partner,
    ) -> list[tuple[City, Vignette, Partner, str]]:
        """Give each chosen slot its place in time; the demo partner has some of each."""
        order = list(range(len(chosen)))
        rng.shuffle(order)
        own = [n for n in order if chosen[n][2] is demo]
        # What begins lowest presupposes nothing, so that somebody can be there.
        own.sort(key=lambda n: chosen[n][1].from_level)
        daily = [n for n in own if STYLES[chosen[n][1].kind].daily]
        special = daily[:1] or own[:1]  # runs now at the demo partner
        rest = [n for n in order if n not in special and n not in own[-2:]]
        small = self.size.slots < 20
        plan = (
            ["running"] * (self.size.running - len(special))
            + ["finished"] * self.size.finished
            + ["submitted"] * (1 if small else 2)
            + ([] if small else ["returned", "draft", "paused"])
        )
        status = dict.fromkeys(special, "running") | dict(zip(rest, plan, strict=False))
        return [
            (city, vignette, partner, status.get(n, "published"))
            for n, (city, vignette, partner, _status) in enumerate(chosen)
        ]

    def guides(self, chosen: Iterable[tuple[City, Vignette, Partner, str]]) -> None:
        """Mentors of each partner: together they master what its slots teach."""
        rng = self.rng("mentors")
        bios = corpus.sentences()["mentor"]["bio"]
        occupations = corpus.sentences()["occupations"]
        taught: dict[str, dict[str, int]] = defaultdict(dict)
        for _city, vignette, partner, _status in chosen:
            for competency, _low, high in self.outcomes(vignette):
                known = taught[partner.key].get(competency, 0)
                taught[partner.key][competency] = max(known, high)
        for partner in self.world.partners:
            wanted = sorted(taught[partner.key].items())
            count = 2 if len(wanted) < 6 else 3 if len(wanted) < 14 else 4
            rng.shuffle(wanted)
            for number in range(count):
                name, _female = self.namer.draw(self.names_at(partner))
                tag = partner.template.tags[number % len(partner.template.tags)]
                occupation = rng.choice(occupations[tag])
                expertise = tuple(
                    (competency, min(5, level + rng.choice((0, 1, 1))))
                    for competency, level in sorted(wanted[number::count])
                )
                days = rng.sample(range(1, 6), 2)
                mentor = Mentor(
                    f"{partner.key}:mentor:{number + 1}",
                    partner.key,
                    name,
                    occupation,
                    rng.choice(bios).format(name=name, occupation=occupation, years=rng.randint(7, 26)),
                    rng.choice((3, 4, 5, 6)),
                    expertise,
                    tuple((day, rng.choice((9, 13, 15, 19))) for day in sorted(days)),
                )
                self.world.mentors.append(mentor)
                self.mentor_of[mentor.key] = mentor
                self.mentors_at[partner.key].append(mentor)

    @staticmethod
    def outcomes(vignette: Vignette) -> tuple[tuple[str, int, int], ...]:
        """The main outcome as written, further ones one step and lower."""
        rows = [(vignette.competency, vignette.from_level, vignette.to_level)]
        for competency in vignette.further:
            low = max(1, vignette.from_level - (1 if vignette.from_level > 1 else 0))
            rows.append((competency, low, low + 1))
        return tuple(rows)

    def agree(self, chosen: Iterable[tuple[City, Vignette, Partner, str]]) -> None:
        """A memorandum and a cooperation agreement for each city and partner; some end soon or have ended."""
        rng = self.rng("agreements")
        used = {(city.code, partner.key) for city, _v, partner, _s in chosen}
        owners = {m.partner: m.name for m in self.world.members if m.role == "owner"}
        for city in self.world.cities:
            soon = [7, 29, 88, -20, -75, 6, 85]
            number = 0
            for partner in self.world.partners:
                if city.code not in partner.cities:
                    continue
                template = partner.template
                number += 1
                starts = self.today - timedelta(days=rng.randint(300, 800))
                left = rng.randint(240, 900)
                if (city.code, partner.key) not in used and soon:
                    left = soon.pop(0)
                ends = self.today + timedelta(days=left)
                common = starts - timedelta(days=rng.randint(20, 90))
                signer = f"{owners[partner.key]} (pimpinan {template.name})"
                root = self.agreement(
                    city,
                    partner,
                    number,
                    "nota" if template.kind == "government" else "kb",
                    (common, max(ends, self.today) + timedelta(days=400)),
                    (city.mayor, signer),
                    None,
                )
                detailed = self.agreement(
                    city,
                    partner,
                    number,
                    "pks",
                    (starts, ends),
                    (f"Kepala {city.hr_office_short} (surat kuasa)", signer),
                    root.key,
                )
                self.world.agreements.extend((root, detailed))
                self.agreement_of[(city.code, partner.key)] = detailed

    @staticmethod
    def agreement(
        city: City,
        partner: Partner,
        number: int,
        kind: str,
        period: tuple[date, date],
        signers: tuple[str, str],
        parent: str | None,
    ) -> Agreement:
        """One agreement with the numbers of both sides."""
        label = {"kb": "KB", "nota": "NK", "pks": "PKS"}[kind]
        subject = (
            "Pelaksanaan pembelajaran aparatur di" if kind == "pks" else "Kerja sama pengembangan kompetensi ASN dengan"
        )
        initials = "".join(word[0] for word in partner.slug.split("-") if word[0].isalpha()).upper()[:4]
        signed = period[0]
        month = ROMAN[signed.month - 1]
        return Agreement(
            f"{city.code}:{partner.key}:{kind}",
            city.code,
            partner.key,
            kind,
            f"415.4/{number:03d}/{label}/{signed.year}",
            f"{number + 11}/{initials}/{month}/{signed.year}",
            f"{subject} {partner.template.name}",
            *signers,
            *period,
            parent,
        )

    def write_slots(self, chosen: Iterable[tuple[City, Vignette, Partner, str]]) -> None:
        """Dates, places and texts of every slot."""
        rng = self.rng("slots")
        for number, (city, vignette, partner, status) in enumerate(chosen, 1):
            self.world.slots.append(self.write_slot(rng, f"slot:{number:04d}", city, vignette, partner, status))

    def guide(self, rng: Random, hosts: list[str], competency: str, _from_level: int, to_level: int) -> Mentor:
        """A mentor of one of the hosts who masters that; where there is none, one learns it."""
        there = [mentor for host in hosts for mentor in self.mentors_at[host]]
        able = [mentor for mentor in there if dict(mentor.expertise).get(competency, 0) >= to_level]
        if able:
            return rng.choice(able)
        before = rng.choice(there)
        expertise = tuple(sorted({**dict(before.expertise), competency: to_level}.items()))
        mentor = replace(before, expertise=expertise)
        for shelf in (self.world.mentors, self.mentors_at[before.partner]):
            shelf[shelf.index(before)] = mentor
        return mentor

    def gather(self) -> None:
        """The few slots of the rarer kinds that every city has, hosted by who is there anyway."""
        rng = self.rng("gatherings")
        for city in self.world.cities:
            hosts = sorted({slot.partner for slot in self.world.slots if slot.city == city.code})
            for number, gathering in enumerate(GATHERINGS):
                fitting = [host for host in hosts if self.partner_of[host].template.kind == gathering.host]
                mentor = self.guide(rng, fitting or hosts, *gathering.outcomes[0])
                partner = self.partner_of[mentor.partner]
                words = {"mitra": partner.template.name.split(" (")[0], "kota": city.city, "mentor": mentor.name}
                apply_by = self.today + timedelta(days=rng.randint(9, 30))
                starts = apply_by + timedelta(days=rng.randint(8, 20))
                starts += timedelta(days=-starts.weekday() % 7)
                days = [starts + timedelta(days=n) for n in range(gathering.length)]
                posted = self.today - timedelta(days=rng.randint(2, 20))
                self.world.slots.append(
                    Slot(
                        f"gathering:{city.code}:{number}",
                        city.code,
                        partner.key,
                        self.agreement_of[(city.code, partner.key)].key,
                        gathering.kind,
                        "published",
                        gathering.title.format(**words),
                        gathering.text.format(**words),
                        "onsite",
                        city.city,
                        starts,
                        days[-1],
                        gathering.hours,
                        apply_by,
                        gathering.seats,
                        "",
                        gathering.outcomes,
                        (),
                        (mentor.key,),
                        posted,
                        posted,
                        gathering.minimum,
                        tuple(days[: gathering.days]),
                        tuple((code, text.format(**words)) for code, text in gathering.answers),
                        tuple((title, days[after], proof) for title, after, proof in gathering.milestones),
                    )
                )

    def write_slot(
        self,
        rng: Random,
        key: str,
        city: City,
        vignette: Vignette,
        partner: Partner,
        status: str,
    ) -> Slot:
        kind, style = vignette.kind, STYLES[vignette.kind]
        weeks = rng.choice(style.weeks)
        starts, ends, apply_by, posted = self.period(rng, status, weeks)
        mode, place, phrase, district = self.where(rng, city, vignette, partner)
        hours = rng.choice(style.hours)
        able = [mentor for mentor in self.mentors_at[partner.key] if vignette.competency in dict(mentor.expertise)]
        mentors = able[:1] + [m for m in self.mentors_at[partner.key] if m not in able and rng.random() < 0.15][:1]
        name = partner.template.name.split(" (")[0]
        days, clocks = corpus.sentences()["days"], corpus.sentences()["clocks_day"]
        words: dict[str, Any] = {
            "mitra": name,
            "kota": city.city,
            "kec": f"Kecamatan {district}",
            "mentor": mentors[0].name,
            "occupation": mentors[0].occupation,
            "competency": _lower(corpus.competency_names()[vignette.competency]),
            "place": phrase,
            "hours": hours,
            "weeks": weeks,
            "sessions": weeks // 2,
            "day": rng.choice(days[:2]),
            "day2": rng.choice(days[3:]),
            "clock": rng.choice(clocks),
            "clock2": rng.choice(("14.00", "14.30", "15.00", "15.30", "16.00")),
        }
        if not style.daily:
            words["clock"] = rng.choice(corpus.sentences()["clocks_session"])
            words["day"] = rng.choice(days)
        words |= self.addressed(rng, city, vignette)
        text = self.writer.keep(vignette.text.format(**words))
        extra = [
            self.writer.sentence("audience", **words) if rng.random() < 0.75 else "",
            self.writer.sentence(f"guide_{kind}", **words) if rng.random() < 0.8 else "",
            self.writer.sentence(f"rhythm_{kind}_{mode}", **words),
        ]
        if sum(map(bool, extra)) == 0:
            extra[1] = self.writer.sentence(f"guide_{kind}", **words)
        description = " ".join([text, *(self.writer.keep(s) for s in extra if s)])
        outcomes = self.outcomes(vignette)
        prerequisites: list[tuple[str, int, bool]] = []
        if vignette.from_level > 1:
            prerequisites.append((vignette.competency, vignette.from_level - 1, rng.random() < 0.6))
        elif rng.random() < 0.25 and not vignette.competency.startswith("MAN"):
            prerequisites.append(("MAN-03", 1, False))
        confirmed = rng.choice((1, 2, 4, 6, 9, 13, 20, 27, 41)) if status != "finished" else 60
        return Slot(
            key,
            city.code,
            partner.key,
            self.agreement_of[(city.code, partner.key)].key,
            vignette.kind,
            status,
            vignette.title,
            description,
            mode,
            place,
            starts,
            ends,
            hours,
            apply_by,
            rng.choice(style.seats) if status == "published" else 4,
            rng.choice(corpus.sentences()[f"benefits_{kind}"]),
            outcomes,
            tuple(prerequisites),
            tuple(mentor.key for mentor in mentors),
            posted,
            max(posted, self.today - timedelta(days=confirmed)),
        )

    def period(self, rng: Random, status: str, weeks: int) -> tuple[date, date, date, date]:
        """Start, end, last day to apply and day of posting."""
        length = timedelta(days=weeks * 7 - 3)
        if status == "finished":
            ends = self.today - timedelta(days=rng.randint(15, 100))
            starts = ends - length
        elif status == "running":
            starts = self.today - timedelta(days=rng.randint(9, 16))
            length = max(length, timedelta(days=38))
            ends = starts + length
        else:
            apply_by = self.today + timedelta(days=rng.choice((3, *range(8, 52))))
            starts = apply_by + timedelta(days=rng.randint(8, 28))
            starts += timedelta(days=-starts.weekday() % 7)
            posted = self.today - timedelta(days=rng.randint(2, 45))
            return starts, starts + length, apply_by, posted
        apply_by = starts - timedelta(days=rng.randint(8, 14))
        return starts, ends, apply_by, apply_by - timedelta(days=rng.randint(20, 35))

    @staticmethod
    def where(rng: Random, city: City, vignette: Vignette, partner: Partner) -> tuple[str, str, str, str]:
        """Mode, town, the place in words, and a district of the city."""
        template = partner.template
        local = template.scope == city.code
        district = rng.choice(city.districts)
        name = template.name.split(" (")[0]
        house = {"university": "kampus", "community": "sekretariat"}.get(template.kind, "kantor")
        if name.startswith(("Kantor", "Firma", "Rumah Sakit", "Klinik", "Universitas")):
            house = ""
        phrase = f"{house} {name}, {template.address}".strip()
        if vignette.on_site:
            return "onsite", city.city, f"Kecamatan {district}, {city.city}", district
        draw = rng.random()
        if STYLES[vignette.kind].daily:
            desk = vignette.competency.startswith(DESK_FIELDS)
            mode = "hybrid" if desk and draw < (0.4 if local else 0.8) else "onsite"
        elif local:
            mode = "online" if draw < 0.3 else "hybrid" if draw < 0.65 else "onsite"
        else:
            mode = "online" if draw < 0.75 else "hybrid"
        return mode, "" if mode == "online" else template.city, phrase, district

    def addressed(self, rng: Random, city: City, vignette: Vignette) -> dict[str, str]:
        """Two kinds of positions that the slot is meant for."""
        kinds = {unit.kind for unit in city.units}
        generic = corpus.class_standards()
        needs = {
            post.title: (generic[post.position_class] | dict(post.standards)).get(vignette.competency, 0)
            for post in corpus.positions()
            if "{unit}" not in post.title and any(post.fits(kind) for kind in kinds)
        }
        titles = [title for title, need in needs.items() if need == vignette.to_level]
        if len(titles) < 2:
            titles = [title for title, need in needs.items() if need]
        if len(titles) < 2:
            titles = [*titles, *LEADERS[vignette.to_level]]
        first, second = rng.sample(titles, 2)
        return {"position": first, "position2": second}

    # Roads --------------------------------------------------------------------------------------

    def candidates(self, rng: Random, slot: Slot) -> list[Employee]:
        """People whom the slot would help, nearest first, whoever is not on another road yet."""
        competency, low, _high = slot.outcomes[0]
        found = [e for e in self.people[slot.city] if e.gap(competency) and self.may_apply(e, slot)]
        found.sort(key=lambda e: (abs(e.levels.get(competency, low) - low), rng.random()))
        return found

    def may_apply(self, e: Employee, slot: Slot) -> bool:
        """The hard rules that placements will check, and that the person is not on another road yet."""
        return (
            e.key not in self.busy
            and e.key not in self.world.accounts.values()
            and e.position_class not in ("JPT_PRATAMA", "ADMINISTRATOR")
            and e.supervisor is not None
            and e.service.retires_on > slot.ends_on + timedelta(days=400)
            and (e.service.contract_ends_on is None or e.service.contract_ends_on >= slot.ends_on)
            and all(
                e.levels.get(competency, 0) >= level
                for competency, level, is_required in slot.prerequisites
                if is_required
            )
        )

    def apply(self, rng: Random, employee: Employee, slot: Slot, stage: str, day: date) -> Application:
        """One more application, kept in the world."""
        self.busy.add(employee.key)
        text = rng.choice(corpus.sentences()["motivation"]["texts"]).format(
            competency=_lower(corpus.competency_names()[slot.outcomes[0][0]]),
            unit=self.unit_of[employee.unit].name,
        )
        application = Application(
            f"application:{len(self.world.applications) + 1:04d}",
            employee.key,
            slot.key,
            stage,
            text,
            day,
            slot.mentors[0],
        )
        self.world.applications.append(application)
        return application

    def placements(self) -> None:
        """Finished and running placements with what they left behind."""
        rng = self.rng("placements")
        missing: Counter[str] = Counter()
        # Running ones first: the demo mentor must have somebody to guide.
        for slot in sorted(self.world.slots, key=lambda slot: slot.status != "running"):
            if slot.status not in ("finished", "running"):
                continue
            wanted = 1
            if slot.status == "finished":
                missing[slot.city] += 2
                wanted = min(4, missing[slot.city])
            found = self.candidates(rng, slot)[:wanted]
            missing[slot.city] -= len(found) if slot.status == "finished" else 0
            for employee in found:
                day = slot.apply_by - timedelta(days=rng.randint(2, 6))
                application = self.apply(rng, employee, slot, slot.status, day)
                topic = _lower(corpus.competency_names()[slot.outcomes[0][0]])
                mentor = self.mentor_of[slot.mentors[0]].name
                if STYLES[slot.kind].daily:
                    self.diary(rng, application, slot, topic, mentor)
                else:
                    self.meetings(rng, application, slot, topic)
                if slot.status == "finished":
                    self.evaluate(rng, application, slot, employee)

    def diary(self, rng: Random, application: Application, slot: Slot, topic: str, mentor: str) -> None:
        bank = corpus.sentences()["logbook"]
        days = [d for d in _workdays(slot.starts_on, slot.ends_on) if d < self.today]
        if slot.status == "finished" and len(days) > 10:
            days = sorted({days[0], days[-1], *rng.sample(days[1:-1], 8)})
        last = len(days) - 1
        middle = rng.sample(bank["middle"], len(bank["middle"]))
        for number, day in enumerate(days):
            if number < 2:
                activity = bank["start"][number * 2 + rng.randrange(2)]
            elif slot.status == "finished" and number > last - 2:
                activity = bank["end"][(number - last + 1) * 2 + rng.randrange(2)]
            else:
                activity = middle[number % len(middle)]
            self.world.logbook.append(
                LogbookDay(
                    application.key,
                    day,
                    rng.choice((4.0, 5.5, 6.0, 7.0, 7.5)),
                    activity.format(topic=topic, mentor=mentor),
                    rng.choice(bank["outputs"]),
                    rng.choice(bank["lessons"]),
                    slot.status == "finished" or number < last - 1,
                )
            )

    def meetings(self, rng: Random, application: Application, slot: Slot, topic: str) -> None:
        bank = corpus.sentences()["session"]
        count = len(bank["agendas"])
        for number in range(count):
            day = slot.starts_on + timedelta(days=3 + number * 12)
            day += timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))
            if day > slot.ends_on or day >= self.today:
                break
            self.world.sessions.append(
                Session(
                    application.key,
                    day,
                    bank["agendas"][number].format(topic=topic),
                    bank["notes"][number],
                    slot.status == "finished" or number < 1,
                )
            )

    def evaluate(self, rng: Random, application: Application, slot: Slot, employee: Employee) -> None:
        bank = corpus.sentences()["evaluation"]
        unit = self.unit_of[employee.unit].name
        reached = rng.random() < 0.8
        for role in ("participant", "mentor"):
            ratings = tuple(
                (code, high if reached or role == "participant" else low) for code, low, high in slot.outcomes
            )
            self.world.evaluations.append(
                Evaluation(
                    application.key,
                    role,
                    rng.choice((4, 4, 5, 5) if reached else (3, 4)),
                    rng.choice(bank[f"{role}_strengths"]),
                    rng.choice(bank[f"{role}_improvements"]),
                    rng.choice(bank[f"{role}_applied"]).format(unit=unit),
                    ratings,
                )
            )

    def queues(self, city: City) -> None:
        """Applications on their way, so that everybody has something waiting."""
        rng = self.rng(f"queues:{city.code}")
        demo = self.demo_partner(city)
        boss = self.world.accounts[(city.code, "supervisor")]
        open_slots = [s for s in self.world.slots if s.city == city.code and s.status == "published"]
        rng.shuffle(open_slots)
        at_demo = [s for s in open_slots if s.partner == demo.key]
        many = self.size.slots > 20 and city.code in DEMO_CITIES
        stages: list[tuple[str, list[Slot], str | None]] = [
            ("approved", at_demo, None),
            ("awaiting_clearance", open_slots, boss),
            ("awaiting_clearance", open_slots, boss),
            ("approved", at_demo, None),
            ("preparing", at_demo, None),
            ("submitted", open_slots, None),
            ("submitted", open_slots, None),
            ("shortlisted", open_slots, None),
        ]
        if many:
            stages += [
                (stage, open_slots, None)
                for stage in (
                    "awaiting_clearance",
                    "submitted",
                    "submitted",
                    "shortlisted",
                    "approved",
                    "returned",
                    "rejected",
                    "withdrawn",
                    "preparing",
                )
            ]
        per_slot: Counter[str] = Counter()
        for stage, slots, supervisor in stages:
            free = [s for s in slots if per_slot[s.key] < s.seats]
            free.sort(key=lambda slot: per_slot[slot.key])
            pairs = (
                (slot, employee)
                for slot in free
                for employee in self.candidates(rng, slot)
                if supervisor in (None, employee.supervisor)
            )
            found = next(pairs, None)
            if found is None and supervisor is not None and free:
                # Nobody of a small unit fits well: some wishes are like that.
                found = next(
                    (
                        (slot, employee)
                        for slot in free
                        for employee in self.people[city.code]
                        if employee.supervisor == supervisor and self.may_apply(employee, slot)
                    ),
                    None,
                )
            if found is None:
                continue
            slot, employee = found
            per_slot[slot.key] += 1
            earliest = max(slot.posted_on, self.today - timedelta(days=9))
            day = min(
                self.today - timedelta(days=1),
                earliest + timedelta(days=rng.randint(0, 4)),
            )
            self.apply(rng, employee, slot, stage, day)

    def demo_hosts(self) -> None:
        """The member and the mentor of each city's demo partner."""
        for city in self.world.cities:
            partner = self.demo_partner(city)
            running = next(
                slot
                for slot in self.world.slots
                if slot.partner == partner.key and slot.city == city.code and slot.status == "running"
            )
            self.world.accounts[(city.code, "partner")] = f"{partner.key}:member:1"
            self.world.accounts[(city.code, "mentor")] = running.mentors[0]

    def demo_partner(self, city: City) -> Partner:
        name = DEMO_PARTNERS[city.code]
        return next(p for p in self.world.partners if p.template.name == name)
