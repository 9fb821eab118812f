// Leaving without waiting: for work on the thread pool that does not end, and for a terminal that does not read.
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/err.h"
#include "commands/leave.h"
#include "terminal/term.h"
#include "unit.h"

struct work {
    uv_work_t request;
    int gate[2]; // it ends when a byte comes
    bool done;
};

static void wait_at_gate(uv_work_t *request)
{
    struct work *w = request->data;
    char byte;
    while (read(w->gate[0], &byte, 1) != 1)
        continue;
}

static void on_done(uv_work_t *request, int status)
{
    struct work *w = request->data;
    w->done = status == 0;
}

static bool work_begin(struct work *w, struct kin_loop *loop)
{
    w->request.data = w;
    return pipe2(w->gate, O_CLOEXEC) == 0 && uv_queue_work(&loop->uv, &w->request, wait_at_gate, on_done) == 0;
}

// Regression: q and SIGTERM waited for a picture that took 25 s to decode, and for the resolver.
TEST(leave_does_not_wait_for_the_pool)
{
    struct kin_loop loop;
    struct work w = {.gate = {-1, -1}};
    bool open = kin_loop_init(&loop) == KIN_OK;
    CHECK(open);
    CHECK(work_begin(&w, &loop));
    CHECK(!leave_loop(&loop)); // and does come back
    CHECK(!w.done);
    CHECK_INT(write(w.gate[1], "x", 1), 1);
    CHECK(kin_loop_drain(&loop, KIN_LOOP_LINGER_MS, KIN_LOOP_LINGER_MS));
    CHECK(w.done);
    open = false;
    CHECK(leave_loop(&loop)); // nothing is left: the loop is closed
out:
    if (open)
        kin_loop_deinit(&loop);
    close(w.gate[0]);
    close(w.gate[1]);
}

// exit() would join the thread: the child would never end.
TEST(leave_now_ends_while_a_thread_works)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        struct kin_loop loop;
        struct work w = {.gate = {-1, -1}};
        if (kin_loop_init(&loop) != KIN_OK || !work_begin(&w, &loop) || leave_loop(&loop))
            _exit(99);
        leave_now(7);
    }
    CHECK(child > 0);
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
out:;
}

static bool open_pty(int *ret_master, int *ret_slave)
{
    char name[64];
    struct termios raw;
    *ret_slave = -1;
    *ret_master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (*ret_master < 0 || grantpt(*ret_master) != 0 || unlockpt(*ret_master) != 0 ||
        ptsname_r(*ret_master, name, sizeof name) != 0)
        return false;
    *ret_slave = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (*ret_slave < 0 || tcgetattr(*ret_slave, &raw) != 0)
        return false;
    cfmakeraw(&raw);
    return tcsetattr(*ret_slave, TCSANOW, &raw) == 0;
}

// Regression: a terminal that had stopped to read was waited for, and never got the sequences that restore it.
TEST(a_terminal_that_does_not_read_is_left_all_the_same)
{
    static const char leave[] = "\030\033\\leave it";
    static uint8_t bytes[1 << 20];
    int master, slave;
    size_t len = 0;
    CHECK(open_pty(&master, &slave));
    memset(bytes, 'x', sizeof bytes);
    while (write(slave, bytes, sizeof bytes) > 0)
        continue;
    term_write_leave(slave, leave);
    for (ssize_t n; len < sizeof bytes && (n = read(master, bytes + len, sizeof bytes - len)) > 0;)
        len += (size_t)n;
    CHECK(kin_span_ends(kin_span_make(bytes, len), leave));
out:
    close(slave);
    close(master);
}
