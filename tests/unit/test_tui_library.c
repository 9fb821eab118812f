// The library: the order of its lines, and the thumbnails that are fetched for those on the screen.
#include <stdio.h>

#include "fake_session.inc"
#include "model/model.h"
#include "picture/picture.h"
#include "unit.h"

// --- the order of the lines

#define REEL(n, w, h, d, b)                                                                                            \
    {                                                                                                                  \
        .name = n, .width = w, .height = h, .duration = d, .frames = 100, .bytes = b                                   \
    }

static struct listing_entry some[] = {REEL("Alpha.mjpeg", 640, 480, 10, 500),
                                      {.name = "bets", .is_directory = true, .duration = 1000},
                                      REEL("gamma beta.mjpeg", 1920, 1080, 5, 9000),
                                      REEL("delta.mjpeg", 1920, 1080, 300, 70),
                                      {.name = "archive.mjpeg", .indexing = true, .bytes = 800}};

static void check_order(enum library_sort sort, const char *search, const char *want)
{
    static uint16_t lines[LISTING_MAX];
    struct listing l = {.entries = some, .count = sizeof some / sizeof *some};
    char got[16] = "";
    size_t n = library_order(&l, sort, search, lines);
    for (size_t i = 0; i < n && i + 1 < sizeof got; i++)
        got[i] = (char)('0' + lines[i]);
    CHECK_SPAN(kin_span_str(got), want);
out:;
}

TEST(library_sorts_directories_first)
{
    check_order(LIBRARY_BY_NAME, "", "10234");
    check_order(LIBRARY_BY_DURATION, "", "13024");
    check_order(LIBRARY_BY_SIZE, "", "12403");
    check_order(LIBRARY_BY_PICTURE, "", "12304"); // equal ones as the server has them
}

TEST(library_finds_a_part_of_a_name)
{
    check_order(LIBRARY_BY_NAME, "BET", "12");
    check_order(LIBRARY_BY_DURATION, "ta.m", "32");
    check_order(LIBRARY_BY_NAME, "alpha.mjpeg", "0");
    check_order(LIBRARY_BY_NAME, "z", "");
    check_order(LIBRARY_BY_NAME, "g", "2"); // and not in .mjpeg
}

// --- thumbnails

#define ROWS 3 // lines on the screen

struct fixture {
    struct kin_loop loop;
    struct settings settings;
    struct model model;
    struct kin_buf *frame;
};

static void fixture_init(struct fixture *t, size_t bytes)
{
    memset(t, 0, sizeof *t);
    memset(&fake, 0, sizeof fake);
    t->loop.now = 1000 * KIN_US_PER_S;
    t->loop.now_valid = true;
    t->frame = kin_buf_new(bytes);
    model_init(&t->model, &t->loop, &t->settings);
    model_set_thumbnail_room(&t->model, 16, 5);
}

static void fixture_deinit(struct fixture *t)
{
    model_deinit(&t->model);
    kin_buf_unref(t->frame);
}

// Reels a, b, c ..., a directory before them.
static bool list(struct fixture *t, size_t count, uint64_t bytes)
{
    struct listing_entry entries[16] = {{.name = "dir", .is_directory = true}};
    for (size_t i = 1; i <= count; i++) {
        entries[i] = (struct listing_entry){.frames = 100, .bytes = bytes, .duration = 10};
        snprintf(entries[i].name, sizeof entries[i].name, "%c", (char)('a' + i - 1));
    }
    struct listing *l = fake_listing(entries, count + 1);
    if (fake.request == NULL || l == NULL) {
        listing_free(l);
        return false;
    }
    fake_answer(l, false, NULL);
    model_drawn(&t->model, count + 1, ROWS);
    return t->frame != NULL;
}

static void tick(struct fixture *t, kin_us after)
{
    t->loop.now += after;
    model_tick(&t->model, t->loop.now);
    model_drawn(&t->model, t->model.library.count, ROWS);
}

