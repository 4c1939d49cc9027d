"""The picture on the clipboard, where the platform lets a program have it."""

from PIL import Image, ImageGrab

from .pictures import PictureError, open_picture


def picture() -> Image.Image:
    """The picture on the clipboard, or in the first file that was copied there.

    Raises:
        PictureError: there is none, or the platform does not tell.
    """
    try:
        found = ImageGrab.grabclipboard()
    except NotImplementedError:
        raise PictureError('cannot be reached: install wl-clipboard (Wayland) or xclip (X11)') from None
    except Exception as error:  # the tools it calls fail in their own ways
        raise PictureError(f'cannot be read: {error or type(error).__name__}') from error
    if isinstance(found, list) and found:
        return open_picture(found[0])
    if not isinstance(found, Image.Image):
        raise PictureError('there is no picture on it')
    return found
