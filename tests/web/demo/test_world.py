"""The planned demo world: believable, valid, varied, and the same for the same seed and day."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta

import pytest

from asn.nip import parse_nip
from web.demo import corpus, records, world
from web.demo.gatherings import GATHERINGS

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def planned() -> records.World:
    return world.plan(seed=7, size="city", today=TODAY)


def test_same_seed_and_day_give_the_same_world(planned: records.World) -> None:
    assert world.plan(seed=7, size="city", today=TODAY) == planned
    assert world.plan(seed=8, size="city", today=TODAY).slots != planned.slots


def test_sizes(planned: records.World) -> None:
    assert 2400 <= len(planned.employees) <= 2600
    assert len(planned.partners) == 60
    status = Counter(slot.status for slot in planned.slots)
    assert len(planned.slots) - status["finished"] - status["running"] == 300 + 5 * len(GATHERINGS)
    assert status["published"] >= 260
    assert Counter(a.stage for a in planned.applications)["finished"] >= 70
    small = world.plan(seed=7, size="small", today=TODAY)
    assert 230 <= len(small.employees) <= 290
    assert sum(s.status not in ("finished", "running") for s in small.slots) == 40 + len(GATHERINGS) * len(small.cities)


def test_no_sentence_occurs_in_more_than_three_slots(planned: records.World) -> None:
    count: Counter[str] = Counter()
    for slot in planned.slots:
        count.update(set(corpus.split_sentences(slot.description)))
    sentence, most = count.most_common(1)[0]
    assert most <= 3, sentence


def test_slot_texts_are_whole(planned: records.World) -> None:
    for slot in planned.slots:
        sentences = corpus.split_sentences(slot.description)
        assert 4 <= len(sentences) <= 8, slot.description
        assert not re.search(r"[{}]|lorem|  ", slot.description), slot.description
        assert slot.description.endswith(".")
        assert len(slot.title) <= 160
        assert all(sentence[0].isupper() for sentence in sentences), slot.description
    per_city = Counter((slot.city, slot.title) for slot in planned.slots)
    assert max(per_city.values()) == 1


def test_every_vignette_names_what_exists() -> None:
    codes = corpus.competency_names()
    titles = Counter(v.title for v in corpus.vignettes())
    assert max(titles.values()) == 1
    taught = set()
    for vignette in corpus.vignettes():
        assert {vignette.competency, *vignette.further} <= codes.keys()
        assert vignette.competency not in vignette.further
        assert 1 <= vignette.from_level < vignette.to_level <= 5
        assert corpus.host_tags(vignette.competency, vignette.kind)
        assert len(corpus.split_sentences(vignette.text)) >= 3
        taught.add(vignette.competency)
    assert taught == codes.keys(), "every competency of the catalogue is taught somewhere"
    tags = {tag for partner in corpus.partners() for tag in partner.tags}
    assert tags <= corpus.sentences()["occupations"].keys()


def test_positions_rest_on_the_catalogue() -> None:
    posts = corpus.positions()
    assert len(posts) >= 60
    assert len({post.code for post in posts}) == len(posts)
    classes = corpus.class_standards()
    codes = corpus.competency_names()
    kinds = {unit.kind for city in corpus.cities() for unit in city.units} | {"*"}
    for post in posts:
        assert post.position_class in classes
        assert post.units & kinds, f"{post.code} stands in no unit"
        assert len(corpus.split_sentences(post.duties)) >= 2
        assert post.standards
        for code, level in post.standards:
            assert code in codes
            assert 1 <= level <= 5


def test_numbers_are_valid_unique_and_marked_as_demo(planned: records.World) -> None:
    nips = [employee.service.nip for employee in planned.employees]
    assert len(set(nips)) == len(nips)
    for employee in planned.employees:
        parsed = parse_nip(employee.service.nip)
        assert parsed.kind == employee.service.kind
        assert int(parsed.digits[-3:]) >= 900
        assert parsed.digits[14] == ("2" if employee.person.female else "1")
        assert parsed.appointed_year - parsed.born_on.year >= 18
        assert employee.service.retires_on > planned.today
        if employee.service.kind == "pppk":
            starts, ends = (
                employee.service.contract_starts_on,
                employee.service.contract_ends_on,
            )
            assert starts is not None
            assert ends is not None
            assert starts <= planned.today <= ends
    names = [employee.person.name for employee in planned.employees]
    assert len(set(names)) == len(names)


def test_people_and_supervisors(planned: records.World) -> None:
    by_key = {employee.key: employee for employee in planned.employees}
    without = [e for e in planned.employees if e.supervisor is None]
    assert len(without) == len(planned.cities)
    for employee in planned.employees:
        seen = {employee.key}
        above = employee.supervisor
        while above is not None:
            assert above not in seen, "a circle of supervisors"
            assert by_key[above].city == employee.city
            seen.add(above)
            above = by_key[above].supervisor


def test_assessments_are_known_unknown_and_expired(planned: records.World) -> None:
    seen = {(a.employee, a.competency) for a in planned.assessments}
    assert len(seen) == len(planned.assessments)
    assert all(1 <= a.level <= 5 for a in planned.assessments)
    assert all(a.assessed_on < planned.today for a in planned.assessments)
    required = sum(len(employee.required) for employee in planned.employees)
    assert 0.05 < 1 - len(seen) / required < 0.25
    border = planned.today - timedelta(days=1096)
    expired = sum(a.assessed_on < border for a in planned.assessments)
    assert 0.08 < expired / len(seen) < 0.35


def test_partners_have_numbers_in_the_right_form(planned: records.World) -> None:
    for partner in planned.partners:
        assert re.fullmatch(r"(\d{13})?", partner.nib)
        assert re.fullmatch(r"(\d{16})?", partner.npwp)
        assert re.fullmatch(r"(0\d{5})?", partner.university_code)
        assert bool(partner.university_code) == (partner.template.kind == "university")
    nibs = [partner.nib for partner in planned.partners if partner.nib]
    assert len(set(nibs)) == len(nibs)


def test_slots_stand_under_their_agreement_and_mentors_belong_to_the_host(
    planned: records.World,
) -> None:
    agreements = {agreement.key: agreement for agreement in planned.agreements}
    mentors = {mentor.key: mentor for mentor in planned.mentors}
    codes = corpus.competency_names()
    for slot in planned.slots:
        agreement = agreements[slot.agreement]
        assert (agreement.city, agreement.partner) == (slot.city, slot.partner)
        assert agreement.starts_on <= slot.starts_on <= slot.ends_on <= agreement.ends_on
        assert slot.apply_by < slot.starts_on
        assert slot.posted_on <= slot.confirmed_on <= planned.today
        assert slot.posted_on <= slot.apply_by
        assert (slot.mode == "online") == (slot.place == "")
        assert slot.outcomes
        competency = slot.outcomes[0][0]
        assert competency in dict(mentors[slot.mentors[0]].expertise)
        assert all(mentors[key].partner == slot.partner for key in slot.mentors)
        assert all(1 <= low < high <= 5 for _code, low, high in slot.outcomes)
        assert all(code in codes for code, _level, _required in slot.prerequisites)
        if slot.status == "published":
            assert slot.apply_by > planned.today
        elif slot.status == "running":
            assert slot.starts_on < planned.today < slot.ends_on
        elif slot.status == "finished":
            assert slot.ends_on < planned.today
    left = sorted((a.ends_on - planned.today).days for a in planned.agreements)
    assert left[0] < 0
    assert {7, 29, 88} <= set(left)
    numbers = Counter((a.city, a.number_agency) for a in planned.agreements)
    assert max(numbers.values()) == 1


def test_roads_have_room_and_people_walk_only_one(planned: records.World) -> None:
    slots = {slot.key: slot for slot in planned.slots}
    employees = {employee.key: employee for employee in planned.employees}
    people = Counter(a.employee for a in planned.applications)
    assert max(people.values()) == 1
    seats = Counter(a.slot for a in planned.applications)
    assert all(count <= slots[key].seats for key, count in seats.items())
    for application in planned.applications:
        slot = slots[application.slot]
        assert employees[application.employee].city == slot.city
        assert slot.posted_on <= application.submitted_on < planned.today
        assert application.submitted_on <= slot.apply_by
    for entry in planned.logbook:
        assert entry.day < planned.today
    for rows in (planned.logbook, planned.sessions):
        days = Counter((row.application, row.day) for row in rows)
        assert max(days.values()) == 1


@pytest.mark.parametrize("size", ["small", "city"])
def test_every_city_has_accounts_and_filled_queues(size: str) -> None:
    planned = world.plan(seed=3, size=size, today=TODAY)
    slots = {slot.key: slot for slot in planned.slots}
    employees = {employee.key: employee for employee in planned.employees}
    roles = {
        "employee",
        "supervisor",
        "hr",
        "partner",
        "mentor",
        "auditor",
        "leadership",
    }
    for city in planned.cities:
        accounts = {r: key for (c, r), key in planned.accounts.items() if c == city.code}
        assert accounts.keys() == roles
        assert len(set(accounts.values())) == len(roles)
        stages = Counter(a.stage for a in planned.applications if slots[a.slot].city == city.code)
        for stage in ("submitted", "shortlisted", "awaiting_clearance"):
            assert stages[stage], (city.code, stage)
        waiting = [
            a
            for a in planned.applications
            if a.stage == "awaiting_clearance" and employees[a.employee].supervisor == accounts["supervisor"]
        ]
        assert waiting, city.code
        partner = accounts["partner"].rsplit(":member", 1)[0]
        assert any(a.stage == "approved" and slots[a.slot].partner == partner for a in planned.applications), city.code
