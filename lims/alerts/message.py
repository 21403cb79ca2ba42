"""What stands in a message: how many are new, the first of them by name, and where to look."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from lims.model import Dataset, SavedSearch

MOST_NAMED = 20
"""Lines of an e-mail."""


@dataclass(frozen=True)
class Message:
    """count: of all new datasets. datasets: those that are named. facility: its name. address: of its record browser,
    "" where nobody has said.
    """

    saved: SavedSearch
    count: int
    datasets: Sequence[Dataset]
    facility: str
    address: str

    @property
    def subject(self) -> str:
        """On one line, whatever the name is."""
        return f"{files(self.count)}: {one_line(self.saved.name)}"

    @property
    def text(self) -> str:
        named = self.datasets[:MOST_NAMED]
        lines = [f"{files(self.count)} for your saved search “{one_line(self.saved.name)}”:", ""]
        lines += [line for one in named for line in self.lines_of(one)]
        if self.count > len(named):
            lines.append(f"… and {self.count - len(named):,} more.")
        if self.saved.query:
            lines += ["", f"It looks for: {one_line(self.saved.query)}"]
        lines += ["", f"{one_line(self.facility)}. To hear no more of it: ☆ save in the record browser, or",]
        lines += [f"lims searches alert {quoted(self.saved.name)} --off", ""]
        return "\n".join(lines)

    def lines_of(self, one: Dataset) -> list[str]:
        moment = one.acquired or one.modified
        about = [f"{moment:%Y-%m-%d %H:%M} UTC", one.instrument or "", link_to(self.address, one.id) or one.id]
        return [one_line(one.name), "    " + ", ".join(part for part in about if part)]

    @property
    def document(self) -> dict[str, object]:
        """What a webhook gets."""
        return {
            "facility": self.facility,
            "search": {"id": self.saved.id, "name": self.saved.name, "query": self.saved.query},
            "count": self.count,
            "datasets": [
                {
                    "id": one.id,
                    "name": one.name,
                    "at": (one.acquired or one.modified).isoformat(),
                    "instrument": one.instrument,
                    "link": link_to(self.address, one.id),
                }
                for one in self.datasets
            ],
        }


def files(count: int) -> str:
    return f"{count:,} new {'file' if count == 1 else 'files'}"


def one_line(text: str) -> str:
    """A file name may hold anything; a line of a message holds what can be printed."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def quoted(name: str) -> str:
    return json.dumps(one_line(name), ensure_ascii=False)


def link_to(address: str, dataset_id: str) -> str:
    if not address:
        return ""
    return f"{address}{'&' if '?' in address else '?'}record={quote(dataset_id)}"
