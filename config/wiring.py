"""Which announced fact wakes which task. Services know neither side."""

HANDLERS: dict[str, tuple[str, ...]] = {}
