"""Each event of the road tells the right people once, on the page and by mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import translation

from config.wiring import HANDLERS
from core import outbox
from core.errors import NotFound
from core.models import OutboxDelivery
from incentives import services as incentives
from partners import services as partners
from placements import services as placements
from placements.models import LogbookEntry
from tests.factories.accounts import UserFactory
from tests.factories.partners import SlotFactory
from tests.factories.placements import Road, fill, make_road
from web import services, tasks
from web.models import Notification
from web.notifications import MESSAGES, told

pytestmark = pytest.mark.django_db


def told_to(road: Road) -> set[tuple[str, str]]:
    """(who, what) of everything told so far."""
    outbox.drain()
    assert not OutboxDelivery.objects.exclude(error="").exists()
    who = {
        road.applicant.pk: "applicant",
        road.boss.pk: "supervisor",
        road.hr.pk: "hr",
        road.member.pk: "partner",
        road.mentor.user_id: "mentor",
    }
    return {(who[user], code) for user, code in Notification.objects.values_list("user_id", "code")}


def clear(road: Road) -> None:
    placements.clear_application(actor=road.boss, application_id=road.application.pk)


def approve(road: Road) -> None:
    clear(road)
    placements.approve_application(actor=road.hr, application_id=road.application.pk)


def withdraw(road: Road) -> None:
    approve(road)
    placements.withdraw_application(actor=road.applicant, application_id=road.application.pk)


def refuse(road: Road) -> None:
    placements.refuse_application(actor=road.boss, application_id=road.application.pk, reason="staffing")


def send_back(road: Road) -> None:
    placements.return_application(actor=road.boss, application_id=road.application.pk, reason="incomplete", note="?")


def reject(road: Road) -> None:
    clear(road)
    placements.reject_application(actor=road.hr, application_id=road.application.pk, reason="prerequisites")


def waitlist(road: Road) -> None:
    clear(road)
    fill(road.slot)
    placements.waitlist_application(actor=road.hr, application_id=road.application.pk)


def decline(road: Road) -> None:
    approve(road)
    placements.decline_application(actor=road.member, application_id=road.application.pk, reason="no_capacity")


def accept(road: Road) -> None:
    approve(road)
    road.placement = placements.accept_application(actor=road.member, application_id=road.application.pk)


def give_back(road: Road) -> None:
    accept(road)
    placements.end_placement_early(actor=road.applicant, placement_id=road.placement.pk, reason="health")


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (clear, {("applicant", "application_cleared"), ("hr", "approval_needed")}),
        (refuse, {("applicant", "application_refused")}),
        (send_back, {("applicant", "application_returned")}),
        (waitlist, {("applicant", "application_waitlisted")}),
        (reject, {("applicant", "application_rejected")}),
        (approve, {("applicant", "application_approved"), ("partner", "candidate_waiting")}),
        (decline, {("applicant", "application_declined")}),
        (
            withdraw,
            {
                ("supervisor", "application_withdrawn"),
                ("hr", "application_withdrawn"),
                ("partner", "application_withdrawn"),
            },
        ),
        (
            accept,
            {
                ("applicant", "placement_created"),
                ("hr", "placement_to_prepare"),
                ("mentor", "mentee_assigned"),
                ("supervisor", "member_placed"),
            },
        ),
        (
            give_back,
            {("applicant", "placement_ended"), ("hr", "placement_ended"), ("mentor", "placement_ended")},
        ),
    ],
)
def test_each_step_tells_whom_it_concerns(step: Callable[[Road], None], expected: set[tuple[str, str]]) -> None:
    road = make_road()
    road.apply()
    before = told_to(road)
    assert before == {("applicant", "application_handed_in"), ("supervisor", "clearance_needed")}
    step(road)
    assert expected <= told_to(road) - before


def test_a_declared_interest_is_told_to_the_supervisor() -> None:
    road = make_road()
    road.apply(has_conflict=True, conflict_note="Kerabat saya bekerja di sana.")
    assert ("supervisor", "conflict_declared") in told_to(road)


def test_the_finish_is_told_to_everyone() -> None:
    road = make_road()
    incentives.create_award_rule(
        actor=road.hr,
        agency_id=road.agency.pk,
        code="penerapan",
        name="Piagam",
        decided_by="Wali Kota",
        document="Piagam",
        points=5,
    )
    road.complete()
    assert {
        ("applicant", "placement_started"),
        ("mentor", "logbook_to_read"),
        ("applicant", "placement_completed"),
        ("applicant", "hours_credited"),
        ("supervisor", "member_finished"),
        ("hr", "placement_finished"),
        ("hr", "award_to_check"),
    } <= told_to(road)
    proposal = road.placement.award_proposals.get()
    incentives.verify_proposal(actor=road.hr, proposal_id=proposal.pk)
    incentives.grant_award(
        actor=road.hr,
        proposal_id=proposal.pk,
        decree_number="1/2027",
        decree_date=road.slot.ends_on + timedelta(days=1),
        signer="Wali Kota",
        now=road.at(road.slot.ends_on + timedelta(days=2)),
    )
    assert ("applicant", "award_granted") in told_to(road)


def test_a_returned_day_and_a_session_are_told_to_the_other_side() -> None:
    road = make_road(mentoring=True)
    road.start()
    first = road.at(road.slot.starts_on, 12)
    entry = placements.record_logbook_entry(
        actor=road.applicant,
        placement_id=road.placement.pk,
        entry_date=road.slot.starts_on,
        hours=2,  # type: ignore[arg-type]
        activity="Menyusun rencana belajar",
        now=first,
    )
    placements.return_logbook_entry(actor=road.mentor.user, entry_id=entry.pk, note="Tambahkan hasil.")
    placements.record_session(
        actor=road.mentor.user,
        placement_id=road.placement.pk,
        held_on=road.slot.starts_on,
        minutes=60,
        agenda="Dasbor",
        now=first,
    )
    assert {("applicant", "logbook_returned"), ("applicant", "session_to_confirm")} <= told_to(road)


def test_a_cancelled_slot_is_told_once_to_everyone_who_applied() -> None:
    road = make_road()
    road.apply()
    told_to(road)
    partners.cancel_slot(actor=road.member, slot_id=road.slot.pk, reason="no_capacity", note="")
    told_to(road)
    codes = Notification.objects.filter(user=road.applicant).values_list("code", flat=True)
    assert sorted(codes) == ["application_handed_in", "slot_cancelled"]


def test_slots_and_partners_are_told_between_partner_and_hr() -> None:
    road = make_road()
    outline = road.slot
    fresh = SlotFactory(agreement=outline.agreement, draft=True)
    partners.submit_slot(actor=road.member, slot_id=fresh.pk)
    assert ("hr", "slot_to_review") in told_to(road)
    partners.return_slot(actor=road.hr, slot_id=fresh.pk, reason="outcomes_unclear", note="Perjelas hasilnya.")
    assert ("partner", "slot_returned") in told_to(road)
    again = SlotFactory(agreement=outline.agreement, submitted=True)
    partners.publish_slot(actor=road.hr, slot_id=again.pk)
    assert ("partner", "slot_published") in told_to(road)


def test_a_registration_is_told_to_hr_and_its_answer_to_the_partner() -> None:
    road = make_road()
    owner = UserFactory()
    partner = partners.register_partner(
        actor=owner,
        data=partners.PartnerData(kind="company", name="PT Baru", city="Surakarta"),
        agency_ids=[road.agency.pk],
    )
    assert ("hr", "partner_to_verify") in told_to(road)
    partners.verify_partner(actor=road.hr, agency_id=road.agency.pk, partner_id=partner.pk)
    outbox.drain()
    assert Notification.objects.get(user=owner).code == "partner_decided"


def test_a_withdrawn_draft_is_told_to_nobody() -> None:
    road = make_road()
    draft = placements.save_draft(actor=road.applicant, slot_id=road.slot.pk)
    placements.withdraw_application(actor=road.applicant, application_id=draft.pk)
    assert told_to(road) == set()


# Once ------------------------------------------------------------------------------------------


def test_the_same_event_heard_again_tells_nothing_new() -> None:
    road = make_road()
    road.prove()
    before = told_to(road)
    rows, mails = Notification.objects.count(), len(mail.outbox)
    OutboxDelivery.objects.update(done_at=None, attempts=0)
    assert told_to(road) == before
    assert Notification.objects.count() == rows
    assert len(mail.outbox) == mails


def test_each_attempt_is_told_anew() -> None:
    road = make_road()
    road.apply()
    told_to(road)
    send_back(road)
    placements.revise_application(actor=road.applicant, application_id=road.application.pk)
    placements.submit_application(actor=road.applicant, application_id=road.application.pk, consent=True)
    told_to(road)
    assert Notification.objects.filter(user=road.boss, code="clearance_needed").count() == 2


def test_a_day_written_over_is_told_once() -> None:
    road = make_road()
    road.prove()
    told_to(road)
    days = LogbookEntry.objects.count()
    assert Notification.objects.filter(code="logbook_to_read").count() == days


def test_every_event_of_the_road_is_wired_to_a_task_that_is_there() -> None:
    ours = [name for names in HANDLERS.values() for name in names if name.startswith("web.tasks.")]
    assert len(ours) == len(set(ours)) > 25
    assert all(hasattr(tasks, name.rpartition(".")[2]) for name in ours)


# Mail -------------------------------------------------------------------------------------------


def test_the_mail_carries_action_deadline_link_and_a_fixed_id() -> None:
    road = make_road(employee={"name": "R. Sari"})
    road.apply()
    told_to(road)
    row = Notification.objects.get(user=road.boss)
    sent = next(message for message in mail.outbox if message.to == [road.boss.email])
    assert sent.subject.startswith("[Padan] Perlu keputusan Anda sebelum ")
    assert "R. Sari" in sent.subject
    assert f"{settings.SITE_URL}/clearances/{road.application.pk}/" in sent.body
    assert sent.extra_headers["Message-ID"] == f"<{row.pk}@{settings.MAIL_ID_DOMAIN}>"
    assert row.emailed_at is not None
    assert services.mail_notification(notification_id=row.pk) is False


def test_a_mail_is_written_in_the_language_of_its_reader() -> None:
    road = make_road()
    type(road.boss).objects.filter(pk=road.boss.pk).update(language="en")
    road.apply()
    told_to(road)
    sent = next(message for message in mail.outbox if message.to == [road.boss.email])
    assert sent.subject.startswith("[Padan] Your decision is needed by ")


def test_whoever_has_no_address_gets_no_mail() -> None:
    road = make_road()
    type(road.boss).objects.filter(pk=road.boss.pk).update(email="")
    road.apply()
    told_to(road)
    assert Notification.objects.filter(user=road.boss).exists()
    assert {address for message in mail.outbox for address in message.to} == {road.applicant.email}


def test_no_nip_leaves_by_mail_or_is_kept_in_a_row() -> None:
    road = make_road()
    road.complete()
    told_to(road)
    kept = str(list(Notification.objects.values_list("params", "url")))
    written = "".join(message.subject + message.body for message in mail.outbox)
    assert written
    assert road.employee.nip not in kept + written
    assert road.supervisor.nip not in kept + written


def test_no_header_can_be_smuggled_in_by_a_title() -> None:
    road = make_road(title="Magang data")
    type(road.slot).objects.filter(pk=road.slot.pk).update(title="Magang\nBcc: orang@example.com")
    road.accept()
    told_to(road)
    subjects = [message.message()["Subject"] for message in mail.outbox]
    assert all("\n" not in str(subject) for subject in subjects)
    assert {address for message in mail.outbox for address in message.recipients()} <= {
        user.email for user in (road.applicant, road.boss, road.hr, road.member, road.mentor.user)
    }


# The page -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_message_can_be_read_without_any_fact(language: str) -> None:
    with translation.override(language):
        for code in MESSAGES:
            words = told(Notification(code=code, params={}))
            assert "%(" not in words.title + words.body


def test_reading_marks_it_and_leads_on(as_user) -> None:
    road = make_road()
    road.apply()
    told_to(road)
    asn = as_user(road.applicant)
    row = Notification.objects.get(user=road.applicant)
    page = asn.get("/notifications/").content.decode()
    assert "Pengajuan Anda telah diserahkan" in page
    assert "Baru" in page
    assert asn.get(f"/notifications/{row.pk}/").status_code == 405
    assert asn.post(f"/notifications/{row.pk}/")["Location"] == f"/applications/{road.application.pk}/"
    assert Notification.objects.get(pk=row.pk).read_at is not None


def test_all_can_be_read_at_once(as_user) -> None:
    road = make_road()
    road.apply()
    told_to(road)
    as_user(road.applicant).post("/notifications/read/")
    assert set(Notification.objects.filter(read_at=None).values_list("user", flat=True)) == {road.boss.pk}


def test_notifications_of_others_are_not_there(as_user) -> None:
    road = make_road()
    road.apply()
    told_to(road)
    row = Notification.objects.get(user=road.boss)
    stranger = UserFactory()
    assert as_user(stranger).post(f"/notifications/{row.pk}/").status_code == 404
    assert "Belum ada kabar" in as_user(stranger).get("/notifications/").content.decode()
    with pytest.raises(NotFound):
        services.read_notification(actor=stranger, notification_id=row.pk)


def test_more_notifications_cost_no_more_queries(as_user, count_queries) -> None:
    user = UserFactory()

    def tell(number: int) -> None:
        services.notify(
            users=[user], message="slot_published", event_key=f"slot:{number}", params={"slot": f"Slot {number}"}
        )

    client: Client = as_user(user)
    tell(1)
    one = count_queries(client, "/notifications/")
    tell(2)
    tell(3)
    assert count_queries(client, "/notifications/") == one <= 20
