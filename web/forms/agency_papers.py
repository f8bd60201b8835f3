"""What HR enters for letters and certificates that Padan makes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from asn.models import Letterhead
from web.forms.fields import DateField


class LetterMakeForm(forms.Form):
    """A surat tugas that Padan numbers and fills in."""

    letter_date = DateField(label=_("Date of the letter"))
    signer_post = forms.CharField(label=_("Position of who signs"), max_length=120)
    signer_name = forms.CharField(label=_("Name of who signs"), help_text=_("With titles."), max_length=120)


class LetterheadForm(forms.Form):
    """Head and foot of the agency's papers."""

    address = forms.CharField(label=_("Address"), max_length=200, required=False)
    contact = forms.CharField(
        label=_("Telephone, e-mail, web page"), help_text=_("One line."), max_length=200, required=False
    )
    place = forms.CharField(
        label=_("Place of the date"), help_text=_("The city, if empty."), max_length=80, required=False
    )
    signer_post = forms.CharField(
        label=_("Position of who usually signs"),
        help_text=_("For example Kepala BKPSDM."),
        max_length=120,
        required=False,
    )
    signer_name = forms.CharField(
        label=_("Name of who usually signs"), help_text=_("With titles."), max_length=120, required=False
    )
    signer_rank = forms.CharField(label=_("Rank below the signature"), max_length=80, required=False)
    signer_nip = forms.CharField(
        label=_("NIP below the signature"),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    keep_nip = forms.BooleanField(required=False, initial=True)
    logo = forms.FileField(
        label=_("Logo"),
        help_text=_("PNG or JPEG, at most 200 kB and 2000 pixels a side."),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
    )
    drop_logo = forms.BooleanField(label=_("Take the present logo away"), required=False)

    def __init__(self, *args: Any, head: Letterhead, **kwargs: Any) -> None:
        names = ("address", "contact", "place", "signer_post", "signer_name", "signer_rank")
        kwargs.setdefault("initial", {name: getattr(head, name) for name in names})
        super().__init__(*args, **kwargs)
        self.head = head
        if head.signer_nip:
            self.fields["keep_nip"].label = _("Keep the present NIP, which ends in %(tail)s") % {
                "tail": head.signer_nip[-3:]
            }
        else:
            del self.fields["keep_nip"]
        if not head.logo:
            del self.fields["drop_logo"]

    def answers(self) -> dict[str, Any]:
        """What the service wants. A NIP that is on record is not sent to the browser, so it is kept by a tick."""
        answers = dict(self.cleaned_data)
        if answers.pop("keep_nip", False) and not answers["signer_nip"]:
            answers["signer_nip"] = self.head.signer_nip
        upload, drop = answers.pop("logo"), answers.pop("drop_logo", False)
        limit = Letterhead.LOGO_BYTES + 1
        return {**answers, "logo": upload.read(limit) if upload else b"" if drop else None}
