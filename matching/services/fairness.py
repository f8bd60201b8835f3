"""What an agency decides about its recommendations."""

from __future__ import annotations

import uuid

from accounts.models import User
from asn.permissions import get_visible_agency
from core import audit
from core.errors import Invalid, require
from core.services import service
from core.text import clean_text
from matching.models import MatchPolicy
from matching.permissions import can_set_policy
from matching.services.runs import request_full_match
from matching.states import FIRST_PLACE_CEILING, LEAST_CEILING, RunReason


@service
def set_policy(*, actor: User | None, agency_id: uuid.UUID, first_place_ceiling: int, basis: str) -> MatchPolicy:
    """Decide how much of the first places one partner may have, on what basis; a new run follows.

    Raises Invalid(``ceiling_out_of_range`` on first_place_ceiling, ``required`` on basis).
    """
    agency = get_visible_agency(actor, agency_id)
    require(can_set_policy(actor, agency.pk))
    if not LEAST_CEILING <= first_place_ceiling <= 100:
        raise Invalid("ceiling_out_of_range", field="first_place_ceiling", least=LEAST_CEILING)
    before = MatchPolicy.objects.select_for_update(no_key=True).filter(agency=agency).first()
    policy, _ = MatchPolicy.objects.update_or_create(
        agency=agency,
        defaults={
            "first_place_ceiling": first_place_ceiling,
            "basis": clean_text(basis, field="basis", limit=300),
            "decided_by": actor,
        },
    )
    audit.record(
        actor=actor,
        action="matching.policy_set",
        obj=policy,
        before={"first_place_ceiling": before.first_place_ceiling if before else FIRST_PLACE_CEILING},
        after={"first_place_ceiling": policy.first_place_ceiling, "basis": policy.basis},
    )
    if before is None or before.first_place_ceiling != policy.first_place_ceiling:
        request_full_match(actor=actor, agency_id=agency.pk, reason=RunReason.POLICY_CHANGED)
    return policy
