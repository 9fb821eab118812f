"""The floors of the house: who may include whom, and which symbols a room may call. Facts, and the functions that check them."""
import collections
import os
import pathlib
import re
import subprocess

# What each room may include besides itself and libc (docs/architecture.md draws the same picture).
FLOORS = {
    "shared/base": set(),
    "shared/options": {"shared/base"},
    "shared/jpeg": {"shared/base"},
    "shared/proto": {"shared/base", "shared/jpeg"},
    "shared/media": {"shared/base", "shared/jpeg"},
    "shared/drawing": {"shared/base", "shared/jpeg", "shared/media"},
    "shared/engine/rtp": {"shared/base", "shared/jpeg", "shared/proto"},
    "shared/engine/rtsp": {"shared/base", "shared/proto"},
    "shared/engine/play": {"shared/base", "shared/jpeg", "shared/proto", "shared/media", "shared/engine/rtp", "shared/engine/rtsp"},
    "shared/io": {"shared/base", "shared/jpeg", "shared/proto", "shared/media", "shared/engine/rtp", "shared/engine/rtsp",
                  "shared/engine/play"},
}
SHARED = set(FLOORS) - {"shared/drawing"}
# The rooms of the programs, and which others each may include; every one may include all of shared/.
ROOMS = {
    "daemon": {
        "ground": "",
        "frames": "ground",
        "library": "ground frames",
        "delivery": "ground frames",
        "control": "ground frames library delivery",
        "process": "ground frames library delivery control",
    },
    "tui": {
        "text": "",
        "terminal": "text",
        "picture": "text terminal",
        "client": "text",
        "model": "text terminal picture client",
        "pages": "text terminal picture client model",
        "commands": "text terminal picture client model pages",
    },
}
for program, rooms in ROOMS.items():
    for name, others in rooms.items():
        FLOORS[f"{program}/{name}"] = SHARED | {f"{program}/{other}" for other in others.split()}
FLOORS["video/prep"] = {"shared/base", "shared/jpeg", "shared/media", "shared/drawing", "shared/options"}

# A foreign header, by the start of its name, and the only places that may include it.
HEADERS = {
    "uv.h": {"shared/io/", "daemon/", "tui/"},
    "sys/socket.h": {"shared/io/", "daemon/process/listener.c"},  # the names of inherited sockets' types; see SYMBOLS
    "netinet/": {"shared/io/"},
    "arpa/inet.h": {"shared/io/"},
    "netdb.h": {"shared/io/"},
    "linux/errqueue.h": {"shared/io/"},
    "curses.h": {"tui/terminal/term.c"},
    "ncurses": {"tui/terminal/term.c"},
    "term.h": {"tui/terminal/term.c"},
    "turbojpeg.h": {"tui/picture/turbo.c", "tui/picture/recode.c"},
    "chafa": {"tui/picture/canvas.c"},
    "zlib.h": {"tui/picture/png.c"},
    "pthread.h": {"shared/io/", "daemon/", "tui/"},
    "ini.h": {"shared/options/"},
    "jpeglib.h": {"shared/jpeg/", "shared/media/"},
    "libav": {"video/prep/"},
    "libsw": {"video/prep/"},
}

# Symbols that a room must not call, as one pattern per reason.
CALLS = r"socket|bind|listen|connect|accept4?|send(to|msg|mmsg)?|recv(from|msg|mmsg)?|[gs]etsockopt|getaddrinfo"
SOCKET = CALLS + r"|poll|epoll_\w+|select"
CLOCK = r"clock_\w+|gettimeofday|time|nanosleep|usleep|sleep|timerfd_\w+"
RANDOM = r"getrandom|getentropy|rand|srand|random|srandom|[dlm]rand48|arc4random\w*"
LOOP = r"uv_\w+|pthread_(?!mutex_|once)\w+|thrd_\w+|fork|execv\w*|system|popen"
SCREEN = r"initscr|newterm|setupterm|tiget\w+|wadd\w+|mvw\w+|tj[A-Z]\w+|chafa_\w+"
HEAP = r"malloc|calloc|realloc|strdup|strndup|aligned_alloc|posix_memalign|asprintf|vasprintf"
PURE = {"a socket": SOCKET, "a clock": CLOCK, "a random number": RANDOM, "a loop or thread": LOOP, "a screen": SCREEN}
SYMBOLS = {
    "kin_base": {k: v for k, v in PURE.items() if k not in ("a clock", "a random number")},
    "kin_options": PURE,
    "kin_jpeg": PURE,
    "kin_proto": {**PURE, "the heap": HEAP},
    "kin_media": PURE,
    "kin_drawing": PURE,
    "kin_engine": PURE,
    "kin_io": {"a screen": SCREEN},
    "kinorad_parts": {"a socket": SOCKET, "a screen": SCREEN, "a random number": RANDOM},
    "kinora_parts": {"a socket": CALLS, "a random number": RANDOM},
    "kinora_prep_parts": {k: v for k, v in PURE.items() if k not in ("a clock",)},
}
# Single objects that may do what their floor may not, because it is what they are for.
EXEMPT = {
    ("kin_media", "source.c"): {"a socket", "a clock"},
    ("kin_media", "output.c"): {"a socket"},  # poll(): the reader of a pipe may never come
}
BASE_EXEMPT = {"clock.c": CLOCK, "rng.c": RANDOM}

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)


def room_of(path):
    """The room that a file of the tree stands in, or None."""
    for room in sorted(FLOORS, key=len, reverse=True):
        if path.startswith(room + "/"):
            return room
    return None


