"""What HR enters on the way from seat to certificate."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from web.forms.fields import DateField


class PdfField(forms.FileField):
    """An upload the browser offers PDF files for; what it really is, its bytes decide."""

    widget = forms.ClearableFileInput(attrs={"accept": "application/pdf,.pdf"})


class LetterForm(forms.Form):
    """The assignment letter (surat tugas) as issued by the correspondence system."""

    number = forms.CharField(label=_("Number of the letter"), max_length=80)
    letter_date = DateField(label=_("Date of the letter"))
    signer = forms.CharField(label=_("Signed by"), help_text=_("Position and name, as on the letter."), max_length=160)
    file = PdfField(label=_("Signed letter as PDF"), help_text=_("At most 10 MB."))


class ReasonNoteForm(forms.Form):
    """Why, in one or two sentences."""

    note = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class RevokeForm(forms.Form):
    """Why a certificate is taken back."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The holder reads it."),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class HoursForm(forms.Form):
    """JP of a form of learning that no rule counts."""

    hours = forms.IntegerField(label=_("JP"), min_value=1, max_value=200)
    note = forms.CharField(
        label=_("How the JP were counted"),
        help_text=_("For example the rule or the certificate they rest on."),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
