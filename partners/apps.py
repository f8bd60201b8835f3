from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "partners"

    def ready(self) -> None:
        from accounts.roles import register_roles
        from partners.permissions import roles

        register_roles(roles)
