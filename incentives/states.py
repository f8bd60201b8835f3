"""Words for awards."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ProposalStatus(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    VERIFIED = "verified", pgettext_lazy("award", "Checked")
    GRANTED = "granted", _("Granted")
    DECLINED = "declined", pgettext_lazy("award", "Declined")
