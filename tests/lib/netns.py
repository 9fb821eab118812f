"""Two network namespaces with a network of any quality between them, for programs of both sides.

    netns.begin()                       # says why not, and ends the script as skipped, where they cannot be made
    with netns.Pair(delay_ms=20, loss=5) as pair:
        pair.server.popen(["kinorad", ...]); pair.client.run(["kinora", "probe", ...])
        with pair.blackout(): time.sleep(3)

A namespace has no name: it lives as long as a descriptor of this process and the programs inside it, which are killed when
this process ends in whatever way. So nothing is left behind, and any number of pairs may use the same addresses and ports.
Impairments that must be counted exactly are made by tunem (delay, jitter, loss, duplicates, reordering; tests/lib/tunem.c);
nft and tbf may be added while programs run.
"""
import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import threading

from kin import BIN, skip

SERVER, CLIENT, NETWORK = "10.98.0.1", "10.98.0.2", "10.98.0.0/24"
DEVICE = "imp0"
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
TOOLS = ("ip", "tc", "nft")
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
libc = ctypes.CDLL(None, use_errno=True)


def failed(what):
    code = ctypes.get_errno()
    return OSError(code, f"{what}: {os.strerror(code)}")


def in_thread(work):
    """Namespaces are of threads: does the work in one of its own, which no child may come from."""
    found = []

    def run():
        try:
            found.append((work(), None))
        except Exception as error:  # pylint: disable=broad-except
            found.append((None, error))
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    result, error = found[0]
    if error is not None:
        raise error
    return result


def new_namespace():
    """Its descriptor, without which it is gone."""
    def make():
        if libc.unshare(CLONE_NEWNET) != 0:
            raise failed("no network namespace can be made")
        return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    return in_thread(make)


def why_not(tun=True):
    """What stands against namespaces here, or None."""
    for tool in TOOLS:
        if shutil.which(tool, path=PATH) is None:
            return f"{tool} is not installed"
    if tun and not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return "/dev/net/tun is not there or not allowed"
    if tun and not (BIN / "tunem").exists():
        return "tunem is not built"
    try:
        with Namespace() as there:
            said = there.nft("list tables", check=False)
    except (OSError, subprocess.CalledProcessError) as error:
        return str(error)
    return None if said.returncode == 0 else f"nft does not work in a namespace: {said.stderr.decode().strip()}"


def begin(tun=True):
    """Makes sure that namespaces can be made, as an ordinary user by starting the script again as root of a user namespace;
    skips all of it where they cannot."""
    os.environ["PATH"] = PATH
    mark = "KIN_USER_NAMESPACE"
    if os.geteuid() != 0 and mark not in os.environ:
        command = ["unshare", "--user", "--map-root-user", "--net"]
        if shutil.which("unshare") is None or subprocess.run([*command, "true"], capture_output=True, check=False).returncode != 0:
            skip("not root, and no user namespace can be made")
        os.environ[mark] = "1"
        os.execvp(command[0], [*command, sys.executable, *sys.argv])
    reason = why_not(tun)
    if reason is not None:
        skip(reason)


