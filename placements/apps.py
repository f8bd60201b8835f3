from django.apps import AppConfig


class PlacementsConfig(AppConfig):
    name = "placements"

    def ready(self) -> None:
        from partners.permissions import register_slot_visibility
        from placements.permissions import applied_slots

        register_slot_visibility(applied_slots)
