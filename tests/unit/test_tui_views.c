// The pages as text: a script of events and keys in, the screen out, compared with files in tests/tui/screens.
//
// A script is lines of "command argument" up to one that is "---"; below it stands the screen. `KIN_UPDATE=1` writes
// the screens anew; look at the difference before believing it.
#include <dirent.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "fake_session.inc"
#include "model/settings.h"
#include "pages/report.h"
#include "pages/view.h"
#include "picture/picture.h"
#include "terminal/clipboard.h"
#include "text/messages.h"
#include "unit.h"

#define FOLDER "tests/tui/screens/"
#define FILE_MAX 65536

struct fixture {
    struct kin_loop loop;
    struct settings settings;
    struct model model;
    struct screen screen;
    struct layout layout;
    struct kin_buf *frame;
};

static void fixture_init(struct fixture *s)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    memset(s, 0, sizeof *s);
    memset(&fake, 0, sizeof fake);
    s->loop.now = 1000 * KIN_US_PER_S;
    s->loop.now_valid = true;
    s->settings.cache = 30;
    keys_defaults(&s->settings.keys);
    s->screen.utf8 = true;
    s->screen.depth = DEPTH_2;
    s->frame = kin_buf_copy(kin_span_str("frame"));
    model_init(&s->model, &s->loop, &s->settings);
}

static void fixture_deinit(struct fixture *s)
{
    model_deinit(&s->model);
    screen_deinit(&s->screen);
    kin_buf_unref(s->frame);
}

static void draw(struct fixture *s)
{
    model_tick(&s->model, s->loop.now);
    view_draw(&s->model, &s->screen, &s->layout);
    model_drawn(&s->model, s->layout.lines, s->layout.height);
    model_set_thumbnail_room(&s->model, s->layout.thumbnail.w, s->layout.thumbnail.h);
}

// --- the commands of a script

static void do_size(struct fixture *s, const char *arg)
{
    char *end;
    int cols = (int)strtol(arg, &end, 10);
    screen_resize(&s->screen, cols, (int)strtol(end + 1, NULL, 10));
    draw(s);
}

static void do_ascii(struct fixture *s, const char *arg)
{
    (void)arg;
    s->screen.utf8 = false;
    s->model.terminal.charset_advice = "locale C: no Unicode; set LANG=C.UTF-8";
    s->model.terminal.color_advice = "TERM=mlterm: 8 colours; set COLORTERM=truecolor for more";
}

// What a terminal said: WezTerm in tmux, on an SSH line.
static void do_found(struct fixture *s, const char *arg)
{
    static const struct terminal_facts facts = {.name = "WezTerm",
                                                .version = "20240203-110809-5046fc22",
                                                .named = FACT_ASKED,
                                                .multiplexer = MULTIPLEXER_TMUX,
                                                .multiplexer_version = "3.3a",
                                                .passthrough = {true, FACT_ASKED},
                                                .remote = {true, FACT_ENVIRONMENT},
                                                .sixel = {false, FACT_ASKED},
                                                .kitty = {true, FACT_ASKED},
                                                .iterm = {true, FACT_ASSUMED},
                                                .cell_width = 8,
                                                .cell_height = 20,
                                                .cell = FACT_ASKED};
    (void)arg;
    s->model.terminal.found = &facts;
}

static void do_open(struct fixture *s, const char *arg)
{
    model_open(&s->model, arg);
}

#define REEL(n, w, h, r, d, f, b)                                                                                      \
    {                                                                                                                  \
        .name = n, .width = w, .height = h, .fps = r, .duration = d, .frames = f, .bytes = b                           \
    }

// Directories come first: what the scripts look at is the reel behind them.
static void do_list(struct fixture *s, const char *arg)
{
    static const struct listing_entry entries[] = {
        REEL("bunny.mjpeg", 854, 480, 24, 10, 240, 4750870),
        {.name = "clips", .is_directory = true},
        REEL("holiday \xe6\xbc\xa2\xe5\xad\x97 \x1b[31mred.mjpeg", 3840, 2160, 23.976, 3723.4, 89263, 98765432100),
        REEL("opening.mjpeg", 1280, 720, 25, 5, 125, 5001862),
    };
    size_t count = *arg != '\0' ? (size_t)strtol(arg, NULL, 10) : sizeof entries / sizeof *entries;
    struct listing *l = fake_listing(entries, count);
    if (fake.request == NULL) {
        listing_free(l);
        return;
    }
    fake_answer(l, false, l != NULL ? NULL : "out of memory");
    model_act(&s->model, ACTION_SELECT_DOWN, 0);
}

// A reel whose index is so many percent made (100: it is there), and one that cannot be sent.
static void do_list_unfinished(struct fixture *s, const char *arg)
{
    double share = strtod(arg, NULL) / 100;
    struct listing_entry entries[] = {REEL("archive.mjpeg", 1920, 1080, 25, 7200, 180000, 98765432100),
                                      REEL("scan.mjpeg", 640, 480, 24, 2, 48, 665103)};
    if (share < 1)
        entries[0] = (struct listing_entry){
            .name = "archive.mjpeg", .indexing = true, .indexed = share, .bytes = 98765432100};
    snprintf(entries[1].problem, sizeof entries[1].problem, "frame 1: lossless coding; not convertible");
    (void)s;
    struct listing *l = fake_listing(entries, 2);
    if (fake.request != NULL)
        fake_answer(l, false, l != NULL ? NULL : "out of memory");
    else
        listing_free(l);
}

static void do_wait(struct fixture *s, const char *arg)
{
    s->loop.now += strtol(arg, NULL, 10) * KIN_US_PER_MS;
    draw(s);
}

static void do_reel(struct fixture *s, const char *arg)
{
    (void)s;
    (void)arg;
    if (fake.request != NULL)
        fake_answer(NULL, true, NULL);
}

static void do_refuse(struct fixture *s, const char *arg)
{
    (void)s;
    if (fake.request != NULL)
        fake_answer(NULL, false, arg);
}

static void do_described(struct fixture *s, const char *arg)
{
    (void)s;
    (void)arg;
    if (fake.session == NULL)
        return;
    fake.session->info = (struct session_info){.name = "Big Buck Bunny",
                                               .width = 854,
                                               .height = 480,
                                               .rate_milli = 24000,
                                               .duration = 10 * KIN_US_PER_S,
                                               .frames = 240,
                                               .transport = "UDP 5004-5005",
                                               .server = "kinorad/0.1.0",
                                               .codec = "JPEG"};
    fake.session->handler.on_described(fake.session->ctx);
}

static void do_state(struct fixture *s, const char *arg)
{
    (void)s;
    for (int i = 0; i < KIN_PLAYER_STATE_COUNT; i++)
        if (fake.session != NULL && strcmp(arg, view_state_name((enum kin_player_state)i)) == 0)
            fake_state((enum kin_player_state)i);
}

static void do_frame(struct fixture *s, const char *arg)
{
    if (fake.session != NULL && s->frame != NULL)
        fake_frame(s->frame, strtoull(arg, NULL, 10), false);
}

static void do_torn_down(struct fixture *s, const char *arg)
{
    (void)arg;
    fake.stats.position_us = 0;
    do_state(s, "INIT");
}

