"""A film that is paused, in cells, against chafa's best."""
import pathlib

from terminal_pictures import CELL, FONT, draw, load, psnr, ssim
from terminal_rows import Line, lacks
from terminal_runs import kinora, serve, watch

SIZE = (120, 40)
EQUAL_DB, EQUAL_SSIM = 0.1, 0.002
PAUSE, LOOK = 3, 6  # seconds


def film_area():
    """Columns and rows of a film of 16:9 that is as wide as the terminal."""
    return SIZE[0], round(SIZE[0] * 9 / 16 / 2)


def quality(grid, png, top):
    cols, rows = film_area()
    wanted = load(png, (cols * CELL[0], rows * CELL[1]))
    drawn = draw(grid[top:top + rows, :cols])
    return psnr(drawn, wanted), ssim(drawn, wanted)


def of_kinora(reels, daemon, reel, png):
    log = watch(reels.folder, kinora(f"{daemon.url}{reel.name}"), SIZE, [(PAUSE, "key= "), (LOOK, "quit")])
    grid = log.cells[log.within(0, LOOK)[-1].index]
    return max(quality(grid, png, top) for top in range(3))


def of_chafa(reels, png):
    cols, rows = film_area()
    command = ["chafa", "--work", "9", "-f", "symbols", "-c", "full", "--stretch", "--size", f"{cols}x{rows}", png]
    log = watch(reels.folder, command, SIZE, [(60, "quit")])
    return quality(log.cells[-1], png, 0)


def measure_still(reels, _seconds, quick):
    """Paused: each cell drawn with a font, against the frame."""
    missing = lacks("chafa") + ([] if pathlib.Path(FONT).exists() else [FONT])
    if missing:
        yield Line("kinora against chafa", f"skipped: there is no {', '.join(missing)}")
        return
    for second in (2, 4) if quick or not reels.film else (7, 14, 21, 26):
        reel, png = reels.still(second)
        with serve(reels) as daemon:
            ours = of_kinora(reels, daemon, reel, png)
        other = of_chafa(reels, png)
        yield Line(f"second {second}: kinora, chafa --work 9", f"{ours[0]:.2f} dB, {other[0]:.2f} dB; SSIM {ours[1]:.4f}, {other[1]:.4f}", "equal or better",
                   ours[0] >= other[0] - EQUAL_DB and ours[1] >= other[1] - EQUAL_SSIM)
