// A session and a server's directory that do what a test says: the player's pages are tested on them. Defines the
// functions of tui/session.h, so that the real ones are not linked.
#ifndef FAKE_SESSION_H
#define FAKE_SESSION_H

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "session.h"

struct session {
    struct session_handler handler;
    void *ctx;
    enum session_state state;
    struct session_info info;
};

struct listing_request {
    listing_fn *done;
    void *ctx;
};

static struct {
    struct session *session;         // the one that is open
    struct listing_request *request; // the one that waits
    struct session_stats stats;
    char calls[1024]; // what was asked of the session since last looked at, each with a blank
    int result;       // of the next command
} fake;

static void fake_note(const char *what, long long n)
{
    size_t len = strlen(fake.calls);
    snprintf(fake.calls + len, sizeof fake.calls - len, n >= 0 ? "%s(%lld) " : "%s ", what, n);
}

static void fake_state(enum session_state state)
{
    fake.session->state = state;
    fake.session->handler.on_state(fake.session->ctx, state);
}

static void fake_frame(struct kin_buf *jpeg, uint64_t number)
{
    struct session_frame f = {jpeg, number, number * 1000000 / 24, 854, 480, false};
    fake.session->handler.on_frame(fake.session->ctx, &f);
}

// Answers the listing that waits. A listing is the callee's.
static void fake_answer(struct listing *listing, bool is_reel, const char *error)
{
    struct listing_request *r = fake.request;
    fake.request = NULL;
    listing_fn *done = r->done;
    void *ctx = r->ctx;
    free(r);
    done(ctx, listing, is_reel, error);
}

static struct listing *fake_listing(const struct listing_entry *entries, size_t count)
{
    struct listing *l = (struct listing *)calloc(1, sizeof *l);
    struct listing_entry *copy = (struct listing_entry *)calloc(count + 1, sizeof *copy);
    if (l == NULL || copy == NULL) {
        free(copy);
        free(l);
        return NULL;
    }
    memcpy(copy, entries, count * sizeof *copy);
    l->entries = copy;
    l->count = count;
    return l;
}

// --- session.h

int session_new(struct kin_loop *loop, const char *url, const struct session_options *options,
                const struct session_handler *handler, void *ctx, struct session **ret)
{
    struct session *s = (struct session *)calloc(1, sizeof *s);
    (void)loop;
    (void)url;
    (void)options;
    if (s == NULL)
        return KIN_ENOMEM;
    *s = (struct session){*handler, ctx, SESSION_CONNECTING, {.duration = -1}};
    fake.session = s;
    *ret = s;
    return KIN_OK;
}

void session_close(struct session *s, void (*on_closed)(void *ctx), void *ctx)
{
    (void)on_closed;
    (void)ctx;
    fake_note("close", -1);
    fake.session = NULL;
    free(s);
}

static int fake_command(const char *name, long long n)
{
    fake_note(name, n);
    return fake.result;
}

int session_setup(struct session *s)
{
    (void)s;
    return fake_command("setup", -1);
}

int session_play(struct session *s)
{
    (void)s;
    return fake_command("play", -1);
}

int session_pause(struct session *s)
{
    (void)s;
    return fake_command("pause", -1);
}

int session_teardown(struct session *s)
{
    (void)s;
    return fake_command("teardown", -1);
}

int session_seek(struct session *s, kin_us position)
{
    (void)s;
    return fake_command("seek", position / 1000);
}

int session_step(struct session *s, int frames)
{
    (void)s;
    return fake_command(frames < 0 ? "back" : "step", frames < 0 ? -frames : frames);
}

void session_set_loop(struct session *s, bool loop)
{
    (void)s;
    fake_note("loop", loop);
}

void session_reset_counters(struct session *s)
{
    (void)s;
    fake_note("reset", -1);
}

enum session_state session_state(const struct session *s)
{
    return s->state;
}

const struct session_info *session_info(const struct session *s)
{
    return &s->info;
}

void session_stats(struct session *s, struct session_stats *ret)
{
    (void)s;
    *ret = fake.stats;
}

const char *session_last_message(const struct session *s)
{
    (void)s;
    return "";
}

int listing_start(struct kin_loop *loop, const char *url, listing_fn *done, void *ctx, struct listing_request **ret)
{
    struct listing_request *r = (struct listing_request *)calloc(1, sizeof *r);
    (void)loop;
    (void)url;
    if (r == NULL)
        return KIN_ENOMEM;
    *r = (struct listing_request){done, ctx};
    fake.request = r;
    *ret = r;
    return KIN_OK;
}

void listing_cancel(struct listing_request *r)
{
    if (r == fake.request)
        fake.request = NULL;
    free(r);
}

void listing_free(struct listing *l)
{
    if (l == NULL)
        return;
    free(l->entries);
    free(l->json);
    free(l);
}

#endif