// A frame of the place that a seek is about to leave.
static void do_old_frame(struct fixture *s, const char *arg)
{
    if (fake.session != NULL && s->frame != NULL)
        fake_frame(s->frame, strtoull(arg, NULL, 10), true);
}

static void do_figures(struct fixture *s, const char *arg)
{
    (void)arg;
    struct session_stats *t = &fake.stats;
    *t = (struct session_stats){.throughput_bps = 9620000,
                                .throughput_avg_bps = 9500000,
                                .throughput_min_bps = 7000000,
                                .throughput_max_bps = 12000000,
                                .history_count = 20,
                                .fps = 24.02,
                                .jitter_ms = 0.214,
                                .rtt_ms = 0.4,
                                .frame_jitter_ms = 0.02,
                                .loss = {0.0123, 0.004, 0.25},
                                .receiving = true,
                                .position_us = 3200000,
                                .cached_from_us = 1200000,
                                .cached_to_us = 4450000,
                                .max_burst_packets_1ms = 12};
    for (unsigned i = 0; i < t->history_count; i++)
        t->history_bps[i] = 5e5 * i;
    t->frames.expected = 78;
    t->frames.complete = 77;
    t->frames.lost = 1;
    t->frames.late = 2;
    t->packets.received = 2888;
    t->packets.lost = 36;
    t->payload_bytes = 3900000;
    t->wire_bytes = 4100000;
    t->cache.target_frames = 30;
    t->cache.asked_frames = t->cache.deepest_frames = 30;
    t->cache.low_frames = 15;
    t->cache.start_frames = 2;
    t->cache.frames = 18;
    t->clock_known = true;
    t->clock_drift_ppm = -38;
    t->cache.buffered_us = 750000;
    t->cache.bytes = 1200000;
    t->cache.bytes_max = 268435456;
    t->cache.look_back_frames = 48;
    t->times.setup_ms = 3.1;
    t->times.first_packet_ms = 4;
    t->times.first_frame_ms = 9;
    t->frame_interval_ms.p50 = 41.7;
    t->frame_interval_ms.p99 = 42.1;
    t->frame_interval_ms.max = 43;
    s->model.reel.stats_due = 0;
}

// The widest that is to be expected: a long reel, a bad line, a large terminal.
static void do_large_figures(struct fixture *s, const char *arg)
{
    do_figures(s, arg);
    struct session_stats *t = &fake.stats;
    t->throughput_bps = t->throughput_avg_bps = t->throughput_min_bps = t->throughput_max_bps = 999e6;
    t->fps = 1000;
    t->jitter_ms = t->frame_jitter_ms = t->rtt_ms = 12345;
    t->loss.all = t->loss.recent = t->loss.worst_second = 1;
    t->max_burst_packets_1ms = 123456;
    t->frames.expected = t->frames.complete = t->frames.partial = t->frames.lost = 1234567890;
    t->frames.late = t->frames.skipped = 1234567890;
    t->packets.received = t->packets.lost = t->packets.late = t->packets.recovered = t->packets.reordered = 12345678901;
    t->packets.duplicate = t->packets.kernel_dropped = 12345678901;
    t->payload_bytes = t->wire_bytes = 999000000000000;
    t->cache.target_frames = t->cache.start_frames = t->cache.frames = t->cache.min_frames = t->cache.look_back_frames =
        100000;
    t->cache.low_frames = t->cache.deepest_frames = 100000;
    t->clock_drift_ppm = -20000;
    t->cache.buffering = true;
    t->cache.buffered_us = t->cache.hole_us = t->cache.behind_us = 99999 * KIN_US_PER_S;
    t->cache.underruns = t->cache.holes = 1234567890;
    t->unusable.frames = 1234567890;
    t->unusable.stray_bytes = 1234567890;
    snprintf(t->unusable.why, sizeof t->unusable.why, "the quantization tables that Q 100 stands for never came");
    t->times.setup_ms = t->times.first_frame_ms = 123456;
    t->frame_interval_ms.p50 = 166.7;
    t->frame_interval_ms.p99 = t->frame_interval_ms.max = 123456.7;
    s->model.terminal = (struct model_terminal){.cols = 999,
                                                .rows = 999,
                                                .utf8 = true,
                                                .depth = DEPTH_256,
                                                .charset_advice = "locale C: no Unicode; set LANG=C.UTF-8",
                                                .kind = RENDERER_HALF,
                                                .picture_cols = 999,
                                                .picture_rows = 999,
                                                .decode_us = 12345678,
                                                .render_us = 12345678,
                                                .rtt_us = 12345678,
                                                .bytes_per_s = 999e6,
                                                .shown_fps = 1000,
                                                .frame_bytes = 999000000,
                                                .bytes = 999000000000000,
                                                .threshold = 12345};
    if (fake.session == NULL)
        return;
    fake.session->info.width = fake.session->info.height = 65535;
    fake.session->info.rate_milli = 59940;
    fake.session->info.frames = 1234567890;
    fake.session->info.duration = 1234567 * KIN_US_PER_S;
    snprintf(fake.session->info.transport, sizeof fake.session->info.transport, "UDP 65534-65535");
    snprintf(fake.session->info.server, sizeof fake.session->info.server, "%s",
             "GStreamer RTSP server of a camera, version 1.22.0 (release)");
}

// So many seconds of playing, with what may happen on the way: losses every half minute, an outage after 80 s.
static void do_history(struct fixture *s, const char *arg)
{
    struct session_stats *t = &fake.stats;
    long seconds = strtol(arg, NULL, 10);
    for (long i = 0; i < seconds; i++) {
        bool dark = i >= 80 && i < 83, lossy = i % 30 < 2;
        t->packets.received += dark ? 0 : 1100;
        t->packets.lost += lossy ? 8 : i == 83 ? 900 : 0;
        t->packets.recovered += lossy ? 56 : i % 3 == 0;
        t->wire_bytes += dark ? 0 : 1200000;
        t->frames.expected += 24;
        t->frames.complete += dark ? 0 : 24;
        t->frames.lost += dark ? 24 : 0;
        s->model.frames.shown += dark ? 0 : lossy ? 20 : 24;
        s->model.terminal.bytes += dark ? 20000 : 900000;
        t->jitter_ms = lossy ? 2.5 : 0.3;
        t->rtt_ms = 40 + (double)(i % 10) * 2;
        t->cache.frames = dark ? 0 : lossy ? 18 : 30;
        s->model.frames.drops.terminal += i == 25;
        s->loop.now += KIN_US_PER_S;
        model_tick(&s->model, s->loop.now);
    }
    t->loss.all = (double)t->packets.lost / (double)(t->packets.lost + t->packets.received);
    t->packets.requested = 131;
    t->packets.spurious = 2;
    t->packets.retransmitted = 129;
    t->packets.retransmitted_bytes = 180000;
    t->packets.rebuilt = 61;
    t->packets.parity = 900;
    t->packets.parity_bytes = 1260000;
    t->cache.underruns = 1;
    t->cache.standstill_us = 3 * KIN_US_PER_S;
    s->model.reel.stats_due = 0;
}

