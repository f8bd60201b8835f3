"""Dates, numbers and drawings the way an Indonesian office writes them."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import forms, template
from django.core.paginator import Page
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from asn.nip import mask_nip
from asn.selectors import GapLine
from asn.states import AssessmentSource, Level, TimeZone
from web.components import ReasonLine
from web.phrases import unsure_lines

register = template.Library()

# A deadline this many days away or nearer is shown as urgent.
SOON_DAYS = 2

STATUS_LOOK: dict[str, tuple[str, str]] = {
    # status value -> (tone, icon). One word looks alike on every kind of thing. Red is kept for
    # errors and lost deadlines: being turned down is neither.
    "draft": ("neutral", "pencil"),
    "awaiting_clearance": ("info", "hourglass-split"),
    "submitted": ("info", "hourglass-split"),
    "in_review": ("info", "hourglass-split"),
    "pending": ("info", "hourglass-split"),
    "proposed": ("info", "hourglass-split"),
    "shortlisted": ("info", "list-check"),
    "waitlisted": ("info", "clock"),
    "offered": ("warn", "hourglass-split"),
    "returned": ("warn", "arrow-counterclockwise"),
    "paused": ("warn", "dash-circle"),
    "on_hold": ("warn", "dash-circle"),
    "approved": ("good", "check-circle-fill"),
    "cleared": ("good", "check-circle-fill"),
    "accepted": ("good", "check-circle-fill"),
    "verified": ("good", "patch-check"),
    "signed": ("good", "patch-check"),
    "published": ("good", "check-circle-fill"),
    "met": ("good", "check-circle-fill"),
    "preparing": ("info", "clipboard-check"),
    "active": ("good", "play-circle"),
    "finishing": ("info", "flag"),
    "completed": ("good", "flag"),
    "granted": ("accent", "award"),
    "gap": ("accent", "graph-up"),
    "unknown": ("neutral", "question-circle"),
    "full": ("neutral", "people"),
    "closed": ("neutral", "lock"),
    "withdrawn": ("neutral", "arrow-left"),
    "cancelled": ("neutral", "slash-circle"),
    "terminated": ("neutral", "slash-circle"),
    "refused": ("neutral", "x-circle-fill"),
    "rejected": ("neutral", "x-circle-fill"),
    "declined": ("neutral", "x-circle-fill"),
    "ineligible": ("neutral", "x-circle-fill"),
    "ended_early": ("neutral", "slash-circle"),
    "no_show": ("warn", "exclamation-triangle-fill"),
    "recorded": ("info", "hourglass-split"),
    "confirmed": ("good", "check-circle-fill"),
    "contested": ("warn", "exclamation-triangle-fill"),
    "expired": ("bad", "clock-history"),
    "booked": ("info", "calendar-event"),
    "reported": ("info", "hourglass-split"),
    "held": ("good", "check-circle-fill"),
    "not_held": ("neutral", "slash-circle"),
    "disputed": ("warn", "exclamation-triangle-fill"),
}
TONE_ICONS = {
    "neutral": "circle",
    "info": "info-circle-fill",
    "accent": "star",
    "good": "check-circle-fill",
    "warn": "exclamation-triangle-fill",
    "bad": "exclamation-circle-fill",
}


# Drawing ------------------------------------------------------------------------


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative icon of the sprite; the word beside it carries the meaning."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("vendor/icons.svg"),
        name,
    )


@register.filter
def unsure(line: GapLine) -> list[tuple[str, str]]:
    """Why the level of a gap is not known for certain, each with the next step."""
    return unsure_lines(line.why)


@register.filter
def status_tone(status: object) -> str:
    """The tone of a status value; neutral for one without a look."""
    return STATUS_LOOK.get(str(status), ("neutral", ""))[0]


@register.filter
def status_icon(status: object) -> str:
    """The icon of a status value."""
    return STATUS_LOOK.get(str(status), ("", "circle"))[1]


@register.filter
def tone_icon(tone: object) -> str:
    """The icon that goes with a tone."""
    return TONE_ICONS.get(str(tone), "circle")


# Dates and times ----------------------------------------------------------------


def _zone(place: object) -> dt.tzinfo:
    """The zone of an agency, a zone object or a zone name; the present one for nothing."""
    if not place:
        return timezone.get_current_timezone()
    if isinstance(place, dt.tzinfo):
        return place
    return zoneinfo.ZoneInfo(str(getattr(place, "time_zone", place)))


def _zone_label(zone: dt.tzinfo, moment: dt.datetime) -> str:
    """WIB, WITA or WIT; other zones by their own short name."""
    key = getattr(zone, "key", "")
    if key in TimeZone.values:
        return str(TimeZone(key).label).split(" ")[0]
    return moment.astimezone(zone).tzname() or ""


def _local(value: dt.date | dt.datetime, zone: dt.tzinfo) -> dt.date:
    """The date on the wall in ``zone``."""
    return value.astimezone(zone).date() if isinstance(value, dt.datetime) else value


@register.filter
def long_date(value: dt.date | dt.datetime | None, place: object = "") -> str:
    """Senin, 4 Mei 2026."""
    return formats.date_format(_local(value, _zone(place)), "l, j F Y") if value else ""


@register.filter
def reserve_words(slot: Any, agency: Any) -> str:
    """How many seats of a slot are kept for whom, until when; empty once that is over or used up."""
    kept = slot.reserve_left(agency.today())
    if not kept:
        return ""
    values = {"seats": kept, "unit": slot.reserve_unit.name, "until": short_date(slot.reserve_until)}
    words = ngettext(
        "%(seats)s seat for %(unit)s until %(until)s", "%(seats)s seats for %(unit)s until %(until)s", kept
    )
    return words % values


@register.filter
def short_date(value: dt.date | dt.datetime | None, place: object = "") -> str:
    """4 Mei 2026."""
    return formats.date_format(_local(value, _zone(place)), "j M Y") if value else ""


@register.filter
def clock(value: dt.datetime | None, place: object = "") -> str:
    """14.00 WITA."""
    if not value:
        return ""
    zone = _zone(place)
    # Translators: format of a time of day, in Django's date format letters.
    written = formats.date_format(value.astimezone(zone), pgettext("time format", "H:i"))
    return f"{written} {_zone_label(zone, value)}"


@register.filter
def meeting_hours(meeting: Any, place: object = "") -> str:
    """From when to when a meeting lasts, with the name of the zone: "09.00–12.00 WITA"."""
    zone, written = _zone(place), pgettext("time format", "H:i")
    begins, ends = (formats.time_format(at, written) for at in (meeting.begins_at, meeting.ends_at))
    return f"{begins}–{ends} {_zone_label(zone, dt.datetime.combine(meeting.held_on, meeting.begins_at, tzinfo=zone))}"


@register.filter
def month_name(value: dt.date | None) -> str:
    """Mei 2026."""
    return formats.date_format(value, "F Y") if value else ""


@register.simple_tag
def session_hours(start: dt.datetime, end: dt.datetime, agency: object, mentor: object = None) -> str:
    """09.00–10.00 WIT (07.00–08.00 WIB for the mentor): the other clock only where it shows something else."""
    here, there = _zone(agency), _zone(mentor or agency)
    text = _span(start, end, here)
    if start.astimezone(here).utcoffset() == start.astimezone(there).utcoffset():
        return text
    other = _span(start, end, there)
    if _local(start, here) != _local(start, there):
        other = f"{short_date(start, there)}, {other}"
    return f"{text} " + _("(%(hours)s for the mentor)") % {"hours": other}


def _span(start: dt.datetime, end: dt.datetime, zone: dt.tzinfo) -> str:
    first = formats.date_format(start.astimezone(zone), pgettext("time format", "H:i"))
    return f"{first}–{clock(end, zone)}"


@register.filter
def long_datetime(value: dt.datetime | None, place: object = "") -> str:
    """Senin, 4 Mei 2026, 14.00 WITA."""
    return f"{long_date(value, place)}, {clock(value, place)}" if value else ""


@register.filter
def exact_deadline(value: dt.date | dt.datetime | None, place: object = "") -> str:
    """A deadline to the minute; a date alone, or the midnight after it, lasts until its last minute there."""
    if value is None or isinstance(value, dt.datetime):
        return long_datetime(_before_midnight(value, _zone(place)), place)
    last = dt.datetime.combine(value, dt.time(23, 59), tzinfo=_zone(place))
    return long_datetime(last, place)


def _before_midnight(value: Any, zone: dt.tzinfo) -> Any:
    """A moment at midnight there closes the day before: people read 23.59 of that day."""
    if isinstance(value, dt.datetime) and value.astimezone(zone).time() == dt.time.min:
        return value - dt.timedelta(minutes=1)
    return value


@register.simple_tag
def date_range(start: dt.date, end: dt.date) -> str:
    """4–29 Mei 2026, without saying the same month or year twice."""
    if start == end:
        return short_date(end)
    month, year = (start.month, start.year) != (end.month, end.year), start.year != end.year
    first = formats.date_format(start, "j" + " M" * month + " Y" * year)
    return f"{first}–{short_date(end)}"


@register.filter
def relative(value: dt.date | dt.datetime | None, place: object = "") -> str:
    """How long until a deadline, or since: ``2 hari lagi``, ``lewat 3 hari``."""
    if not value:
        return ""
    zone = _zone(place)
    value = _before_midnight(value, zone)
    now = timezone.now()
    days = (_local(value, zone) - now.astimezone(zone).date()).days
    if days == 0 and isinstance(value, dt.datetime):
        return _within_a_day(value - now)
    if days == 0:
        return _("today")
    if days == 1:
        return _("tomorrow")
    if days > 0:
        return ngettext("in %(count)s day", "in %(count)s days", days) % {"count": days}
    return ngettext("%(count)s day overdue", "%(count)s days overdue", -days) % {"count": -days}


def _within_a_day(left: dt.timedelta) -> str:
    minutes = int(abs(left).total_seconds() // 60)
    hours = minutes // 60
    if left.total_seconds() >= 0:
        if hours:
            return ngettext("in %(count)s hour", "in %(count)s hours", hours) % {"count": hours}
        return ngettext("in %(count)s minute", "in %(count)s minutes", minutes) % {"count": minutes}
    if hours:
        return ngettext("%(count)s hour overdue", "%(count)s hours overdue", hours) % {"count": hours}
    return ngettext("%(count)s minute overdue", "%(count)s minutes overdue", minutes) % {"count": minutes}


@register.filter
def deadline_tone(value: dt.date | dt.datetime | None, place: object = "") -> str:
    """``bad`` when lost, ``warn`` when near, else ``neutral``."""
    if not value:
        return "neutral"
    zone = _zone(place)
    value = _before_midnight(value, zone)
    now = timezone.now()
    days = (_local(value, zone) - now.astimezone(zone).date()).days
    if days < 0 or (isinstance(value, dt.datetime) and value < now):
        return "bad"
    return "warn" if days <= SOON_DAYS else "neutral"


# Words and numbers --------------------------------------------------------------


@register.filter
def nip(value: object) -> str:
    """The last three digits of a NIP, never more: ``···123``."""
    return mask_nip(str(value)) if value else ""


@register.filter
def initials(name: object) -> str:
    """First letters of the first and last word of a name, degrees left aside."""
    words = [word for word in re.split(r"\s+", str(name).split(",")[0]) if word and not word.endswith(".")]
    chosen = [words[0], words[-1]] if len(words) > 1 else words
    return "".join(word[0] for word in chosen).upper()


@register.filter
def level(value: object) -> str:
    """The name of a level: 3 is ``Menengah``. Below the first there is no name."""
    number = _whole(value)
    return str(Level(number).label) if number in Level.values else _("below level 1")


@register.filter
def numbered_level(value: object) -> str:
    """``3 Menengah``."""
    number = _whole(value)
    return f"{number} {Level(number).label}" if number in Level.values else level(value)


@register.filter
def assessment_source(value: object) -> str:
    """The name of a source of an assessment."""
    return str(AssessmentSource(value).label) if value in AssessmentSource.values else ""


@register.filter
def decimal(value: object, places: int = 1) -> str:
    """A number with the comma of the language, rounded half up: ``12,5``."""
    if value is None:
        return ""
    rounded = _number(value).quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP)
    return formats.number_format(rounded, decimal_pos=int(places), use_l10n=True)


@register.filter
def percent(value: object, places: int = 0) -> str:
    """A share between 0 and 1 as ``63%``."""
    return f"{decimal(_number(value) * 100, places)}%" if value is not None else ""


def _number(value: Any) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _whole(value: object) -> int:
    return int(_number(value).to_integral_value(ROUND_HALF_UP)) if value not in (None, "") else 0


# Bars: strict content policy allows no style attribute, so SVG carries the lengths ----


GAP_STEP = 24
GAP_SPACE = 3
GAP_HEIGHT = 16


@register.simple_tag
def gap_bar(required: object, assessed: object = None, status: str = "gap") -> dict[str, Any]:
    """Geometry and words of a five-step bar of one competency.

    ``status`` is a GapStatus: met, gap, unknown or expired. An unknown level is hatched, never shown
    as missing.
    """
    need = min(max(float(_number(required)), 0), 5)
    own = 0.0 if status == "unknown" or assessed in (None, "") else min(max(float(_number(assessed)), 0), 5)
    steps = []
    for position in range(5):
        left = position * (GAP_STEP + GAP_SPACE)
        filled = round(min(max(own - position, 0), 1) * GAP_STEP, 2)
        if status == "unknown":
            look, hatch = "unknown", " ".join(_hatch(left))
        else:
            look, hatch = ("missing" if position < need else "beyond"), ""
        steps.append({"x": left, "look": look, "filled": f"{filled:g}", "hatch": hatch})
    return {
        "steps": steps,
        "step": GAP_STEP,
        "height": GAP_HEIGHT,
        "width": 5 * GAP_STEP + 4 * GAP_SPACE,
        "required_x": f"{max(need * (GAP_STEP + GAP_SPACE) - GAP_SPACE / 2, 0):g}",
        "text": _gap_text(need, own, status),
    }


def _hatch(left: int) -> Iterator[str]:
    for offset in range(-GAP_HEIGHT + 4, GAP_STEP, 6):
        start, end = max(offset, 0), min(offset + GAP_HEIGHT, GAP_STEP)
        yield f"M{left + start} {GAP_HEIGHT - (start - offset)}L{left + end} {GAP_HEIGHT - (end - offset)}"


def _gap_text(need: float, own: float, status: str) -> str:
    words = {"required": level(need), "own": level(own), "short": _plain(need - own)}
    if status == "unknown":
        return _("not yet assessed; %(required)s is required") % words
    if own >= need:
        text = _("%(own)s, above %(required)s") % words if own > need else _("%(own)s, met") % words
    else:
        text = _("%(own)s → %(required)s, short by %(short)s") % words
    return _("%(text)s (assessment expired)") % {"text": text} if status == "expired" else text


def _plain(value: float) -> str:
    """A number without needless decimals."""
    return decimal(value, 0 if value == int(value) else 1)


@register.simple_tag
def share(value: object, maximum: object, width: int = 100) -> str:
    """How far a bar of ``width`` is filled by ``value`` of ``maximum``, written for SVG."""
    whole = float(_number(maximum or 0))
    return f"{min(max(float(_number(value or 0)) / whole, 0), 1) * width:g}" if whole else "0"


@register.simple_tag
def reliability(bins: Iterable[Mapping[str, float]]) -> dict[str, Any]:
    """Geometry and words of a reliability diagram: 200 units for 100 percent, from (32, 208) to the upper right."""
    rows = list(bins)
    across, up = (lambda value: f"{32 + 200 * value:.1f}"), (lambda value: f"{208 - 200 * value:.1f}")
    words = _("Reliability: %(points)s") % {
        "points": "; ".join(f"{percent(row['predicted'])} → {percent(row['observed'])}" for row in rows)
    }
    return {
        "lines": [{"x": across(n / 4), "y": up(n / 4), "label": f"{25 * n}%"} for n in range(5)],
        "points": [
            {"x": across(row["predicted"]), "y": up(row["observed"]), "low": up(row["low"]), "high": up(row["high"])}
            for row in rows
        ],
        "text": words,
    }


# Lists ---------------------------------------------------------------------------


@register.filter
def descending(key: str) -> str:
    """The same sort key, turned round."""
    return f"-{key}"


@register.filter
def values_of(query: QueryDict, name: str) -> list[str]:
    """All values a parameter of the address has."""
    return query.getlist(name)


@register.filter
def nearby_pages(page: Page[Any]) -> Iterable[int | None]:
    """Page numbers around the present one; None where some are left out."""
    for number in page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1):
        yield number if isinstance(number, int) else None


@register.filter
def sum_points(reasons: Iterable[ReasonLine]) -> int:
    """The points of all reasons together."""
    return sum(reason.points for reason in reasons)


# Forms --------------------------------------------------------------------------


def field_kind(field: BoundField) -> str:
    """How a field is laid out: ``hidden``, ``checkbox``, ``group`` or ``line``."""
    if field.is_hidden:
        return "hidden"
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return "checkbox"
    return "group" if field.use_fieldset or isinstance(widget, forms.MultiWidget) else "line"


@register.simple_tag
def field_parts(field: BoundField, label: str = "", hint: str = "", nohint: bool = False) -> dict[str, Any]:
    """The pieces of a form field. Django ties hint and errors to the input by their ids."""
    widget = field.field.widget
    kind = field_kind(field)
    field.help_text = "" if nohint else hint or field.help_text
    boxes = list(field) if kind == "group" and isinstance(widget, forms.RadioSelect) else []
    for box in boxes:
        box.data["attrs"]["class"] = "form-check-input"
    if kind == "checkbox":
        look = "form-check-input"
    else:
        look = "form-select" if isinstance(widget, forms.Select) else "form-control"
    return {
        "kind": kind,
        "label": label or field.label,
        "hint": field.help_text,
        "hint_id": f"{field.auto_id}_helptext",
        "described_by": field.aria_describedby,
        "boxes": boxes,
        # A placeholder vanishes when it is needed; what it says belongs into the hint.
        "input": field.as_widget(
            attrs={"class": f"{widget.attrs.get('class', '')} {look}".strip(), "placeholder": False}
        ),
    }


@register.filter
def bare_label(field: BoundField) -> str:
    """The label without the mark at its end, to be followed by a colon."""
    return str(field.label).rstrip(".:?! ")


@register.filter
def error_target(field: BoundField) -> str:
    """The id an error link leads to: the first box of a group, else the input itself."""
    return f"{field.auto_id}_0" if field_kind(field) == "group" else field.auto_id


@register.filter
def undo_address(message: Any) -> str:
    """The address in a message's extra tag ``undo:/…``, when it stays on this site."""
    for tag in str(message.extra_tags or "").split():
        if re.fullmatch(r"undo:/(?!/)[\w/.-]*", tag):
            return tag.removeprefix("undo:")
    return ""


@register.filter
def message_tone(message: Any) -> str:
    """The tone of a Django message."""
    return {"success": "good", "warning": "warn", "error": "bad"}.get(message.level_tag, "info")
