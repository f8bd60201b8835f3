"""When a mentor has time: weekly windows, days off, and on which clock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from asn.states import TimeZone
from mentors.models import Mentor
from mentors.services import MAX_DAYS_OFF, MAX_WINDOWS
from web.forms.fields import DateField

EMPTY_WINDOWS = 3
EMPTY_DAYS_OFF = 2


class _Time(forms.TimeField):
    """A time of day by the browser's own picker, which wants 24 hours whatever the language."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M")
        super().__init__(input_formats=["%H:%M", "%H.%M", "%H:%M:%S"], widget=widget, required=False, **kwargs)


class AvailabilityForm(forms.Form):
    """All of it on one page; a line that is emptied is dropped."""

    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=TimeZone.choices, help_text=_("The times below are read on this clock.")
    )

    def __init__(self, *args: Any, mentor: Mentor, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"time_zone": mentor.time_zone})
        super().__init__(*args, **kwargs)
        windows, periods = list(mentor.availability.all()), list(mentor.days_off.all())
        self._windows = min(len(windows) + EMPTY_WINDOWS, MAX_WINDOWS)
        self._periods = min(len(periods) + EMPTY_DAYS_OFF, MAX_DAYS_OFF)
        days = [("", "–"), *((number + 1, name) for number, name in WEEKDAYS.items())]
        for number in range(self._windows):
            kept = windows[number] if number < len(windows) else None
            self.fields[f"weekday_{number}"] = forms.TypedChoiceField(
                label=_("Day of the week"),
                choices=days,
                coerce=int,
                empty_value=None,
                required=False,
                initial=kept and kept.weekday,
            )
            self.fields[f"from_{number}"] = _Time(label=_("From"), initial=kept and kept.starts_at)
            self.fields[f"until_{number}"] = _Time(label=_("Until"), initial=kept and kept.ends_at)
        for number in range(self._periods):
            off = periods[number] if number < len(periods) else None
            self.fields[f"first_{number}"] = DateField(
                label=_("First day off"), required=False, initial=off and off.starts_on
            )
            self.fields[f"last_{number}"] = DateField(
                label=_("Last day off"), required=False, initial=off and off.ends_on
            )

    def window_lines(self) -> Iterator[list[forms.BoundField]]:
        """Day, from and until of each window."""
        for number in range(self._windows):
            yield [self[f"{name}_{number}"] for name in ("weekday", "from", "until")]

    def days_off_lines(self) -> Iterator[list[forms.BoundField]]:
        """First and last day of each period."""
        for number in range(self._periods):
            yield [self[f"{name}_{number}"] for name in ("first", "last")]

    def clean(self) -> dict[str, Any]:
        """A line is whole or empty; a single day off needs no last day."""
        answers: dict[str, Any] = super().clean() or {}
        for number in range(self._windows):
            names = [f"{name}_{number}" for name in ("weekday", "from", "until")]
            given = [answers.get(name) is not None for name in names]
            for name, there in zip(names, given, strict=True):
                if any(given) and not there and name not in self.errors:
                    self.add_error(name, _("Fill in the whole line, or empty all of it."))
        for number in range(self._periods):
            if answers.get(f"last_{number}") and not answers.get(f"first_{number}"):
                self.add_error(f"first_{number}", _("Fill in the whole line, or empty all of it."))
        return answers

    @property
    def answers(self) -> dict[str, Any]:
        """As the service takes them."""
        given = self.cleaned_data
        windows = [tuple(given[f"{name}_{n}"] for name in ("weekday", "from", "until")) for n in range(self._windows)]
        periods = [(given[f"first_{n}"], given[f"last_{n}"] or given[f"first_{n}"]) for n in range(self._periods)]
        return {
            "time_zone": given["time_zone"],
            "windows": [line for line in windows if None not in line],
            "days_off": [line for line in periods if line[0]],
        }
