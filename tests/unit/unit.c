// Runs unit tests, first plainly, then with each allocation failing in turn.
#include "unit.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MAX_GUARDED 4096
#define MAX_TRIES 5 // of a run that was disturbed
#define MAX_OOM_RUNS 20000
#define OOM_SECONDS 2.5 // for the failing runs of one test, unless KIN_OOM_SECONDS or KIN_OOM_ALL is set
#define OOM_EACH 64     // allocations that fail one by one however long it takes, unless KIN_OOM_EACH is set

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);

// Tests of the programs' parts allocate on several threads.
static atomic_long alloc_count;     // allocations in this run
static atomic_long alloc_fail = -1; // the number of the one that fails, -1 for none
static atomic_bool alloc_failed;    // it has
static bool run_failed;
static bool disturbed; // this run
static int failures;
static const char *current;
static struct unit_test *first;

static struct {
    void *p;
    size_t n;
} guarded[MAX_GUARDED];
static size_t guarded_count;

void unit_register(struct unit_test *t)
{
    static struct unit_test **end = &first;
    *end = t;
    end = &t->next;
}

static bool next_fails(void)
{
    if (atomic_fetch_add(&alloc_count, 1) != alloc_fail)
        return false;
    alloc_failed = true;
    return true;
}

void *__wrap_malloc(size_t n)
{
    return next_fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return next_fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return next_fails() ? NULL : __real_realloc(p, n);
}

char *__wrap_strdup(const char *s)
{
    return next_fails() ? NULL : __real_strdup(s);
}

static bool excused(const char *file, int line)
{
    run_failed = true;
    if (alloc_failed)
        return true;
    failures++;
    printf("%s:%d: in %s", file, line, current);
    if (alloc_fail >= 0)
        printf(" (allocation %ld set to fail)", alloc_fail);
    printf(": ");
    return false;
}

void unit_fail(const char *file, int line, const char *what)
{
    if (!excused(file, line))
        printf("failed: %s\n", what);
}

void unit_fail_int(const char *file, int line, const char *what, long long got, long long want)
{
    if (!excused(file, line))
        printf("%s is %lld, not %lld\n", what, got, want);
}

void unit_fail_span(const char *file, int line, const char *what, struct kin_span got, const char *want)
{
    if (!excused(file, line))
        printf("%s is \"%.*s\", not \"%s\"\n", what, KIN_SPAN_ARG(got), want);
}

int unit_failed(void)
{
    return run_failed;
}

int unit_starved(void)
{
    return alloc_failed;
}

int unit_plain(void)
{
    return alloc_fail < 0;
}

void unit_disturbed(void)
{
    disturbed = true;
}

struct kin_span unit_guarded(const void *p, size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (n + page - 1) / page * page;
    if (guarded_count == MAX_GUARDED)
        abort();
    uint8_t *map = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED || mprotect(map + room, page, PROT_NONE) != 0)
        abort();
    guarded[guarded_count].p = map;
    guarded[guarded_count++].n = room + page;
    uint8_t *at = map + room - n;
    if (n > 0)
        memcpy(at, p, n);
    return kin_span_make(at, n);
}

struct kin_span unit_guarded_str(const char *text)
{
    return unit_guarded(text, strlen(text));
}

static void run_once(const struct unit_test *t, long fail)
{
    alloc_count = 0;
    alloc_fail = fail;
    alloc_failed = false;
    run_failed = false;
    disturbed = false;
    current = t->name;
    t->run();
    while (guarded_count > 0) {
        guarded_count--;
        munmap(guarded[guarded_count].p, guarded[guarded_count].n);
    }
}

// A run that failed because the machine was busy counts only when it fails every time.
static void run_fairly(const struct unit_test *t, long fail)
{
    int before = failures;
    run_once(t, fail);
    for (int tries = 1; failures > before && disturbed && tries < MAX_TRIES; tries++) {
        printf("again: the machine was busy\n");
        failures = before;
        run_once(t, fail);
    }
}

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

// How far apart the failing allocations of a long test are, so that they are spread evenly over what time allows.
static long oom_stride(double seconds, long allocations)
{
    const char *given = getenv("KIN_OOM_SECONDS");
    double fit = (given != NULL ? atof(given) : OOM_SECONDS) / (seconds > 1e-6 ? seconds : 1e-6);
    bool all = getenv("KIN_OOM_ALL") != NULL || fit >= (double)allocations;
    return all ? 1 : (long)((double)allocations / fit) | 1;
}

static long oom_each(void)
{
    const char *given = getenv("KIN_OOM_EACH");
    return given != NULL ? strtol(given, NULL, 10) : OOM_EACH;
}

static void run_all_ways(const struct unit_test *t)
{
    int before = failures;
    double begin = now();
    run_fairly(t, -1);
    long stride = oom_stride(now() - begin, alloc_count);
    long runs = 0, each = oom_each();
    for (long n = 0; failures == before && runs < MAX_OOM_RUNS; n += n < each ? 1 : stride) {
        run_fairly(t, n);
        if (!alloc_failed)
            break;
        runs++;
    }
    alloc_fail = -1;
    printf("%s %s (%ld failing allocations)\n", failures == before ? "ok" : "FAILED", t->name, runs);
}

int main(int argc, char **argv)
{
    size_t ran = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (const struct unit_test *t = first; t != NULL; t = t->next) {
        if (argc > 1 && strcmp(argv[1], t->name) != 0)
            continue;
        run_all_ways(t);
        ran++;
    }
    printf("%zu tests, %d failed checks\n", ran, failures);
    return failures == 0 && ran > 0 ? 0 : 1;
}
