"""Forms from application to clearance."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from placements.states import ConflictOutcome, DecisionReason
from web.forms.fields import LongText, yes_no

REASONS_OF_APPLICANT = (
    DecisionReason.PERSONAL,
    DecisionReason.TIMING,
    DecisionReason.OTHER_PRIORITY,
    DecisionReason.OTHER,
)
REASONS_OF_SUPERVISOR = (
    DecisionReason.STAFFING,
    DecisionReason.TIMING,
    DecisionReason.NOT_RELATED,
    DecisionReason.OTHER_PRIORITY,
    DecisionReason.INCOMPLETE,
    DecisionReason.CONFLICT_OF_INTEREST,
    DecisionReason.OTHER,
)


def reason_choices(*reasons: DecisionReason) -> list[tuple[str, Any]]:
    """Choices of coded reasons, after a first line that chooses none."""
    return [("", _("Choose a reason")), *((reason.value, reason.label) for reason in reasons)]


class ApplicationForm(forms.Form):
    """What an ASN says when applying. As a draft everything may still be missing."""

    motivation = LongText(
        label=_("Why this slot, and what will you do with it at work?"),
        help_text=_("Two or three sentences are enough. The partner reads this, so leave out names and numbers."),
        max_length=3000,
        rows=5,
    )
    has_conflict = yes_no(
        label=_("Do you, your family or your unit have an interest in this partner?"),
        help_text=_("For example: your unit buys from, licenses, taxes or inspects it, or a relative works there."),
    )
    conflict_note = forms.CharField(
        label=_("Which interest is it?"),
        help_text=_("Needed when you answer yes. An interest does not rule you out; your supervisor looks at it."),
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    consent = forms.BooleanField(
        label=_("I agree that the partner sees exactly what the table above says, for this application only."),
        error_messages={"required": _("Without your agreement the application cannot be sent on.")},
    )

    def __init__(self, *args: Any, as_draft: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if as_draft:
            for field in self.fields.values():
                field.required = False

    def clean(self) -> dict[str, Any]:
        """An interest that is declared is also named."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("has_conflict") is True and not data.get("conflict_note") and self.fields["consent"].required:
            self.add_error("conflict_note", _("Name the interest in one sentence."))
        return data


class WithdrawForm(forms.Form):
    """Why an application or placement is taken back."""

    reason = forms.ChoiceField(
        label=_("Reason"), choices=[(reason.value, reason.label) for reason in REASONS_OF_APPLICANT]
    )
    note = forms.CharField(label=_("Note"), max_length=600, required=False, widget=forms.Textarea(attrs={"rows": 2}))


class DeclineSeatForm(forms.Form):
    """Why an offered seat is not wanted any more."""

    reason = forms.ChoiceField(label=_("Reason"), choices=reason_choices(*REASONS_OF_APPLICANT))
    note = forms.CharField(label=_("Note"), max_length=600, required=False, widget=forms.Textarea(attrs={"rows": 2}))


class DecisionForm(forms.Form):
    """A decision with a coded reason; approving needs none."""

    APPROVE, RETURN, REJECT = "approve", "return", "reject"

    reason = forms.ChoiceField(label=_("Reason"), required=False)
    note = forms.CharField(
        label=_("Note to the applicant"),
        help_text=_("What should change, or what you want the person to know."),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, reasons: tuple[DecisionReason, ...], decision: str = APPROVE, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decision = decision
        self.fields["reason"].choices = reason_choices(*reasons)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Whoever sends back or turns down says why; "another reason" says it in words."""
        data: dict[str, Any] = super().clean() or {}
        if self.decision not in (self.APPROVE, self.RETURN, self.REJECT):
            raise forms.ValidationError(_("Choose what you decide by one of the buttons."))
        if self.decision != self.APPROVE:
            if not data.get("reason"):
                self.add_error("reason", _("Choose the reason: the applicant has a right to know it."))
            elif data["reason"] == DecisionReason.OTHER and not data.get("note"):
                self.add_error("note", _("Write the reason in your own words."))
        return data


class ConflictForm(forms.Form):
    """What becomes of a declared interest."""

    outcome = forms.ChoiceField(
        label=_("Your assessment of the declared interest"),
        choices=ConflictOutcome.choices,
        widget=forms.RadioSelect,
        help_text=_("“Controlled” means that the unit keeps the person away from matters of this partner."),
    )
