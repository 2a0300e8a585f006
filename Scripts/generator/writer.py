"""Text with indentation and doc comments."""

from __future__ import annotations

import re
import textwrap
from contextlib import contextmanager
from typing import Iterator

COLUMNS = 100


class Writer:
    """Collects lines of one source file."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 0

    def line(self, text: str = "") -> None:
        """Adds one line at the present depth."""
        self._lines.append("  " * self._depth + text if text else "")

    def lines(self, *texts: str) -> None:
        """Adds several lines at the present depth."""
        for text in texts:
            self.line(text)

    @contextmanager
    def block(self, head: str, end: str = "}") -> Iterator[None]:
        """Adds `head {`, what the body adds one level deeper, and the end."""
        self.line(f"{head} {{" if end == "}" else head)
        self._depth += 1
        yield
        self._depth -= 1
        self.line(end)

    @contextmanager
    def indented(self) -> Iterator[None]:
        """What the body adds stands one level deeper."""
        self._depth += 1
        yield
        self._depth -= 1

    def fits(self, text: str) -> bool:
        """Whether a line at the present depth stays within the columns."""
        return 2 * self._depth + len(text) <= COLUMNS

    def closure(self, head: str, body: str) -> None:
        """Adds `head { body }`, over three lines where one is too short."""
        whole = f"{head} {{ {body} }}"
        if self.fits(whole):
            self.line(whole)
        else:
            if not self.fits(head + " {") and "(" in head:
                call, _, arguments = head.partition("(")
                self.lines(call + "(", f"  {arguments[:-1]}", ") {")
            else:
                self.line(f"{head} {{")
            self.lines(f"  {body}", "}")

    def doc(self, comment: str) -> None:
        """Adds a doc comment, wrapped to the width that is left."""
        width = COLUMNS - 2 * self._depth - len("/// ")
        for number, paragraph in enumerate(_paragraphs(comment)):
            if number and not paragraph.startswith("- "):
                self.line("///")
            for text in textwrap.wrap(paragraph, width, break_on_hyphens=False):
                self.line("/// " + text)

    def text(self) -> str:
        """The file, ended by one newline."""
        return "\n".join(self._lines).rstrip("\n") + "\n"

    def __len__(self) -> int:
        return len(self._lines)


def _paragraphs(comment: str) -> list[str]:
    """Splits a comment behind its first sentence, at blank lines and before list items."""
    paragraphs: list[str] = []
    fresh = True
    for line in comment.splitlines():
        line = line.strip()
        if not line:
            fresh = True
        elif fresh or line.startswith("- "):
            paragraphs.append(line)
            fresh = False
        else:
            paragraphs[-1] += " " + line
    if paragraphs and (sentence := re.match(r"(.+?[^.]\.) +(?=[A-Z0-9`])", paragraphs[0])):
        paragraphs[0:1] = [sentence[1], paragraphs[0][sentence.end() :]]
    return paragraphs
