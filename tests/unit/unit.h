// A unit test is a void function with its cleanup at `out:`. Each one runs once plainly and then again with
// allocation number 0, 1, 2 ... failing, until a run makes fewer allocations than that (in a long test some are left
// out; KIN_OOM_SECONDS=2.5 is how long these runs may take, KIN_OOM_ALL=1 leaves out none). In such a run a CHECK that
// fails after the injected failure just leaves by `out:`; what the sanitizers see (leaks, overruns) still counts.
//
//     TEST(span_splits)
//     {
//         struct kin_buf *b = kin_buf_new(4);
//         CHECK(b != NULL);
//         CHECK_INT(b->len, 4);
//     out:
//         kin_buf_unref(b);
//     }
#ifndef UNIT_H
#define UNIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct unit_test {
    const char *name;
    void (*run)(void);
    struct unit_test *next;
};

// Defines a test and enters it in the list that main() runs, in the order of the file.
#define TEST(name)                                                                                                     \
    static void unit_##name(void);                                                                                     \
    __attribute__((constructor)) static void unit_register_##name(void)                                                \
    {                                                                                                                  \
        static struct unit_test t = {#name, unit_##name, NULL};                                                        \
        unit_register(&t);                                                                                             \
    }                                                                                                                  \
    static void unit_##name(void)

#define CHECK(cond)                                                                                                    \
    do {                                                                                                               \
        if (!(cond)) {                                                                                                 \
            unit_fail(__FILE__, __LINE__, #cond);                                                                      \
            goto out;                                                                                                  \
        }                                                                                                              \
    } while (0)
#define CHECK_INT(got, want)                                                                                           \
    do {                                                                                                               \
        long long unit_g = (long long)(got), unit_w = (long long)(want);                                               \
        if (unit_g != unit_w) {                                                                                        \
            unit_fail_int(__FILE__, __LINE__, #got, unit_g, unit_w);                                                   \
            goto out;                                                                                                  \
        }                                                                                                              \
    } while (0)
#define CHECK_SPAN(got, text)                                                                                          \
    do {                                                                                                               \
        struct kin_span unit_s = (got);                                                                                \
        if (!kin_span_is(unit_s, (text))) {                                                                            \
            unit_fail_span(__FILE__, __LINE__, #got, unit_s, (text));                                                  \
            goto out;                                                                                                  \
        }                                                                                                              \
    } while (0)

// CHECKs may stand in helpers that return nothing and have an `out:` of their own; the test then asks:
int unit_failed(void); // true when this run has failed a CHECK
// And those that wait for something may ask whether it can still be expected:
int unit_starved(void); // true once an allocation of this run was made to fail

// True in the plain run, in which no allocation is made to fail: tests that take their time need no other.
int unit_plain(void);
// A test that plays in real time says that the machine kept it from its time. Where a CHECK fails in such a run, it
// runs again, a few times at most: what is wrong in the program fails every time.
void unit_disturbed(void);

// A copy of n bytes that ends right before an unmapped page: one byte too far faults. Freed by the harness
// after the test.
struct kin_span unit_guarded(const void *p, size_t n);
#define UNIT_BYTES(...) unit_guarded((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
struct kin_span unit_guarded_str(const char *text);

void unit_register(struct unit_test *t);
void unit_fail(const char *file, int line, const char *what);
void unit_fail_int(const char *file, int line, const char *what, long long got, long long want);
void unit_fail_span(const char *file, int line, const char *what, struct kin_span got, const char *want);

#endif
