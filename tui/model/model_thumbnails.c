// One frame of each reel on the screen of the library: fetched lazily, by one short session at a time, and kept.
//
// A session asks for as much of the reel as one frame takes, over TCP unless the user wants UDP, and is torn down with
// its first frame; the next one begins when the server has answered that. Nothing is fetched while a reel is open or
// the server is asked for a list. A reel that fails keeps its place without a JPEG, so that it is not asked again.
#include "base/err.h"
#include "model/model_internal.h"
#include "picture/picture.h"

#define PLACE 10                          // the frame at a tenth of the reel
#define PLAY_US (2 * KIN_US_PER_MS)       // a stretch with one frame in it, whatever clients and servers round
#define PATIENCE_US (8 * KIN_US_PER_S)    // for one reel, opening it included
#define CACHE_BYTES_MAX ((size_t)1 << 20) // of a session that keeps nothing

// --- the cache

static uint64_t hash(uint64_t h, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * UINT64_C(0x100000001b3); // FNV-1a
    return h;
}

// 0: nothing can be fetched of this line.
static uint64_t key_of(const struct model *m, const struct listing_entry *e)
{
    if (e->is_directory || e->indexing || e->frames == 0)
        return 0;
    const char *name = e->href != NULL ? e->href : e->name, *url = m->library.url;
    uint64_t h = hash(UINT64_C(0xcbf29ce484222325), url, strlen(url) + 1);
    h = hash(h, name, strlen(name) + 1);
    h = hash(h, &e->bytes, sizeof e->bytes);
    h = hash(h, &e->frames, sizeof e->frames);
    return h != 0 ? h : 1;
}

static struct model_thumbnail *find(struct model_thumbnails *t, uint64_t key)
{
    for (size_t i = 0; i < THUMBNAILS_MAX && key != 0; i++)
        if (t->items[i].key == key)
            return &t->items[i];
    return NULL;
}

static void drop(struct model_thumbnails *t, struct model_thumbnail *item)
{
    t->bytes -= item->jpeg != NULL ? item->jpeg->len : 0;
    kin_buf_unref(item->jpeg);
    picture_free(item->picture);
    *item = (struct model_thumbnail){.key = 0};
}

// The one with a JPEG that has been off the screen the longest; NULL: there is none.
static struct model_thumbnail *oldest(struct model_thumbnails *t)
{
    struct model_thumbnail *found = NULL;
    for (size_t i = 0; i < THUMBNAILS_MAX; i++) {
        struct model_thumbnail *item = &t->items[i];
        if (item->jpeg != NULL && (found == NULL || item->used < found->used))
            found = item;
    }
    return found;
}

static struct model_thumbnail *free_place(struct model_thumbnails *t)
{
    for (size_t i = 0; i < THUMBNAILS_MAX && t->bytes < THUMBNAILS_BYTES_MAX; i++)
        if (t->items[i].key == 0)
            return &t->items[i];
    return NULL;
}

// Only what is selected drives out another one on the screen: else they would be fetched again and again.
static struct model_thumbnail *make_place(struct model_thumbnails *t, bool is_selected)
{
    struct model_thumbnail *place = free_place(t), *old;
    while (place == NULL && (old = oldest(t)) != NULL && (is_selected || old->used < t->ticks)) {
        drop(t, old);
        place = free_place(t);
    }
    return place;
}

// --- the lines on the screen: the selected one, then all from the top down

// The n-th of them; false beyond the last.
static bool line_at(const struct model *m, size_t n, size_t *ret)
{
    const struct model_library *l = &m->library;
    *ret = n == 0 ? l->selected : library_first_line(m, l->height) + n - 1; // as it will be drawn
    return n <= l->height && *ret < l->count;
}

static bool is_shown(const struct model *m)
{
    return model_page(m) == PAGE_LIBRARY && m->library.listing != NULL && m->thumbnails.cols > 0;
}

static void mark_used(struct model *m)
{
    size_t line;
    m->thumbnails.ticks++;
    for (size_t n = 0; line_at(m, n, &line); n++) {
        struct model_thumbnail *item = find(&m->thumbnails, key_of(m, model_line(m, line)));
        if (item != NULL)
            item->used = m->thumbnails.ticks;
    }
}

// --- fetching

static void end(struct model *m)
{
    struct session *s = m->thumbnails.session;
    m->thumbnails.session = NULL;
    m->thumbnails.wanted = NULL;
    session_close(s, NULL, NULL);
    model_touch(m);
}

static void on_described(void *ctx)
{
    struct model *m = ctx;
    const struct session_info *info = session_info(m->thumbnails.session);
    if (info->duration > 0)
        session_seek(m->thumbnails.session, info->duration / PLACE);
}

static void on_received(void *ctx, const struct session_frame *frame)
{
    struct model *m = ctx;
    struct model_thumbnail *item = m->thumbnails.wanted;
    if (item->jpeg != NULL)
        return;
    item->jpeg = kin_buf_ref(frame->jpeg);
    m->thumbnails.bytes += frame->jpeg->len;
    model_touch(m);
    if (session_teardown(m->thumbnails.session) != KIN_OK)
        end(m);
}

// INIT is the state after TEARDOWN, and the one before SETUP.
static void on_state(void *ctx, enum kin_player_state state)
{
    struct model *m = ctx;
    bool has_it = m->thumbnails.wanted->jpeg != NULL;
    if (state == KIN_PLAYER_FAILED || (state == KIN_PLAYER_ENDED && !has_it) || (state == KIN_PLAYER_INIT && has_it))
        end(m);
}

