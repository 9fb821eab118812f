// What writing a JPEG again costs: milliseconds of one core for a grainy picture of 3840x2160, by what must be done to
// it. Compare the ratios of one run: machines differ.
#include <time.h>

#include "base/err.h"
#include "jpeg/half.h"
#include "jpeg/rewrite.h"
#include "jpeg_make.h"

#define RUNS 5

static const struct {
    const char *name;
    struct make make;
} shapes[] = {
    {"optimized Huffman tables", {.optimize = true}},
    {"progressive", {.progressive = true}},
    {"gray", {.space = JCS_GRAYSCALE}},
    {"4:4:4", {.factors = {1, 1, 1, 1, 1, 1}}},
    {"4:4:0", {.factors = {1, 2, 1, 1, 1, 1}}},
    {"4:1:1", {.factors = {4, 1, 1, 1, 1, 1}}},
    {"RGB", {.space = JCS_RGB}},
};

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

typedef int maker(struct kin_span jpeg, const struct kin_jpeg_info *info, const atomic_bool *stop, struct kin_buf **ret,
                  const char **ret_why);

// The best of some runs: the others were disturbed. Negative when it fails.
static double measure(maker *make, const struct kin_buf *jpeg, size_t *ret_bytes)
{
    struct kin_jpeg_info info;
    double best = -1;
    if (kin_jpeg_walk(kin_buf_span(jpeg), &info, NULL) != KIN_OK)
        return best;
    for (int i = 0; i < RUNS; i++) {
        struct kin_buf *made = NULL;
        double from = cpu_ms();
        if (make(kin_buf_span(jpeg), &info, NULL, &made, NULL) != KIN_OK)
            return -1;
        double took = cpu_ms() - from;
        best = best < 0 || took < best ? took : best;
        *ret_bytes = made->len;
        kin_buf_unref(made);
    }
    return best;
}

int main(void)
{
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct make make = shapes[i].make;
        make.width = 3840, make.height = 2160, make.grain = 16;
        struct kin_buf *jpeg = make_jpeg(&make);
        size_t bytes = 0, half_bytes = 0;
        if (jpeg == NULL)
            return 1;
        double cost = measure(kin_jpeg_rewrite, jpeg, &bytes), half = measure(kin_jpeg_half, jpeg, &half_bytes);
        printf("%-26s %6.1f ms, %4zu -> %4zu kB   half its size %6.1f ms\n", shapes[i].name, cost, jpeg->len / 1000,
               bytes / 1000, half);
        kin_buf_unref(jpeg);
        if (cost < 0 || half < 0)
            return 1;
    }
    return 0;
}
