"""Neighbours do not exist: what belongs to another agency or partner answers like what is nowhere."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from tests.api import Door, ask, doors, told
from tests.house.worlds import World, everybody, finished_world

pytestmark = pytest.mark.django_db

# Where the id of an agency is no secret: agencies are listed for everyone, a partner chooses whom to ask.
PUBLIC = {"GET agencies", "POST partners"}
ALL = list(doors())


@pytest.fixture
def world() -> World:
    return finished_world()


def test_the_world_has_a_thing_for_every_id_in_an_address(world: World) -> None:
    names = {name for door in ALL for name in door.parameters} - {"code"}
    assert names <= set(world.ids)


def strange(ids: dict[str, Any]) -> dict[str, Any]:
    """Ids of the same kinds that are nowhere."""
    return {name: uuid.uuid4() for name in ids}


def answer(door: Door, user: Any, ids: dict[str, Any]) -> Any:
    return ask(user, door.method, door.path(ids | {"code": "X"}), door.body(ids))


def test_each_id_in_an_address_answers_like_a_random_one(world: World) -> None:
    neighbour = everybody()
    for door in ALL:
        if not set(door.parameters) - {"code"}:
            continue
        theirs = answer(door, neighbour, world.ids)
        nothing = answer(door, neighbour, strange(world.ids))
        assert (theirs.status_code, theirs.content) == (nothing.status_code, nothing.content), door.name
        assert told(theirs, 404)["code"] == "not_found", door.name


def test_each_foreign_id_in_a_body_answers_like_a_random_one(world: World) -> None:
    neighbour = everybody()
    for door in ALL:
        if door.parameters or door.name in PUBLIC or door.body(world.ids) == door.body({}):
            continue
        theirs = answer(door, neighbour, world.ids)
        nothing = answer(door, neighbour, strange(world.ids))
        assert (theirs.status_code, theirs.content) == (nothing.status_code, nothing.content), door.name
        assert 400 <= theirs.status_code < 500, door.name


def test_lists_of_a_neighbour_hold_nothing_of_the_world(world: World) -> None:
    neighbour = everybody()
    for door in ALL:
        if door.method != "GET" or door.parameters or door.name in PUBLIC:
            continue
        text = ask(neighbour, "GET", door.path({}), query={"limit": 100} if _paged(door) else None).content.decode()
        assert [name for name, value in world.ids.items() if str(value) in text] == [], door.name


def test_filters_do_not_tell_that_a_foreign_id_exists(world: World) -> None:
    neighbour = everybody()
    for door in ALL:
        if door.method != "GET" or door.parameters:
            continue
        for name in _filters(door) & set(world.ids):
            found = told(ask(neighbour, "GET", door.path({}), query={name: str(world.ids[name])}))
            assert (found["count"], found["items"]) == (0, []), (door.name, name)


def test_the_people_of_the_world_do_see_it(world: World) -> None:
    """The other half: without it, an API that answers 404 to everybody would pass."""
    road = world.road
    seen = {
        "employees/{employee_id}": road.hr,
        "employees/{employee_id}/gaps": road.boss,
        "slots/{slot_id}": road.applicant,
        "slots/{slot_id}/record": road.member,
        "applications/{application_id}/timeline": road.applicant,
        "candidates/{application_id}": road.member,
        "placements/{placement_id}": road.mentor.user,
        "placements/{placement_id}/certificate": road.applicant,
        "award-proposals/{proposal_id}": road.hr,
        "awards/{award_id}": road.applicant,
        "match-runs/{run_id}": road.hr,
        "agreements/{agreement_id}": road.hr,
        "mentors/{mentor_id}": road.applicant,
        "partners/{partner_id}/record": road.member,
        "positions/{position_id}": road.applicant,
    }
    for door in ALL:
        if door.method == "GET" and door.plain_route in seen:
            told(answer(door, seen.pop(door.plain_route), world.ids))
    assert seen == {}


def _parameters(door: Door) -> dict[str, Any]:
    return {
        name: path
        for model in door.operation.models
        if model.__ninja_param_source__ == "query"
        for name, path in model.__ninja_flatten_map__.items()  # type: ignore[attr-defined]
    }


def _paged(door: Door) -> bool:
    return "limit" in _parameters(door)


def _filters(door: Door) -> set[str]:
    return set(_parameters(door))


def test_a_foreign_thing_and_nothing_have_the_same_headers(world: World) -> None:
    neighbour = everybody()
    theirs = ask(neighbour, "GET", f"slots/{world.ids['slot_id']}")
    nothing = ask(neighbour, "GET", f"slots/{uuid.uuid4()}")
    assert dict(theirs.headers) == dict(nothing.headers)
    assert json.loads(theirs.content) == json.loads(nothing.content)
