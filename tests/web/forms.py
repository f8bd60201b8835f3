"""Forms as a browser would read them off a page and send them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any


@dataclass
class Form:
    """One form that posts: where to, its fields with what stands in them, its buttons."""

    action: str
    fields: dict[str, Any] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)  # name -> type of the input
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def sendings(self) -> Iterator[dict[str, Any]]:
        """What each of its buttons would send."""
        for name, value in self.buttons or [("", "")]:
            yield {**self.fields, **({name: value} if name else {})}


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select = self._text = ""
        self._typed: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        name = found.get("name", "")
        if tag == "form":
            self._form = Form(found.get("action") or self.address) if found.get("method") == "post" else None
        elif self._form is None:
            return
        elif tag == "input" and name:
            self._input(name, found)
        elif tag == "button" and found.get("type", "submit") == "submit":
            self._form.buttons.append((name, found.get("value", "")))
        elif tag == "select":
            self._select = name
            self._form.kinds[name] = "select"
        elif tag == "option" and self._select and found.get("value"):
            if "selected" in found or not self._form.fields.get(self._select):
                self._form.fields[self._select] = found["value"]
        elif tag == "textarea":
            self._text, self._typed = name, []
            self._form.kinds[name] = "textarea"

    def _input(self, name: str, found: dict[str, str]) -> None:
        assert self._form is not None
        kind = found.get("type", "text")
        self._form.kinds[name] = kind
        if kind in ("radio", "checkbox"):
            if name not in self._form.fields or "checked" in found:
                self._form.fields[name] = found.get("value", "on")
        elif kind != "file":
            self._form.fields[name] = found.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._text:
            self._typed.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._form is not None and self._text:
            self._form.fields[self._text] = "".join(self._typed).strip("\n")
            self._text = ""
        elif tag == "select":
            self._select = ""
        elif tag == "form":
            if self._form is not None:
                self.forms.append(self._form)
            self._form = None


def forms_of(html: str, address: str) -> list[Form]:
    """Every form of a page that posts."""
    reader = _Reader(address)
    reader.feed(html)
    return reader.forms