// The session's own word on whether its figures are live.
// The cache fills before the picture moves: at the start, or in the middle, for that reason.
static void do_buffer(struct fixture *s, const char *arg)
{
    static const char *const reasons[] = {"start", "jump", "dry", "hole"};
    struct session_stats *t = &fake.stats;
    s->model.reel.stats_due = 0;
    t->cache.buffering = true;
    for (int i = 0; i < 4; i++)
        if (strcmp(arg, reasons[i]) == 0)
            t->cache.reason = (enum kin_playout_reason)i;
    bool again = t->cache.reason >= KIN_PLAYOUT_DRY;
    t->cache.frames = again ? 3 : 1;
    t->cache.start_frames = again ? 7 : 2;
    t->cache.buffered_us = 40000 * (kin_us)t->cache.frames;
    t->cache.fill_speed = 4;
}

static void do_still(struct fixture *s, const char *arg)
{
    (void)arg;
    fake.stats.receiving = false;
    s->model.reel.stats_due = 0;
}

static void do_silent(struct fixture *s, const char *arg)
{
    fake.stats.silent_us = fake.stats.hush_us = strtol(arg, NULL, 10) * KIN_US_PER_MS;
    fake.stats.loss.recent = -1;
    s->model.reel.stats_due = 0;
}

static void do_say(struct fixture *s, const char *arg)
{
    (void)s;
    if (fake.session != NULL)
        fake.session->handler.on_message(fake.session->ctx, arg[0] == '!', arg + (arg[0] == '!'));
}

static void do_unsay(struct fixture *s, const char *arg)
{
    (void)s;
    (void)arg;
    if (fake.session != NULL)
        fake.session->handler.on_message_withdrawn(fake.session->ctx);
}

static void fill_picture(struct picture *p, enum color_depth depth, int cols, int rows)
{
    p->cols = cols;
    p->rows = rows;
    p->cells = calloc((size_t)cols * (size_t)rows, sizeof *p->cells);
    for (int i = 0; p->cells != NULL && i < cols * rows; i++)
        p->cells[i] = (struct cell){
            .glyph = "%", .len = 1, .picture = true, .style = theme_style(NULL, ROLE_BUTTON_ON, depth)};
}

// The picture of the newest frame, of so many cells.
static void do_picture(struct fixture *s, const char *arg)
{
    char *end;
    struct model_frame f = {.jpeg = NULL};
    struct picture *p = calloc(1, sizeof *p);
    if (p == NULL || !model_take_frame(&s->model, &f)) {
        picture_free(p);
        return;
    }
    p->number = f.number;
    int cols = (int)strtol(arg, &end, 10);
    fill_picture(p, s->screen.depth, cols, (int)strtol(end + 1, NULL, 10));
    model_show(&s->model, p);
    kin_buf_unref(f.jpeg);
}

// The frame that is being fetched for the library arrives, and is made a picture; "no": it does not.
static void do_thumbnail(struct fixture *s, const char *arg)
{
    static const struct canvas_settings with = {RENDERER_QUADRANTS, DEPTH_2, true, true, false};
    struct model_thumbnail_task task;
    draw(s);
    draw(s); // whether there is room is known after the first
    if (fake.thumbnail == NULL || s->frame == NULL)
        return;
    if (strcmp(arg, "no") == 0) {
        fake_thumbnail_state(KIN_PLAYER_FAILED);
        return;
    }
    fake_thumbnail_frame(s->frame);
    fake_thumbnail_state(KIN_PLAYER_INIT);
    if (!model_take_thumbnail(&s->model, &with, &task))
        return;
    struct picture *p = calloc(1, sizeof *p);
    if (p != NULL)
        fill_picture(p, s->screen.depth, task.cols - 2, task.rows);
    model_show_thumbnail(&s->model, task.key, p);
    kin_buf_unref(task.jpeg);
}

static void do_wheel(struct fixture *s, const char *arg)
{
    struct input_event e = {.type = INPUT_WHEEL, .key = strcmp(arg, "down") == 0 ? 1 : (uint32_t)-1};
    view_input(&s->model, &s->layout, &e);
}

static void do_wire(struct fixture *s, const char *arg)
{
    char text[512];
    s->loop.now += 12345;
    snprintf(text, sizeof text, "%s RTSP/1.0\r\nCSeq: 3\r\nX-Odd: \x1b[2J\xc2\x9bm\r\n\r\n", arg + 1);
    if (fake.session != NULL)
        fake.session->handler.on_protocol(fake.session->ctx, arg[0] == '>', kin_span_str(text));
}

static void press_key(struct fixture *s, uint32_t key)
{
    struct input_event e = {.type = INPUT_KEY, .key = key};
    draw(s);
    view_input(&s->model, &s->layout, &e);
}

static void do_key(struct fixture *s, const char *arg)
{
    static const struct {
        const char *name;
        uint32_t key;
    } keys[] = {{"Enter", INPUT_ENTER},
                {"Esc", INPUT_ESC},
                {"up", INPUT_UP},
                {"down", INPUT_DOWN},
                {"left", INPUT_LEFT},
                {"right", INPUT_RIGHT},
                {"space", ' '},
                {"Home", INPUT_HOME},
                {"End", INPUT_END},
                {"PgDn", INPUT_PAGE_DOWN},
                {"Backspace", INPUT_BACKSPACE}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strcmp(keys[i].name, arg) == 0) {
            press_key(s, keys[i].key);
            return;
        }
    }
    for (; *arg != '\0'; arg++)
        press_key(s, (uint8_t)*arg);
}

static void do_press(struct fixture *s, const char *arg)
{
    char *end;
    struct input_event e = {.type = INPUT_PRESS};
    draw(s);
    e.x = (int)strtol(arg, &end, 10);
    e.y = (int)strtol(end + 1, NULL, 10);
    view_input(&s->model, &s->layout, &e);
}

static void do_paste(struct fixture *s, const char *arg)
{
    struct input_event e = {.type = INPUT_PASTE, .text = kin_span_str(arg)};
    view_input(&s->model, &s->layout, &e);
}

static const struct {
    const char *name;
    void (*run)(struct fixture *s, const char *arg);
} commands[] = {{"size", do_size},
                {"found", do_found},
                {"ascii", do_ascii},
                {"open", do_open},
                {"list", do_list},
                {"unfinished", do_list_unfinished},
                {"wait", do_wait},
                {"reel", do_reel},
                {"refuse", do_refuse},
                {"described", do_described},
                {"state", do_state},
                {"frame", do_frame},
                {"old-frame", do_old_frame},
                {"figures", do_figures},
                {"large-figures", do_large_figures},
                {"history", do_history},
                {"still", do_still},
                {"buffer", do_buffer},
                {"silent", do_silent},
                {"say", do_say},
                {"unsay", do_unsay},
                {"wire", do_wire},
                {"key", do_key},
                {"press", do_press},
                {"picture", do_picture},
                {"wheel", do_wheel},
                {"paste", do_paste},
                {"thumbnail", do_thumbnail},
                {"torn-down", do_torn_down}};

