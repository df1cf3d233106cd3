"""Slanted boxes around lines in; by how much the page must be turned so that its lines run across, and the turned page, out.

A box is four corners, an array (4, 2) of pixels, from the top left of its text clockwise as the picture lies.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ragdesk.domain import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Corners = NDArray[np.float32]

_LONG = 2.5
"""A box at least so many times as long as it is high tells the direction of its line."""

MOST_SKEW = 3.0
"""Degrees of skew from which the picture is turned; below, lines are found as well, and only their boxes need be."""


def lie_of(boxes: Sequence[Corners]) -> tuple[bool, float]:
    """Whether the lines run up or down the picture, and by how many degrees clockwise they are off that direction (-45 to 45)."""
    upright: list[tuple[float, float]] = []
    sideways: list[tuple[float, float]] = []
    for box in boxes:
        across, down = box[1] - box[0], box[3] - box[0]
        length, height = math.hypot(*across), math.hypot(*down)
        if length >= _LONG * height:
            upright.append((math.degrees(math.atan2(across[1], across[0])), length))
        elif height >= _LONG * length:
            sideways.append((math.degrees(math.atan2(down[1], down[0])) - 90, height))
    on_its_side = sum(weight for _, weight in sideways) > sum(weight for _, weight in upright)
    return on_its_side, _weighed_median(sideways if on_its_side else upright)


def _weighed_median(angles: Sequence[tuple[float, float]]) -> float:
    half = sum(weight for _, weight in angles) / 2
    for angle, weight in sorted(angles):
        half -= weight
        if half <= 0:
            return angle
    return 0.0


class Turn:
    """A picture turned clockwise by some degrees about its middle, and large enough to hold all of itself."""

    def __init__(self, width: int, height: int, degrees: float) -> None:
        import cv2
        import numpy as np

        self.degrees = degrees
        radians = math.radians(degrees)
        cosine, sine = abs(math.cos(radians)), abs(math.sin(radians))
        self.width = max(1, round(width * cosine + height * sine))
        self.height = max(1, round(width * sine + height * cosine))
        self._there = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
        self._there[:, 2] += np.array([(self.width - width) / 2, (self.height - height) / 2])
        self._back = cv2.invertAffineTransform(self._there)
        self._whole = (0.0, 0.0, float(width), float(height))
        self._quarters = {90.0: 1, 180.0: 2, 270.0: 3}.get(round(degrees, 3))
        self._np = np

    def picture(self, pixels: Any) -> Any:
        """The turned picture; what was outside is white."""
        import cv2

        if self.degrees == 0:
            return pixels
        if self._quarters is not None:
            return self._np.ascontiguousarray(self._np.rot90(pixels, -self._quarters))
        white = (255,) * (pixels.shape[2] if pixels.ndim == 3 else 1)
        return cv2.warpAffine(pixels, self._there, (self.width, self.height), flags=cv2.INTER_CUBIC, borderValue=white)

    def there(self, corners: Any) -> Box:
        """The box, in the turned picture, around these points of it as it was."""
        points = corners @ self._there[:, :2].T + self._there[:, 2]
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        return (float(left), float(top), float(right), float(bottom))

    def back(self, corners: Any) -> Box:
        """The box, in the picture as it was, around these points of the turned one."""
        points = corners @ self._back[:, :2].T + self._back[:, 2]
        x0, y0, x1, y1 = self._whole
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        return (max(x0, float(left)), max(y0, float(top)), min(x1, float(right)), min(y1, float(bottom)))
