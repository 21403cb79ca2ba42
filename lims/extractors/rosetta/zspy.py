"""HyperSpy's .zspy: RosettaSciIO's reader without one of Zarr's codecs, Python's pickle, which may do anything."""

from typing import Any

from numcodecs.registry import codec_registry
from rsciio.zspy import file_reader as read
from zarr.errors import MetadataError

FORBIDDEN = "pickle"


def file_reader(filename: str, lazy: bool = False, **options: Any) -> list[dict[str, Any]]:
    """The file's signals. Raises ValueError where an array in it needs a codec that is not here.

    An array looks for its codecs when it is opened, also a lazy one.
    """
    kept = codec_registry.pop(FORBIDDEN, None)
    try:
        found: list[dict[str, Any]] = read(filename, lazy=lazy, **options)
    except MetadataError as error:
        raise ValueError(f"an array in it cannot be decoded ({error.__cause__ or error})") from error
    finally:
        if kept is not None:
            codec_registry[FORBIDDEN] = kept
    return found
