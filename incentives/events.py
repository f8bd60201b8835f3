"""Facts this room announces."""

AWARD_PROPOSED = "incentives.award_proposed"
AWARD_GRANTED = "incentives.award_granted"
AWARD_DECLINED = "incentives.award_declined"
