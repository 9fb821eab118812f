// kinora ls: what a directory of the server holds, as a table or as the server's JSON.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/plural.h"
#include "commands.h"
#include "format.h"
#include "leave.h"
#include "place.h"
#include "screen.h"
#include "session.h"

struct ls {
    struct kin_loop loop;
    bool json;
    int status;
};

#define NAME_MAX_COLUMNS 48
#define DURATION_MAX_S 1e9

static size_t columns(const char *text)
{
    return (size_t)screen_text_width(kin_span_str(text));
}

static void print_name(const struct listing_entry *e, size_t width)
{
    size_t used = columns(e->name);
    printf("%s%*s", e->name, (int)(used < width ? width - used : 0), "");
}

static void print_reel(const struct listing_entry *e)
{
    char picture[24], duration[FORMAT_MAX], bytes[FORMAT_MAX];
    snprintf(picture, sizeof picture, "%ux%u", e->width, e->height);
    format_time(e->duration < DURATION_MAX_S ? (kin_us)(e->duration * 1e6) : -1, duration);
    printf("  %11s  %7.5g  %11s  %8llu  %9s", picture, e->fps, duration, (unsigned long long)e->frames,
           format_bytes((double)e->bytes, bytes));
    printf("%s%s\n", e->problem[0] != '\0' ? "  " : "", e->problem);
}

static void print_unfinished(const struct listing_entry *e)
{
    char text[48], percent[FORMAT_MAX], bytes[FORMAT_MAX];
    snprintf(text, sizeof text, "indexing %s", format_percent(e->indexed, percent));
    printf("  %-43s  %9s\n", text, format_bytes((double)e->bytes, bytes));
}

static void print_entry(const struct listing_entry *e, size_t width)
{
    if (e->is_directory) {
        printf("%s/\n", e->name);
        return;
    }
    print_name(e, width);
    if (e->indexing)
        print_unfinished(e);
    else
        print_reel(e);
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
        printf("%-*s  %11s  %7s  %11s  %8s  %9s\n", (int)width, "name", "picture", "rate", "duration", "frames",
               "size");
    for (size_t i = 0; i < l->count; i++)
        print_entry(&l->entries[i], width);
}

// What the folder holds besides: files that nobody can play from here, and why.
static void print_unservable(const struct listing *l)
{
    if (l->unservable == 0)
        return;
    printf("%llu file%s cannot be served:\n", (unsigned long long)l->unservable, kin_plural(l->unservable));
    for (size_t i = 0; i < l->example_count; i++)
        printf("  %s: %s\n", l->examples[i].name, l->examples[i].problem);
    if (l->unservable > l->example_count)
        printf("  and %llu more\n", (unsigned long long)(l->unservable - l->example_count));
}

static void print_contents(const struct listing *l)
{
    print_table(l);
    print_unservable(l);
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
    if (listing != NULL && listing->notice[0] != '\0')
        fprintf(stderr, "kinora: %s\n", listing->notice);
    if (listing != NULL && ls->json)
        printf("%s\n", listing->json);
    else if (listing != NULL)
        print_contents(listing);
    listing_free(listing);
    uv_stop(&ls->loop.uv);
}

static void print_failure(const char *url, int err)
{
    char shown[PLACE_SHOWN_MAX];
    place_shown(url, shown);
    fprintf(stderr, "kinora: %s: %s\n", shown, kin_err_str(err));
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
        print_failure(url, err);
    uv_run(&ls.loop.uv, UV_RUN_DEFAULT);
    if (fflush(stdout) != 0) {
        fprintf(stderr, "kinora: cannot write the listing: %s\n", strerror(errno));
        ls.status = 1;
    }
    if (!leave_loop(&ls.loop))
        leave_now(ls.status);
    return ls.status;
}
