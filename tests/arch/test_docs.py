#!/usr/bin/env python3
"""Manuals, the sample configuration and the documents say what the programs and the tree really are."""
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, SOURCE, run_tests  # noqa: E402

MANUALS = {"kinorad": "kinorad.8", "kinora": "kinora.1", "kinora-prep": "kinora-prep.1"}
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
TREE_PATH = re.compile(r"`((?:shared|daemon|tui|tests|systemd|conf|docs|cmake|video/prep)/[\w./-]*\w)`")


def output(*command):
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout


def manual(page):
    """The text of a manual, without the hyphens' backslashes and the macros' blanks."""
    text = (SOURCE / "docs/man" / page).read_text()
    return re.sub(r"\\-|\\&", lambda m: "-" if m.group() == r"\-" else "", text)


def not_in_manual(words, text):
    """The long options that a page does not name, as `--word` or on a line of mdoc's `Fl`."""
    return [w for w in words if not re.search(rf"(--|\bFl .*?-)({re.escape(w)})\b", text)]


def long_options(program):
    return sorted(set(re.findall(r"^\s+(?:-\w, )?--([a-z][a-z-]+)", output(BIN / program, "--help"), re.M)))


def settings():
    """(section, key) of every setting."""
    section = None
    for line in output(BIN / "kinorad", "--default-config").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        match = re.match(r"#(\w+) = ", line)
        if match:
            yield section, match.group(1)


def documents():
    return [SOURCE / "README.md", *sorted(SOURCE.glob("docs/*.md")), SOURCE / "video/README.md"]


def test_the_sample_is_what_the_daemon_prints():
    assert (SOURCE / "conf/kinorad.conf").read_text() == output(BIN / "kinorad", "--default-config"), \
        "conf/kinorad.conf is not the output of kinorad --default-config"


def test_manuals_name_every_option():
    for program, page in MANUALS.items():
        options = long_options(program)
        assert len(options) >= 2, f"{program} --help lists no options"
        missing = not_in_manual(options, manual(page))
        assert not missing, f"{page} does not name --{', --'.join(missing)}"
    assert not_in_manual(["xyzzy"], manual("kinora.1")) == ["xyzzy"]


def test_the_manual_names_every_setting():
    text = manual("kinorad.conf.5")
    missing = [f"[{section}] {key}" for section, key in settings() if not re.search(rf"\b{key}\b", text)]
    assert not missing, "kinorad.conf.5 does not name " + ", ".join(missing)


def homeless(text, paths):
    """Files of the rooms that the table of rooms does not name: by their name, by the first words of it, or by `first_*`."""
    rows = {room: re.findall(r"[\w*]+", " ".join(re.findall(r"`([^`]*)`", names)))
            for room, names in re.findall(r"^\| ([a-z/]+) \| (`.*?) \| ", text, re.MULTILINE)}
    return [path for path in paths
            if not any(path.stem == name or path.stem.startswith(name[:-1] if name[-1] == "*" else name + "_")
                       for name in rows.get(str(path.parent).removeprefix("shared/"), []))]


def test_every_file_has_a_room():
    files = [path.relative_to(SOURCE) for program in ("shared", "daemon", "tui")
             for path in (SOURCE / program).rglob("*.[ch]")]
    assert not homeless((SOURCE / "docs/architecture.md").read_text(), files)
    table = "| jpeg | `scan dct_*` and `half` | what it does |\n"
    paths = [pathlib.Path("shared/jpeg", name) for name in ("scan.c", "scan_more.c", "dct_x.c", "half.h", "scanner.c", "dct.c")]
    assert [path.name for path in homeless(table, paths)] == ["scanner.c", "dct.c"]


def test_links_and_paths_in_documents_exist():
    wrong = []
    for document in documents():
        text = document.read_text()
        targets = [(document.parent, t) for t in LINK.findall(text)] + [(SOURCE, t) for t in TREE_PATH.findall(text)]
        wrong += [f"{os.path.relpath(document, SOURCE)}: {t}" for base, t in targets if not (base / t).exists()]
    assert not wrong, "no such file: " + ", ".join(wrong)


run_tests(globals())