class Namespace:
    """A network of its own with nothing in it but its loopback."""

    def __init__(self):
        self.descriptor = new_namespace()
        self.path = f"/proc/{os.getpid()}/fd/{self.descriptor}"
        self.programs = []
        try:
            self.run(["ip", "link", "set", "lo", "up"])
            self.sysctl("net/ipv6/conf/all/disable_ipv6", 1)
        except BaseException:
            self.close()
            raise

    def enter(self):
        """For a process between fork and exec: what it becomes runs here, and ends when this process does."""
        if libc.setns(self.descriptor, CLONE_NEWNET) != 0:
            raise failed("cannot enter a network namespace")
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)

    def inside(self, work):
        """Does something here, such as making a socket."""
        def run():
            if libc.setns(self.descriptor, CLONE_NEWNET) != 0:
                raise failed("cannot enter a network namespace")
            return work()
        return in_thread(run)

    def popen(self, command, **more):
        """A program that is killed when the namespace is closed. The thread that starts it has to outlive it."""
        program = subprocess.Popen([str(c) for c in command], preexec_fn=self.enter, **more)
        self.programs.append(program)
        return program

    def run(self, command, check=True, **more):
        return subprocess.run([str(c) for c in command], preexec_fn=self.enter, capture_output=True, check=check, **more)

    def sysctl(self, name, value):
        def write():
            try:
                with open(f"/proc/sys/{name}", "w", encoding="ascii") as file:
                    file.write(str(value))
            except FileNotFoundError:
                pass # such as of IPv6 where there is none
        self.inside(write)

    def nft(self, text, check=True):
        return self.run(["nft", text], check=check)

    def drops(self, table):
        """Packets that the rules of a table have dropped."""
        found = json.loads(self.run(["nft", "-j", "list", "table", "inet", table]).stdout)["nftables"]
        return sum(part["counter"]["packets"] for item in found for part in item.get("rule", {}).get("expr", [])
                   if "counter" in part)

    def sent(self, device=DEVICE):
        """Bytes and packets that have left by a device, headers of IP included; those of Ethernet where it has them."""
        stats = json.loads(self.run(["ip", "-json", "-statistics", "link", "show", device]).stdout)[0]["stats64"]["tx"]
        return stats["bytes"], stats["packets"]

    def kill(self, program):
        """Ends a program that was started here."""
        if program in self.programs:
            self.programs.remove(program)
        if program.poll() is None:
            program.kill()
        program.wait()
        for stream in (program.stdin, program.stdout, program.stderr):
            if stream is not None:
                stream.close()

    def close(self):
        for program in list(self.programs):
            self.kill(program)
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Pair:
    """A server's namespace and a client's, joined by a veth pair, or by tunem when anything is asked of it (its options by
    name, such as delay_ms=20 in each direction, loss=5 percent of what the server sends, udp_port=8000, both_ways=True)."""

    def __init__(self, **impairments):
        self.tunem = self.tunem_said = None
        self.server = Namespace()
        try:
            self.client = Namespace()
            try:
                if impairments:
                    self.join_by_tunem(impairments)
                else:
                    self.join_by_veth()
                self.set_up(self.server, SERVER)
                self.set_up(self.client, CLIENT)
            except BaseException:
                self.client.close()
                raise
        except BaseException:
            self.server.close()
            raise

    @staticmethod
    def set_up(side, address):
        """A train of packets is lost packet by packet, and TCP is cubic: the default of the machine may be another, which a
        namespace may not always choose, but a route may."""
        side.run(["ip", "link", "set", DEVICE, "gso_max_segs", "1"])
        side.run(["ip", "route", "replace", NETWORK, "dev", DEVICE, "src", address, "congctl", "cubic"])

    def join_by_veth(self):
        self.server.run(["ip", "link", "add", DEVICE, "type", "veth", "peer", "name", DEVICE, "netns", self.client.path])
        for side, address in ((self.server, SERVER), (self.client, CLIENT)):
            side.run(["ip", "address", "add", f"{address}/24", "dev", DEVICE])
            side.run(["ip", "link", "set", DEVICE, "up"])

    def join_by_tunem(self, impairments):
        words = []
        for name, value in impairments.items():
            option = "--" + name.replace("_", "-")
            words += [option] if value is True else [option, value]
        command = [BIN / "tunem", *words, self.server.path, SERVER, self.client.path, CLIENT]
        self.tunem = self.server.popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if self.tunem.stdout.readline() != b"ready\n":
            raise OSError(self.tunem.stderr.read().decode().strip())

    def happened(self):
        """Ends the network and says what tunem counted: "forth" from the server, "back" from the client."""
        if self.tunem_said is None:
            self.tunem.terminate()
            self.tunem_said = json.loads(self.tunem.communicate(timeout=20)[0])
        return self.tunem_said

    def drop(self, rule, side="client", table="loss"):
        """Drops what a rule of nft is true of, counted, until forget(table)."""
        getattr(self, side).nft(f"add table inet {table}; "
                                f"add chain inet {table} in {{ type filter hook input priority 0; }}; "
                                f"add rule inet {table} in {rule} counter drop")

    def forget(self, side="client", table="loss"):
        getattr(self, side).nft(f"delete table inet {table}")

    def lose(self, percent, what="meta l4proto udp"):
        """Random loss on the way to the client."""
        self.drop(f"{what} numgen random mod 10000 < {round(percent * 100)}")

    def lose_bursts(self, lost, of, what="meta l4proto udp"):
        """The last of so many packets in a row."""
        self.drop(f"{what} numgen inc mod {of} >= {of - lost}")

    def dark(self):
        for side in (self.server, self.client):
            side.nft("add table inet dark; add chain inet dark in { type filter hook prerouting priority -300; policy drop; }")

    def light(self):
        for side in (self.server, self.client):
            side.nft("delete table inet dark")

    @contextlib.contextmanager
    def blackout(self):
        """Nothing passes in either direction."""
        self.dark()
        try:
            yield
        finally:
            self.light()

    def limit_rate(self, bytes_per_second):
        """What the server sends, from now on."""
        self.server.run(["tc", "qdisc", "replace", "dev", DEVICE, "root", "tbf", "rate", f"{round(bytes_per_second * 8)}bit",
                         "burst", "16kb", "latency", "50ms"])

    def unlimit_rate(self):
        self.server.run(["tc", "qdisc", "delete", "dev", DEVICE, "root"])

    def close(self):
        self.client.close()
        self.server.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