static void start(struct model *m, kin_us now, const struct listing_entry *e, struct model_thumbnail *place)
{
    static const struct session_handler handler = {
        .on_state = on_state, .on_described = on_described, .on_received = on_received};
    bool udp = m->settings->transport == KIN_RTSP_CLIENT_UDP;
    const struct session_options options = {.transport = udp ? KIN_RTSP_CLIENT_UDP : KIN_RTSP_CLIENT_TCP,
                                            .cache_frames = 1,
                                            .cache_bytes_max = CACHE_BYTES_MAX,
                                            .play_us = PLAY_US,
                                            .no_adapt = true,
                                            .no_playout = true,
                                            .no_look_back = true,
                                            .auto_setup = true,
                                            .auto_play = true};
    struct model_thumbnails *t = &m->thumbnails;
    char url[URL_PATH_MAX];
    *place = (struct model_thumbnail){.key = key_of(m, e), .used = t->ticks};
    if (!url_path_entry(m->library.url, e, url) ||
        session_new(m->loop, url, &options, &handler, m, &t->session) != KIN_OK)
        return;
    t->wanted = place;
    t->until = now + PATIENCE_US;
}

static void start_next(struct model *m, kin_us now)
{
    size_t line;
    mark_used(m);
    for (size_t n = 0; line_at(m, n, &line); n++) {
        const struct listing_entry *e = model_line(m, line);
        uint64_t key = key_of(m, e);
        if (key == 0 || find(&m->thumbnails, key) != NULL)
            continue;
        struct model_thumbnail *place = make_place(&m->thumbnails, n == 0);
        if (place != NULL)
            start(m, now, e, place);
        return;
    }
}

kin_us thumbnails_tick(struct model *m, kin_us now)
{
    struct model_thumbnails *t = &m->thumbnails;
    if (t->session != NULL && now >= t->until)
        end(m);
    if (t->session == NULL && is_shown(m) && m->library.request == NULL && m->reel.session == NULL)
        start_next(m, now);
    return t->session != NULL ? t->until : KIN_US_NEVER;
}

void thumbnails_stop(struct model *m)
{
    struct model_thumbnail *item = m->thumbnails.wanted;
    if (m->thumbnails.session == NULL)
        return;
    end(m);
    if (item->jpeg == NULL)
        drop(&m->thumbnails, item);
}

void thumbnails_retry(struct model *m)
{
    struct model_thumbnails *t = &m->thumbnails;
    for (size_t i = 0; i < THUMBNAILS_MAX; i++)
        if (t->items[i].jpeg == NULL && &t->items[i] != t->wanted)
            drop(t, &t->items[i]);
}

void thumbnails_forget(struct model *m)
{
    thumbnails_stop(m);
    for (size_t i = 0; i < THUMBNAILS_MAX; i++)
        drop(&m->thumbnails, &m->thumbnails.items[i]);
}

// --- pictures of them

bool model_set_thumbnail_room(struct model *m, int cols, int rows)
{
    struct model_thumbnails *t = &m->thumbnails;
    bool other = t->cols != cols || t->rows != rows;
    t->cols = cols;
    t->rows = rows;
    return other;
}

static bool is_made(const struct model_thumbnails *t, const struct model_thumbnail *item,
                    const struct canvas_settings *with)
{
    return item->cols == t->cols && item->rows == t->rows && item->with.kind == with->kind &&
           item->with.depth == with->depth && item->with.utf8 == with->utf8;
}

bool model_take_thumbnail(struct model *m, const struct canvas_settings *with, struct model_thumbnail_task *ret)
{
    struct model_thumbnails *t = &m->thumbnails;
    size_t line;
    for (size_t n = 0; is_shown(m) && line_at(m, n, &line); n++) {
        struct model_thumbnail *item = find(t, key_of(m, model_line(m, line)));
        if (item == NULL || item->jpeg == NULL || is_made(t, item, with))
            continue;
        item->cols = t->cols;
        item->rows = t->rows;
        item->with = *with;
        *ret = (struct model_thumbnail_task){item->key, kin_buf_ref(item->jpeg), t->cols, t->rows};
        return true;
    }
    return false;
}

void model_show_thumbnail(struct model *m, uint64_t key, struct picture *picture)
{
    struct model_thumbnail *item = find(&m->thumbnails, key);
    if (picture != NULL && !picture_is_drawn(picture)) {
        picture_free(picture);
        picture = NULL;
    }
    if (item == NULL) { // it has gone meanwhile
        picture_free(picture);
        return;
    }
    picture_free(item->picture);
    item->picture = picture;
    item->shown = true;
    model_touch(m);
}

enum thumbnail_state model_thumbnail(const struct model *m, size_t line, const struct picture **ret_picture)
{
    const struct model_thumbnails *t = &m->thumbnails;
    const struct listing_entry *e = model_line(m, line);
    uint64_t key = e != NULL ? key_of(m, e) : 0;
    *ret_picture = NULL;
    for (size_t i = 0; i < THUMBNAILS_MAX && key != 0; i++) {
        const struct model_thumbnail *item = &t->items[i];
        if (item->key != key)
            continue;
        *ret_picture = item->picture;
        if (item->picture != NULL)
            return THUMBNAIL_THERE;
        bool failed = item->jpeg == NULL ? item != t->wanted : item->shown;
        return failed ? THUMBNAIL_FAILED : THUMBNAIL_COMES;
    }
    return key != 0 ? THUMBNAIL_COMES : THUMBNAIL_FAILED;
}
