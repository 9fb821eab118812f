"""Pictures as arrays: cells drawn with a font, PSNR and SSIM."""
import functools

import numpy
from PIL import Image, ImageDraw, ImageFont

from terminal_runs import DEFAULT

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
FONT_SIZE, CELL = 17, (10, 20)  # pixels
SSIM_WINDOW = 8
LUMA = numpy.array([0.299, 0.587, 0.114])


def load(path, size):
    """A picture as large as is asked, by means of areas."""
    return numpy.asarray(Image.open(path).convert("RGB").resize(size, Image.BOX), float)


@functools.lru_cache(maxsize=1)
def font():
    return ImageFont.truetype(FONT, FONT_SIZE)


@functools.lru_cache(maxsize=4096)
def ink(point):
    """How much of each pixel of a cell a glyph covers."""
    image = Image.new("L", CELL)
    ImageDraw.Draw(image).text((0, 0), chr(point), 255, font())
    return numpy.asarray(image, float)[:, :, None] / 255


def colors(values, default):
    values = numpy.where(values == DEFAULT, default, values)
    return numpy.stack([values >> 16 & 255, values >> 8 & 255, values & 255], -1).astype(float)


def draw(grid):
    """The pixels of cells."""
    rows, cols = grid.shape[:2]
    fg, bg = colors(grid[:, :, 1], 0xe5e5e5), colors(grid[:, :, 2], 0)
    width, height = CELL
    pixels = numpy.empty((rows * height, cols * width, 3))
    for y in range(rows):
        for x in range(cols):
            covered = ink(int(grid[y, x, 0]))
            pixels[y * height:(y + 1) * height, x * width:(x + 1) * width] = covered * fg[y, x] + (1 - covered) * bg[y, x]
    return pixels


def psnr(a, b):
    error = ((a - b) ** 2).mean()
    return 99.0 if error == 0 else 10 * numpy.log10(255 ** 2 / error)


def windows(image):
    """Means over all windows."""
    n = SSIM_WINDOW
    sums = numpy.pad(image, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    return (sums[n:, n:] - sums[:-n, n:] - sums[n:, :-n] + sums[:-n, :-n]) / n ** 2


def ssim(a, b):
    """Of the luma (Wang et al. 2004, with square windows)."""
    a, b = a @ LUMA, b @ LUMA
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    ma, mb = windows(a), windows(b)
    va, vb, both = windows(a * a) - ma ** 2, windows(b * b) - mb ** 2, windows(a * b) - ma * mb
    return (((2 * ma * mb + c1) * (2 * both + c2)) / ((ma ** 2 + mb ** 2 + c1) * (va + vb + c2))).mean()
