"""Addresses of the pages."""

from django.urls import URLPattern, path

from web.views import gallery

urlpatterns: list[URLPattern] = [
    path("gallery/", gallery.show, name="gallery"),
    path("gallery/confirm/", gallery.confirm, name="gallery_confirm"),
    path("gallery/job/", gallery.job, name="gallery_job"),
]
