from __future__ import annotations

import csv
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from asn import services
from asn.models import (
    Agency,
    AgencyMembership,
    Assessment,
    ClassStandard,
    Competency,
    CompetencyLevel,
    Employee,
    Position,
    PositionClass,
    PositionStandard,
    RegionalPriority,
    Unit,
)
from asn.services.reference import DATA
from core.dates import years_later
from core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from core.models import AuditEvent, OutboxEvent
from tests.factories.accounts import UserFactory
from tests.factories.asn import (
    AgencyFactory,
    AgencyMembershipFactory,
    CompetencyFactory,
    EmployeeFactory,
    PositionClassFactory,
    PositionFactory,
    UnitFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> Agency:
    return AgencyFactory()


@pytest.fixture
def hr(city):
    return AgencyMembershipFactory(agency=city).user


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


def refused(call, code: str, field: str = "", error: type[DomainError] = Invalid) -> None:
    """``call`` is refused with that code and field, and leaves no trace."""
    before = (AuditEvent.objects.count(), OutboxEvent.objects.count())
    with pytest.raises(error) as refusal:
        call()
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert (AuditEvent.objects.count(), OutboxEvent.objects.count()) == before


class TestReference:
    def test_the_catalogue_is_loaded_and_a_second_time_changes_nothing(self) -> None:
        report = services.load_reference()
        assert (report.competencies, report.levels, report.position_classes, report.class_standards) == (
            164,
            50,
            14,
            126,
        )
        assert services.load_reference() == report
        assert Competency.objects.filter(is_active=True).count() == 164
        assert CompetencyLevel.objects.filter(competency=None).count() == 5
        assert ClassStandard.objects.get(position_class="PENGAWAS", competency="MAN-01").level == 2
        assert PositionClass.objects.count() == 14

    def test_a_city_replaces_the_list(self, tmp_path: Path) -> None:
        services.load_reference()
        for name in ("competencies", "competency_levels", "position_classes", "position_standards"):
            text = (DATA / f"{name}.csv").read_text(encoding="utf-8")
            (tmp_path / f"{name}.csv").write_text(text.replace("Kerja Sama", "Kolaborasi"), encoding="utf-8")
        with (tmp_path / "competencies.csv").open(encoding="utf-8") as file:
            rows = [r for r in csv.reader(file) if r[0] != "TEK-216-05"]
        with (tmp_path / "competencies.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        services.load_reference(folder=tmp_path)
        assert Competency.objects.get(pk="MAN-02").name_id == "Kolaborasi"
        assert not Competency.objects.get(pk="TEK-216-05").is_active

    @pytest.mark.parametrize(
        ("file", "old", "new", "code", "field"),
        [
            ("competencies", "MAN-01,managerial", "MAN-01,magical", "unknown_competency_kind", "1.kind"),
            ("competency_levels", "MAN-01,1", "MAN-01,7", "level_range", "1.level"),
            ("position_standards", "PELAKSANA,MAN-01", "PELAKSANA,MAN-99", "unknown_competency", "1.competency_code"),
            ("position_standards", "PELAKSANA,MAN-01", "RAJA,MAN-01", "unknown_position_class", "1.position_class"),
        ],
    )
    def test_a_bad_row_is_named_and_nothing_changes(
        self, tmp_path: Path, file: str, old: str, new: str, code: str, field: str
    ) -> None:
        for source in DATA.glob("*.csv"):
            text = source.read_text(encoding="utf-8")
            (tmp_path / source.name).write_text(
                text.replace(old, new, 1) if source.stem == file else text, encoding="utf-8"
            )
        refused(lambda: services.load_reference(folder=tmp_path), code, field)
        assert not Competency.objects.exists()


class TestAgency:
    DATA = {
        "code": "palu",
        "name": "Pemerintah Kota Palu",
        "city": "Palu",
        "region_code": "72.71",
        "hr_office": "Badan Kepegawaian",
        "hr_office_short": "BKPSDMD",
        "time_zone": "Asia/Makassar",
    }

    def test_an_operator_opens_one(self) -> None:
        agency = services.create_agency(actor=UserFactory(is_superuser=True), **self.DATA)
        assert (agency.zone_label, agency.region_scheme) == ("WITA", "kemendagri")
        assert actions() == ["asn.create_agency"]

    @pytest.mark.parametrize(
        ("field", "value", "code"),
        [
            ("code", "Kota Palu!", "code_invalid"),
            ("code", "lama", "code_taken"),
            ("name", "", "text_missing"),
            ("time_zone", "Europe/Paris", "unknown_time_zone"),
        ],
    )
    def test_bad_input(self, field: str, value: str, code: str) -> None:
        AgencyFactory(code="lama")
        refused(lambda: services.create_agency(actor=None, **(self.DATA | {field: value})), code, field)

    def test_nobody_else(self, hr) -> None:
        refused(lambda: services.create_agency(actor=hr, **self.DATA), "not_allowed", error=NotAllowed)

    def test_members(self, city, hr) -> None:
        user = UserFactory()
        services.add_agency_member(actor=hr, agency_id=city.pk, user_id=user.pk, role="auditor")
        AgencyMembership.objects.filter(user=user).update(is_active=False)
        services.add_agency_member(actor=hr, agency_id=city.pk, user_id=user.pk, role="auditor")
        assert AgencyMembership.objects.get(user=user).is_active
        assert actions() == ["asn.add_agency_member"] * 2

    @pytest.mark.parametrize(
        ("role", "user_id", "code", "field"),
        [("king", 0, "unknown_role", "role"), ("hr", 0, "unknown_user", "user_id")],
    )
    def test_bad_members(self, city, hr, role: str, user_id: int, code: str, field: str) -> None:
        refused(
            lambda: services.add_agency_member(actor=hr, agency_id=city.pk, user_id=user_id, role=role), code, field
        )

    def test_a_neighbour_is_not_found_and_an_auditor_not_allowed(self, city) -> None:
        def add(actor):
            return lambda: services.add_agency_member(actor=actor, agency_id=city.pk, user_id=1, role="hr")

        refused(add(AgencyMembershipFactory().user), "not_found", error=NotFound)
        refused(add(AgencyMembershipFactory(agency=city, auditor=True).user), "not_allowed", error=NotAllowed)


class TestStandards:
    def test_levels_are_set_and_changed(self, city, hr) -> None:
        position, competency = PositionFactory(agency=city), CompetencyFactory()
        for level in (2, 4):
            services.set_position_standard(
                actor=hr, position_id=position.pk, competency_code=competency.code, level=level, source="SKJ"
            )
            services.set_agency_standard(
                actor=hr,
                agency_id=city.pk,
                position_class=position.position_class_id,
                competency_code=competency.code,
                level=level,
                source="SK",
            )
        assert PositionStandard.objects.get().level == 4
        assert actions() == ["asn.set_standard"] * 4
        assert OutboxEvent.objects.filter(name="asn.standards_changed").count() == 4

    @pytest.mark.parametrize(
        ("given", "code", "field"),
        [
            ({"level": 0}, "level_range", "level"),
            ({"level": 6}, "level_range", "level"),
            ({"competency_code": "TEK-0"}, "unknown_competency", "competency_code"),
            ({"competency_code": "T" * 5000}, "unknown_competency", "competency_code"),
            ({"source": " "}, "text_missing", "source"),
        ],
    )
    def test_bad_input(self, city, hr, given: dict[str, object], code: str, field: str) -> None:
        values = {"competency_code": CompetencyFactory().code, "level": 3, "source": "SKJ"} | given
        position = PositionFactory(agency=city)
        refused(
            lambda: services.set_position_standard(actor=hr, position_id=position.pk, **values),  # type: ignore[arg-type]
            code,
            field,
        )

    def test_unknown_class(self, city, hr) -> None:
        refused(
            lambda: services.set_agency_standard(
                actor=hr,
                agency_id=city.pk,
                position_class="RAJA",
                competency_code=CompetencyFactory().code,
                level=3,
                source="SK",
            ),
            "unknown_position_class",
            "position_class",
        )

    def test_a_neighbours_position_is_not_found(self, hr) -> None:
        position = PositionFactory()
        refused(
            lambda: services.set_position_standard(
                actor=hr, position_id=position.pk, competency_code="X", level=1, source="SK"
            ),
            "not_found",
            error=NotFound,
        )

    def test_priorities(self, city, hr) -> None:
        code = CompetencyFactory().code
        for weight in ("1.5", "3"):
            row = services.PriorityRow(competency_code=code, weight=Decimal(weight), basis="RPJMD")
            services.import_priorities(actor=hr, agency_id=city.pk, rows=[row])
        assert RegionalPriority.objects.get().weight == 3
        bad = services.PriorityRow(competency_code=code, weight=Decimal("9"), basis="RPJMD")
        refused(
            lambda: services.import_priorities(actor=hr, agency_id=city.pk, rows=[row, bad]),
            "weight_range",
            "2.weight",
        )


class TestImports:
    def test_units_in_any_order(self, city, hr) -> None:
        rows = [
            services.UnitRow(code="B", name="Bidang", parent_code="A"),
            services.UnitRow(code="A", name="Dinas", id=uuid.UUID(int=7)),
        ]
        services.import_units(actor=hr, agency_id=city.pk, rows=rows)
        assert Unit.objects.get(code="B").parent_id == uuid.UUID(int=7)
        assert actions() == ["asn.import_units"]

    @pytest.mark.parametrize(
        ("rows", "code", "field"),
        [
            ([("A", ""), ("A", "")], "code_taken", "2.code"),
            ([("OLD", "")], "code_taken", "1.code"),
            ([("A", ""), ("B", "Z")], "unknown_unit", "2.parent_code"),
            ([("A", "B"), ("B", "A")], "unit_cycle", "1.parent_code"),
            ([("A", "A")], "unit_cycle", "1.parent_code"),
        ],
    )
    def test_bad_units(self, city, hr, rows: list[tuple[str, str]], code: str, field: str) -> None:
        UnitFactory(agency=city, code="OLD")
        batch = [services.UnitRow(code=c, name="Unit", parent_code=p) for c, p in rows]
        refused(lambda: services.import_units(actor=hr, agency_id=city.pk, rows=batch), code, field)
        assert Unit.objects.count() == 1

    def test_positions_with_standards(self, city, hr) -> None:
        PositionClassFactory()
        code = CompetencyFactory().code
        row = services.PositionRow(
            code="J1",
            title="Analis",
            position_class="PELAKSANA",
            standards=[(code, 3)],
            source="contoh",
            is_example=True,
        )
        services.import_positions(actor=hr, agency_id=city.pk, rows=[row])
        standard = PositionStandard.objects.get()
        assert (standard.level, standard.is_example, standard.agency) == (3, True, city)
        assert actions() == ["asn.import_positions"]

    @pytest.mark.parametrize(
        ("given", "code", "field"),
        [
            ({"position_class": "RAJA"}, "unknown_position_class", "1.position_class"),
            ({"standards": [("NONE", 3)]}, "unknown_competency", "1.standards"),
            ({"standards": [("C", 6)]}, "level_range", "1.standards"),
            ({"standards": [("C", 3), ("C", 4)]}, "competency_twice", "1.standards"),
            ({"title": ""}, "text_missing", "1.title"),
        ],
    )
    def test_bad_positions(self, city, hr, given: dict[str, object], code: str, field: str) -> None:
        PositionClassFactory()
        CompetencyFactory(code="C")
        values = {"code": "J1", "title": "Analis", "position_class": "PELAKSANA", "source": "SK"} | given
        row = services.PositionRow(**values)  # type: ignore[arg-type]
        refused(lambda: services.import_positions(actor=hr, agency_id=city.pk, rows=[row]), code, field)
        assert not Position.objects.exists()


NIP = ["198506152010011901", "199001012015012902", "199203042022212903"]


@pytest.fixture
def base(city) -> dict[str, str]:
    UnitFactory(agency=city, code="U")
    PositionFactory(agency=city, code="J")
    return {"unit_code": "U", "position_code": "J", "name": "Sri Lestari"}


class TestEmployees:
    def test_a_batch_with_its_supervisor_behind(self, city, hr, base) -> None:
        rows = [
            services.EmployeeRow(nip=NIP[0], kind="pns", supervisor_nip=NIP[1], **base),
            services.EmployeeRow(nip=NIP[1], kind="pns", born_on=date(1990, 1, 2), **base),
            services.EmployeeRow(
                nip=NIP[2],
                kind="pppk",
                contract_starts_on=date(2026, 1, 1),
                contract_ends_on=date(2026, 12, 31),
                **base,
            ),
        ]
        done = services.import_employees(actor=hr, agency_id=city.pk, rows=rows)
        assert done.warnings == [(2, "nip_birth_date_differs")]
        assert Employee.objects.get(nip=NIP[0]).supervisor.nip == NIP[1]
        assert actions() == ["asn.import_employees"]
        assert NIP[0] not in str(list(AuditEvent.objects.values()))

    @pytest.mark.parametrize(
        ("given", "code", "field"),
        [
            ({"nip": "123"}, "nip_format", "nip"),
            ({"nip": "198513152010011901"}, "nip_birth_date", "nip"),
            ({"kind": "king"}, "unknown_employee_kind", "kind"),
            ({"status": "gone"}, "unknown_status", "status"),
            ({"unit_code": "X"}, "unknown_unit", "unit_code"),
            ({"position_code": "X"}, "unknown_position", "position_code"),
            ({"supervisor_nip": NIP[2]}, "unknown_supervisor", "supervisor_nip"),
            ({"supervisor_nip": "9"}, "nip_format", "supervisor_nip"),
            ({"supervisor_nip": NIP[0]}, "supervisor_cycle", "supervisor_nip"),
            ({"email": "x"}, "email_invalid", "email"),
            ({"user_id": 0}, "unknown_user", "user_id"),
            ({"contract_starts_on": date(2026, 1, 1)}, "contract_half", "contract_ends_on"),
            (
                {"contract_starts_on": date(2026, 2, 1), "contract_ends_on": date(2026, 1, 1)},
                "ends_before_start",
                "contract_ends_on",
            ),
            (
                {"contract_starts_on": date(2026, 1, 1), "contract_ends_on": date(2026, 2, 1)},
                "contract_of_pns",
                "contract_starts_on",
            ),
        ],
    )
    def test_bad_input_one_by_one_and_in_a_batch(self, city, hr, base, given, code: str, field: str) -> None:
        row = services.EmployeeRow(**({"nip": NIP[0], "kind": "pns"} | base | given))
        good = services.EmployeeRow(nip=NIP[1], kind="pns", **base)
        refused(lambda: services.create_employee(actor=hr, agency_id=city.pk, row=row), code, field)
        refused(lambda: services.import_employees(actor=hr, agency_id=city.pk, rows=[good, row]), code, f"2.{field}")
        assert not Employee.objects.exists()

    def test_a_number_or_account_is_used_once(self, city, hr, base) -> None:
        user = UserFactory()
        row = services.EmployeeRow(nip=NIP[0], kind="pns", user_id=user.pk, **base)
        again = services.EmployeeRow(nip=NIP[1], kind="pns", user_id=user.pk, **base)
        refused(
            lambda: services.import_employees(actor=hr, agency_id=city.pk, rows=[row, again]),
            "unknown_user",
            "2.user_id",
        )
        refused(lambda: services.import_employees(actor=hr, agency_id=city.pk, rows=[row, row]), "nip_taken", "2.nip")
        services.create_employee(actor=hr, agency_id=city.pk, row=row)
        refused(lambda: services.create_employee(actor=hr, agency_id=city.pk, row=row), "nip_taken", "nip")
        refused(lambda: services.create_employee(actor=hr, agency_id=city.pk, row=again), "unknown_user", "user_id")

    def test_supervisors_never_form_a_circle(self, city, hr) -> None:
        top, middle, low = (EmployeeFactory(agency=city) for _ in range(3))
        for below, above in ((low, middle), (middle, top)):
            services.set_supervisor(actor=hr, employee_id=below.pk, supervisor_id=above.pk)
        for boss in (low, top):
            refused(
                lambda boss=boss: services.set_supervisor(actor=hr, employee_id=top.pk, supervisor_id=boss.pk),
                "supervisor_cycle",
                "supervisor_id",
            )
        foreign = EmployeeFactory()
        refused(
            lambda: services.set_supervisor(actor=hr, employee_id=top.pk, supervisor_id=foreign.pk),
            "unknown_supervisor",
            "supervisor_id",
        )
        refused(
            lambda: services.set_supervisor(actor=hr, employee_id=foreign.pk, supervisor_id=None),
            "not_found",
            error=NotFound,
        )
        services.set_supervisor(actor=hr, employee_id=low.pk, supervisor_id=None)
        assert Employee.objects.get(pk=low.pk).supervisor is None

    def test_interests_are_the_persons_own_words(self, city, hr) -> None:
        person = EmployeeFactory(agency=city, with_user=True)
        services.set_interests(actor=person.user, employee_id=person.pk, interests="Analisis data ")
        assert Employee.objects.get(pk=person.pk).interests == "Analisis data"
        refused(
            lambda: services.set_interests(actor=hr, employee_id=person.pk, interests="x"),
            "not_allowed",
            error=NotAllowed,
        )


class TestAssessments:
    @pytest.fixture
    def person(self, city):
        return EmployeeFactory(agency=city, with_user=True, supervisor=EmployeeFactory(agency=city, with_user=True))

    def record(self, actor, person, **given):
        values = {
            "competency_code": CompetencyFactory(code="TEK-1").code,
            "level": 2,
            "source": "assessment_centre",
            "assessed_on": date(2024, 5, 5),
        }
        return services.record_assessment(actor=actor, employee_id=person.pk, **(values | given))

    def test_it_is_valid_for_three_years_to_the_day(self, hr, person) -> None:
        assert self.record(hr, person).valid_until == date(2027, 5, 5)
        assert self.record(hr, person, assessed_on=date(2024, 2, 29)).valid_until == date(2027, 2, 28)
        assert actions() == ["asn.record_assessment"] * 2
        event = OutboxEvent.objects.first()
        assert event.payload["employee_id"] == str(person.pk)
        assert person.nip not in str(event.payload)

    def test_who_may_enter_what(self, hr, person) -> None:
        boss = person.supervisor.user
        assert self.record(boss, person, source="supervisor").level == 2
        assert self.record(person.user, person, source="self", level=4).level == 4
        assert self.record(None, person, source="computer_test").level == 2
        for actor, source, code in (
            (boss, "assessment_centre", "hr_only"),
            (boss, "self", "not_allowed"),
            (hr, "self", "not_allowed"),
            (person.user, "supervisor", "not_allowed"),
        ):
            refused(lambda a=actor, s=source: self.record(a, person, source=s), code, error=NotAllowed)
        refused(lambda: self.record(AgencyMembershipFactory().user, person), "not_found", error=NotFound)

    @pytest.mark.parametrize(
        ("given", "code", "field"),
        [
            ({"level": 0}, "level_range", "level"),
            ({"level": 6}, "level_range", "level"),
            ({"competency_code": "TEK-0"}, "unknown_competency", "competency_code"),
            ({"source": "rumour"}, "unknown_source", "source"),
            ({"note": "x" * 301}, "text_too_long", "note"),
        ],
    )
    def test_bad_input(self, hr, city, person, given, code: str, field: str) -> None:
        refused(lambda: self.record(hr, person, **given), code, field)
        assert not Assessment.objects.exists()
        row = services.AssessmentRow(
            **(
                {
                    "employee_id": person.pk,
                    "competency_code": "TEK-1",
                    "level": 2,
                    "source": "supervisor",
                    "assessed_on": date(2024, 5, 5),
                }
                | given
            )
        )
        refused(lambda: services.import_assessments(actor=hr, agency_id=city.pk, rows=[row]), code, f"1.{field}")

    def test_the_future_begins_by_local_time(self, person) -> None:
        palu = EmployeeFactory(agency=AgencyFactory(wita=True))
        late = datetime(2026, 5, 5, 16, 30, tzinfo=UTC)
        assert self.record(None, palu, assessed_on=date(2026, 5, 6), now=late).pk
        refused(
            lambda: self.record(None, person, assessed_on=date(2026, 5, 6), now=late), "date_in_future", "assessed_on"
        )

    def test_once_a_day_and_source(self, hr, city, person) -> None:
        self.record(hr, person)
        refused(lambda: self.record(hr, person), "assessment_exists", "assessed_on", Conflict)
        row = services.AssessmentRow(
            employee_id=person.pk,
            competency_code="TEK-1",
            level=2,
            source="assessment_centre",
            assessed_on=date(2024, 5, 5),
        )
        refused(
            lambda: services.import_assessments(actor=hr, agency_id=city.pk, rows=[row]),
            "assessment_exists",
            "1.assessed_on",
        )

    def test_a_batch(self, hr, city, person) -> None:
        code = CompetencyFactory().code
        rows = [
            services.AssessmentRow(
                employee_id=person.pk,
                competency_code=code,
                level=1,
                source="supervisor",
                assessed_on=date(2024, 1, 1) + timedelta(days=n),
            )
            for n in range(3)
        ]
        assert len(services.import_assessments(actor=hr, agency_id=city.pk, rows=rows)) == 3
        assert actions() == ["asn.import_assessments"]
        foreign = services.AssessmentRow(
            employee_id=EmployeeFactory().pk,
            competency_code=code,
            level=1,
            source="supervisor",
            assessed_on=date(2024, 1, 1),
        )
        refused(
            lambda: services.import_assessments(actor=hr, agency_id=city.pk, rows=[foreign]),
            "unknown_employee",
            "1.employee_id",
        )


def test_years_later() -> None:
    assert years_later(date(2024, 2, 29), 4) == date(2028, 2, 29)
    assert years_later(date(2024, 2, 29), 1) == date(2025, 2, 28)
