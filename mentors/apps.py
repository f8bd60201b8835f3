from django.apps import AppConfig


class MentorsConfig(AppConfig):
    name = "mentors"

    def ready(self) -> None:
        from accounts.roles import register_roles
        from mentors.permissions import mentored_slots, roles
        from partners.permissions import register_slot_visibility

        register_roles(roles)
        register_slot_visibility(mentored_slots)
