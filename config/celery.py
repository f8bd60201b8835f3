"""The Celery application and what the clock wakes."""

from __future__ import annotations

import os
import signal

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_process_init

from core.embedded import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("padan")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "sweep-outbox": {"task": "core.tasks.sweep_outbox", "schedule": 30.0},
    "forget-answers": {"task": "core.tasks.forget_answers", "schedule": 3600.0},
    "resume-match-runs": {"task": "matching.tasks.resume_runs", "schedule": 60.0},
    "mend-recommendations": {"task": "matching.tasks.mend", "schedule": 600.0},
    "tell-ended-periods": {"task": "asn.tasks.tell_ended_periods", "schedule": 3600.0},
    "remind-of-corrections": {"task": "asn.tasks.remind_of_corrections", "schedule": 3600.0},
    "tend-changes": {"task": "placements.tasks.tend_changes", "schedule": 3600.0},
    "remind-of-sessions": {"task": "placements.tasks.remind_of_sessions", "schedule": 3600.0},
    "remind-of-milestones": {"task": "placements.tasks.remind_of_milestones", "schedule": 3600.0},
    "ask-for-evaluations": {"task": "placements.tasks.ask_for_evaluations", "schedule": 3600.0},
    "expire-applications": {"task": "placements.tasks.expire_applications", "schedule": 3600.0},
    "tend-waitlists": {"task": "placements.tasks.tend_waitlists", "schedule": 300.0},
    "tend-freshness": {"task": "partners.tasks.tend_freshness", "schedule": 3600.0},
    "tell-ended-reserves": {"task": "partners.tasks.tell_ended_reserves", "schedule": 3600.0},
    "tell-short-cohorts": {"task": "partners.tasks.tell_short_cohorts", "schedule": 3600.0},
    "remind-of-agreements": {"task": "partners.tasks.remind_of_agreements", "schedule": 3600.0},
    "forget-registrations": {"task": "partners.tasks.forget_registrations", "schedule": 3600.0},
    # After midnight in every zone of the country, for deadlines and validity are dates.
    "refit-model": {"task": "matching.tasks.refit", "schedule": crontab(hour="1", minute="30")},
}


@worker_process_init.connect
def _end_with_worker(**_: object) -> None:
    """A process of the pool goes with its worker, however that ends; whatever it did is rolled back and done again."""
    end_with_parent(signal.SIGKILL)
