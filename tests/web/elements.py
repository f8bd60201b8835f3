"""A page as a tree, to look at what stands inside what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass(eq=False)
class Element:
    """One element, with what it stands in and what stands in it."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    parent: Element | None = None
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def __getitem__(self, name: str) -> str:
        return self.attributes.get(name, "")

    def all(self) -> Iterator[Element]:
        """The element and everything in it, in the order of the page."""
        yield self
        for child in self.children:
            yield from child.all()

    def around(self) -> Iterator[Element]:
        """The element and everything it stands in, from within."""
        here: Element | None = self
        while here is not None:
            yield here
            here = here.parent

    def inherited(self, name: str) -> str:
        """An attribute as htmx reads it: the nearest one counts."""
        return next((one[name] for one in self.around() if name in one.attributes), "")

    def by_id(self, name: str) -> Element | None:
        """The element of this id."""
        return next((one for one in self.all() if one["id"] == name), None)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.here = self.root = Element("document")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.children.append(made)
        if tag not in _VOID:
            self.here = made

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        for one in self.here.around():
            if one.tag == tag and one.parent is not None:
                self.here = one.parent
                return

    def handle_data(self, data: str) -> None:
        for one in self.here.around():
            one.text += data


def tree_of(html: str) -> Element:
    """The whole page."""
    reader = _Reader()
    reader.feed(html)
    return reader.root
