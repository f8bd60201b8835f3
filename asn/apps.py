from django.apps import AppConfig


class AsnConfig(AppConfig):
    name = "asn"
