// kinora ls: what a directory of the server holds, as a table or as the server's JSON.
#include <stdio.h>

#include "base/err.h"
#include "base/text.h"
#include "commands.h"
#include "session.h"

struct ls {
    struct kin_loop loop;
    bool json;
    int status;
};

#define NAME_MAX_COLUMNS 48

static size_t columns(const char *text)
{
    size_t n = 0;
    uint32_t c;
    for (struct kin_span s = kin_span_str(text); s.n > 0; n++) {
        size_t step = kin_text_utf8(s, &c);
        s = kin_span_skip(s, step > 0 ? step : 1);
    }
    return n;
}

static void size_text(uint64_t bytes, char dst[24])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double v = (double)bytes;
    size_t unit = 0;
    for (; v >= 1000 && unit + 1 < sizeof units / sizeof units[0]; unit++)
        v /= 1000;
    snprintf(dst, 24, unit == 0 ? "%.0f %s" : "%.1f %s", v, units[unit]);
}

static void duration_text(double seconds, char dst[24])
{
    unsigned long s = (unsigned long)seconds;
    if (s >= 3600)
        snprintf(dst, 24, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(dst, 24, "%lu:%04.1f", s / 60, seconds - (double)(s / 60 * 60));
}

static void print_entry(const struct listing_entry *e, size_t width)
{
    char picture[24], duration[24], bytes[24];
    size_t pad = width - (columns(e->name) < width ? columns(e->name) : width);
    if (e->is_directory) {
        printf("%s/\n", e->name);
        return;
    }
    snprintf(picture, sizeof picture, "%ux%u", e->width, e->height);
    duration_text(e->duration, duration);
    size_text(e->bytes, bytes);
    printf("%s%*s  %9s  %7.5g  %9s  %8llu  %9s\n", e->name, (int)pad, "", picture, e->fps, duration,
           (unsigned long long)e->frames, bytes);
}

static void print_table(const struct listing *l)
{
    size_t width = 4;
    for (size_t i = 0; i < l->count; i++)
        if (columns(l->entries[i].name) > width)
            width = columns(l->entries[i].name);
    if (width > NAME_MAX_COLUMNS)
        width = NAME_MAX_COLUMNS;
    if (l->count == 0)
        printf("no reels\n");
    else
        printf("%-*s  %9s  %7s  %9s  %8s  %9s\n", (int)width, "name", "picture", "rate", "duration", "frames", "size");
    for (size_t i = 0; i < l->count; i++)
        print_entry(&l->entries[i], width);
}

static void on_done(void *ctx, struct listing *listing, bool is_reel, const char *error)
{
    struct ls *ls = ctx;
    ls->status = 1;
    if (error != NULL)
        fprintf(stderr, "kinora: %s\n", error);
    else if (is_reel)
        fprintf(stderr, "kinora: this is a reel, not a directory (kinora probe tells more about it)\n");
    else
        ls->status = 0;
    if (listing != NULL && ls->json)
        printf("%s\n", listing->json);
    else if (listing != NULL)
        print_table(listing);
    listing_free(listing);
}

int ls_run(const char *url, const struct settings *settings)
{
    struct ls ls = {.json = settings->json, .status = 1};
    struct listing_request *request;
    if (kin_loop_init(&ls.loop) != KIN_OK) {
        fprintf(stderr, "kinora: out of memory\n");
        return 1;
    }
    int err = listing_start(&ls.loop, url, on_done, &ls, &request);
    if (err != KIN_OK)
        fprintf(stderr, "kinora: %s: %s\n", url, kin_err_str(err));
    uv_run(&ls.loop.uv, UV_RUN_DEFAULT);
    kin_loop_deinit(&ls.loop);
    if (fflush(stdout) == 0)
        return ls.status;
    fprintf(stderr, "kinora: cannot write the listing\n");
    return 1;
}
