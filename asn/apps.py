from django.apps import AppConfig


class AsnConfig(AppConfig):
    name = "asn"

    def ready(self) -> None:
        from accounts.roles import register_roles
        from asn.permissions import roles

        register_roles(roles)
