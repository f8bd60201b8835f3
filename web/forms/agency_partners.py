"""Partners and agreements as HR enters and decides them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from partners.models import Agreement, PartnerVerification
from partners.states import AgreementClause, AgreementKind, AgreementStatus, PartnerKind, VerificationStatus
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

    ends = django_filters.ChoiceFilter(
        label=_("End"),
        choices=[("soon", _("Ends soon, not renewed")), ("over", _("Run out"))],
        empty_label=_("Any"),
        method="by_end",
    )

    def by_end(self, rows: Any, name: str, value: str) -> Any:
        """By the agency's own calendar."""
        today = self.agency.today()
        if value == "soon":
            return rows.filter(pk__in=Agreement.objects.ending(today).values("pk"))
        return rows.filter(status=AgreementStatus.SIGNED, ends_on__lt=today)

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
    predecessor_id = forms.UUIDField(
        label=_("Renews the agreement"),
        help_text=_("A renewal that leaves no day between stops the reminders of the earlier one."),
        widget=forms.Select,
        required=False,
    )
    mandate_number = forms.CharField(
        label=_("Number of the surat kuasa"),
        help_text=_("Where somebody else than the mayor signs."),
        max_length=80,
        required=False,
    )
    cost_bearer = forms.CharField(label=_("Who carries the cost"), max_length=200, required=False)
    file = PdfField(label=_("Document as PDF"), help_text=_("At most 10 MB."), required=False)

    def __init__(self, *args: Any, known: list[Agreement], renewed: Agreement | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        memoranda = [row for row in known if row.kind == AgreementKind.KB]
        for name, rows in (("parent_id", memoranda), ("predecessor_id", known)):
            choices = [("", _("None")), *((row.pk, f"{row.number_agency} – {row.subject}") for row in rows)]
            self.fields[name].widget.choices = choices  # type: ignore[attr-defined]
        for clause in AgreementClause:
            self.fields[f"has_{clause}"] = forms.BooleanField(label=clause.label, required=False)
            note = _("Note on: %(clause)s") % {"clause": clause.label}
            self.fields[f"note_{clause}"] = forms.CharField(label=note, max_length=300, required=False)
        if renewed is not None:
            same = ("kind", "subject", "signer_agency", "signer_partner", "parent_id", "mandate_number", "cost_bearer")
            self.initial.update({name: getattr(renewed, name) for name in same})
            self.initial.update({"predecessor_id": renewed.pk, "starts_on": renewed.ends_on + timedelta(days=1)})
            for clause, note in renewed.clauses.items():
                self.initial.update({f"has_{clause}": True, f"note_{clause}": note})

    def answers(self) -> dict[str, Any]:
        """As the service takes them: a clause is settled when it is marked."""
        given = dict(self.cleaned_data)
        clauses = {}
        for clause in AgreementClause.values:
            settled, note = given.pop(f"has_{clause}"), given.pop(f"note_{clause}")
            if settled or note:
                clauses[clause] = note
        return given | {"clauses": clauses}


class AgreementFileForm(forms.Form):
    """The signed document."""

    file = PdfField(label=_("Document as PDF"), help_text=_("At most 10 MB."))
