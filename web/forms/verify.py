"""What anybody may ask about a certificate."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.files import MAX_BYTES
from web.forms.agency_placements import PdfField


class CodeForm(forms.Form):
    """The code below the QR code."""

    code = forms.CharField(
        label=_("Code of the certificate"),
        help_text=_("32 letters and digits below the QR code; blanks do not matter."),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class CompareForm(forms.Form):
    """The PDF somebody was given."""

    file = PdfField(label=_("The PDF you were given"), help_text=_("It is compared and not kept. At most 10 MB."))

    def clean_file(self) -> Any:
        """Nothing larger than what we issue."""
        upload = self.cleaned_data["file"]
        if upload.size > MAX_BYTES:
            raise ValidationError(_("The file is larger than 10 MB. Certificates are much smaller."))
        return upload