static bool run_line(struct fixture *s, struct kin_span line)
{
    char text[512];
    kin_span_copy(line, text, sizeof text);
    char *blank = strchr(text, ' ');
    const char *arg = blank != NULL ? blank + 1 : "";
    if (blank != NULL)
        *blank = '\0';
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].name, text) == 0) {
            commands[i].run(s, arg);
            return true;
        }
    }
    return text[0] == '\0' || text[0] == '#';
}

// Runs the script and leaves the screen in `text`. Returns the length of the script with its "---" line, 0 when broken.
static size_t run_script(struct fixture *s, struct kin_span file, char *text)
{
    struct kin_span rest = file, line;
    while (kin_span_split(&rest, '\n', &line)) {
        if (kin_span_is(line, "---")) {
            draw(s);
            screen_text(&s->screen, text, FILE_MAX);
            return rest.p != NULL ? (size_t)(rest.p - file.p) : 0;
        }
        if (!run_line(s, line))
            return 0;
    }
    return 0;
}

static size_t read_file(const char *path, char *dst)
{
    FILE *f = fopen(path, "r");
    if (f == NULL)
        return 0;
    size_t n = fread(dst, 1, FILE_MAX - 1, f);
    fclose(f);
    dst[n] = '\0';
    return n;
}

static void write_file(const char *path, const char *script, size_t script_len, const char *text)
{
    FILE *f = fopen(path, "w");
    if (f == NULL)
        return;
    fwrite(script, 1, script_len, f);
    fputs(text, f);
    fclose(f);
}

static void compare(const char *name, const char *got, const char *want)
{
    static char a[FILE_MAX + 128], b[FILE_MAX + 128]; // with the name, so that a difference says whose it is
    snprintf(a, sizeof a, "%s\n%s", name, got);
    snprintf(b, sizeof b, "%s\n%s", name, want);
    CHECK_SPAN(kin_span_str(a), b);
out:;
}

static void check_screen(const char *name)
{
    static char file[FILE_MAX], text[FILE_MAX];
    struct fixture s;
    char path[512];
    fixture_init(&s);
    snprintf(path, sizeof path, FOLDER "%s", name);
    size_t n = read_file(path, file);
    size_t script = run_script(&s, kin_span_make(file, n), text);
    CHECK(script > 0);
    CHECK(s.frame != NULL && s.screen.cells != NULL);
    if (getenv("KIN_UPDATE") != NULL && unit_failed() == 0)
        write_file(path, file, script, text);
    else
        compare(name, text, file + script);
out:
    fixture_deinit(&s);
}

// The names are read once: the list must not depend on allocations that are made to fail.
static char names[128][64];
static int name_count;

__attribute__((constructor)) static void find_screens(void)
{
    struct dirent **list;
    int n = scandir(FOLDER, &list, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        if (kin_span_ends(kin_span_str(list[i]->d_name), ".screen") && name_count < 128)
            snprintf(names[name_count++], sizeof names[0], "%.60s", list[i]->d_name);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
}

TEST(views_look_as_their_files_say)
{
    CHECK(name_count > 10);
    for (int i = 0; i < name_count && unit_failed() == 0; i++)
        check_screen(names[i]);
out:;
}

// --- what keys and presses ask of the session

static void check_calls(struct fixture *s, const char *key, const char *want)
{
    fake.calls[0] = '\0';
    do_key(s, key);
    CHECK_SPAN(kin_span_str(fake.calls), want);
out:;
}

static bool start_playing(struct fixture *s)
{
    do_size(s, "100x30");
    do_open(s, "rtsp://box/bunny.mjpeg");
    do_reel(s, "");
    do_described(s, "");
    if (fake.session == NULL || s->screen.cells == NULL)
        return false;
    fake_state(KIN_PLAYER_READY);
    fake_state(KIN_PLAYER_PLAYING);
    do_frame(s, "72");
    return true;
}

TEST(views_turn_keys_into_commands)
{
    static const char *const cases[][2] = {
        {"space", "pause "},      {"left", "seek(0) "},     {"right", "seek(8000) "},     {"up", "seek(10000) "},
        {"down", "seek(0) "},     {"5", "seek(5000) "},     {"Home", "seek(0) "},         {".", "pause step(1) "},
        {",", "pause back(1) "},  {"s", "setup "},          {"t", "teardown "},           {"l", "loop(1) "},
        {"r", "reset "},          {"]", "rate(1250) "},     {"b", "backward(1250) "},     {"}", "backward(2500) "},
        {"[", "backward(2000) "}, {"{", "backward(1000) "}, {"Backspace", "rate(1000) "}, {"{", "rate(500) "},
        {"{", "rate(250) "},      {"{", "rate(125) "},      {"[", "rate(125) "},
    };
    struct fixture s;
    fixture_init(&s);
    CHECK(start_playing(&s));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        s.model.reel.position = 3 * KIN_US_PER_S;
        check_calls(&s, cases[i][0], cases[i][1]);
    }
    fake_state(KIN_PLAYER_ENDED);
    check_calls(&s, "space", "seek(0) play ");
    fake_state(KIN_PLAYER_INIT);
    check_calls(&s, "space", "setup ");
    fake.calls[0] = '\0';
    fake_state(KIN_PLAYER_READY); // and what was asked for follows
    CHECK_SPAN(kin_span_str(fake.calls), "play ");
    check_calls(&s, "q", "");
    CHECK(s.model.pages.quit);
out:
    fixture_deinit(&s);
}

// Regression: a session that had failed was opened anew, from the start of the reel.
TEST(views_go_on_with_a_failed_session)
{
    struct fixture s;
    fixture_init(&s);
    CHECK(start_playing(&s));
    fake_state(KIN_PLAYER_FAILED);
    check_calls(&s, "space", "play ");
    check_calls(&s, "s", "setup ");
    CHECK_INT(s.model.reel.position, 3 * KIN_US_PER_S);
out:
    fixture_deinit(&s);
}

TEST(views_go_where_it_is_typed)
{
    struct fixture s;
    fixture_init(&s);
    CHECK(start_playing(&s));
    check_calls(&s, "g", "");
    check_calls(&s, "0:07.5", "");
    check_calls(&s, "Enter", "seek(7500) ");
    check_calls(&s, "g50%", "");
    check_calls(&s, "Esc", "");
    check_calls(&s, "g#25", "");
    check_calls(&s, "Enter", "seek(1000) ");
    CHECK(!s.model.prompt.open);
out:
    fixture_deinit(&s);
}

// Regression: what o had shown as "***" was opened as the password.
TEST(views_edit_a_url_without_showing_or_losing_its_password)
{
    struct fixture s;
    fixture_init(&s);
    do_size(&s, "80x24");
    do_open(&s, "rtsp://ann:secret@box/dir/");
    do_list(&s, "");
    check_calls(&s, "o", "");
    CHECK_SPAN(kin_span_str(s.model.prompt.line.text), "rtsp://ann:***@box/dir/");
    check_calls(&s, "End", "");
    check_calls(&s, "x", "");
    check_calls(&s, "Enter", "");
    CHECK_SPAN(kin_span_str(s.model.library.requested), "rtsp://ann:secret@box/dir/x");
    model_say(&s.model, true, "It failed.");
    do_open(&s, "rtsp://box/other/"); // Regression: stood there while the server was asked for another place
    CHECK_SPAN(kin_span_str(s.model.message.text), "");
out:
    fixture_deinit(&s);
}

