import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lims.errors import Invalid, NoFacility
from lims.settings.tables import Settings

OWN_STORES = {
    "derived": {"url": "derived", "writable": True},  # results
    "imported": {"url": "imported", "writable": True},  # what was brought in from elsewhere
}
NO_SUCH_KEY = "there is no such key"


def load_settings(folder: Path) -> Settings:
    """Read `folder`/facility.toml.

    Raises NoFacility where there is none, Invalid (naming file and field) where it cannot be used.
    """
    file = folder / "facility.toml"
    if not file.is_file():
        raise NoFacility(str(folder))
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} is not valid TOML: {error}.", hint="Correct that line and try again.") from error
    if "folder" in tables:
        raise Invalid(f"{file}: folder: {NO_SUCH_KEY}.", hint="Correct it and try again.")
    try:
        settings = Settings(folder=folder.resolve(), **with_own_stores(tables))
    except ValidationError as error:
        raise Invalid(f"{file}: {first_problem(error)}.", hint="Correct it and try again.") from error
    check_sources(file, settings)
    return settings


def with_own_stores(tables: dict[str, Any]) -> dict[str, Any]:
    """What the LIMS itself writes has places beside facility.toml unless it names others."""
    stores = tables.get("stores", {})
    return {**tables, "stores": {**OWN_STORES, **stores}} if isinstance(stores, dict) else tables


def first_problem(error: ValidationError) -> str:
    """A key that is not there goes first: it is often the one that another misses, misspelled."""
    problems: list[Any] = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    problem = problems[0]
    where = ".".join(str(part) for part in problem["loc"])
    words = {"extra_forbidden": NO_SUCH_KEY, "missing": "it is required"}.get(problem["type"], problem["msg"])
    return f"{where}: {words.removeprefix('Value error, ')}"


def check_sources(file: Path, settings: Settings) -> None:
    for name, table in settings.instruments.items():
        for source in table.all_sources():
            if source.store not in settings.stores:
                known = ", ".join(sorted(settings.stores))
                raise Invalid(
                    f"{file}: instrument {name!r} names the store {source.store!r}, which is not there.",
                    hint=f"Add [stores.{source.store}] or use one of: {known}.",
                )
