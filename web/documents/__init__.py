"""Papers of the office as PDF/UA: letters, learning plans, certificates.

Like a mail, a paper is words for people, so it is made in this room; numbers, facts and files are kept by the rooms
below. A paper of the office speaks Indonesian whatever the reader's language. Data reaches typst as JSON, never as
source, and typst reads nothing but this folder and the fonts it brings along.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import typst

FOLDER = Path(__file__).resolve().parent
# Scripts that the fonts of typst surely have, and those of Europe only.
_WIDE = ("LATIN", "GREEK", "CYRILLIC")
_NARROW = ("LATIN",)


def typeset(template: str, data: Mapping[str, Any]) -> bytes:
    """The PDF/UA of a template of this folder.

    Text that no font can show becomes □, and a logo that cannot be drawn is left out, rather than a failure.
    """
    for shown in (_plain, _of_scripts(_WIDE), _of_scripts(_NARROW)):
        try:
            return _compile(template, _each(data, shown))
        except typst.TypstError as error:
            if "failed to decode image" in str(error) and data.get("logo"):
                return typeset(template, {**data, "logo": None})
            if "could not be displayed with font" not in str(error):
                raise
    return _compile(template, _each(data, lambda text: text.encode("ascii", "replace").decode()))


def _compile(template: str, data: Any) -> bytes:
    made = typst.compile(
        str(FOLDER / template),
        root=str(FOLDER),
        font_paths=[],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"data": json.dumps(data)},
        pdf_standards="ua-1",
    )
    return bytes(made or b"")


def _each(value: Any, shown: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, Mapping):
        return {key: _each(item, shown) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_each(item, shown) for item in value]
    return value


def _plain(text: str) -> str:
    """Without control characters and those that turn the direction of what follows."""
    kept = (" " if char in "\n\t\r" else char for char in text)
    return "".join(char for char in kept if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn"))


def _of_scripts(scripts: tuple[str, ...]) -> Callable[[str], str]:
    def shown(text: str) -> str:
        return "".join(char if _has(char, scripts) else "□" for char in _plain(text))

    return shown


def _has(char: str, scripts: tuple[str, ...]) -> bool:
    return ord(char) < 0x100 or char in "–—‘’“”…•→□" or unicodedata.name(char, "").startswith(scripts)