// Regression: q after o ended the program, although the library was where the user came from.
TEST(views_go_back_to_the_library_from_a_reel_that_was_typed)
{
    struct fixture s;
    fixture_init(&s);
    do_size(&s, "80x24");
    do_open(&s, "rtsp://box/");
    do_list(&s, "");
    check_calls(&s, "o", "");
    check_calls(&s, "rtsp://cam.example/stream", "");
    check_calls(&s, "Enter", "");
    CHECK_SPAN(kin_span_str(s.model.library.requested), "rtsp://cam.example/stream");
    do_reel(&s, "");
    CHECK_INT(model_page(&s.model), PAGE_PLAYER);
    check_calls(&s, "o", ""); // and once more out of the player
    check_calls(&s, "rtsp://cam.example/other", "");
    check_calls(&s, "Enter", "");
    do_reel(&s, "");
    CHECK_SPAN(kin_span_str(s.model.reel.url), "rtsp://cam.example/other");
    do_key(&s, "q");
    CHECK_INT(model_page(&s.model), PAGE_LIBRARY);
    CHECK(!s.model.pages.quit);
    do_key(&s, "q");
    CHECK(s.model.pages.quit);
out:
    fixture_deinit(&s);
}

// Regression: on a slow line the frames on their way undid a seek, and five presses of a key went as far as one.
TEST(views_seek_on_from_the_place_that_was_sought)
{
    struct fixture s;
    fixture_init(&s);
    CHECK(start_playing(&s));
    s.model.reel.position = 0;
    check_calls(&s, "right", "seek(5000) ");
    do_old_frame(&s, "73");
    check_calls(&s, "left", "seek(0) ");
    do_frame(&s, "120");
    check_calls(&s, "left", "seek(0) ");
    CHECK_INT(s.model.reel.position, 0);
out:
    fixture_deinit(&s);
}

static void point(struct fixture *s, enum input_type type, int x, int y)
{
    struct input_event e = {.type = type, .x = x, .y = y};
    view_input(&s->model, &s->layout, &e);
}

// Regression: a drag that left the bar's line or its ends was lost, and one that began elsewhere took hold of it.
TEST(views_follow_a_drag_that_began_on_the_bar)
{
    struct fixture s;
    fixture_init(&s);
    CHECK(start_playing(&s));
    draw(&s);
    size_t i = 0;
    while (i < s.layout.hits.count && s.layout.hits.items[i].action != ACTION_SEEK)
        i++;
    CHECK(i < s.layout.hits.count);
    struct rect bar = s.layout.hits.items[i].area;
    fake.calls[0] = '\0';
    point(&s, INPUT_PRESS, bar.x, bar.y);
    point(&s, INPUT_DRAG, bar.x + bar.w + 5, bar.y - 9);
    point(&s, INPUT_DRAG, 0, bar.y);
    CHECK_SPAN(kin_span_str(fake.calls), "seek(0) seek(10000) seek(0) ");
    fake.calls[0] = '\0';
    point(&s, INPUT_PRESS, 50, 5); // the picture
    point(&s, INPUT_DRAG, bar.x + 9, bar.y);
    CHECK_SPAN(kin_span_str(fake.calls), "pause ");
out:
    fixture_deinit(&s);
}

TEST(views_seek_with_the_wheel_and_toggle_with_a_press)
{
    struct fixture s;
    fixture_init(&s);
    CHECK(start_playing(&s));
    draw(&s);
    fake.calls[0] = '\0';
    do_wheel(&s, "up");
    do_wheel(&s, "down");
    CHECK_SPAN(kin_span_str(fake.calls), "seek(8000) seek(3000) ");
    fake.calls[0] = '\0';
    point(&s, INPUT_PRESS, 50, 5);
    CHECK_SPAN(kin_span_str(fake.calls), "pause ");
    fake.calls[0] = '\0';
    do_key(&s, "g"); // the prompt has the mouse
    do_wheel(&s, "up");
    point(&s, INPUT_PRESS, 50, 5);
    CHECK_SPAN(kin_span_str(fake.calls), "");
out:
    fixture_deinit(&s);
}

// Sets the position as playing does.
static void play_to(struct fixture *s, const char *frame)
{
    do_frame(s, frame);
    model_tick(&s->model, s->loop.now);
}

// Where the film stands, each frame is a place of its own.
TEST(views_keep_a_bookmark_a_frame)
{
    struct fixture s;
    fixture_init(&s);
    CHECK(start_playing(&s));
    play_to(&s, "72");
    do_state(&s, "READY");
    do_key(&s, "m");
    do_frame(&s, "73");
    do_key(&s, "m");
    do_frame(&s, "74");
    do_key(&s, "m");
    CHECK_INT(s.model.marks.count, 3);
    check_calls(&s, "\"", "seek(3041) ");
    check_calls(&s, "\"", "seek(3000) ");
    check_calls(&s, "'", "seek(3041) ");
    do_key(&s, "m"); // the one in the middle
    CHECK(s.model.marks.count == 2 && s.model.marks.bookmarks[1] == 74 * KIN_US_PER_S / 24);
    do_state(&s, "PLAYING");
    do_frame(&s, "79"); // a person is not as exact
    do_key(&s, "m");
    CHECK(s.model.marks.count == 1 && s.model.marks.bookmarks[0] == 3 * KIN_US_PER_S);
out:
    fixture_deinit(&s);
}

TEST(views_go_from_bookmark_to_bookmark)
{
    struct fixture s;
    fixture_init(&s);
    CHECK(start_playing(&s));
    play_to(&s, "72");
    check_calls(&s, "'", "");
    check_calls(&s, "m", "");
    play_to(&s, "24");
    check_calls(&s, "m", "");
    play_to(&s, "120");
    check_calls(&s, "m", "");
    CHECK(s.model.marks.count == 3 && s.model.marks.bookmarks[0] == KIN_US_PER_S);
    check_calls(&s, "\"", "seek(3000) ");
    check_calls(&s, "\"", "seek(1000) ");
    check_calls(&s, "\"", "");
    check_calls(&s, "'", "seek(3000) ");
    play_to(&s, "80"); // playing on: the one passed just now is not the one before
    check_calls(&s, "\"", "seek(1000) ");
    check_calls(&s, "m", ""); // again: removed
    CHECK(s.model.marks.count == 2 && s.model.marks.bookmarks[0] == 3 * KIN_US_PER_S);
    for (int i = 0; i < 2 * MODEL_BOOKMARKS_MAX; i++) {
        s.model.reel.position = i * KIN_US_PER_S;
        do_key(&s, "m");
    }
    CHECK_INT(s.model.marks.count, MODEL_BOOKMARKS_MAX);
    do_open(&s, "rtsp://box/other.mjpeg");
    do_reel(&s, "");
    CHECK_INT(s.model.marks.count, 0);
out:
    fixture_deinit(&s);
}

