"""The hidden fields of a form that posts: whose it is, and which sending of it."""

from __future__ import annotations

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html
from django.utils.safestring import SafeString

from web.sending import FIELD, fresh

register = template.Library()


class FormNode(CsrfTokenNode):
    """Django's own token, and the name of this rendered form."""

    def render(self, context: Context) -> SafeString:
        """Two hidden fields."""
        return format_html('{}<input type="hidden" name="{}" value="{}">', super().render(context), FIELD, fresh())


@register.tag
def csrf_token(parser: Parser, token: Token) -> FormNode:
    """Stands in for Django's tag in every template, so that no form of ours can do without."""
    return FormNode()