def sources(tree):
    for top in ("shared", "daemon", "tui", "video"):
        for path in sorted((tree / top).rglob("*")):
            if path.suffix in (".c", ".h", ".def"):
                yield path.relative_to(tree).as_posix()


def resolve(tree, path, name):
    """The file of the tree that an include in `path` names, or None for one from outside."""
    for folder in (os.path.dirname(path), "shared", os.path.dirname(room_of(path))):
        if (tree / folder / name).is_file():
            return os.path.normpath(os.path.join(folder, name))
    return None


def allowed_places(name):
    for start, places in HEADERS.items():
        if name == start or (name.startswith(start) and not start.endswith(".h")):
            return places
    return None


def check_includes(tree):
    """Every include that goes up or sideways, and every foreign header outside its place."""
    wrong = []
    for path in sources(tree):
        room = room_of(path)
        if room is None:
            wrong.append(f"{path} stands in no room")
            continue
        for _, name in INCLUDE.findall((tree / path).read_text(errors="replace")):
            target = resolve(tree, path, name)
            if target is not None:
                if room_of(target) not in FLOORS[room] | {room}:
                    wrong.append(f"{path} includes {name}: {room} may not use {room_of(target)}")
                continue
            places = allowed_places(name)
            if places is not None and not any(path.startswith(place) for place in places):
                wrong.append(f"{path} includes <{name}>: only {', '.join(sorted(places))} may")
    return wrong


def module_of(path):
    return os.path.splitext(path)[0]


def is_one_module(circle):
    """Files that share the inside of one of them, X_internal.h, and its name."""
    insides = [path for path in circle if path.endswith("_internal")]
    return any(all(path.startswith(inside.removesuffix("_internal")) for path in circle) for inside in insides)


def check_circles(tree, program):
    """Every circle of files (x.c and x.h are one) in a program, but those of one module."""
    uses = {}
    for path in sources(tree):
        if path.startswith(program + "/"):
            names = [resolve(tree, path, name) for _, name in INCLUDE.findall((tree / path).read_text(errors="replace"))]
            targets = {module_of(name) for name in names if name is not None and name.startswith(program + "/")}
            uses.setdefault(module_of(path), set()).update(targets - {module_of(path)})
    reached = {start: set(targets) for start, targets in uses.items()}
    for middle in uses:
        for start in uses:
            if middle in reached[start]:
                reached[start] |= reached[middle]
    circles = {frozenset(b for b in uses if b in reached[a] and a in reached[b]) for a in uses}
    return [f"a circle: {', '.join(sorted(circle))}" for circle in circles if circle and not is_one_module(circle)]


def undefined(archive):
    """(object, symbol) for everything that the objects of an archive want from outside."""
    done = subprocess.run(["nm", "-u", "--format=posix", archive], check=True, capture_output=True, text=True)
    member = ""
    for line in done.stdout.splitlines():
        if line.endswith(":"):
            member = re.sub(r".*\[(.*)\]:$", r"\1", line).removesuffix(".o")
        elif line.strip():
            name = line.split()[0].split("@")[0]
            yield member, re.sub(r"^__|_chk$", "", name) if name.endswith("_chk") else name


def check_symbols(build):
    """Every call that a room must not make."""
    wrong = []
    for library, forbidden in SYMBOLS.items():
        archive = pathlib.Path(build, f"lib{library}.a")
        if not archive.exists():
            wrong.append(f"{archive.name} is not built")
            continue
        for member, symbol in undefined(archive):
            for what, pattern in forbidden.items():
                if what not in EXEMPT.get((library, member), ()) and re.fullmatch(pattern, symbol):
                    wrong.append(f"{library}: {member} calls {symbol}, which is {what}")
            if library == "kin_base":
                for only, pattern in BASE_EXEMPT.items():
                    if member != only and re.fullmatch(pattern, symbol):
                        wrong.append(f"kin_base: {member} calls {symbol}; only {only} may")
    return wrong


# Functions that only tests call, and why the product has them all the same.
TESTED_ONLY = {
    "beneath_go_by_parts": "a kernel without openat2()",
    "kin_datagram_no_trains": "a kernel without UDP_SEGMENT",
    "kin_datagram_open": "one socket, where the product opens pairs and adopts what it inherits",
    "kin_pattern_read_number": "reads what the product draws",
    "kitty_query": "the probe asks it with other questions",
    "kin_source_from_span": "bytes in front of a guard page",
    "send_budget_used": "the sum that a budget keeps has no other face",
}
COMMENT = re.compile(r"//.*")
INLINE = re.compile(r"^static inline [\w \*]*\b(\w+)\(", re.M)
DEFINITION = re.compile(r"^(?!static\b|typedef\b)\w[\w \*]*\b(\w+)\([^;{}]*\)\n\{", re.M)


def check_callers(tree, allowed=()):
    """Every function, but a static one of one file, that no product code names, and every one that is allowed needlessly."""
    defined, words = {}, collections.Counter()
    for path in sources(tree):
        text = COMMENT.sub("", (tree / path).read_text(errors="replace"))
        defined.update({name: path for name in INLINE.findall(text)})
        if path.endswith(".h"):  # declarations begin in column 0, what inline functions and macros say does not
            text = re.sub(r"^\S[^\n]*\([^{}]*?\)[^{};]*;", "", text, flags=re.M)
        else:
            defined.update({name: path for name in DEFINITION.findall(text) if name != "main"})
        words.update(re.findall(r"\w+", text))
    dead = {name for name in defined if words[name] < 2}
    return [f"{defined[name]}: nothing calls {name}" for name in sorted(dead - set(allowed))] + [
        f"{name} has callers, or is gone: no need to allow it" for name in sorted(set(allowed) - dead)]
