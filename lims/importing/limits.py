"""How much may come out of an archive: small files can be made that unpack to more than any disk holds."""

from dataclasses import dataclass

from lims.errors import Invalid

SMALL = 1 << 30
"""Up to here an archive may be packed as tightly as it likes: detectors write images of zeros."""


@dataclass(frozen=True)
class ImportLimits:
    """As `[imports]` in facility.toml has them."""

    most_files: int = 1_000_000
    most_ratio: float = 200.0
    keep_free_bytes: int = 1 << 30


class Budget:
    """What one source has used of its limits. packed: bytes of the archive, None where nothing is packed."""

    def __init__(self, name: str, limits: ImportLimits, packed: int | None = None) -> None:
        self.name = name
        self.limits = limits
        self.packed = packed
        self.entries = 0
        self.bytes = 0

    def count(self) -> None:
        """One more entry, of whatever kind. Raises Invalid where there are too many."""
        self.entries += 1
        if self.entries > self.limits.most_files:
            raise Invalid(
                f"{self.name} holds more than {self.limits.most_files:,} files.",
                hint="Import its folders one by one, or raise most_files under [imports] in facility.toml.",
            )

    def refusal(self, size: int, packed: int | None = None) -> str:
        """Why a member of so many bytes cannot come out, "" where it can. packed: its own bytes in the archive."""
        for unpacked, of in ((size, packed), (self.bytes + size, self.packed)):
            if of is not None and unpacked > SMALL and unpacked > self.limits.most_ratio * max(of, 1):
                limit = "the limit is most_ratio under [imports] in facility.toml"
                return f"it looks like a bomb: {of:,} bytes would become {unpacked:,}; {limit}"
        self.bytes += size
        return ""
