"""Partners and agreements as HR enters and decides them."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from partners.models import Agreement, PartnerVerification
from partners.states import AgreementKind, AgreementStatus, PartnerKind, VerificationStatus
from web.forms.agency import Filter, NameFilter
from web.forms.agency_placements import PdfField
from web.forms.fields import DateField


class PartnerFilter(Filter):
    """Name, kind and the agency's word on the partner."""

    q = NameFilter("partner__name")
    kind = django_filters.ChoiceFilter(
        label=_("Kind"), field_name="partner__kind", choices=PartnerKind.choices, empty_label=_("All kinds")
    )
    status = django_filters.ChoiceFilter(
        label=_("Status"), choices=VerificationStatus.choices, empty_label=_("All statuses")
    )

    class Meta:
        model = PartnerVerification
        fields: list[str] = []


class AgreementFilter(Filter):
    """Kind, status and partner."""

    q = NameFilter("partner__name", "number_agency", "subject", label=_("Words"))
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=AgreementKind.choices, empty_label=_("All kinds"))
    status = django_filters.ChoiceFilter(
        label=_("Status"), choices=AgreementStatus.choices, empty_label=_("All statuses")
    )

    class Meta:
        model = Agreement
        fields: list[str] = []


class ReasonForm(forms.Form):
    """Why, in words that the other side reads."""

    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class AgreementForm(forms.Form):
    """What the document says."""

    kind = forms.ChoiceField(label=_("Kind"), choices=AgreementKind.choices, initial=AgreementKind.PKS)
    number_agency = forms.CharField(label=_("Number of the city"), max_length=80)
    number_partner = forms.CharField(
        label=_("Number of the partner"), help_text=_("Needed before it can be signed."), max_length=80, required=False
    )
    subject = forms.CharField(label=_("Subject"), max_length=300)
    starts_on = DateField(label=_("In force from"))
    ends_on = DateField(label=_("Until"))
    signer_agency = forms.CharField(
        label=_("Signed for the city by"),
        help_text=_("Needed before it can be signed."),
        max_length=160,
        required=False,
    )
    signer_partner = forms.CharField(
        label=_("Signed for the partner by"),
        help_text=_("Needed before it can be signed."),
        max_length=160,
        required=False,
    )
    parent_id = forms.UUIDField(label=_("Under the memorandum of understanding"), widget=forms.Select, required=False)
    file = PdfField(label=_("Document as PDF"), help_text=_("At most 10 MB."), required=False)

    def __init__(self, *args: Any, memoranda: list[Agreement], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("None")), *((row.pk, f"{row.number_agency} – {row.subject}") for row in memoranda)]
        self.fields["parent_id"].widget.choices = choices  # type: ignore[attr-defined]
