"""A picture of a page in which nothing can be recognised, for a console's list."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageFilter


def blurred(picture: Path) -> bytes | None:
    """A greyscale PNG of at most 24 by 24 details, blurred; None if `picture` cannot be read."""
    try:
        with Image.open(picture) as image:
            top = image.crop((0, 0, image.width, min(image.height, image.width)))
            small = top.convert("L").resize((24, 24), Image.Resampling.BOX)
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    out = io.BytesIO()
    small.filter(ImageFilter.GaussianBlur(2)).save(out, "PNG")
    return out.getvalue()
