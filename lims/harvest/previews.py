"""Where the pictures of datasets lie: below one folder, by the dataset's id."""

from pathlib import Path

from lims.extractors import PreviewTarget


def preview_paths(previews: Path, dataset_id: str) -> PreviewTarget:
    """large: at most 768 pixels a side; thumb: at most 256. Both WebP."""
    name = dataset_id.partition("-")[2] or dataset_id
    folder = previews / name[:2]
    return PreviewTarget(folder / f"{dataset_id}.webp", folder / f"{dataset_id}.t.webp")


def remove_preview(target: PreviewTarget) -> None:
    """A file that has changed must not be shown by the picture of what it was."""
    target.large.unlink(missing_ok=True)
    if target.thumb is not None:
        target.thumb.unlink(missing_ok=True)