TEST(views_loop_from_a_to_b)
{
    struct fixture s;
    fixture_init(&s);
    CHECK(start_playing(&s));
    play_to(&s, "24");
    do_key(&s, "a");
    check_calls(&s, "a", ""); // the same place: as if nothing had been pressed
    CHECK(s.model.marks.loop_from == -1 && s.model.marks.loop_to == -1);
    do_key(&s, "a");
    play_to(&s, "72");
    check_calls(&s, "a", "");
    fake.calls[0] = '\0';
    play_to(&s, "73"); // regression: where B had just been set, the reel played on
    CHECK_SPAN(kin_span_str(fake.calls), "seek(1000) ");
    fake.calls[0] = '\0';
    play_to(&s, "71");
    play_to(&s, "72");
    CHECK_SPAN(kin_span_str(fake.calls), "seek(1000) ");
    CHECK_INT(s.model.reel.position, KIN_US_PER_S);
    play_to(&s, "25");
    check_calls(&s, "5", "seek(5000) "); // whoever leaves the stretch is not brought back
    play_to(&s, "121");
    CHECK_SPAN(kin_span_str(fake.calls), "seek(5000) ");
    check_calls(&s, "b", "backward(1000) ");
    fake.calls[0] = '\0';
    play_to(&s, "25");
    play_to(&s, "24");
    CHECK_SPAN(kin_span_str(fake.calls), "seek(3000) ");
    do_key(&s, "b");
    fake.calls[0] = '\0';
    play_to(&s, "70");
    do_frame(&s, "72"); // B is the last frame: the reel has ended before anyone looked
    fake_state(KIN_PLAYER_ENDED);
    model_tick(&s.model, s.loop.now);
    CHECK_SPAN(kin_span_str(fake.calls), "seek(1000) play ");
    do_key(&s, "a");
    CHECK(s.model.marks.loop_from == -1 && s.model.marks.loop_to == -1);
out:
    fixture_deinit(&s);
}

TEST(views_copy_a_report_without_passwords)
{
    static char text[FILE_MAX];
    struct fixture s;
    fixture_init(&s);
    CHECK(settings_defaults(&s.settings) == 0);
    s.settings.cache = 60;
    s.settings.fec = true;
    s.settings.transport = 2;
    do_size(&s, "20x6"); // however small the window
    do_open(&s, "rtsp://ann:secret@box/bunny.mjpeg");
    do_reel(&s, "");
    do_described(&s, "");
    CHECK(fake.session != NULL);
    fake_state(KIN_PLAYER_PLAYING);
    do_figures(&s, "");
    do_history(&s, "5");
    draw(&s);
    do_key(&s, "y");
    CHECK(s.model.copying);
    size_t n = report_write(&s.model, text, sizeof text);
    CHECK_INT(strlen(text), n);
    if (unit_plain())
        CHECK(n < CLIPBOARD_TEXT_MAX && strstr(text, "stray") == NULL);
    CHECK(strstr(text, "secret") == NULL);
    CHECK(strstr(text, "kinora " KIN_VERSION "\n") == text);
    CHECK(strstr(text, "rtsp://ann:***@box/bunny.mjpeg\n") != NULL);
    CHECK(strstr(text, "--transport tcp --cache 60 --fec\n") != NULL);
    CHECK(strstr(text, "\nrecovered                 0             28            112              0\n") != NULL);
    CHECK(!unit_plain() || strstr(text, "   server            kinorad/0.1.0\n") != NULL);
    n = report_write(&s.model, text, 100); // cut, not overrun
    CHECK(n <= 99 && text[n] == '\0');
    model_copied(&s.model);
    CHECK(!s.model.copying);
    CHECK_SPAN(kin_span_str(s.model.message.text), MSG_COPIED);
out:
    fixture_deinit(&s);
}

static bool shows(struct fixture *s, const char *text)
{
    static char screen[FILE_MAX];
    draw(s);
    screen_text(&s->screen, screen, FILE_MAX);
    return strstr(screen, text) != NULL;
}

// Alone, the picture has the whole window; what lies over it goes by itself.
TEST(views_show_the_picture_alone)
{
    struct fixture s;
    fixture_init(&s);
    CHECK(start_playing(&s));
    draw(&s);
    CHECK(s.layout.picture.h < 28 && shows(&s, "kinora"));
    do_key(&s, "f");
    CHECK(!shows(&s, "kinora") && !shows(&s, "PAUSE"));
    CHECK(s.layout.picture.w == 100 && s.layout.picture.h == 30);
    CHECK(s.model.frames.newest.fresh); // drawn again in this size
    do_key(&s, "g");
    do_key(&s, "Esc");
    CHECK(shows(&s, "PAUSE") && s.layout.picture.h == 30);
    do_wait(&s, "2900");
    CHECK(shows(&s, "PAUSE"));
    do_wait(&s, "200");
    CHECK(!shows(&s, "PAUSE") && !shows(&s, "frame"));
    fake_state(KIN_PLAYER_READY);
    CHECK(!shows(&s, "PAUSE") && shows(&s, "frame")); // the bar stays while it stands
    do_key(&s, "f");
    CHECK(shows(&s, "kinora"));
out:
    fixture_deinit(&s);
}

TEST(views_lay_the_statistics_over_the_picture)
{
    struct fixture s;
    fixture_init(&s);
    CHECK(start_playing(&s));
    do_size(&s, "80x24");
    do_key(&s, "i");
    CHECK(shows(&s, MSG_BOTTLENECK_NONE) && s.layout.picture.w == 80);
    do_picture(&s, "20x20"); // of a shape that leaves room beside it
    draw(&s);
    CHECK_INT(s.layout.picture.w, 80 - 52);
    do_key(&s, "i");
    CHECK_INT(model_page(&s.model), PAGE_STATS);
    do_key(&s, "i");
    CHECK_INT(model_page(&s.model), PAGE_PLAYER);
    CHECK(!shows(&s, MSG_BOTTLENECK_NONE));
out:
    fixture_deinit(&s);
}

// Regression: a listing that came after a reel was opened closed it again.
TEST(views_do_not_wait_for_a_list_any_more_once_a_reel_plays)
{
    struct fixture s;
    fixture_init(&s);
    do_size(&s, "80x24");
    do_open(&s, "rtsp://box/");
    do_list(&s, "");
    do_key(&s, "r");
    CHECK(fake.request != NULL);
    do_key(&s, "Enter");
    CHECK(fake.session != NULL && fake.request == NULL);
out:
    fixture_deinit(&s);
}

// While an index is made the list is asked for again; it is the same list, not another place.
TEST(views_look_again_at_indexes_that_are_being_made)
{
    struct fixture s;
    fixture_init(&s);
    do_size(&s, "80x24");
    do_open(&s, "rtsp://box/");
    do_list_unfinished(&s, "42");
    do_key(&s, "down");
    CHECK(s.model.library.listing != NULL && fake.request == NULL);
    do_wait(&s, "1500");
    CHECK(fake.request != NULL);
    do_list_unfinished(&s, "100");
    CHECK_INT(s.model.library.selected, 1);
    CHECK(!s.model.library.listing->entries[0].indexing);
    do_wait(&s, "60000");
    CHECK(fake.request == NULL); // nothing is left to look at
out:
    fixture_deinit(&s);
}