// The server sends what is asked for, until nothing more is.
static void serve(struct fixture *t)
{
    fake.fetched[0] = '\0';
    tick(t, 1);
    for (int i = 0; i < 16 && fake.thumbnail != NULL; i++) {
        fake_thumbnail_frame(t->frame);
        tick(t, 1); // the reply to TEARDOWN is on its way: nothing else begins
        fake_thumbnail_state(KIN_PLAYER_INIT);
        tick(t, 1);
    }
}

#define FETCH(name) name " seek(1000) teardown close "

TEST(thumbnails_come_one_at_a_time_for_the_lines_on_the_screen)
{
    struct fixture t;
    fixture_init(&t, 100);
    model_open(&t.model, "rtsp://box/");
    tick(&t, 1);
    CHECK(fake.thumbnail == NULL);
    CHECK(list(&t, 6, 1000));
    model_act(&t.model, ACTION_SELECT_DOWN, 0);
    model_act(&t.model, ACTION_SELECT_DOWN, 0);
    serve(&t);
    CHECK_SPAN(kin_span_str(fake.fetched), FETCH("b") FETCH("a")); // the selected one first
    serve(&t);
    CHECK_SPAN(kin_span_str(fake.fetched), "");
    model_act(&t.model, ACTION_LAST, 0);
    serve(&t);
    CHECK_SPAN(kin_span_str(fake.fetched), FETCH("f") FETCH("d") FETCH("e"));
out:
    fixture_deinit(&t);
}

TEST(thumbnails_are_kept_as_long_as_the_reel_is_the_same)
{
    struct fixture t;
    fixture_init(&t, 100);
    model_open(&t.model, "rtsp://box/");
    CHECK(list(&t, 2, 1000));
    serve(&t);
    model_act(&t.model, ACTION_RELOAD, 0);
    CHECK(list(&t, 2, 1000));
    serve(&t);
    CHECK_SPAN(kin_span_str(fake.fetched), "");
    model_act(&t.model, ACTION_RELOAD, 0);
    CHECK(list(&t, 1, 1001));
    serve(&t);
    CHECK_SPAN(kin_span_str(fake.fetched), FETCH("a"));
    model_open(&t.model, "rtsp://other/");
    CHECK(list(&t, 1, 1001));
    serve(&t);
    CHECK_SPAN(kin_span_str(fake.fetched), FETCH("a"));
out:
    fixture_deinit(&t);
}

TEST(thumbnails_wait_while_a_reel_is_open_or_the_window_is_small)
{
    struct fixture t;
    fixture_init(&t, 100);
    model_open(&t.model, "rtsp://box/");
    CHECK(list(&t, 2, 1000));
    model_set_thumbnail_room(&t.model, 0, 0);
    tick(&t, 1);
    CHECK(fake.thumbnail == NULL);
    CHECK(model_set_thumbnail_room(&t.model, 16, 5));
    model_act(&t.model, ACTION_SELECT_DOWN, 0);
    tick(&t, 1);
    CHECK_SPAN(kin_span_str(fake.fetched), "a ");
    model_act(&t.model, ACTION_ENTER, 0);
    CHECK(fake.session != NULL && fake.thumbnail == NULL);
    CHECK_SPAN(kin_span_str(fake.fetched), "a close ");
    serve(&t);
    CHECK_SPAN(kin_span_str(fake.fetched), "");
    model_act(&t.model, ACTION_QUIT, 0);
    serve(&t);
    CHECK_SPAN(kin_span_str(fake.fetched), FETCH("a") FETCH("b")); // it had not failed
out:
    fixture_deinit(&t);
}

TEST(thumbnails_that_fail_are_asked_for_again_with_the_list_only)
{
    struct fixture t;
    const struct picture *picture;
    fixture_init(&t, 100);
    model_open(&t.model, "rtsp://box/");
    CHECK(list(&t, 2, 1000));
    tick(&t, 1);
    CHECK(fake.thumbnail != NULL);
    CHECK_INT(model_thumbnail(&t.model, 0, &picture), THUMBNAIL_FAILED); // the directory
    CHECK_INT(model_thumbnail(&t.model, 1, &picture), THUMBNAIL_COMES);
    fake_thumbnail_state(KIN_PLAYER_FAILED);
    CHECK_INT(model_thumbnail(&t.model, 1, &picture), THUMBNAIL_FAILED);
    tick(&t, 1);
    CHECK(fake.thumbnail != NULL);
    tick(&t, 9 * KIN_US_PER_S); // b says nothing at all
    CHECK_INT(model_thumbnail(&t.model, 2, &picture), THUMBNAIL_FAILED);
    serve(&t);
    CHECK_SPAN(kin_span_str(fake.fetched), "");
    model_act(&t.model, ACTION_RELOAD, 0);
    CHECK(list(&t, 2, 1000));
    serve(&t);
    CHECK_SPAN(kin_span_str(fake.fetched), FETCH("a") FETCH("b"));
out:
    fixture_deinit(&t);
}

