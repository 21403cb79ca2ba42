"""DENSsolutions' Impulse logs (.csv), also without the _Metadata.log that RosettaSciIO insists on."""

from typing import Any

from rsciio.impulse._api import ImpulseCSV, invalid_file_error

TIMES = ("Experiment_date", "Experiment_time")


class Log(ImpulseCSV):  # type: ignore[misc]
    """What the log beside it would say of the time is left open where there is none, or where the file was renamed."""

    original_metadata: dict[str, Any]

    def _read_metadatafile(self) -> None:
        try:
            super()._read_metadatafile()
        except OSError:
            self.original_metadata = {}

    def _get_metadata(self, quantity: str) -> dict[str, Any]:
        whole = self.original_metadata
        self.original_metadata = dict.fromkeys(TIMES) | whole
        try:
            found: dict[str, Any] = super()._get_metadata(quantity)
        finally:
            self.original_metadata = whole
        return found


def file_reader(filename: str, lazy: bool = False) -> list[dict[str, Any]]:
    """One signal a column. Raises NotImplementedError where it should be lazy, as RosettaSciIO does."""
    if lazy:
        raise NotImplementedError("Lazy loading is not supported.")
    log = Log(filename)
    if "Experiment time" not in log.column_names:
        raise OSError(invalid_file_error)
    return [log.get_dictionary(name) for name in log.logged_quantity_name_list]