TEST(views_turn_presses_into_commands)
{
    struct fixture s;
    fixture_init(&s);
    CHECK(start_playing(&s));
    draw(&s);
    for (size_t i = 0; i < s.layout.hits.count; i++) {
        const struct hit *h = &s.layout.hits.items[i];
        int arg;
        CHECK_INT(hits_find(&s.layout.hits, h->area.x, h->area.y, &arg), h->action);
        if (h->action != ACTION_SEEK)
            continue;
        fake.calls[0] = '\0';
        struct input_event e = {.type = INPUT_PRESS, .x = h->area.x + h->area.w / 2, .y = h->area.y};
        view_input(&s.model, &s.layout, &e);
        long ms = strtol(fake.calls + strlen("seek("), NULL, 10);
        CHECK(ms > 4900 && ms < 5100);
    }
    int arg;
    CHECK_INT(hits_find(&s.layout.hits, 50, 0, &arg), ACTION_NONE);   // the title
    CHECK_INT(hits_find(&s.layout.hits, 50, 5, &arg), ACTION_TOGGLE); // the picture
out:
    fixture_deinit(&s);
}

static struct picture *new_picture(void)
{
    struct picture *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->cols = p->rows = 1;
    p->cells = calloc(1, sizeof *p->cells);
    return p;
}

static bool take_frame(struct fixture *s)
{
    struct model_frame f = {.jpeg = NULL};
    bool taken = model_take_frame(&s->model, &f);
    kin_buf_unref(f.jpeg);
    return taken;
}

// Each leads from the page before it to its own.
static const char *const page_keys[PAGE_COUNT] = {
    [PAGE_PLAYER] = "Enter", [PAGE_STATS] = "I", [PAGE_PROTOCOL] = "p", [PAGE_HELP] = "?"};

// Regression: drawing wrote into the model where the picture goes, how far a page scrolls and where it stands. Sizes
// change before each drawing, so that what stood at the end of a page cannot stand there any more.
static void check_drawing_leaves_the_model(struct fixture *s)
{
    static const int sizes[][2] = {{100, 30}, {40, 12}, {80, 24}, {30, 5}, {20, 6}, {120, 60}};
    static struct model before;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        do_key(s, "End");
        screen_resize(&s->screen, sizes[i][0], sizes[i][1]);
        memcpy(&before, &s->model, sizeof before);
        view_draw(&s->model, &s->screen, &s->layout);
        CHECK(memcmp(&before, &s->model, sizeof before) == 0);
    }
out:;
}

static unsigned any(unsigned *seed, unsigned below)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % below;
}

static void do_anything(struct fixture *s, unsigned *seed)
{
    static const char keys[] = " fiIpy?amcrltb,.[]{}<>'\"0579qgo/s";
    static const uint32_t others[] = {INPUT_LEFT, INPUT_UP,    INPUT_END, INPUT_PAGE_DOWN,
                                      INPUT_ESC,  INPUT_ENTER, 'L' & 31};
    static const char *const sizes[] = {"20x6", "21x7", "39x30", "60x20", "80x24", "120x40", "200x9", "19x5", "1x1"};
    static const enum input_type mouse[] = {INPUT_PRESS, INPUT_DRAG, INPUT_WHEEL};
    struct input_event e = {.type = mouse[any(seed, 3)], .key = any(seed, 2) > 0 ? 1 : (uint32_t)-1};
    e.x = (int)any(seed, 130) - 2;
    e.y = (int)any(seed, 45) - 2;
    char number[16];
    switch (any(seed, 8)) {
    case 0:
        do_size(s, sizes[any(seed, sizeof sizes / sizeof *sizes)]);
        break;
    case 1:
        press_key(s, others[any(seed, sizeof others / sizeof *others)]);
        break;
    case 2:
        view_input(&s->model, &s->layout, &e);
        break;
    case 3:
        snprintf(number, sizeof number, "%u", any(seed, 300));
        do_frame(s, number);
        snprintf(number, sizeof number, "%ux%u", 1 + any(seed, 130), 1 + any(seed, 45));
        do_picture(s, number);
        break;
    case 4:
        do_wait(s, any(seed, 2) > 0 ? "1100" : "3500");
        break;
    case 5:
        do_thumbnail(s, any(seed, 4) > 0 ? "" : "no");
        break;
    default:
        press_key(s, (uint8_t)keys[any(seed, sizeof keys - 1)]);
    }
    draw(s);
}

// Keys, mouse, pictures and sizes in no sensible order: sanitizers find what goes beyond its bounds.
TEST(views_bear_anything)
{
    struct fixture s;
    if (!unit_plain())
        return;
    for (unsigned round = 0; round < 20; round++) {
        unsigned seed = round;
        fixture_init(&s);
        s.screen.depth = (enum color_depth)(round % 4);
        s.screen.utf8 = round % 3 != 0;
        do_size(&s, "80x24");
        do_open(&s, "rtsp://box/");
        do_list(&s, "");
        press_key(&s, INPUT_ENTER);
        do_described(&s, "");
        do_state(&s, "PLAYING");
        do_figures(&s, "");
        do_history(&s, round % 2 > 0 ? "200" : "3");
        for (int i = 0; i < 300 && !s.model.pages.quit; i++)
            do_anything(&s, &seed);
        fixture_deinit(&s);
    }
}

TEST(views_only_read_the_model)
{
    enum { REELS = 20 }; // more than a small window shows
    static struct listing_entry reels[REELS];
    struct fixture s;
    fixture_init(&s);
    do_size(&s, "40x12");
    do_open(&s, "rtsp://box/");
    for (size_t i = 0; i < REELS; i++) {
        reels[i] = (struct listing_entry){.width = 640, .height = 480};
        snprintf(reels[i].name, sizeof reels[i].name, "%zu.mjpeg", i);
    }
    CHECK(fake.request != NULL);
    struct listing *listing = fake_listing(reels, REELS);
    fake_answer(listing, false, listing != NULL ? NULL : "out of memory");
    do_figures(&s, "");
    for (int page = PAGE_LIBRARY; page < PAGE_COUNT && unit_failed() == 0; page++) {
        if (page != PAGE_LIBRARY)
            do_key(&s, page_keys[page]);
        CHECK_INT(model_page(&s.model), page);
        check_drawing_leaves_the_model(&s);
        if (page != PAGE_PLAYER)
            continue;
        do_described(&s, "");
        do_state(&s, "PLAYING");
        do_frame(&s, "72");
        CHECK(take_frame(&s));
        model_show(&s.model, new_picture());
        for (int i = 0; i < 40; i++)
            do_wire(&s, i % 2 == 0 ? ">OPTIONS rtsp://box/" : "<RTSP/1.0 200 OK");
        check_drawing_leaves_the_model(&s);
        do_key(&s, "o");
        check_drawing_leaves_the_model(&s);
        do_key(&s, "Esc");
    }
out:
    fixture_deinit(&s);
}

