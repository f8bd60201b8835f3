"""Keep the Indonesian catalogue in step with the sentences in code and templates.

    python scripts/messages.py           add new sentences to django.po, drop unused ones, compile django.mo
                                         (settles a merge conflict in them, too)
    python scripts/messages.py --check   fail on a sentence without a translation, or a stale file

GNU gettext is not needed: Django turns a template into code, Babel reads the code.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

BASE_DIR = Path(__file__).resolve().parent.parent
PO = BASE_DIR / "locale" / "id" / "LC_MESSAGES" / "django.po"
MO = PO.with_suffix(".mo")
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# Nothing in the files changes by itself from one day or machine to the next.
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def sources() -> list[Path]:
    """Files of ours that may speak to people: known to git, and not tests."""
    listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.py", "*.html", "*.txt")
    outside = ("tests/", "scripts/", "docs/", "node_modules/")
    return [
        path
        for name in sorted(set(listed.decode().split("\0")))
        if name and not name.startswith(outside) and "/migrations/" not in name
        if (path := BASE_DIR / name).suffix == ".py" or "templates" in path.parts
        if path.exists()
    ]


def sentences() -> Iterator[tuple[str, int, object, str | None]]:
    """Yield file, line, message id (or singular and plural) and context of each sentence."""
    for path in sources():
        text = path.read_text(encoding="utf-8")
        method = "python"
        if path.suffix != ".py":
            # The lexer for JavaScript also reads what Django leaves between the calls.
            text, method = templatize(text), "javascript"
        found = extract(method, io.BytesIO(text.encode()), keywords=KEYWORDS, options={"encoding": "utf-8"})
        for line, message, _comments, context in found:
            yield str(path.relative_to(BASE_DIR)), line, message, context


def template() -> Catalog:
    """The catalogue of all sentences, none of them translated."""
    catalog = _empty()
    for name, line, message, context in sentences():
        if message:
            catalog.add(message, locations=[(name, line)], context=context)  # type: ignore[arg-type]
    return catalog


def _empty() -> Catalog:
    catalog = Catalog(
        locale="id",
        project="Padan",
        version="1",
        header_comment="# Padan in Bahasa Indonesia. `make messages` adds what is new and compiles.",
        creation_date=LONG_AGO,
        revision_date=LONG_AGO,
        fuzzy=False,
    )
    # Indonesian has one form for any number; Babel does not know and would ask for two.
    catalog.mime_headers = [("Plural-Forms", "nplurals=1; plural=0;")]
    return catalog


def current() -> list[Catalog]:
    """The translated catalogue as it is on disk; both sides of it during a merge."""
    name = str(PO.relative_to(BASE_DIR))
    if _git("ls-files", "--unmerged", name):
        return [read_po(io.BytesIO(_git("show", f":{side}:{name}")), locale="id") for side in (2, 3)]
    return [read_po(io.BytesIO(PO.read_bytes()), locale="id")] if PO.exists() else []


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=BASE_DIR, capture_output=True, check=True).stdout


def updated() -> Catalog:
    """The translations on disk for the sentences in the source."""
    old, new = current(), template()
    for message in new:
        for catalog in old if message.id else ():
            known = catalog.get(message.id, message.context)
            if known and _translated(known) and bool(known.pluralizable) == bool(message.pluralizable):
                message.string = known.string
                message.flags |= known.flags
    return new


def as_po(catalog: Catalog) -> bytes:
    """Sorted and without line numbers, so that two branches seldom touch the same lines."""
    file = io.BytesIO()
    write_po(file, catalog, sort_output=True, no_location=True, width=100)
    return file.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    """What Django reads."""
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def complaints(catalog: Catalog) -> Iterator[str]:
    """Say what is wrong with each translation."""
    for message in catalog:
        if not message.id:
            continue
        if not _translated(message):
            yield f"not translated: {message.id!r}"
        elif message.fuzzy:
            yield f"fuzzy: {message.id!r}"
        else:
            for error in message.check(catalog):
                yield f"{error}: {message.id!r}"


def _translated(message: Message) -> bool:
    strings = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return all(strings)


def main() -> int:
    """Run as a command; the status is 1 when --check finds something."""
    catalog = updated()
    po, mo = as_po(catalog), as_mo(catalog)
    found = list(complaints(catalog))
    if "--check" in sys.argv:
        for path, content in ((PO, po), (MO, mo)):
            if not path.exists() or path.read_bytes() != content:
                found.append(f"{path.relative_to(BASE_DIR)} is stale: run `make messages`")
    else:
        PO.parent.mkdir(parents=True, exist_ok=True)
        PO.write_bytes(po)
        MO.write_bytes(mo)
    print(*found, f"{len(catalog)} sentences, {len(found)} complaints.", sep="\n")
    return int("--check" in sys.argv and bool(found))


if __name__ == "__main__":
    sys.exit(main())
