#!/usr/bin/env python
"""Django's command line for Padan."""

import os
import sys


def main() -> None:
    """Run the command, or say in one sentence which setting is wrong."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.conf import settings
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from environs import EnvError
    except ImportError as error:
        sys.exit(f"{error}: run `make setup` and use .venv/bin/python.")
    from core.embedded import EmbeddedError

    try:
        _ = settings.SECRET_KEY  # read them now, to say it in one sentence
    except (ImproperlyConfigured, EnvError, EmbeddedError, ValueError) as error:
        sys.exit(f"Settings: {error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
