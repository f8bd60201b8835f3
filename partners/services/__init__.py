"""Use cases of partners, agreements and slots: the only writers of this room."""

from partners.services.seats import free_seat, take_seat

__all__ = ["free_seat", "take_seat"]
