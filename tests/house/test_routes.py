"""Every door is listed, says who may enter, and keeps its word."""

from __future__ import annotations

import json
import re
import uuid

import pytest
from django.test import Client

from accounts.models import User
from accounts.roles import Role
from asn.models import Employee
from tests.api import ask, doors
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyMembershipFactory, EmployeeFactory
from tests.factories.mentors import MentorFactory
from tests.factories.partners import PartnerMembershipFactory
from tests.house import routes

HELP = "run `python -m tests.house.routes`, look at the difference, and commit it"


def test_the_table_is_what_the_code_says() -> None:
    listed, found = set(routes.read()), set(routes.all_routes())
    assert sorted(found - listed) == [], f"not in the table: {HELP}"
    assert sorted(listed - found) == [], f"in the table and nowhere else: {HELP}"


def test_nobody_forgot_a_policy() -> None:
    assert [row for row in routes.all_routes() if row.roles == "NOBODY"] == []


def test_roles_in_the_table_are_roles() -> None:
    words = {word for row in routes.all_routes() for word in row.roles.split()}
    assert words <= {str(role) for role in Role}


def test_every_operation_of_the_api_asks_for_a_sign_in() -> None:
    public = [door.name for door in doors() if Role.PUBLIC in door.policy or not door.operation.auth_callbacks]
    assert public == []


def account(role: Role) -> User | None:
    """Somebody who holds this role and no other (a supervisor is an employee too)."""
    if role is Role.PUBLIC:
        return None
    if role in (Role.HR, Role.AUDITOR, Role.LEADERSHIP):
        user: User = AgencyMembershipFactory(role=str(role)).user
        return user
    if role in (Role.EMPLOYEE, Role.SUPERVISOR):
        employee: Employee = EmployeeFactory(with_user=True)
        if role is Role.SUPERVISOR:
            EmployeeFactory(agency=employee.agency, supervisor=employee)
        return employee.user
    if role is Role.PARTNER:
        return PartnerMembershipFactory().user
    if role is Role.MENTOR:
        return MentorFactory(with_user=True).user
    return UserFactory(is_superuser=role is Role.OPERATOR)


def held(role: Role) -> set[Role]:
    """All roles that come with this one."""
    found = {Role.PUBLIC, role}
    if role is not Role.PUBLIC:
        found.add(Role.SIGNED_IN)
    if role is Role.SUPERVISOR:
        found.add(Role.EMPLOYEE)
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
def test_operations_open_to_the_roles_of_the_table(role: Role) -> None:
    user = account(role)
    for door in doors():
        ids = {name: "X" if name == "code" else uuid.uuid4() for name in door.parameters}
        # No body and no field: whoever may enter fails later, whoever may not is told before anything is read.
        answer = ask(user, door.method, door.path(ids))
        code = json.loads(answer.content).get("code", "") if answer.status_code >= 400 else ""
        if user is None:
            assert (answer.status_code, code) == (401, "unauthenticated"), door.name
        elif door.policy & held(role):
            assert (answer.status_code, code) != (403, "role_missing"), door.name
            assert answer.status_code < 500, door.name
        else:
            assert (answer.status_code, code) == (403, "role_missing"), door.name


EXAMPLES = {"uuid": str(uuid.UUID(int=7)), "int": "1", "str": "x", "slug": "x"}


def _address(route: str) -> str | None:
    """An address of this page with made-up values; None for regular expressions, which libraries use."""
    if "^" in route or "(" in route:
        return None
    return "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda found: EXAMPLES[found[1] or "str"], route)


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
def test_pages_are_shut_to_every_other_role(role: Role) -> None:
    user = account(role)
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user)
    for row in routes.pages():
        address = _address(row.route)
        if address is None or {str(r) for r in held(role)} & set(row.roles.split()):
            continue
        # A part of a page is as shut as the page; of a sign-in that htmx gets instead the script makes a whole page.
        for answer in (client.get(address), client.get(address, headers={"HX-Request": "true"})):
            if user is None:
                assert answer.status_code == 302, row
                assert answer.headers["Location"].startswith("/accounts/login/"), row
            else:
                assert answer.status_code == 403, row
