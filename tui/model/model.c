// The state of the player and what changes it: session events, time, and the pages on top of each other.
#include "model/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "picture/picture.h"

void model_init(struct model *m, struct kin_loop *loop, const struct settings *settings)
{
    *m = (struct model){.loop = loop, .settings = settings, .rate = 1, .dirty = true};
    m->render = (enum settings_render)settings->render;
    m->pages[0] = PAGE_LIBRARY;
    m->page_count = 1;
    wire_log_init(&m->log);
}

static void drop_frame(struct model *m)
{
    kin_buf_unref(m->frame.jpeg);
    m->frame = (struct model_frame){.jpeg = NULL};
    m->picture_awaited = false;
    picture_free(m->picture);
    m->picture = NULL;
}

static void close_session(struct model *m)
{
    if (m->session != NULL)
        session_close(m->session, NULL, NULL);
    m->session = NULL;
    m->play_when_ready = false;
    m->position = 0;
    m->stats = (struct session_stats){.rtt_ms = -1};
    drop_frame(m);
}

void model_deinit(struct model *m)
{
    library_forget(m);
    close_session(m);
    wire_log_deinit(&m->log);
}

// Sentences come from many places; on the status line they all begin with a capital and end with a stop.
static void finish_sentence(char *text, size_t size)
{
    size_t n = strlen(text);
    if (text[0] >= 'a' && text[0] <= 'z')
        text[0] = (char)(text[0] - 'a' + 'A');
    if (n > 0 && n + 1 < size && strchr(".!?:/", text[n - 1]) == NULL)
        memcpy(text + n, ".", 2);
}

void model_message_behind_name(const struct model *m, char *dst, size_t size)
{
    snprintf(dst, size, "%s", m->message);
    size_t n = strlen(dst);
    bool is_word = dst[0] >= 'A' && dst[0] <= 'Z' && dst[1] >= 'a' && dst[1] <= 'z'; // not RTSP or Q
    if (is_word)
        dst[0] = (char)(dst[0] - 'A' + 'a');
    if (n > 0 && dst[n - 1] == '.')
        dst[n - 1] = '\0';
}

void model_say(struct model *m, bool is_error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(m->message, sizeof m->message, format, args);
    va_end(args);
    finish_sentence(m->message, sizeof m->message);
    m->message_is_error = is_error;
    m->message_of_session = false;
    m->message_until = is_error ? KIN_US_NEVER : kin_loop_now(m->loop) + MODEL_NOTICE_US;
    m->dirty = true;
}

void model_clear_error(struct model *m)
{
    if (m->message_is_error)
        m->message[0] = '\0';
    m->message_is_error = false;
}

// --- pages

enum page model_page(const struct model *m)
{
    return m->pages[m->page_count - 1];
}

void model_push_page(struct model *m, enum page page)
{
    for (size_t i = 0; i < m->page_count; i++)
        if (m->pages[i] == page)
            m->page_count = i; // back down to it
    if (m->page_count < MODEL_PAGES_MAX)
        m->pages[m->page_count++] = page;
    m->scroll = 0;
    m->scroll_at_end = page == PAGE_PROTOCOL;
    m->dirty = true;
}

bool model_pop_page(struct model *m)
{
    if (m->page_count <= 1)
        return false;
    m->page_count--;
    m->scroll = 0;
    m->scroll_at_end = model_page(m) == PAGE_PROTOCOL;
    m->dirty = true;
    return true;
}

void model_clear_notice(struct model *m)
{
    if (!m->message_is_error)
        m->message[0] = '\0';
}

void model_note_opening(struct model *m)
{
    m->opened_at = kin_loop_now(m->loop);
    m->heard = m->opening_told = false;
}

size_t model_first_line(const struct model *m, size_t lines, size_t height)
{
    if (model_page(m) == PAGE_LIBRARY)
        return library_first_line(&m->library, height);
    size_t max = lines > height ? lines - height : 0;
    return m->scroll_at_end || m->scroll > max ? max : m->scroll;
}

