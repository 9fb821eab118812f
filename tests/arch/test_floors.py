#!/usr/bin/env python3
"""No include and no call goes against the floors of the house, and the checks notice when one does."""
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import floors  # noqa: E402
from kin import SOURCE, run_tests  # noqa: E402

BUILD = pathlib.Path(os.environ.get("KIN_BUILD", SOURCE / "build"))


def none(wrong):
    assert not wrong, "\n  " + "\n  ".join(wrong)


def planted(path, text):
    """What check_includes() says of a tree with one file too many."""
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder)
        for name, content in (("shared/base/span.h", ""), ("shared/io/loop.h", ""), ("daemon/process/app.h", ""),
                              ("tui/client/session.h", ""), (path, text)):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(content)
        return floors.check_includes(tree)


def test_includes_go_down():
    none(floors.check_includes(SOURCE))


def test_no_circle_of_files():
    for program in floors.ROOMS:
        none(floors.check_circles(SOURCE, program))


def test_planted_circles_are_noticed():
    with tempfile.TemporaryDirectory() as folder:
        room = pathlib.Path(folder, "daemon/control")
        room.mkdir(parents=True)
        for name, other in (("a", "b"), ("b", "c"), ("c", "a"), ("d", "a"), ("m_internal", "m"), ("m", None)):
            (room / f"{name}.h").write_text(f'#include "control/{other}.h"\n' if other else "")
        (room / "m.c").write_text('#include "control/m_internal.h"\n')
        assert floors.check_circles(pathlib.Path(folder), "daemon") == [
            "a circle: daemon/control/a, daemon/control/b, daemon/control/c"]


def test_calls_stay_on_their_floor():
    none(floors.check_symbols(BUILD))


def test_planted_includes_are_noticed():
    for path, text in (
            ("shared/proto/x.c", '#include "io/loop.h"\n'),
            ("shared/base/x.h", '#  include "../io/loop.h"\n'),
            ("shared/engine/x.c", "#include <sys/socket.h>\n"),
            ("shared/media/x.c", "#include <uv.h>\n"),
            ("tui/pages/view.c", "#include <ncursesw/curses.h>\n"),
            ("tui/pages/view.c", "#include <term.h>\n"),
            ("tui/commands/player.c", "#include <turbojpeg.h>\n"),
            ("tui/commands/player.c", "#include <chafa.h>\n"),
            ("shared/media/x.c", "#include <libavformat/avformat.h>\n"),
            ("daemon/process/x.c", "#include <libswscale/swscale.h>\n"),
            ("daemon/process/x.c", '#include "../../tui/client/session.h"\n'),
            ("daemon/control/x.c", '#include "process/app.h"\n'),
            ("daemon/x.c", "#include <stdlib.h>\n"),
            ("tui/picture/x.c", '#include "client/session.h"\n'),
            ("tui/commands/x.c", '#include "../../daemon/process/app.h"\n')):
        assert len(planted(path, text)) == 1, f"{path} with {text!r} was not noticed"
    none(planted("shared/io/x.c", '#include <uv.h>\n#include "base/span.h"\n#include <sys/socket.h>\n'))
    none(planted("tui/terminal/term.c", "#include <curses.h>\n#include <term.h>\n"))


def test_planted_calls_are_noticed():
    with tempfile.TemporaryDirectory() as folder:
        code = """#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
void *f(void); long g(void); int h(void);
void *f(void) { return malloc(3); }
long g(void) { return time(NULL); }
int h(void) { return socket(1, 2, 3); }
"""
        pathlib.Path(folder, "x.c").write_text(code)
        subprocess.run(["cc", "-c", "x.c", "-o", "x.c.o"], cwd=folder, check=True)
        for library in floors.SYMBOLS:
            subprocess.run(["ar", "rc", f"lib{library}.a", "x.c.o"], cwd=folder, check=True)
        wrong = floors.check_symbols(folder)
        for line in ("kin_proto: x.c calls malloc, which is the heap", "kin_engine: x.c calls time, which is a clock",
                     "kin_media: x.c calls socket, which is a socket", "kin_base: x.c calls time; only clock.c may"):
            assert line in wrong, f"not noticed: {line}\n  " + "\n  ".join(wrong)


def test_functions_have_callers():
    none(floors.check_callers(SOURCE, floors.TESTED_ONLY))


def test_planted_functions_without_callers_are_noticed():
    with tempfile.TemporaryDirectory() as folder:
        room = pathlib.Path(folder, "shared/base")
        room.mkdir(parents=True)
        (room / "x.h").write_text("// calls dead()\nint dead(int a,\n         int b);\nint inlined(void);\nint used(void);\n"
                                  "static inline int f(void)\n{\n    return inlined();\n}\n"
                                  "static inline int unused(void)\n{\n}\n")
        (room / "x.c").write_text("int dead(int a,\n         int b)\n{\n}\nint inlined(void)\n{\n}\nint used(void)\n{\n}\n"
                                  "struct s *table(void)\n{\n}\nstatic int g(void)\n{\n}\n")
        (room / "y.c").write_text("int main(void)\n{\n    return used() + f();\n}\nstatic void *t[] = {table};\n")
        tree = pathlib.Path(folder)
        assert floors.check_callers(tree) == ["shared/base/x.c: nothing calls dead",
                                             "shared/base/x.h: nothing calls unused"]
        assert floors.check_callers(tree, {"dead": "", "unused": "", "used": ""}) == [
            "used has callers, or is gone: no need to allow it"]


run_tests(globals())
