#!/usr/bin/env python3
"""The tree keeps its own rules: headers that stand alone, no banned call, no path of somebody's machine."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import SOURCE, run_tests  # noqa: E402

ROOMS = ("shared", "daemon", "tui", "video", "systemd", "conf", "docs", "cmake", "tests")
BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|sscanf|gets|alloca)\s*\(")
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
MACHINE = re.compile(r"/wo" r"rk/|/Us" r"ers/|/ro" r"ot/\w")
LONG_FILE, LONG_FUNCTION = 500, 60
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
COMPILERS = (["cc", "-x", "c", "-std=c17", "-Wpedantic", "-Wshadow"],
             ["c++", "-x", "c++", "-std=c++17", "-Wno-missing-field-initializers"])


def files(*suffixes, tree=SOURCE):
    for room in ROOMS:
        for path in sorted((tree / room).rglob("*")):
            if path.is_file() and (not suffixes or path.suffix in suffixes) and "corpus" not in path.parts:
                yield path


def text_of(path):
    return path.read_bytes().decode("utf-8", errors="replace")


def lines_with(pattern, paths):
    return [f"{path}:{number}: {line.strip()}" for path in paths
            for number, line in enumerate(text_of(path).splitlines(), 1) if pattern.search(line)]


def none(wrong):
    assert not wrong, "\n  " + "\n  ".join(map(str, wrong))


def stands_alone(header, tree=SOURCE):
    """What the compilers say of a file that includes nothing but this header, as C and as C++."""
    said = ""
    for compiler in COMPILERS:
        done = subprocess.run([*compiler, *WARNINGS, "-D_GNU_SOURCE", '-DKIN_VERSION="0"',
                               "-I", tree / "shared", "-I", header.parent, "-I", header.parents[1], "-"],
                              input=f'#include "{header}"\ntypedef int not_empty;\n', text=True, capture_output=True, check=False)
        said += done.stderr
    return said


def test_headers_stand_alone():
    headers = [path for path in files(".h") if "tests" not in path.relative_to(SOURCE).parts]
    none([said for said in map(stands_alone, headers) if said])


def test_a_header_that_leans_on_others_is_noticed():
    with tempfile.TemporaryDirectory() as folder:
        header = pathlib.Path(folder, "x.h")
        header.write_text("static inline int *f(void) { return (int *)0; }\n#define X 1\n")
        assert stands_alone(header, pathlib.Path(folder)) == ""
        for text in ("size_t f(void);\n", "static inline int *f(void *p) { return p; }\n"):
            header.write_text(text)
            assert "error" in stands_alone(header, pathlib.Path(folder)), text


def test_no_banned_call():
    none(lines_with(BANNED, files(".c", ".h")))


def test_nothing_is_left_open():
    none(lines_with(UNFINISHED, files(".c", ".h", ".sh", ".py", ".md", ".txt", ".cmake")))


def test_no_path_of_a_machine():
    none(lines_with(MACHINE, files(".c", ".h", ".sh", ".py", ".md", ".txt", ".cmake", ".service", ".socket", ".conf", ".1")))


def test_planted_lines_are_noticed():
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "shared").mkdir()
        path = pathlib.Path(folder, "shared", "x.c")
        path.write_text("sprintf (a, b);\n// TO" "DO later\nopen(\"/wo" "rk/a\");\nsnprintf(a, 1, b);\n")
        for pattern in (BANNED, UNFINISHED, MACHINE):
            assert len(lines_with(pattern, files(".c", tree=pathlib.Path(folder)))) == 1


# Comments, character constants and string literals; only the last have a group.
C_TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])+'|"((?:\\.|[^"\\\n])*)\"""", re.DOTALL)
PROGRAM = re.compile(r"\bkinora(d|-prep)?\b|(?<![\w-])--[a-z]", re.IGNORECASE)
# What shared/ may name of the programs above it, and why.
NAMED = {
    ("shared/engine/rtp/rtp_receiver.c", "kinora"): "the CNAME of a receiver that is given none",
    ("shared/engine/rtp/rtp_sender.c", "kinora-%016llx"): "the CNAME of a sender, unique by its random number",
    ("shared/media/rate.h", "kinora:fps="): "the comment that kinora-prep leaves in a file and every reader knows",
    ("shared/options/cli.c", "%s: %s%s (see %s --help)\\n"): "the parser of command lines makes this option for every program",
}


def programs_named(tree=SOURCE):
    """(file, literal) of each string below the programs that names one, or an option of a command line."""
    return [(str(path.relative_to(tree)), literal) for path in files(".c", ".h", ".def", tree=tree)
            if path.relative_to(tree).parts[0] == "shared"
            for literal in C_TOKEN.findall(text_of(path)) if PROGRAM.search(literal)]


def test_nothing_below_the_programs_names_them():
    found = programs_named()
    none([f"{file}: \"{literal}\"" for file, literal in found if (file, literal) not in NAMED])
    none([f"no longer there: {exception}" for exception in NAMED if exception not in found])


def test_a_sentence_below_the_programs_is_noticed():
    good = 'kinora(1); // "kinora"\n/* "--json" */ c = \'"\'; f("a -- b", "kin_x", "x--y", "\\"", kinora);\n'
    for literal in ("which kinora cannot give yet", "see Kinorad", "(try --transport tcp)", "kinora-prep", '\\"kinora\\"'):
        with tempfile.TemporaryDirectory() as folder:
            for room in ("shared", "tui"):
                (pathlib.Path(folder) / room).mkdir()
                pathlib.Path(folder, room, "x.c").write_text(f'{good}f("{literal}");\n')
            assert programs_named(pathlib.Path(folder)) == [("shared/x.c", literal)], literal


