// Waits for the player and puts the terminal back as it was.
#include "commands/guardian.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "terminal/term.h"
#include "text/messages.h"

static const int watched[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT};

// The terminal is still raw and without echo.
static void drain(const struct guardian *g, const struct guardian_note *note)
{
    kin_us since_death = note->answers_longest > 0 ? kin_clock_mono_us() + note->answers_longest : 0;
    term_drain(g->fd, kin_us_max(since_death, note->answers_until));
}

void guardian_leave(const struct guardian_note *note, int fd, const char *leave)
{
    char all[GUARDIAN_REMOVAL_MAX + 2 * TERM_SEQUENCE_MAX];
    if (note->answers_missing)
        tcflush(fd, TCOFLUSH);
    bool removes = note->removal[0] != '\0';
    snprintf(all, sizeof all, "%s%s%s", removes ? TERM_ABANDON : "", note->removal, leave);
    term_write_leave(fd, all);
}

static void restore(const struct guardian *g, struct guardian_note *note)
{
    signal(SIGTTOU, SIG_IGN); // also from the background
    if (note->entered && term_is_ours(g->fd)) {
        drain(g, note);
        tcflush(g->fd, TCIFLUSH);
        tcsetattr(g->fd, TCSANOW, g->cooked);
        guardian_leave(note, g->fd, g->leave); // last: what is typed from now on is the shell's
        note->entered = false;
    }
    signal(SIGTTOU, SIG_DFL);
}

static void end(const struct guardian *g, struct guardian_note *note)
{
    restore(g, note);
    if (note->sentence[0] != '\0')
        fprintf(stderr, MSG_LINE("%s"), note->sentence);
}

// Dies of the same signal as the child, without a second core file.
static int end_as(int status)
{
    if (!WIFSIGNALED(status))
        return WEXITSTATUS(status);
    int sig = WTERMSIG(status);
    struct rlimit none = {0, 0};
    sigset_t one;
    setrlimit(RLIMIT_CORE, &none);
    signal(sig, SIG_DFL);
    sigemptyset(&one);
    sigaddset(&one, sig);
    raise(sig);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    return 128 + sig;
}

// True when the child has ended. When the child stops, so does this process: the shell sees one job. A child that could
// not restore the terminal before (SIGSTOP) enters it again when it goes on.
static bool reap(const struct guardian *g, struct guardian_note *note, pid_t child, int *ret_status)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(child, &status, WNOHANG | WUNTRACED)) > 0 || (pid < 0 && errno == EINTR)) {
        if (pid < 0)
            continue;
        if (!WIFSTOPPED(status)) {
            *ret_status = status;
            return true;
        }
        restore(g, note);
        raise(SIGSTOP);
        kill(child, SIGCONT);
    }
    return false;
}

// Signals of keys (^C, ^Z) reach both processes already; one that was sent to this process is meant for the child.
// reap() has continued it already: a second SIGCONT would cancel a ^Z that was typed meanwhile.
static void pass_on(const siginfo_t *info, pid_t child)
{
    if (info->si_signo != SIGCHLD && info->si_signo != SIGCONT && info->si_code <= 0)
        kill(child, info->si_signo);
}

static int watch(const struct guardian *g, struct guardian_note *note, pid_t child, const sigset_t *set)
{
    int status = 0;
    siginfo_t info;
    while (!reap(g, note, child, &status))
        if (sigwaitinfo(set, &info) > 0)
            pass_on(&info, child);
    return status;
}

static int run_child(pid_t parent, const sigset_t *old, int (*body)(void *, struct guardian_note *), void *ctx,
                     struct guardian_note *note)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        return 1;
    sigprocmask(SIG_SETMASK, old, NULL);
    return body(ctx, note);
}

int guardian_run(const struct guardian *g, int (*body)(void *ctx, struct guardian_note *note), void *ctx)
{
    struct guardian_note *note = (struct guardian_note *)mmap(NULL, sizeof *note, PROT_READ | PROT_WRITE,
                                                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (note == MAP_FAILED)
        return 1;
    sigset_t set, old;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
        sigaddset(&set, watched[i]);
    sigprocmask(SIG_BLOCK, &set, &old);
    pid_t parent = getpid(), child = fork();
    if (child == 0)
        exit(run_child(parent, &old, body, ctx, note));
    int status = 1 << 8;
    if (child > 0) {
        prctl(PR_SET_NAME, "kin-guard");
        status = watch(g, note, child, &set);
        end(g, note);
    }
    munmap(note, sizeof *note);
    sigprocmask(SIG_SETMASK, &old, NULL);
    return end_as(status);
}
