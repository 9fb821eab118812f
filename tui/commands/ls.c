// kinora ls: what a directory of the server holds, as a table or as the server's JSON.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/plural.h"
#include "base/text.h"
#include "client/listing.h"
#include "client/url_path.h"
#include "commands/commands.h"
#include "commands/leave.h"
#include "model/format.h"
#include "terminal/charset.h"
#include "terminal/screen.h"
#include "text/messages.h"

struct ls {
    struct kin_loop loop;
    bool json;
    int status;
};

#define NAME_MAX_COLUMNS 48
#define SHOWN_MAX 256 // bytes of a name or a problem
#define DURATION_MAX_S 1e9

// The text in the characters of the locale.
static char *shown(const char *text, char dst[SHOWN_MAX])
{
    kin_text_clean(kin_span_str(text), charset_choose()->utf8, dst, SHOWN_MAX);
    return dst;
}

static size_t columns(const struct listing_entry *e)
{
    char name[SHOWN_MAX];
    return (size_t)screen_text_width(kin_span_str(shown(e->name, name)));
}

static void print_name(const struct listing_entry *e, size_t width)
{
    char name[SHOWN_MAX];
    size_t used = columns(e);
    printf("%s%*s", shown(e->name, name), (int)(used < width ? width - used : 0), "");
}

// Prints the last segment of the entry's URL if it differs from the name shown.
static void print_segment(const struct listing_entry *e)
{
    char name[SHOWN_MAX], segment[URL_PATH_MAX];
    bool as_shown = e->href == NULL && strcmp(shown(e->name, name), e->name) == 0 && strpbrk(name, "%?#") == NULL;
    if (!as_shown && url_path_segment(e, segment))
        printf(MSG_LS_SEGMENT, segment);
}

static void print_reel(const struct listing_entry *e)
{
    char picture[24], duration[FORMAT_MAX], bytes[FORMAT_MAX], problem[SHOWN_MAX];
    snprintf(picture, sizeof picture, "%ux%u", e->width, e->height);
    format_time(e->duration < DURATION_MAX_S ? (kin_us)(e->duration * 1e6) : -1, duration);
    printf("  %11s  %7.5g  %11s  %8llu  %9s", picture, e->fps, duration, (unsigned long long)e->frames,
           format_bytes((double)e->bytes, bytes));
    if (e->problem[0] != '\0')
        printf("  %s", shown(e->problem, problem));
}

static void print_unfinished(const struct listing_entry *e)
{
    char text[48], percent[FORMAT_MAX], bytes[FORMAT_MAX];
    snprintf(text, sizeof text, MSG_INDEXING, format_percent(e->indexed, percent));
    printf("  %-43s  %9s", text, format_bytes((double)e->bytes, bytes));
}

static void print_entry(const struct listing_entry *e, size_t width)
{
    print_name(e, e->is_directory ? 0 : width);
    if (e->is_directory)
        putchar('/');
    else if (e->indexing)
        print_unfinished(e);
    else
        print_reel(e);
    print_segment(e);
    putchar('\n');
}

static void print_table(const struct listing *l)
{
    size_t width = 4;
    for (size_t i = 0; i < l->count; i++)
        if (columns(&l->entries[i]) > width)
            width = columns(&l->entries[i]);
    if (width > NAME_MAX_COLUMNS)
        width = NAME_MAX_COLUMNS;
    if (l->count == 0)
        printf(MSG_LS_EMPTY);
    else
        printf("%-*s  %11s  %7s  %11s  %8s  %9s\n", (int)width, "name", "picture", "rate", "duration", "frames",
               "size");
    for (size_t i = 0; i < l->count; i++)
        print_entry(&l->entries[i], width);
}

// Lists the files that the server cannot serve, and why.
static void print_unservable(const struct listing *l)
{
    char name[SHOWN_MAX], problem[SHOWN_MAX];
    if (l->unservable == 0)
        return;
    printf(MSG_LS_UNSERVABLE, (unsigned long long)l->unservable, kin_plural(l->unservable));
    for (size_t i = 0; i < l->example_count; i++)
        printf("  %s: %s\n", shown(l->examples[i].name, name), shown(l->examples[i].problem, problem));
    if (l->unservable > l->example_count)
        printf(MSG_LS_UNSERVABLE_MORE, (unsigned long long)(l->unservable - l->example_count));
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
        fprintf(stderr, MSG_LINE("%s"), error);
    else if (is_reel)
        fprintf(stderr, MSG_LINE(MSG_LS_REEL));
    else
        ls->status = 0;
    if (listing != NULL && listing->notice[0] != '\0')
        fprintf(stderr, MSG_LINE("%s"), listing->notice);
    if (listing != NULL && ls->json)
        printf("%s\n", listing->json);
    else if (listing != NULL)
        print_contents(listing);
    listing_free(listing);
    uv_stop(&ls->loop.uv);
}

static void print_failure(const char *url, int err)
{
    char shown[URL_PATH_SHOWN_MAX];
    url_path_shown(url, shown);
    fprintf(stderr, MSG_LINE(MSG_LS_FAILED), shown, kin_err_str(err));
}

int ls_run(const char *url, const struct settings *settings)
{
    struct ls ls = {.json = settings->json, .status = 1};
    struct listing_request *request;
    if (kin_loop_init(&ls.loop) != KIN_OK) {
        fprintf(stderr, MSG_LINE(MSG_OUT_OF_MEMORY));
        return 1;
    }
    int err = listing_start(&ls.loop, url, on_done, &ls, &request);
    if (err != KIN_OK)
        print_failure(url, err);
    uv_run(&ls.loop.uv, UV_RUN_DEFAULT);
    if (fflush(stdout) != 0) {
        fprintf(stderr, MSG_LINE(MSG_LS_OUTPUT), strerror(errno));
        ls.status = 1;
    }
    if (!leave_loop(&ls.loop))
        leave_now(ls.status);
    return ls.status;
}