void model_drawn(struct model *m, size_t lines, size_t height)
{
    m->dirty = m->redraw = false;
    if (height == 0)
        return;
    size_t first = model_first_line(m, lines, height);
    if (model_page(m) == PAGE_LIBRARY) {
        m->library.top = first;
    } else {
        m->scroll = first;
        m->scroll_max = lines > height ? lines - height : 0;
    }
}

// --- session events

static void on_state(void *ctx, enum kin_player_state state)
{
    struct model *m = ctx;
    if (state == KIN_PLAYER_PLAYING || state == KIN_PLAYER_CONNECTING)
        model_clear_error(m);
    if (state == KIN_PLAYER_INIT && m->session != NULL) { // after TEARDOWN it begins anew
        session_stats(m->session, &m->stats);
        m->position = m->stats.position_us;
    }
    m->opened |= state == KIN_PLAYER_READY;
    if (state == KIN_PLAYER_READY && m->play_when_ready && m->session != NULL) {
        m->play_when_ready = false;
        session_play(m->session);
    }
    m->figures_due = 0;
    m->dirty = true;
}

static void on_described(void *ctx)
{
    struct model *m = ctx;
    m->dirty = true;
}

static void count_replaced(struct model *m)
{
    if (!m->frame.fresh)
        return;
    m->drops.terminal += m->hold == HOLD_TERMINAL;
    m->drops.decoder += m->hold == HOLD_DECODER;
    m->drops.limit += m->hold == HOLD_LIMIT;
}

static void on_frame(void *ctx, const struct session_frame *f)
{
    struct model *m = ctx;
    count_replaced(m);
    kin_buf_ref(f->jpeg);
    kin_buf_unref(m->frame.jpeg);
    m->frame = (struct model_frame){f->jpeg, f->number, (kin_us)f->media_us, f->width, f->height, true};
    if (!f->leaving)
        m->position = m->frame.media_us;
}

static void on_message(void *ctx, bool is_error, const char *sentence)
{
    struct model *m = ctx;
    model_say(m, is_error, "%s", sentence);
    m->message_of_session = true;
}

static void on_unsaid(void *ctx)
{
    struct model *m = ctx;
    if (m->message_of_session)
        m->message[0] = '\0';
    m->dirty = true;
}

static void on_protocol(void *ctx, bool sent, struct kin_span message)
{
    struct model *m = ctx;
    m->heard |= !sent;
    wire_log_add(&m->log, kin_loop_now(m->loop), sent, message);
    m->dirty |= model_page(m) == PAGE_PROTOCOL;
}

// --- going places

void model_open(struct model *m, const char *url)
{
    char complete[PLACE_URL_MAX], shown[PLACE_SHOWN_MAX];
    if (!place_complete(url, complete)) {
        place_shown(url, shown);
        model_say(m, true, "This is not an rtsp:// URL: %.160s", shown);
        return;
    }
    model_clear_error(m); // of the place that is left
    if (m->start_url[0] == '\0')
        memcpy(m->start_url, complete, sizeof complete);
    library_list(m, complete, 0);
    m->library.given = true;
}

void model_say_cannot_open(struct model *m, const char *url, int err)
{
    char shown[PLACE_SHOWN_MAX];
    place_shown(url, shown);
    model_say(m, true, "Cannot open %.160s: %s.", shown, kin_err_str(err));
}

void model_play(struct model *m, const char *url, bool from_library)
{
    static const struct session_handler handler = {.on_state = on_state,
                                                   .on_described = on_described,
                                                   .on_frame = on_frame,
                                                   .on_message = on_message,
                                                   .on_unsaid = on_unsaid,
                                                   .on_protocol = on_protocol};
    const struct session_options options = {.transport = (enum session_transport)m->settings->transport,
                                            .cache_frames = (unsigned)m->settings->cache,
                                            .cache_bytes_max = MODEL_CACHE_BYTES_MAX,
                                            .auto_setup = true,
                                            .auto_play = true};
    library_cancel(m);
    close_session(m);
    model_note_opening(m);
    if (url != m->url)
        snprintf(m->url, sizeof m->url, "%s", url);
    m->message[0] = '\0';
    m->message_is_error = false;
    m->from_library = from_library;
    m->drops_base = m->drops;
    m->page_count = 0;
    model_push_page(m, PAGE_PLAYER);
    m->figures_due = 0;
    m->rate = 1;
    int err = session_new(m->loop, m->url, &options, &handler, m, &m->session);
    if (err != KIN_OK)
        model_say_cannot_open(m, m->url, err);
    else
        session_set_loop(m->session, m->loop_on);
}

