"""Forms of mentoring sessions: booking, moving, cancelling, notes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from placements.services.sessions import GIVEN_REASONS
from placements.states import NoteVisibility
from web.forms.fields import LongText

LENGTHS = (30, 45, 60, 90, 120)
USUAL_LENGTH = 60


class TimeForm(forms.Form):
    """When: one of the free times on offer, and how long."""

    minutes = forms.TypedChoiceField(
        label=_("How long"),
        coerce=int,
        choices=[(n, ngettext_lazy("%(count)s minute", "%(count)s minutes", n) % {"count": n}) for n in LENGTHS],
        initial=USUAL_LENGTH,
    )
    starts_at = forms.DateTimeField(
        label=_("Free time"), error_messages={"required": _("Choose one of the free times.")}
    )

    @property
    def wanted_minutes(self) -> int:
        """The length chosen so far, right or not yet."""
        typed = str(self["minutes"].value())
        return int(typed) if typed.isdigit() and int(typed) in LENGTHS else USUAL_LENGTH


class BookingForm(TimeForm):
    """A session to come."""

    agenda = forms.CharField(label=_("What shall it be about?"), max_length=600)
    link = forms.CharField(
        label=_("Link of the meeting"), max_length=300, required=False, help_text=_("It begins with https://.")
    )
    place = forms.CharField(label=_("Place"), max_length=200, required=False, help_text=_("Where there is no link."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["link"].widget.attrs.update({"inputmode": "url"})


class CancelSessionForm(forms.Form):
    """Why a booked session does not take place."""

    reason = forms.ChoiceField(label=_("Reason"), choices=[(r.value, r.label) for r in GIVEN_REASONS])
    note = forms.CharField(label=_("Note"), max_length=600, required=False, widget=forms.Textarea(attrs={"rows": 2}))


class SessionNoteForm(forms.Form):
    """A note, and who reads it."""

    visibility = forms.ChoiceField(
        label=_("Who may read it?"),
        choices=NoteVisibility.choices,
        widget=forms.RadioSelect,
        initial=NoteVisibility.PAIR,
    )
    text = LongText(
        label=_("Note"),
        max_length=3000,
        rows=4,
        required=False,
        help_text=_("You have one note for each choice; an empty one is removed."),
    )
