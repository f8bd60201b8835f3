from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from accounts.roles import Role, roles_of
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyMembershipFactory, EmployeeFactory
from tests.factories.mentors import MentorFactory
from tests.factories.partners import PartnerMembershipFactory

pytestmark = pytest.mark.django_db
EVERY_USER = {Role.PUBLIC, Role.SIGNED_IN}


def test_a_visitor_is_the_public() -> None:
    assert roles_of(AnonymousUser()) == {Role.PUBLIC}
    assert roles_of(UserFactory(is_active=False)) == {Role.PUBLIC}


def test_rows_give_roles() -> None:
    assert roles_of(UserFactory()) == EVERY_USER
    assert roles_of(UserFactory(is_superuser=True)) == EVERY_USER | {Role.OPERATOR}
    assert roles_of(AgencyMembershipFactory().user) == EVERY_USER | {Role.HR}
    assert roles_of(AgencyMembershipFactory(auditor=True).user) == EVERY_USER | {Role.AUDITOR}
    assert roles_of(AgencyMembershipFactory(leadership=True).user) == EVERY_USER | {Role.LEADERSHIP}
    assert roles_of(PartnerMembershipFactory().user) == EVERY_USER | {Role.PARTNER}
    assert roles_of(MentorFactory(with_user=True).user) == EVERY_USER | {Role.MENTOR}
    employee = EmployeeFactory(with_user=True)
    assert roles_of(employee.user) == EVERY_USER | {Role.EMPLOYEE}


def test_a_supervisor_is_who_somebody_answers_to() -> None:
    head = EmployeeFactory(with_user=True)
    EmployeeFactory(agency=head.agency, supervisor=head)
    assert roles_of(head.user) == EVERY_USER | {Role.EMPLOYEE, Role.SUPERVISOR}


def test_what_has_ended_gives_nothing() -> None:
    assert roles_of(AgencyMembershipFactory(is_active=False).user) == EVERY_USER
    assert roles_of(PartnerMembershipFactory(is_active=False).user) == EVERY_USER
    assert roles_of(MentorFactory(with_user=True, is_active=False).user) == EVERY_USER
    assert roles_of(EmployeeFactory(with_user=True, retired=True).user) == EVERY_USER


def test_roles_cost_one_query_and_only_once(django_assert_num_queries) -> None:
    user = User.objects.get(pk=UserFactory().pk)
    with django_assert_num_queries(1):
        roles_of(user)
        roles_of(user)
