"""Agencies made up for measuring can be matched like others."""

from __future__ import annotations

import pytest
from django.db import connection

from asn.models import Assessment, Employee
from matching import services, synthetic
from matching.models import EmployeeList
from partners.models import Slot

pytestmark = pytest.mark.django_db


def test_made_up_agencies_are_matched() -> None:
    agencies = synthetic.fill(employees=50, slots=25, agencies=2, seed=1)
    assert [Employee.objects.filter(agency=agency).count() for agency in agencies] == [50, 50]
    assert [Slot.objects.filter(agency=agency).open(agency.today()).count() for agency in agencies] == [25, 25]
    assert Assessment.objects.count() == 100 * synthetic.MEASURED
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for model in (Employee, Assessment, Slot):
            for field in model._meta.concrete_fields:
                if field.is_relation and not field.null:
                    rows = model.objects.filter(**{f"{field.name}__isnull": False})
                    assert (
                        rows.filter(**{f"{field.name}__in": field.related_model.objects.all()}).count() == rows.count()
                    )
    for agency in agencies:
        run = services.refresh_agency(agency_id=agency.pk)
        assert (run.done_employees, run.total_slots) == (50, 25)
        assert 50 * 5 < run.pairs_stored <= 50 * 20
        assert services.verify_lists(agency=agency).wrong == []
    assert EmployeeList.objects.count() == 100
