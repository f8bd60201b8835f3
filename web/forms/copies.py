"""Copying a slot: under which agreement, on which days."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from partners.services import CopyGround
from web.forms.fields import DateField
from web.templatetags.padan import date_range


class CopyForm(forms.Form):
    """The city, by its agreement, and the dates; the rest is changed in the draft."""

    agreement_id = forms.TypedChoiceField(label=_("City and agreement"), coerce=uuid.UUID, widget=forms.RadioSelect)
    starts_on = DateField(label=_("First day"))
    ends_on = DateField(label=_("Last day"))
    apply_by = DateField(label=_("Apply until"))

    def __init__(self, *args: Any, grounds: Sequence[CopyGround], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agreement_id"].choices = [  # type: ignore[attr-defined]
            (str(row.pk), f"{ground.agency.name} · {row.number_agency} · {date_range(row.starts_on, row.ends_on)}")
            for ground in grounds
            for row in ground.agreements
        ]