// True when it changes the model or asks something of the session or the server.
static bool does_something(enum page page, enum action action)
{
    static struct model before;
    struct fixture s;
    fixture_init(&s);
    do_size(&s, "40x12");
    do_open(&s, "rtsp://box/dir/");
    do_list(&s, "");
    for (int i = PAGE_PLAYER; i <= (int)page; i++)
        do_key(&s, page_keys[i]);
    if (page >= PAGE_PLAYER) {
        do_described(&s, "");
        do_state(&s, "PLAYING");
        do_frame(&s, "72");
    }
    do_key(&s, "down");
    draw(&s);
    s.model.dirty = true;
    fake.calls[0] = '\0';
    memcpy(&before, &s.model, sizeof before);
    model_act(&s.model, action, 2);
    bool changed = memcmp(&before, &s.model, sizeof before) != 0 || fake.calls[0] != '\0';
    draw(&s);
    fixture_deinit(&s);
    return changed;
}

TEST(views_have_a_function_for_every_action)
{
    if (!unit_plain())
        return;
    for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
        int pages = 0;
        for (int page = 0; page < PAGE_COUNT; page++)
            pages += does_something((enum page)page, (enum action)action);
        if (pages == 0)
            fprintf(stderr, "action %d does nothing on any page\n", action);
        CHECK(pages > 0);
    }
out:;
}

// Regression: the picture that was being made when a wrong URL was opened came onto the screen of the failed session.
TEST(views_drop_the_picture_of_a_session_that_was_left)
{
    struct fixture s;
    fixture_init(&s);
    CHECK(start_playing(&s));
    CHECK(take_frame(&s));
    model_show(&s.model, new_picture());
    CHECK(s.model.frames.picture != NULL);
    do_frame(&s, "73");
    CHECK(take_frame(&s));
    check_calls(&s, "o", "");
    check_calls(&s, "rtsp://box/nothing", "");
    check_calls(&s, "Enter", "");
    do_refuse(&s, "the server has nothing of that name");
    do_state(&s, "FAILED");
    do_say(&s, "!the server has nothing of that name");
    model_show(&s.model, new_picture());
    CHECK(s.model.frames.picture == NULL);
    CHECK_SPAN(kin_span_str(s.model.message.text), "The server has nothing of that name.");
    check_calls(&s, "o", "");
    check_calls(&s, "rtsp://box/bunny.mjpeg", "");
    check_calls(&s, "Enter", "");
    do_reel(&s, "");
    do_frame(&s, "0");
    CHECK(take_frame(&s));
    model_show(&s.model, new_picture());
    CHECK(s.model.frames.picture != NULL);
out:
    fixture_deinit(&s);
}

TEST(views_count_no_picture_twice_that_is_made_again)
{
    struct fixture s;
    fixture_init(&s);
    CHECK(start_playing(&s));
    CHECK(take_frame(&s));
    model_show(&s.model, new_picture());
    uint64_t shown = s.model.frames.shown;
    model_render_again(&s.model);
    CHECK(take_frame(&s));
    model_show(&s.model, new_picture());
    CHECK_INT(s.model.frames.shown, shown);
out:
    fixture_deinit(&s);
}

TEST(views_count_frames_that_were_replaced)
{
    struct fixture s;
    struct model_frame f;
    fixture_init(&s);
    CHECK(start_playing(&s));
    s.model.frames.hold = HOLD_TERMINAL;
    do_frame(&s, "73");
    do_frame(&s, "74");
    s.model.frames.hold = HOLD_DECODER;
    do_frame(&s, "75");
    CHECK(model_take_frame(&s.model, &f));
    CHECK_INT(f.number, 75);
    kin_buf_unref(f.jpeg);
    CHECK(!model_take_frame(&s.model, &f)); // taken once
    do_frame(&s, "76");
    struct model_drops d = model_drops(&s.model);
    CHECK(d.terminal == 2 && d.decoder == 1 && d.limit == 0);
    CHECK(model_take_frame(&s.model, &f));
    kin_buf_unref(f.jpeg);
    s.model.frames.hold = HOLD_TERMINAL;
    model_render_again(&s.model);
    do_frame(&s, "77"); // in place of one that has been shown: that drops nothing
    CHECK(model_drops(&s.model).terminal == 2);
    do_key(&s, "r");
    CHECK(model_drops(&s.model).terminal == 0);
out:
    fixture_deinit(&s);
}

static bool says_partial(struct fixture *s, bool partial)
{
    static char text[FILE_MAX];
    struct picture *p = new_picture();
    if (p == NULL || !take_frame(s)) {
        picture_free(p);
        return false;
    }
    p->partial = partial;
    model_show(&s->model, p);
    draw(s);
    screen_text(&s->screen, text, FILE_MAX);
    return strstr(text, MSG_PLAYER_PARTIAL) != NULL;
}

TEST(views_say_that_the_picture_is_partial)
{
    struct fixture s;
    fixture_init(&s);
    CHECK(start_playing(&s));
    do_size(&s, "100x30");
    CHECK(says_partial(&s, true));
    do_frame(&s, "73");
    CHECK(!says_partial(&s, false));
out:
    fixture_deinit(&s);
}

// Is it said that the server is still opening the reel, three seconds after the connection is being made?
static bool says_opening(struct fixture *s)
{
    static char text[FILE_MAX];
    s->model.reel.answered = true;
    fake_state(KIN_PLAYER_CONNECTING);
    do_wait(s, "3000");
    draw(s);
    screen_text(&s->screen, text, FILE_MAX);
    return strstr(text, MSG_OPENING_SLOWLY) != NULL;
}

// A connection that is lost and made again waits for the server, not for a reel that is read through.
TEST(views_say_that_a_reel_is_opened_only_before_it_is)
{
    struct fixture s;
    fixture_init(&s);
    do_size(&s, "100x30");
    do_open(&s, "rtsp://box/bunny.mjpeg");
    do_reel(&s, "");
    CHECK(fake.session != NULL && says_opening(&s));
    CHECK(start_playing(&s));
    CHECK(!says_opening(&s));
out:
    fixture_deinit(&s);
}

TEST(views_show_the_keys_that_were_chosen)
{
    static char text[FILE_MAX];
    struct fixture s;
    fixture_init(&s);
    CHECK(keys_set(&s.settings.keys, ACTION_HELP, kin_span_str("h ^P")));
    CHECK(keys_set(&s.settings.keys, ACTION_OPEN_URL, kin_span_str("")));
    do_size(&s, "80x60");
    draw(&s);
    screen_text(&s.screen, text, sizeof text);
    CHECK(strstr(text, "Press (no key) to open a URL.") != NULL);
    CHECK(strstr(text, "h help") != NULL && strstr(text, "? help") == NULL && strstr(text, "open URL") == NULL);
    do_key(&s, "?");
    CHECK_INT(model_page(&s.model), PAGE_LIBRARY);
    do_key(&s, "h");
    CHECK_INT(model_page(&s.model), PAGE_HELP);
    draw(&s);
    model_act(&s.model, ACTION_LAST, 0);
    draw(&s);
    screen_text(&s.screen, text, sizeof text);
    CHECK(strstr(text, "h ^P        this help") != NULL && strstr(text, "open a URL") == NULL);
    do_key(&s, "h"); // what opens the page closes it
    CHECK_INT(model_page(&s.model), PAGE_LIBRARY);
out:
    fixture_deinit(&s);
}
