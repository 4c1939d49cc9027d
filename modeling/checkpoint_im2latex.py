"""Where a checkpoint is. The standard library only."""

import os
from pathlib import Path


class CheckpointError(ValueError):
    """A checkpoint cannot be loaded; the message is one line for the user."""


def local_folder(checkpoint: str | os.PathLike[str]) -> Path | None:
    """The folder of a checkpoint, or None if its name can only be an id on the Hugging Face Hub.

    Raises:
        CheckpointError: there is no such folder, or no checkpoint in it.
    """
    folder = Path(checkpoint)
    if folder.is_dir():
        if not (folder / 'config.json').is_file():
            raise CheckpointError(f'{checkpoint}: not a checkpoint, the folder has no config.json')
        return folder
    # `owner/name` may be a Hub id, but not beside folders that are here: the Hub would be asked for a slip of the pen.
    if folder.is_absolute() or len(folder.parts) > 2 or folder.parent.name and folder.parent.is_dir():
        raise CheckpointError(f'{checkpoint}: no such folder')
    return None


__all__ = ['CheckpointError', 'local_folder']