void model_leave_reel(struct model *m)
{
    close_session(m);
    m->message[0] = '\0';
    m->message_is_error = false;
    m->page_count = 0;
    model_push_page(m, PAGE_LIBRARY);
}

// --- facts

enum kin_player_state model_state(const struct model *m)
{
    return m->session != NULL ? session_state(m->session) : KIN_PLAYER_INIT;
}

kin_us model_duration(const struct model *m)
{
    return m->session != NULL ? session_info(m->session)->duration : -1;
}

struct model_drops model_drops(const struct model *m)
{
    return (struct model_drops){m->drops.terminal - m->drops_base.terminal, m->drops.decoder - m->drops_base.decoder,
                                m->drops.limit - m->drops_base.limit, m->drops.broken - m->drops_base.broken};
}

enum canvas_kind model_kind(const struct model *m, enum canvas_kind for_auto)
{
    switch (m->render) {
    case RENDER_HALF:
        return CANVAS_HALF;
    case RENDER_ASCII:
        return CANVAS_ASCII;
    case RENDER_AUTO:
        return for_auto;
    default:
        return CANVAS_SYMBOLS;
    }
}

// A server reads a reel through before it describes it for the first time. Returns when to look again.
static kin_us watch_opening(struct model *m, kin_us now)
{
    if (m->session == NULL || m->opening_told || session_state(m->session) != KIN_PLAYER_CONNECTING)
        return KIN_US_NEVER;
    if (now < m->opened_at + MODEL_OPENING_US)
        return m->opened_at + MODEL_OPENING_US;
    m->opening_told = true;
    if (m->heard)
        model_say(m, false, "The server is still opening this reel; a large one is read through first.");
    return KIN_US_NEVER;
}

kin_us model_tick(struct model *m, kin_us now)
{
    if (m->session != NULL && now >= m->figures_due) {
        session_stats(m->session, &m->stats);
        m->rate = session_rate(m->session);
        m->refreshed = now;
        m->figures_due = now + MODEL_REFRESH_US;
        m->dirty = true;
    }
    bool opening = m->session != NULL && session_state(m->session) == KIN_PLAYER_CONNECTING; // its sentence stays
    if (m->message[0] != '\0' && now >= m->message_until && !opening) {
        m->message[0] = '\0';
        m->dirty = true;
    }
    kin_us next = kin_us_min(watch_opening(m, now), library_tick(m, now));
    next = m->session != NULL ? kin_us_min(next, m->figures_due) : next;
    return m->message[0] != '\0' && !opening ? kin_us_min(next, m->message_until) : next;
}

// --- frames

bool model_take_frame(struct model *m, struct model_frame *ret)
{
    if (!m->frame.fresh || m->frame.jpeg == NULL)
        return false;
    *ret = m->frame;
    kin_buf_ref(ret->jpeg);
    m->frame.fresh = false;
    m->picture_awaited = true;
    return true;
}

void model_show(struct model *m, struct picture *picture)
{
    if (!m->picture_awaited) {
        picture_free(picture);
        return;
    }
    m->picture_awaited = false;
    if (picture == NULL || picture->cells == NULL) {
        m->drops.broken++;
        if (picture != NULL)
            model_say(m, true, "%s", picture->why);
        picture_free(picture);
        return;
    }
    m->drops.broken += picture->damaged;
    picture_free(m->picture);
    m->picture = picture;
    m->dirty = true;
}

void model_render_again(struct model *m)
{
    m->frame.fresh = m->frame.jpeg != NULL;
    m->dirty = true;
}