// What is on the screen does not drive itself out of the cache, but for what is selected.
TEST(thumbnails_take_no_more_memory_than_they_may)
{
    struct fixture t;
    fixture_init(&t, THUMBNAILS_BYTES_MAX / 2);
    model_open(&t.model, "rtsp://box/");
    CHECK(list(&t, 8, 1000));
    model_act(&t.model, ACTION_LAST, 0);
    model_drawn(&t.model, 9, ROWS);
    serve(&t);
    CHECK_SPAN(kin_span_str(fake.fetched), FETCH("h") FETCH("f")); // and not g
    CHECK_INT(t.model.thumbnails.bytes, THUMBNAILS_BYTES_MAX);
    model_act(&t.model, ACTION_SELECT_UP, 0);
    serve(&t);
    CHECK_SPAN(kin_span_str(fake.fetched), FETCH("g"));
    CHECK_INT(t.model.thumbnails.bytes, THUMBNAILS_BYTES_MAX);
    model_act(&t.model, ACTION_FIRST, 0);
    serve(&t);
    CHECK_SPAN(kin_span_str(fake.fetched), FETCH("a") FETCH("b")); // those off the screen give way
    CHECK_INT(t.model.thumbnails.bytes, THUMBNAILS_BYTES_MAX);
out:
    fixture_deinit(&t);
}

static const struct canvas_settings quadrants = {RENDERER_QUADRANTS, DEPTH_16M, true, true, false};

TEST(thumbnails_are_made_anew_for_another_size_or_colours)
{
    struct canvas_settings with = quadrants;
    struct model_thumbnail_task task = {.key = 0};
    const struct picture *picture;
    struct fixture t;
    fixture_init(&t, 100);
    model_open(&t.model, "rtsp://box/");
    CHECK(list(&t, 1, 1000));
    CHECK(!model_take_thumbnail(&t.model, &with, &task));
    serve(&t);
    CHECK(model_take_thumbnail(&t.model, &with, &task));
    CHECK(task.cols == 16 && task.rows == 5 && task.jpeg == t.frame);
    kin_buf_unref(task.jpeg);
    CHECK(!model_take_thumbnail(&t.model, &with, &task)); // it is being made
    CHECK_INT(model_thumbnail(&t.model, 1, &picture), THUMBNAIL_COMES);
    struct picture *p = calloc(1, sizeof *p);
    if (p != NULL)
        p->cells = calloc(1, sizeof *p->cells);
    bool drawn = p != NULL && p->cells != NULL;
    model_show_thumbnail(&t.model, task.key, p);
    CHECK_INT(model_thumbnail(&t.model, 1, &picture), drawn ? THUMBNAIL_THERE : THUMBNAIL_FAILED);
    CHECK(picture == (drawn ? p : NULL));
    CHECK(model_set_thumbnail_room(&t.model, 20, 6) && !model_set_thumbnail_room(&t.model, 20, 6));
    CHECK(model_take_thumbnail(&t.model, &with, &task));
    kin_buf_unref(task.jpeg);
    with.depth = DEPTH_256;
    CHECK(model_take_thumbnail(&t.model, &with, &task));
    kin_buf_unref(task.jpeg);
    model_show_thumbnail(&t.model, task.key, NULL);
    CHECK_INT(model_thumbnail(&t.model, 1, &picture), THUMBNAIL_FAILED);
    model_show_thumbnail(&t.model, task.key + 1, NULL); // of a reel that is not kept any more
out:
    fixture_deinit(&t);
}