MEMBERS_MAX = 40
STRUCT = re.compile(r"^(?:static )?(?:const )?struct (\w+)\s*\{(.*?)^\}", re.DOTALL | re.MULTILINE)


def members(body):
    """How many there are, those of structs without a name within it included."""
    body = re.sub(r"\([^()]*\)|\[[^\]]*\]", "", C_TOKEN.sub("", body))
    body = re.sub(r"\}\s*\w+", "", body)
    return sum(declaration.count(",") + 1 for declaration in re.split(r"[;{]", body)
               if re.search(r"\w\s*\**\w+\s*(?:,|$|:)", declaration.strip()) and "struct" != declaration.strip())


def large_structs(tree=SOURCE):
    """Nobody can say which states of a struct with so many members are meant."""
    return [f"{path.relative_to(tree)}: struct {name} has {members(body)} members"
            for path in files(".c", ".h", tree=tree) if path.relative_to(tree).parts[0] in ("daemon", "tui", "video")
            for name, body in STRUCT.findall(text_of(path)) if members(body) > MEMBERS_MAX]


def test_structs_of_the_programs_are_small():
    none(large_structs())


def test_a_large_struct_is_noticed():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "tui", "x.h")
        path.parent.mkdir()
        for count, noticed in ((MEMBERS_MAX, 0), (MEMBERS_MAX + 1, 1)):
            some = "".join(f"    int a{i}; // one\n" for i in range(count - 5))
            path.write_text(f"struct x {{\n{some}    struct {{\n        int b, c[2], *d;\n    }} e;\n    void (*f)(int, int);\n    struct y g;\n}};\n")
            assert len(large_structs(pathlib.Path(folder))) == noticed, members(STRUCT.findall(path.read_text())[0][1])


# The programs whose sentences for people stand in one header, and the other files that may have some: tables.
SPEAKERS = {
    "daemon": ("ground/messages.h",),
    "video/prep": ("messages.h",),
    "tui": ("text/messages.h", "text/sentences.c", "pages/view_stats.c"),
}
HELP_TABLE = re.compile(r"struct kin_(?:opt|cli) \w+(?:\[\])? = \{.*?^\};", re.DOTALL | re.MULTILINE)
NO_WORD = re.compile(r"%[-#+ .*\d]*(?:hh?|ll?|[zjt])?[a-zA-Z%]|\\.|\w+=\S*|\S*/\S*")  # conversions, escapes, key=value, a/b


def is_sentence(literal):
    """Three words, or a word with a capital and more behind it."""
    words = re.findall(r"[A-Za-z']{2,}", NO_WORD.sub(" ", literal))
    return " " in literal and len(words) >= 3 or bool(re.match(r"[A-Z][a-z]+ ", literal))


def sentences_elsewhere(program, tree=SOURCE):
    """(file, literal) of each sentence in the C code of a program outside the files that may have some."""
    return [(str(path.relative_to(tree)), literal) for path in files(".c", ".h", tree=tree)
            if path.is_relative_to(tree / program) and str(path.relative_to(tree / program)) not in SPEAKERS[program]
            for literal in C_TOKEN.findall(HELP_TABLE.sub("", text_of(path))) if is_sentence(literal)]


def test_sentences_stand_in_one_place():
    none([f"{file}: \"{literal}\"" for program in SPEAKERS for file, literal in sentences_elsewhere(program)])


def test_a_sentence_elsewhere_is_noticed():
    good = '// "a b is no sentence"\n#include "a/b.h"\nf("%llu of %d in %s", "text/a, text/b", "Accept:", "a=1 b=%s c=%s %s");\n'
    for literal in ("out of memory", "cannot open the file: %s", "Loop off.", "%s: no more files\\n"):
        with tempfile.TemporaryDirectory() as folder:
            for program, allowed in SPEAKERS.items():
                for name in ("x.c", *allowed):
                    path = pathlib.Path(folder, program, name)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(f'{good}f("{literal}");\n')
                assert sentences_elsewhere(program, pathlib.Path(folder)) == [(f"{program}/x.c", literal)], literal


def test_every_file_says_its_purpose():
    none([path for path in files(".c", ".h") if not text_of(path).startswith("// ") and path.name != "ncurses.h"])


def functions(path):
    """(name, lines) of the functions of a file laid out by clang-format: bodies begin and end in column 0."""
    begin = name = None
    for number, line in enumerate(text_of(path).splitlines(), 1):
        if line == "{":
            begin, name = number, previous
        elif line == "}" and begin is not None:
            yield name, number - begin - 1
            begin = None
        if line and not line[0].isspace():
            previous = line


def test_lengths_are_reported():
    lengths = []
    for path in files(".c"):
        if "tests" not in path.relative_to(SOURCE).parts:
            count = text_of(path).count("\n")
            if count > LONG_FILE:
                print(f"  long file: {path.relative_to(SOURCE)} ({count} lines)")
            for name, length in functions(path):
                lengths.append(length)
                if length > LONG_FUNCTION:
                    print(f"  long function: {path.relative_to(SOURCE)}: {name} ({length} lines)")
    lengths.sort()
    assert lengths, "no function found"
    short = sum(length <= 40 for length in lengths)
    print(f"  {len(lengths)} functions, median {lengths[len(lengths) // 2]} lines, {100 * short // len(lengths)} % within 40")
    assert short >= 0.9 * len(lengths), "more than a tenth of the functions are longer than 40 lines"


run_tests(globals())
