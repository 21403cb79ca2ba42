"""Pictures that were drawn elsewhere go where they belong, whole or not at all."""

import os
from collections.abc import Sequence
from pathlib import Path

from lims.harvest.previews import preview_paths, remove_preview
from lims.harvest.reading import NO_ROOM, Work, no_room


def put_pictures(work: Work, pictures: Sequence[bytes], previews: Path) -> None:
    """As if the dataset had been read here. pictures: the large and the small one, or none.

    Raises Unavailable where the disk is full.
    """
    target = preview_paths(previews, work.dataset.id)
    if not work.do_extract:
        return
    if not pictures:
        if not work.keeps_preview:
            remove_preview(target)
        return
    target.large.parent.mkdir(parents=True, exist_ok=True)
    try:
        for path, picture in zip(target.pictures, pictures, strict=True):
            part = path.with_suffix(".part")
            part.write_bytes(picture)
            os.replace(part, path)  # noqa: PTH105
    except OSError as error:
        if error.errno in NO_ROOM:
            raise no_room(previews) from error
        raise
