from __future__ import annotations

from datetime import timedelta

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import ApiToken, User


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User

    class Params:
        with_password = factory.Trait(password=factory.django.Password("kopi-tubruk-12"))

    username = factory.Sequence(lambda n: f"user{n}")
    email = factory.LazyAttribute(lambda o: f"{o.username}@example.com")
    name = factory.Sequence(lambda n: f"Orang {n}")
    password = factory.django.Password(None)


class ApiTokenFactory(DjangoModelFactory[ApiToken]):
    class Meta:
        model = ApiToken

    class Params:
        expired = factory.Trait(expires_at=factory.LazyFunction(lambda: timezone.now() - timedelta(days=1)))
        revoked = factory.Trait(revoked_at=factory.LazyFunction(timezone.now))

    user = factory.SubFactory(UserFactory)
    label = "laporan"
    digest = factory.Sequence(lambda n: f"{n:064x}")
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=30))
