"""Copying a slot on the partner's pages, with and without script."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from partners.models import Slot
from tests.factories.asn import AgencyFactory
from tests.factories.partners import AgreementFactory, PartnerMembershipFactory, PartnerVerificationFactory, days
from tests.factories.placements import Road, make_road
from tests.web.agency import signed_in
from tests.web.forms import forms_of
from tests.web.test_partner_pages import queries_of

pytestmark = pytest.mark.django_db


def page_of(road: Road) -> str:
    return reverse("partner_slot_clone", args=[road.slot.pk])


def answers(road: Road, **changed: Any) -> dict[str, Any]:
    return {
        "agreement_id": str(road.slot.agreement_id),
        "starts_on": days(40).isoformat(),
        "ends_on": days(100).isoformat(),
        "apply_by": days(20).isoformat(),
        **changed,
    }


def test_the_form_as_it_comes_makes_a_draft_and_leads_to_it() -> None:
    road = make_road(closed=True, apply_by=days(-30), starts_on=days(-20), ends_on=days(40))
    client, address = signed_in(road.member), page_of(road)
    assert address in client.get(reverse("partner_slot", args=[road.slot.pk])).content.decode()
    html = client.get(address).content.decode()
    assert "Batas pengajuan slot ini sudah lewat" in html
    [form] = [form for form in forms_of(html, address) if form.action == address]
    answer = client.post(address, {name: value for name, value in form.fields.items() if name != "ask"})
    copy = Slot.objects.exclude(pk=road.slot.pk).get()
    assert answer["Location"] == reverse("partner_slot", args=[copy.pk])
    assert (copy.status, copy.ends_on - copy.starts_on, copy.agency) == (
        "draft",
        road.slot.ends_on - road.slot.starts_on,
        road.agency,
    )
    assert copy.apply_by >= road.agency.today()


def test_a_first_day_takes_the_others_along_before_anything_is_kept() -> None:
    road = make_road(kind="workshop", seats=20)
    client, address = signed_in(road.member), page_of(road)
    typed = answers(road, starts_on=days(70).isoformat(), ask="1")
    for headers in ({"HX-Request": "true"}, {}):
        html = client.post(address, typed, headers=headers).content.decode()
        assert f'value="{days(130).isoformat()}"' in html
        assert f'value="{days(50).isoformat()}"' in html
        assert ("<html" in html) == (not headers)
    assert client.post(address, typed | {"starts_on": "besok"}).status_code == 200
    assert Slot.objects.count() == 1


def test_another_city_by_its_agreement_and_the_others_with_what_to_do() -> None:
    road = make_road()
    other = AgreementFactory(partner=road.slot.partner)
    PartnerVerificationFactory(verified=True, agency=other.agency, partner=road.slot.partner)
    unasked, pending, refused = AgencyFactory(), AgencyFactory(), AgencyFactory()
    PartnerVerificationFactory(agency=pending, partner=road.slot.partner)
    PartnerVerificationFactory(refused=True, agency=refused, partner=road.slot.partner)
    kb = AgreementFactory(partner=road.slot.partner, kind="kb")
    PartnerVerificationFactory(verified=True, agency=kb.agency, partner=road.slot.partner)
    client, address = signed_in(road.member), page_of(road)
    closed = {city.name: city for city in client.get(address).context["closed"]}
    wanted = {
        unasked.name: reverse("partner_standing"),
        pending.name: reverse("partner_standing"),
        refused.name: reverse("partner_ask_again", args=[refused.pk]),
        kb.agency.name: reverse("partner_agreement", args=[kb.pk]),
    }
    assert {name: city.url.split("?")[0] for name, city in closed.items()} == wanted
    for city in closed.values():
        assert client.get(city.url).status_code == 200
    client.post(address, answers(road, agreement_id=str(other.pk)))
    assert Slot.objects.exclude(pk=road.slot.pk).get().agency == other.agency
    # one that is not on the list is refused, and what was typed stays
    answer = client.post(address, answers(road, agreement_id=str(kb.pk)))
    assert answer.status_code == 422
    assert answer.context["form"].errors["agreement_id"]


def test_a_refused_copy_keeps_what_was_typed_at_its_field() -> None:
    road = make_road()
    client, address = signed_in(road.member), page_of(road)
    answer = client.post(address, answers(road, apply_by=days(-2).isoformat()))
    assert answer.status_code == 422
    assert "Pilih batas pengajuan yang lebih lambat" in answer.context["form"].errors["apply_by"][0]
    assert f'value="{days(-2).isoformat()}"' in answer.content.decode()
    assert Slot.objects.count() == 1


def test_no_city_at_all_says_what_is_in_the_way() -> None:
    road = make_road()
    road.slot.agreement.terminate()
    road.slot.agreement.save()
    html = signed_in(road.member).get(page_of(road)).content.decode()
    assert "Belum ada kota tujuan" in html


def test_others_do_not_find_it_and_cities_ask_nothing_more() -> None:
    road = make_road()
    address = page_of(road)
    assert signed_in(PartnerMembershipFactory().user).get(address).status_code == 404
    assert signed_in(road.hr).get(address).status_code == 403
    client = signed_in(road.member)
    one = queries_of(client, address)
    for _ in range(3):
        other = AgreementFactory(partner=road.slot.partner)
        PartnerVerificationFactory(verified=True, agency=other.agency, partner=road.slot.partner)
        AgencyFactory()
    assert queries_of(client, address) == one
