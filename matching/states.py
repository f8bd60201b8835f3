"""Words for what the recommender says and why it ran. Codes only; sentences live in ``web/phrases.py``."""

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _


class RunReason(models.TextChoices):
    """Why a whole agency was matched."""

    REQUESTED = "requested", _("Asked for by HR")
    NIGHTLY = "nightly", _("Nightly")
    FIRST = "first", _("First match of the agency")
    DATA_CHANGED = "data_changed", _("People or standards changed")
    MENDED = "mended", _("Found incomplete by the sweep")
    POLICY_CHANGED = "policy_changed", _("The agency's policy changed")


class ShardState(models.TextChoices):
    """How far one part of a run is."""

    WAITING = "waiting", _("Waiting")
    DONE = "done", _("Done")
    PARKED = "parked", _("Given up")


# How a reason looks in the API: {"code": …, "points": …, "competency": code or "", "params": {…}}.
# The points of all reasons of a recommendation add up to its points.

# Code -> names in ``params``. ``competency`` is filled where a comment says so.
SCORE_REASONS: Mapping[str, tuple[str, ...]] = {
    # The slot closes ``competency`` from level ``from`` to level ``to``; ``required`` is the position's level,
    # ``assessed`` the person's (estimated when ``status`` is "unknown"; "gap" and "expired" are the others).
    "competency_gap_closed": ("from", "to", "required", "assessed", "status"),
    # What the region's ``priority`` of ``competency`` adds to closing its gap (takes, if it is below 1).
    "regional_priority": ("priority",),
    # Words that both texts share, strongest first: ``terms`` as the person writes them, ``slot_terms`` as the
    # slot does, ``term_points`` of each, and how many ``more`` there are.
    "text_terms": ("terms", "slot_terms", "term_points", "more"),
    # Both texts mean much the same, or (negative points) something else.
    "text_meaning": (),
    # The text of the slot speaks of ``competency``, of which the person needs level ``required``.
    "competency_read": ("required",),
    # The work sounds ``demanding`` or not, and so must, or must not, be the levels to reach (negative points).
    "level_of_work": ("demanding",),
    # It takes place in the person's own town ``place``, or needs no travel at all.
    "place_same": ("place",),
    "place_online": ("place",),
    # Negative points: ``competency`` is presupposed at ``level``, and ``assessed`` is below it, or None: unknown.
    "prerequisite_missing_optional": ("level", "assessed"),
    "prerequisite_unknown": ("level", "assessed"),
}

# Why a pair cannot be recommended; all have 0 points.
HINDRANCES: Mapping[str, tuple[str, ...]] = {
    "other_agency": (),
    "not_open": (),  # not published, past its deadline, or its agreement does not cover the period
    "no_seats_left": (),
    "excluded": (),  # applied for already
    "seats_reserved": ("unit", "until"),  # the seats left are kept for people of another unit until that ISO date
    "period_overlaps": ("busy_from", "busy_to"),  # ISO dates, both inclusive
    "jp_exceeded": ("jp", "jp_left"),  # learning hours of the slot, hours left under the PPPK ceiling
    "hours_exceeded": ("hours", "hours_free"),  # a week
    "prerequisite_missing": ("level", "assessed"),  # of ``competency``
    "nothing_in_common": (),  # no gap closed and no word shared
}

REASONS: Mapping[str, tuple[str, ...]] = {**SCORE_REASONS, **HINDRANCES}

# The smallest change that would bring a slot among a person's first five, in the order in which they are tried.
CHANGES: Mapping[str, tuple[str, ...]] = {
    # ``competency``, unknown or expired by ``status``, is assessed, and ``level`` is found.
    "assess": ("competency", "level", "status"),
    "more_hours": ("hours", "hours_free"),  # a week
    "more_jp": ("jp", "jp_left"),
    "free_period": ("busy_from", "busy_to"),  # ISO dates, both inclusive
    "raise_level": ("competency", "level", "assessed"),  # of what the slot presupposes
    "hold_online": (),
    "hold_nearby": ("place",),
    "drop_prerequisite": ("competency", "level"),
    "raise_outcome": ("competency", "from", "to"),
    "add_seat": (),
}

# How sure it is, and how fair ---------------------------------------------------------------------------------------

FIRST_PLACE_CEILING = 40  # percent of the first places for one partner, unless an agency decides otherwise
LEAST_CEILING = 5


class Ending(models.TextChoices):
    """How an application ended. The chance that is shown is that of ``completed`` among all of them."""

    COMPLETED = "completed", _("Placement completed")
    ENDED_EARLY = "ended_early", _("Ended early")
    NO_SHOW = "no_show", _("Did not start")
    REJECTED = "rejected", _("Refused by the supervisor or HR")
    DECLINED = "declined", _("Declined by the partner")
    WITHDRAWN = "withdrawn", _("Withdrawn by the applicant")
    EXPIRED = "expired", _("Not decided in time")


class Abstention(models.TextChoices):
    """Why no chance in percent is shown."""

    TOO_FEW_OUTCOMES = "too_few_outcomes", _("Too few applications have come to an end.")
    TOO_FEW_SUCCESSES = "too_few_successes", _("Too few placements were completed.")
    TOO_FEW_FAILURES = "too_few_failures", _("Too few applications came to nothing.")
    TOO_FEW_GROUPS = "too_few_groups", _("The applications were for too few different slots.")
    NO_SKILL = "no_skill", _("So far the points tell no more than the average does.")
