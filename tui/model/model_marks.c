// Places of the reel: bookmarks, and the stretch between A and B that is played again and again.
#include "model/format.h"
#include "model/model_internal.h"
#include "text/messages.h"

// While the film plays, places are as exact as a person is quick; where it stands, each frame is one.
#define SAME_US (500 * KIN_US_PER_MS)         // places nearer than this are one
#define BACK_US KIN_US_PER_S                  // a bookmark passed less than this ago is not "the previous one" any more
#define SAME_STANDING_US (20 * KIN_US_PER_MS) // where the rate is unknown

void marks_clear(struct model *m)
{
    m->marks = (struct model_marks){.loop_from = -1, .loop_to = -1};
}

void marks_jumped(struct model *m)
{
    m->marks.seen = m->reel.position;
}

// --- bookmarks

// The first bookmark that is not before `at`, or the count.
static size_t first_from(const struct model_marks *k, kin_us at)
{
    size_t i = 0;
    while (i < k->count && k->bookmarks[i] < at)
        i++;
    return i;
}

// Places nearer than this are one.
static kin_us same_us(const struct model *m)
{
    uint32_t rate_milli = session_info(m->reel.session)->rate_milli;
    if (model_state(m) == KIN_PLAYER_PLAYING)
        return SAME_US;
    return rate_milli > 0 ? KIN_US_PER_S * 1000 / rate_milli / 2 : SAME_STANDING_US;
}

// The bookmark nearest to `at` and less than `same` away, or the count.
static size_t nearest(const struct model_marks *k, kin_us at, kin_us same)
{
    size_t i = first_from(k, at);
    bool is_behind = i < k->count && k->bookmarks[i] - at < same;
    bool is_before = i > 0 && at - k->bookmarks[i - 1] < same;
    if (is_before && (!is_behind || at - k->bookmarks[i - 1] < k->bookmarks[i] - at))
        return i - 1;
    return is_behind ? i : k->count;
}

static void remove_bookmark(struct model_marks *k, size_t i)
{
    k->count--;
    memmove(&k->bookmarks[i], &k->bookmarks[i + 1], (k->count - i) * sizeof k->bookmarks[0]);
}

static void insert_bookmark(struct model_marks *k, size_t i, kin_us at)
{
    memmove(&k->bookmarks[i + 1], &k->bookmarks[i], (k->count - i) * sizeof k->bookmarks[0]);
    k->bookmarks[i] = at;
    k->count++;
}

void marks_toggle(struct model *m)
{
    struct model_marks *k = &m->marks;
    const struct keys *keys = &m->settings->keys;
    char text[FORMAT_MAX];
    kin_us at = m->reel.position;
    if (!reel_is_seekable(m))
        return;
    size_t near = nearest(k, at, same_us(m));
    format_time(at, text);
    if (near < k->count) {
        remove_bookmark(k, near);
        model_say(m, false, MSG_BOOKMARK_GONE);
    } else if (k->count == MODEL_BOOKMARKS_MAX) {
        model_say(m, false, MSG_BOOKMARKS_FULL, MODEL_BOOKMARKS_MAX);
    } else {
        insert_bookmark(k, first_from(k, at), at);
        model_say(m, false, MSG_BOOKMARK, text, keys_name(keys, ACTION_NEXT_MARK),
                  keys_name(keys, ACTION_PREVIOUS_MARK));
    }
}

void marks_go(struct model *m, int direction)
{
    const struct model_marks *k = &m->marks;
    kin_us at = m->reel.position, back = model_state(m) == KIN_PLAYER_PLAYING ? BACK_US : 0;
    size_t i = direction > 0 ? first_from(k, at + 1) : first_from(k, at - back) - 1; // wraps where there is none
    if (i < k->count)
        reel_seek_to(m, k->bookmarks[i]);
    else
        model_say(m, false, direction > 0 ? MSG_BOOKMARK_NONE_BEHIND : MSG_BOOKMARK_NONE_BEFORE,
                  keys_name(&m->settings->keys, ACTION_BOOKMARK));
}

// --- from A to B

static bool loops(const struct model *m)
{
    return m->marks.loop_to >= 0;
}

static void set_end(struct model *m)
{
    struct model_marks *k = &m->marks;
    char from[FORMAT_MAX], to[FORMAT_MAX];
    kin_us a = kin_us_min(k->loop_from, m->reel.position), b = kin_us_max(k->loop_from, m->reel.position);
    if (b - a < SAME_US) {
        k->loop_from = -1;
        model_say(m, false, MSG_AB_TOO_SHORT);
        return;
    }
    k->loop_from = a;
    k->loop_to = b;
    model_say(m, false, MSG_AB_ON, format_time(a, from), format_time(b, to));
}

void marks_loop(struct model *m)
{
    struct model_marks *k = &m->marks;
    char text[FORMAT_MAX];
    if (!reel_is_seekable(m))
        return;
    if (loops(m)) {
        k->loop_from = k->loop_to = -1;
        model_say(m, false, MSG_AB_OFF);
    } else if (k->loop_from >= 0) {
        set_end(m);
    } else {
        k->loop_from = m->reel.position;
        model_say(m, false, MSG_AB_FROM, format_time(k->loop_from, text),
                  keys_name(&m->settings->keys, ACTION_LOOP_AB));
    }
}

// The end of the stretch has been passed since `before`, by playing. *ret: where the stretch begins in that direction.
static bool has_passed(const struct model *m, kin_us before, kin_us *ret)
{
    const struct model_marks *k = &m->marks;
    kin_us now = m->reel.position;
    bool backward = m->reel.rate < 0;
    *ret = backward ? k->loop_to : k->loop_from;
    if (backward)
        return before >= k->loop_from && now <= k->loop_from && now < before;
    return before <= k->loop_to && now >= k->loop_to && now > before;
}

void marks_tick(struct model *m)
{
    enum kin_player_state state = model_state(m);
    kin_us before = m->marks.seen, start;
    m->marks.seen = m->reel.position;
    if (!loops(m) || (state != KIN_PLAYER_PLAYING && state != KIN_PLAYER_ENDED) || !has_passed(m, before, &start))
        return;
    reel_seek_to(m, start);
    if (state == KIN_PLAYER_ENDED)
        session_play(m->reel.session);
}
