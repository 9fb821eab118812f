// engine/play/playout: pre-buffer, due times, running dry, late frames, look-back, limits.
#include "base/err.h"
#include "engine/play/playout.h"
#include "unit.h"

#define INTERVAL 3750 // 24 frames/s
#define FRAME_US 41667
#define MS KIN_US_PER_MS

static int new_playout(struct kin_playout **ret, unsigned target, unsigned look_back, size_t bytes_max)
{
    struct kin_playout_options options = {.target = target, .look_back = look_back, .bytes_max = bytes_max};
    return kin_playout_new(&options, ret);
}

// A frame of `size` bytes whose first four are its number.
static void push_sized(struct kin_playout *p, kin_us now, uint32_t ts, uint32_t number, size_t size)
{
    struct kin_buf *b = kin_buf_new(size);
    if (b == NULL)
        return;
    memcpy(b->data, &number, sizeof number);
    struct kin_playout_frame f = {.jpeg = b, .width = 16, .height = 16};
    kin_playout_push(p, now, ts, &f);
    kin_buf_unref(b);
}

static void push(struct kin_playout *p, kin_us now, uint32_t number)
{
    push_sized(p, now, number * INTERVAL, number, 100);
}

static int number_of(const struct kin_playout_frame *f)
{
    uint32_t number;
    if (f == NULL)
        return -1;
    memcpy(&number, f->jpeg->data, sizeof number);
    return (int)number;
}

static kin_us at_frame(int64_t n)
{
    return kin_us_from_ts(n * INTERVAL);
}

TEST(starts_at_the_mark_and_keeps_time)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 3, 100, 0), KIN_OK);
    push(p, 0, 0);
    push(p, 0, 1);
    CHECK_INT(kin_playout_deadline(p), KIN_PLAYOUT_WAIT_MAX_US);
    CHECK_INT(number_of(kin_playout_next(p, 10 * MS)), -1);
    CHECK_INT(kin_playout_state(p), KIN_PLAYOUT_BUFFERING);
    push(p, 20 * MS, 2);
    CHECK(kin_playout_deadline(p) <= 20 * MS);
    CHECK_INT(number_of(kin_playout_next(p, 20 * MS)), 0);
    CHECK_INT(number_of(kin_playout_next(p, 20 * MS)), -1);
    CHECK_INT(kin_playout_deadline(p), 20 * MS + at_frame(1));
    CHECK_INT(number_of(kin_playout_next(p, 20 * MS + at_frame(1) - 1)), -1);
    CHECK_INT(number_of(kin_playout_next(p, 20 * MS + at_frame(1))), 1);
    CHECK_INT(kin_playout_ahead(p), 1);
    CHECK_INT(kin_playout_look_back(p), 1);
    CHECK_INT(kin_playout_buffered_us(p), at_frame(1));
    CHECK_INT(kin_playout_stats(p)->shown, 2);
out:
    kin_playout_free(p);
}

TEST(a_mark_below_the_target_starts_earlier)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 10, 100, 0), KIN_OK);
    kin_playout_set_mark(p, 2, 50 * MS);
    CHECK_INT(kin_playout_mark(p), 2);
    push(p, 0, 0);
    CHECK_INT(kin_playout_deadline(p), 50 * MS); // with one frame, after the wait
    push(p, 10 * MS, 1);
    CHECK_INT(number_of(kin_playout_next(p, 10 * MS)), 0);
    CHECK_INT(kin_playout_stats(p)->min_ahead, 10); // it was not full yet
    for (uint32_t i = 2; i < 12; i++)
        push(p, 20 * MS, i);
    CHECK_INT(number_of(kin_playout_next(p, 10 * MS + at_frame(1))), 1);
    CHECK_INT(number_of(kin_playout_next(p, 10 * MS + at_frame(2))), 2);
    CHECK_INT(kin_playout_stats(p)->min_ahead, 9);
    kin_playout_set_mark(p, 100, 0);
    CHECK_INT(kin_playout_mark(p), 10); // never above the target
out:
    kin_playout_free(p);
}

TEST(a_frame_alone_is_shown_after_the_wait)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 10, 100, 0), KIN_OK);
    kin_playout_set_mark(p, 2, 50 * MS);
    push(p, 5 * MS, 0);
    CHECK_INT(number_of(kin_playout_next(p, 55 * MS - 1)), -1);
    CHECK_INT(number_of(kin_playout_next(p, 55 * MS)), 0);
    CHECK_INT(kin_playout_reason(p), KIN_PLAYOUT_START);
    CHECK_INT(number_of(kin_playout_next(p, 55 * MS + 2 * at_frame(1))), -1);
    CHECK_INT(kin_playout_stats(p)->underruns, 1);
    CHECK_INT(kin_playout_reason(p), KIN_PLAYOUT_DRY);
out:
    kin_playout_free(p);
}

// Frames come at their pace, and each is shown when it is due. Returns how many were.
static unsigned play(struct kin_playout *p, uint32_t from, uint32_t to)
{
    unsigned frames = 0;
    for (uint32_t i = from; i < to; i++) {
        push(p, at_frame(i), i);
        while (kin_playout_deadline(p) < at_frame(i + 1) && kin_playout_next(p, kin_playout_deadline(p)) != NULL)
            frames++;
    }
    return frames;
}

// Each frame a tenth of its time longer, until the target is there.
TEST(a_cache_may_fill_by_itself)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 4, 100, 0), KIN_OK);
    kin_playout_set_mark(p, 2, 0);
    kin_playout_set_easing(p, true);
    kin_us from = at_frame(1);
    push(p, 0, 0);
    push(p, from, 1);
    CHECK_INT(number_of(kin_playout_next(p, from)), 0);
    unsigned frames = play(p, 2, 100);
    CHECK(kin_playout_ahead(p) >= 3 && kin_playout_ahead(p) <= 4);
    CHECK(frames >= 94);
    CHECK_INT(kin_playout_stats(p)->underruns + kin_playout_stats(p)->skipped, 0);
out:
    kin_playout_free(p);
}

// A greater target does not stop the picture, and a smaller one drops nothing.
TEST(the_target_changes_while_it_plays)
{
    struct kin_playout *p = NULL;
    struct kin_playout_options options = {.target = 4, .target_max = 12, .look_back = 10};
    CHECK_INT(kin_playout_new(&options, &p), KIN_OK);
    kin_playout_set_mark(p, 2, 50 * MS);
    kin_playout_set_easing(p, true);
    push(p, 0, 0);
    push(p, at_frame(1), 1);
    CHECK_INT(number_of(kin_playout_next(p, at_frame(1))), 0);
    play(p, 2, 100);
    CHECK(kin_playout_ahead(p) >= 4 && kin_playout_ahead(p) <= 5);
    kin_playout_set_target(p, 10, 6);
    CHECK(kin_playout_target(p) == 10 && kin_playout_low(p) == 6);
    CHECK_INT(kin_playout_state(p), KIN_PLAYOUT_PLAYING);
    CHECK(play(p, 100, 300) >= 193);
    CHECK(kin_playout_ahead(p) >= 10 && kin_playout_ahead(p) <= 11);
    kin_playout_set_target(p, 1, 0); // not below what was asked for
    CHECK(kin_playout_target(p) == 4 && kin_playout_low(p) == 1);
    CHECK_INT(play(p, 300, 400), 100);
    CHECK(kin_playout_ahead(p) >= 10);
    kin_playout_set_target(p, 100, 100);
    CHECK(kin_playout_target(p) == 12 && kin_playout_low(p) == 12);
    CHECK_INT(kin_playout_stats(p)->underruns + kin_playout_stats(p)->skipped + kin_playout_stats(p)->overflow, 0);
out:
    kin_playout_free(p);
}

// It is not slower now and then, but from below the low mark up to the target.
TEST(between_the_marks_nothing_changes)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 6, 10, 0), KIN_OK);
    for (uint32_t i = 0; i < 6; i++)
        push(p, 0, i);
    kin_playout_set_easing(p, true);
    CHECK_INT(number_of(kin_playout_next(p, 0)), 0); // 5 are ahead
    CHECK_INT(kin_playout_deadline(p), at_frame(1) + FRAME_US / KIN_PLAYOUT_EASE);
    push(p, 0, 6);
    CHECK_INT(number_of(kin_playout_next(p, kin_playout_deadline(p))), 1);
    push(p, 0, 7); // 6: the target
    CHECK_INT(number_of(kin_playout_next(p, kin_playout_deadline(p))), 2);
    push(p, 0, 8);
    push(p, 0, 9);
    kin_us due = kin_playout_deadline(p);
    CHECK_INT(number_of(kin_playout_next(p, due)), 3);
    for (int i = 4; i < 7; i++) { // 5, 4, 3 ahead
        kin_us next = kin_playout_deadline(p);
        CHECK(next - due >= FRAME_US - 1 && next - due <= FRAME_US);
        CHECK_INT(number_of(kin_playout_next(p, next)), i);
        due = next;
    }
    CHECK_INT(number_of(kin_playout_next(p, kin_playout_deadline(p))), 7); // 2 are ahead: below the low mark
    due = kin_playout_deadline(p);
    CHECK(due > at_frame(8) + 2 * FRAME_US / KIN_PLAYOUT_EASE + FRAME_US / KIN_PLAYOUT_EASE - 10);
out:
    kin_playout_free(p);
}

// Ten millionths sooner: less than a microsecond for each frame.
TEST(the_pace_adds_up_from_frame_to_frame)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 2, 10, 0), KIN_OK);
    push(p, 0, 0);
    push(p, 0, 1);
    CHECK_INT(number_of(kin_playout_next(p, 0)), 0);
    kin_playout_set_pace(p, 10);
    kin_us due = 0;
    for (uint32_t i = 2; i < 240; i++) {
        push(p, due, i);
        due = kin_playout_deadline(p);
        CHECK(kin_playout_next(p, due) != NULL);
    }
    CHECK(due >= at_frame(238) - 100 && due <= at_frame(238) - 98);
    kin_playout_set_pace(p, -5000);
    push(p, due, 240);
    kin_playout_next(p, kin_playout_deadline(p));
    push(p, due, 241);
    due = kin_playout_deadline(p);
    CHECK(kin_playout_next(p, due) != NULL);
    push(p, due, 242);
    CHECK(kin_playout_deadline(p) - due >= FRAME_US + 207 && kin_playout_deadline(p) - due <= FRAME_US + 210);
    CHECK_INT(kin_playout_stats(p)->underruns + kin_playout_stats(p)->skipped + kin_playout_stats(p)->late, 0);
out:
    kin_playout_free(p);
}

TEST(the_reason_why_it_buffers)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 2, 10, 0), KIN_OK);
    CHECK_INT(kin_playout_reason(p), KIN_PLAYOUT_START);
    kin_playout_set_interval(p, INTERVAL);
    push(p, 0, 0);
    push(p, 0, 1);
    CHECK(kin_playout_next(p, 0) != NULL && kin_playout_next(p, at_frame(1)) != NULL);
    push(p, at_frame(1), 60);
    kin_playout_next(p, at_frame(3));
    CHECK_INT(kin_playout_state(p), KIN_PLAYOUT_BUFFERING);
    CHECK_INT(kin_playout_reason(p), KIN_PLAYOUT_HOLE);
    kin_playout_clear(p, KIN_PLAYOUT_JUMP);
    CHECK_INT(kin_playout_reason(p), KIN_PLAYOUT_JUMP);
out:
    kin_playout_free(p);
}

TEST(the_interval_is_a_mean_unless_it_is_constant)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 10, 10, 0), KIN_OK);
    CHECK_INT(kin_playout_interval_us(p), 40 * MS);
    push_sized(p, 0, 0, 0, 100);
    push_sized(p, 0, 9000, 1, 100);
    CHECK_INT(kin_playout_interval_us(p), 100 * MS);
    push_sized(p, 0, 9001, 2, 100);
    CHECK_INT(kin_playout_interval_us(p), 50 * MS);
    kin_playout_set_interval(p, INTERVAL);
    CHECK_INT(kin_playout_interval_us(p), FRAME_US);
out:
    kin_playout_free(p);
}

// Only as many frames as fit besides larger ones.
TEST(memory_limits_the_target)
{
    struct kin_playout *p = NULL;
    struct kin_playout_options options = {.target = 4, .target_max = 100, .bytes_max = 2 << 20};
    CHECK_INT(kin_playout_new(&options, &p), KIN_OK);
    CHECK_INT(kin_playout_room(p), 100);
    push_sized(p, 0, 0, 0, 3 << 15);
    CHECK_INT(kin_playout_room(p), 16);
out:
    kin_playout_free(p);
}

TEST(a_short_stream_starts_at_its_end)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 30, 100, 0), KIN_OK);
    push(p, 0, 0);
    push(p, 0, 1);
    kin_playout_end(p, 0);
    CHECK(!kin_playout_finished(p, 0));
    CHECK_INT(number_of(kin_playout_next(p, 5)), 0);
    CHECK_INT(number_of(kin_playout_next(p, 5 + at_frame(1))), 1);
    CHECK_INT(kin_playout_deadline(p), 5 + at_frame(2));
    CHECK(!kin_playout_finished(p, 5 + at_frame(2) - 1));
    CHECK(kin_playout_finished(p, 5 + at_frame(2)));
    CHECK_INT(number_of(kin_playout_next(p, 5 + at_frame(2))), -1);
    CHECK_INT(kin_playout_deadline(p), KIN_US_NEVER);
    CHECK_INT(kin_playout_stats(p)->underruns, 0);
    CHECK_INT(kin_playout_stats(p)->min_ahead, 30); // never played before the end
out:
    kin_playout_free(p);
}

TEST(orders_frames_and_drops_doubles)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 4, 100, 0), KIN_OK);
    push(p, 0, 2);
    push(p, 0, 0);
    push(p, 0, 3);
    push(p, 0, 1);
    push(p, 0, 1);
    CHECK_INT(kin_playout_ahead(p), 4);
    for (int i = 0; i < 4; i++)
        CHECK_INT(number_of(kin_playout_next(p, at_frame(i))), i);
    CHECK_INT(kin_playout_stats(p)->late, 0);
out:
    kin_playout_free(p);
}

TEST(rtp_time_wraps)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 3, 100, 0), KIN_OK);
    uint32_t base = UINT32_MAX - INTERVAL;
    for (uint32_t i = 0; i < 4; i++)
        push_sized(p, 0, base + i * INTERVAL, i, 64);
    for (int i = 0; i < 4; i++)
        CHECK_INT(number_of(kin_playout_next(p, at_frame(i))), i);
out:
    kin_playout_free(p);
}

TEST(runs_dry_and_buffers_again)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 2, 100, 0), KIN_OK);
    push(p, 0, 0);
    push(p, 0, 1);
    CHECK_INT(number_of(kin_playout_next(p, 0)), 0);
    CHECK_INT(number_of(kin_playout_next(p, at_frame(1))), 1);
    kin_us dry = kin_playout_deadline(p);
    CHECK(dry > at_frame(2) && dry < at_frame(3));
    CHECK_INT(number_of(kin_playout_next(p, dry)), -1);
    CHECK_INT(kin_playout_state(p), KIN_PLAYOUT_BUFFERING);
    CHECK_INT(kin_playout_stats(p)->underruns, 1);
    CHECK_INT(kin_playout_stats(p)->min_ahead, 0);
    CHECK_INT(kin_playout_standstill_us(p, dry), dry - at_frame(2));
    push(p, dry + 1, 2);
    CHECK_INT(number_of(kin_playout_next(p, dry + 1)), -1);
    push(p, dry + 2, 3);
    CHECK_INT(number_of(kin_playout_next(p, dry + 2)), 2);
    CHECK_INT(kin_playout_deadline(p), dry + 2 + at_frame(1));
    CHECK_INT(kin_playout_standstill_us(p, at_frame(9)), dry + 2 - at_frame(2));
out:
    kin_playout_free(p);
}

// Standing still for want of frames ends with a pause, a jump and the end; another connection does not end it.
TEST(standstills_count_until_something_else_holds_the_picture)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 1, 100, 0), KIN_OK);
    kin_playout_set_interval(p, INTERVAL);
    CHECK_INT(number_of(kin_playout_next(p, 900 * MS)), -1);
    CHECK_INT(kin_playout_standstill_us(p, 900 * MS), 0); // it has not moved yet
    push(p, 900 * MS, 0);
    CHECK_INT(number_of(kin_playout_next(p, 1000 * MS)), 0);
    CHECK_INT(number_of(kin_playout_next(p, 1200 * MS)), -1);
    kin_us due = 1000 * MS + at_frame(1);
    CHECK_INT(kin_playout_standstill_us(p, 1500 * MS), 1500 * MS - due);
    kin_playout_pause(p, 2000 * MS);
    kin_playout_resume(p, 7000 * MS);
    CHECK_INT(kin_playout_standstill_us(p, 8000 * MS), 2000 * MS - due);
    push(p, 8000 * MS, 1);
    CHECK_INT(number_of(kin_playout_next(p, 8000 * MS)), 1);
    CHECK_INT(number_of(kin_playout_next(p, 9000 * MS)), -1);
    kin_playout_clear(p, KIN_PLAYOUT_JUMP);
    push(p, 10000 * MS, 2);
    CHECK_INT(number_of(kin_playout_next(p, 10000 * MS)), 2);
    CHECK_INT(kin_playout_standstill_us(p, 12000 * MS), 2000 * MS - due + 2000 * MS - at_frame(1));
    CHECK_INT(number_of(kin_playout_next(p, 11000 * MS)), -1);
    kin_playout_end(p, 11000 * MS + at_frame(1));
    CHECK_INT(kin_playout_standstill_us(p, 20000 * MS), 2000 * MS - due + 2000 * MS - at_frame(1) + 1000 * MS);
    kin_playout_reset_stats(p);
    CHECK_INT(kin_playout_standstill_us(p, 20000 * MS), 0);
out:
    kin_playout_free(p);
}

TEST(a_frame_that_misses_is_not_waited_for_twice)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 3, 100, 0), KIN_OK);
    push(p, 0, 0);
    push(p, 0, 1);
    push(p, 0, 3); // 2 was lost
    CHECK_INT(number_of(kin_playout_next(p, 0)), 0);
    CHECK_INT(number_of(kin_playout_next(p, at_frame(1))), 1);
    CHECK_INT(number_of(kin_playout_next(p, at_frame(2))), -1);
    CHECK_INT(kin_playout_state(p), KIN_PLAYOUT_PLAYING);
    CHECK_INT(number_of(kin_playout_next(p, at_frame(3))), 3);
    push(p, at_frame(3), 2); // came after its time: counted, and there for looking back
    CHECK_INT(kin_playout_stats(p)->late, 1);
    CHECK_INT(kin_playout_look_back(p), 3);
out:
    kin_playout_free(p);
}

TEST(a_late_loop_skips_to_the_newest_due)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 2, 100, 0), KIN_OK);
    for (uint32_t i = 0; i < 10; i++)
        push(p, 0, i);
    CHECK_INT(number_of(kin_playout_next(p, 0)), 0);
    CHECK_INT(number_of(kin_playout_next(p, at_frame(5) + 10)), 5);
    CHECK_INT(kin_playout_stats(p)->late, 0);
    CHECK_INT(kin_playout_stats(p)->skipped, 4); // they had come in time
    CHECK_INT(kin_playout_stats(p)->shown, 2);
out:
    kin_playout_free(p);
}

TEST(pauses_steps_and_resumes)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 2, 100, 0), KIN_OK);
    for (uint32_t i = 0; i < 6; i++)
        push(p, 0, i);
    CHECK(kin_playout_step(p, 1) == NULL); // only while paused
    CHECK_INT(number_of(kin_playout_next(p, 0)), 0);
    CHECK_INT(number_of(kin_playout_next(p, at_frame(1))), 1);
    CHECK_INT(number_of(kin_playout_next(p, at_frame(2))), 2);
    kin_playout_pause(p, at_frame(2));
    CHECK_INT(kin_playout_deadline(p), KIN_US_NEVER);
    CHECK_INT(number_of(kin_playout_next(p, at_frame(5))), -1);
    CHECK_INT(number_of(kin_playout_step(p, -1)), 1);
    CHECK_INT(number_of(kin_playout_step(p, -1)), 0);
    CHECK_INT(number_of(kin_playout_step(p, -1)), -1);
    CHECK_INT(number_of(kin_playout_step(p, 1)), 1);
    CHECK_INT(number_of(kin_playout_step(p, 4)), 5);
    CHECK_INT(number_of(kin_playout_step(p, 1)), -1);
    CHECK_INT(number_of(kin_playout_step(p, -3)), 2);
    kin_playout_resume(p, 1000 * MS);
    CHECK_INT(number_of(kin_playout_next(p, 1000 * MS)), 3);
    CHECK_INT(kin_playout_deadline(p), 1000 * MS + at_frame(1));
    CHECK_INT(kin_playout_stats(p)->late, 0);
out:
    kin_playout_free(p);
}

TEST(jumps_within_what_is_kept)
{
    struct kin_playout *p = NULL;
    int64_t from, to;
    CHECK_INT(new_playout(&p, 2, 100, 0), KIN_OK);
    CHECK(!kin_playout_span(p, &from, &to));
    CHECK(!kin_playout_seek(p, 0, 0));
    for (uint32_t i = 0; i < 50; i++)
        push(p, 0, i);
    for (int i = 0; i < 20; i++)
        CHECK_INT(number_of(kin_playout_next(p, at_frame(i))), i);
    CHECK(kin_playout_span(p, &from, &to));
    CHECK_INT(to - from, 49 * INTERVAL);
    CHECK(kin_playout_seek(p, 2000 * MS, from + 5 * INTERVAL + 10));
    CHECK_INT(number_of(kin_playout_next(p, 2000 * MS)), 5);
    CHECK(kin_playout_seek(p, 3000 * MS, from + 40 * INTERVAL));
    CHECK_INT(number_of(kin_playout_next(p, 3000 * MS)), 40);
    CHECK_INT(kin_playout_ahead(p), 9);
    CHECK(!kin_playout_seek(p, 0, from - 1));
    CHECK(!kin_playout_seek(p, 0, to + INTERVAL + 1));
    CHECK_INT(kin_playout_stats(p)->late, 0);
    CHECK_INT(kin_playout_extend(p, 7), from + 7);
out:
    kin_playout_free(p);
}

TEST(keeps_within_its_limits)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 4, 8, KIN_PLAYOUT_BYTES_MIN), KIN_OK);
    for (uint32_t i = 0; i < 200; i++) {
        push(p, at_frame(i), i);
        kin_playout_next(p, at_frame(i));
        CHECK(kin_playout_look_back(p) <= 8);
    }
    CHECK_INT(kin_playout_stats(p)->overflow, 0);
    for (uint32_t i = 200; i < 400; i++) // 200 times 64 KiB and nothing is taken out
        push_sized(p, at_frame(200), i * INTERVAL, i, 65536);
    CHECK(kin_playout_bytes(p) <= KIN_PLAYOUT_BYTES_MIN);
    CHECK(kin_playout_stats(p)->overflow > 150);
out:
    kin_playout_free(p);
}

TEST(frames_too_big_for_the_mark_start_early)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 30, 8, KIN_PLAYOUT_BYTES_MIN), KIN_OK);
    for (uint32_t i = 0; i < 3; i++) {
        push_sized(p, 0, i * INTERVAL, i, 400000);
        CHECK_INT(number_of(kin_playout_next(p, 0)), i == 1 ? 0 : -1);
    }
    CHECK_INT(kin_playout_stats(p)->overflow, 0);
    push_sized(p, 0, 3 * INTERVAL, 3, 9000000); // one frame above the limit is still kept
    CHECK(kin_playout_ahead(p) >= 1);
out:
    kin_playout_free(p);
}

TEST(clears_and_reopens)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 2, 100, 0), KIN_OK);
    for (uint32_t i = 0; i < 5; i++)
        push(p, 0, i);
    CHECK_INT(number_of(kin_playout_next(p, 0)), 0);
    kin_playout_end(p, 0);
    kin_playout_clear(p, KIN_PLAYOUT_JUMP);
    CHECK_INT(kin_playout_state(p), KIN_PLAYOUT_BUFFERING);
    CHECK_INT(kin_playout_bytes(p), 0);
    for (uint32_t i = 100; i < 104; i++)
        push(p, 10, i);
    CHECK_INT(kin_playout_ahead(p), 4);
    CHECK_INT(number_of(kin_playout_next(p, 20)), 100);
    kin_playout_end(p, 30);
    kin_playout_reopen(p);
    CHECK(!kin_playout_finished(p, KIN_US_NEVER - 1));
    CHECK_INT(kin_playout_stats(p)->shown, 2);
    kin_playout_reset_stats(p);
    CHECK_INT(kin_playout_stats(p)->shown, 0);
out:
    kin_playout_free(p);
}

TEST(a_hole_in_the_time_line_is_jumped_over)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 2, 100, 0), KIN_OK);
    push(p, 0, 0);
    push(p, 0, 1);
    push(p, 0, 10000); // 7 minutes later in RTP time
    push(p, 0, 10001);
    CHECK_INT(number_of(kin_playout_next(p, 0)), 0);
    CHECK_INT(number_of(kin_playout_next(p, at_frame(1))), 1);
    CHECK(kin_playout_deadline(p) <= at_frame(2) + 1);
    CHECK_INT(number_of(kin_playout_next(p, at_frame(2) + 1)), 10000);
    CHECK_INT(number_of(kin_playout_next(p, at_frame(3) + 1)), 10001);
out:
    kin_playout_free(p);
}

// A playout of an even reel that has played its first `shown` frames, received in time; 10 frames is the target.
static int playing(struct kin_playout **ret, unsigned shown)
{
    int err = new_playout(ret, 10, 100, 0);
    if (err != KIN_OK)
        return err;
    kin_playout_set_interval(*ret, INTERVAL);
    for (uint32_t i = 0; i < shown + 9; i++) {
        push(*ret, at_frame(i), i);
        kin_playout_next(*ret, at_frame(i));
    }
    return KIN_OK;
}

// Runs from frame time `from` to `to` with a frame received each time; *ret_still is the longest standstill in frames.
static int run_frames(struct kin_playout *p, unsigned from, unsigned to, unsigned *ret_still)
{
    int shown = -1;
    unsigned still = 0;
    *ret_still = 0;
    for (unsigned i = from; i < to; i++) {
        push(p, at_frame(i), i);
        for (int k = 0; k < 16; k++) { // often enough to be in time
            int n = number_of(kin_playout_next(p, at_frame(i) + k * FRAME_US / 16));
            if (n >= 0)
                still = 0;
            shown = n >= 0 ? n : shown;
        }
        still++;
        *ret_still = still > *ret_still ? still : *ret_still;
    }
    return shown;
}

// A server that stopped for three seconds goes on three seconds further in the reel. Once the cache waited until it was
// full again, and then once more for as long as the hole; and stayed so far behind.
TEST(a_server_that_stops_leaves_a_hole_that_is_not_waited_for)
{
    struct kin_playout *p = NULL;
    unsigned still;
    CHECK_INT(playing(&p, 50), KIN_OK);  // frames 0-58 received, 49 shown
    push(p, at_frame(58) + 10 * MS, 59); // the last one before it stopped
    for (unsigned i = 59; i < 131; i++)
        for (int k = 0; k < 16; k++)
            kin_playout_next(p, at_frame(i) + k * FRAME_US / 16);
    CHECK_INT(kin_playout_state(p), KIN_PLAYOUT_BUFFERING);
    CHECK_INT(kin_playout_stats(p)->underruns, 1);
    push(p, at_frame(131), 60); // what it had begun
    int shown = run_frames(p, 132, 200, &still);
    CHECK(still <= 11); // until the cache was full
    CHECK_INT(kin_playout_stats(p)->holes, 1);
    CHECK_INT((kin_playout_stats(p)->hole_us + 500) / 1000, 2958); // 71 frames
    CHECK(shown >= 188 && shown <= 191);
    CHECK(kin_playout_behind_us(p) < FRAME_US);
    CHECK(kin_playout_ahead(p) >= 9 && kin_playout_ahead(p) <= 11);
out:
    kin_playout_free(p);
}

// Over UDP nothing comes for four seconds: the delay is what it was, and the hole is counted, which it once was not
// when the cache had run dry before.
TEST(an_outage_leaves_the_delay_as_it_was)
{
    struct kin_playout *p = NULL;
    unsigned still;
    CHECK_INT(playing(&p, 50), KIN_OK);
    for (unsigned i = 59; i < 155; i++)
        for (int k = 0; k < 16; k++)
            kin_playout_next(p, at_frame(i) + k * FRAME_US / 16);
    int shown = run_frames(p, 155, 200, &still);
    CHECK(shown >= 188 && shown <= 191);
    CHECK(kin_playout_ahead(p) >= 9 && kin_playout_ahead(p) <= 11);
    CHECK_INT(kin_playout_behind_us(p), 0);
    CHECK_INT(kin_playout_stats(p)->underruns, 1);
    CHECK_INT(kin_playout_stats(p)->holes, 1);
    CHECK_INT((kin_playout_stats(p)->hole_us + 500) / 1000, 4000); // 96 frames
out:
    kin_playout_free(p);
}

// A hole that the cache still bridges when the frames behind it come is as long as it is, or what filling up takes.
TEST(a_short_hole_keeps_its_time)
{
    struct kin_playout *p = NULL;
    unsigned still;
    CHECK_INT(new_playout(&p, 30, 100, 0), KIN_OK);
    kin_playout_set_interval(p, INTERVAL);
    run_frames(p, 0, 60, &still);
    int shown = run_frames(p, 84, 130, &still); // a second is missing
    CHECK(still <= 25);
    CHECK(shown >= 99 && shown <= 101);
    CHECK_INT(kin_playout_stats(p)->underruns, 0);
    CHECK_INT(kin_playout_stats(p)->holes, 1);
out:
    kin_playout_free(p);
}

// A hole was not counted when a pause ended the filling before it, or began in front of it: only the end of a refill
// counted. Jumps over one, and playing it again, count nothing.
TEST(a_hole_counts_whatever_happened_before_it)
{
    struct kin_playout *p = NULL;
    unsigned still;
    CHECK_INT(playing(&p, 50), KIN_OK);
    for (int k = 0; k < 16; k++)
        kin_playout_next(p, at_frame(69) + k * FRAME_US / 16); // it runs dry behind frame 58
    CHECK_INT(kin_playout_state(p), KIN_PLAYOUT_BUFFERING);
    kin_playout_pause(p, at_frame(70));
    push(p, at_frame(170), 150);
    kin_playout_resume(p, at_frame(170));
    run_frames(p, 151, 200, &still);
    CHECK_INT(kin_playout_stats(p)->holes, 1);
    CHECK_INT((kin_playout_stats(p)->hole_us + 500) / 1000, 3792); // 91 frames
    for (uint32_t i = 300; i < 320; i++)
        push(p, at_frame(200), i);
    while (kin_playout_ahead(p) > 20)
        kin_playout_next(p, at_frame(210));
    kin_playout_pause(p, at_frame(210));
    kin_playout_resume(p, at_frame(210));
    CHECK_INT(number_of(kin_playout_next(p, at_frame(210))), 300);
    CHECK_INT(kin_playout_stats(p)->holes, 2);
    CHECK(kin_playout_seek(p, at_frame(211), kin_playout_extend(p, 199 * INTERVAL)));
    kin_playout_next(p, at_frame(211));
    kin_playout_next(p, at_frame(311));
    CHECK_INT(kin_playout_stats(p)->holes, 2);
    for (uint32_t i = 400; i < 420; i++)
        push(p, at_frame(320), i);
    kin_playout_pause(p, at_frame(320));
    CHECK(kin_playout_seek(p, at_frame(320), kin_playout_extend(p, 400 * INTERVAL)));
    CHECK_INT(number_of(kin_playout_step(p, 1)), 400);
    CHECK_INT(kin_playout_stats(p)->holes, 2);
    CHECK_INT(number_of(kin_playout_step(p, -1)), 319);
    CHECK_INT(number_of(kin_playout_step(p, 1)), 400);
    CHECK_INT(kin_playout_stats(p)->holes, 3);
out:
    kin_playout_free(p);
}

// Over TCP a stall ends with everything that was sent meanwhile: nothing is left out, and the delay goes back.
TEST(a_stall_is_made_good_by_playing_faster)
{
    struct kin_playout *p = NULL;
    unsigned still;
    CHECK_INT(playing(&p, 50), KIN_OK);
    for (unsigned i = 59; i < 131; i++)
        for (int k = 0; k < 16; k++)
            kin_playout_next(p, at_frame(i) + k * FRAME_US / 16);
    for (unsigned i = 59; i < 131; i++)
        push(p, at_frame(131), i);
    uint64_t before = kin_playout_stats(p)->shown;
    int shown = run_frames(p, 131, 200, &still);
    CHECK(shown < 160); // still behind
    CHECK_INT(kin_playout_stats(p)->shown - before, (uint64_t)(shown - 58));
    CHECK(kin_playout_behind_us(p) > 0);
    shown = run_frames(p, 200, 500, &still);
    CHECK(shown >= 488 && shown <= 491);
    CHECK_INT(kin_playout_stats(p)->late, 0);
    CHECK_INT(kin_playout_stats(p)->holes, 0);
    CHECK(kin_playout_ahead(p) >= 9 && kin_playout_ahead(p) <= 11);
out:
    kin_playout_free(p);
}

// Once a reel of one frame a second started when 30 frames were there.
TEST(a_slow_reel_waits_two_seconds)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 30, 100, 0), KIN_OK);
    kin_playout_set_interval(p, KIN_RTP_CLOCK_HZ);
    for (unsigned i = 0; i < 20; i++) {
        push_sized(p, i * KIN_US_PER_S, i * KIN_RTP_CLOCK_HZ, i, 100);
        CHECK_INT(number_of(kin_playout_next(p, i * KIN_US_PER_S + 1)), i < 2 ? -1 : (int)i - 2);
        CHECK_INT(number_of(kin_playout_next(p, i * KIN_US_PER_S + 900 * MS)), -1);
    }
    CHECK_INT(kin_playout_stats(p)->underruns, 0);
out:
    kin_playout_free(p);
}

TEST(what_is_held_is_shown_when_nothing_more_comes)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 30, 100, 0), KIN_OK);
    push(p, 5 * MS, 0);
    push(p, 50 * MS, 1);
    CHECK_INT(kin_playout_deadline(p), 5 * MS + KIN_PLAYOUT_WAIT_MAX_US);
    CHECK_INT(number_of(kin_playout_next(p, 4 * MS + KIN_PLAYOUT_WAIT_MAX_US)), -1);
    CHECK_INT(number_of(kin_playout_next(p, 5 * MS + KIN_PLAYOUT_WAIT_MAX_US)), 0);
    CHECK_INT(number_of(kin_playout_next(p, 50 * MS + KIN_PLAYOUT_WAIT_MAX_US)), 1);
out:
    kin_playout_free(p);
}

// A frame of an uneven reel may stand for seconds: that is no hole.
TEST(an_uneven_reel_keeps_its_pauses)
{
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 2, 100, 0), KIN_OK);
    push(p, 0, 0);
    push(p, 0, 1);
    push(p, 0, 1 + 24 * 5);
    push(p, 0, 2 + 24 * 5);
    CHECK_INT(number_of(kin_playout_next(p, 0)), 0);
    CHECK_INT(number_of(kin_playout_next(p, at_frame(1))), 1);
    CHECK_INT(number_of(kin_playout_next(p, at_frame(120))), -1);
    CHECK_INT(number_of(kin_playout_next(p, at_frame(121))), 121);
    CHECK_INT(kin_playout_stats(p)->holes, 0);
    // Found by fuzzing: once the frame last shown had been given up for lack of room, an older one could be shown after
    // it.
out:
    kin_playout_free(p);
}

TEST(an_old_frame_stays_late_when_the_one_shown_is_gone)
{
    struct kin_playout *p = NULL;
    int64_t from, to;
    CHECK_INT(new_playout(&p, 1, 100, KIN_PLAYOUT_BYTES_MIN), KIN_OK);
    push(p, 0, 5);
    CHECK_INT(number_of(kin_playout_next(p, 0)), 5);
    for (uint32_t i = 6; i < 9; i++)
        push_sized(p, 0, i * INTERVAL, i, KIN_PLAYOUT_BYTES_MIN / 2);
    CHECK(kin_playout_span(p, &from, &to));
    CHECK_INT(to - from, INTERVAL); // of 7 and 8
    CHECK_INT(kin_playout_stats(p)->late, 0);
    unsigned ahead = kin_playout_ahead(p);
    push(p, 0, 4);
    CHECK_INT(kin_playout_stats(p)->late, 1);
    CHECK_INT(kin_playout_ahead(p), ahead);
    CHECK(number_of(kin_playout_next(p, at_frame(3))) > 5);
out:
    kin_playout_free(p);
}

TEST(two_weeks_of_playing)
{
    struct kin_playout *p = NULL;
    struct kin_playout_frame f = {.jpeg = kin_buf_new(8)};
    CHECK(f.jpeg != NULL);
    CHECK_INT(new_playout(&p, 5, 10, 0), KIN_OK);
    for (int64_t i = 0; i < 200000; i++) { // a frame every 7.5 s: 17 days, RTP time wraps 31 times
        kin_us now = kin_us_from_ts(i * 15 * KIN_RTP_CLOCK_HZ / 2);
        kin_playout_push(p, now, (uint32_t)(i * 15 * KIN_RTP_CLOCK_HZ / 2), &f);
        kin_playout_next(p, now);
    }
    CHECK_INT(kin_playout_stats(p)->late + kin_playout_stats(p)->overflow, 0);
    CHECK_INT(kin_playout_stats(p)->shown, 200000 - 1); // it waited for two seconds, not for five frames
    CHECK(kin_playout_bytes(p) <= 15 * 8);
out:
    kin_playout_free(p);
    kin_buf_unref(f.jpeg);
}

static void push_partial(struct kin_playout *p, kin_us now, uint32_t number)
{
    struct kin_buf *b = kin_buf_new(50);
    if (b == NULL)
        return;
    memcpy(b->data, &number, sizeof number);
    struct kin_playout_frame f = {.jpeg = b, .width = 16, .height = 16, .gaps = {.count = 1}};
    kin_playout_push(p, now, number * INTERVAL, &f);
    kin_buf_unref(b);
}

TEST(partial_frames_are_shown_in_time_or_not_at_all)
{
    const struct kin_playout_frame *f;
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 2, 100, 0), KIN_OK);
    push(p, 0, 0);
    push(p, 0, 1);
    CHECK_INT(number_of(kin_playout_next(p, 0)), 0);
    push_partial(p, 0, 2);
    push(p, 0, 4);
    CHECK_INT(number_of(kin_playout_next(p, at_frame(1))), 1);
    f = kin_playout_next(p, at_frame(2));
    CHECK(number_of(f) == 2 && f->gaps.count == 1);
    CHECK_INT(number_of(kin_playout_next(p, at_frame(4))), 4);
    push_partial(p, at_frame(4), 3); // too late
    CHECK_INT(kin_playout_look_back(p), 3);
    CHECK_INT(kin_playout_stats(p)->late, 0);
    CHECK_INT(kin_playout_stats(p)->shown, 4);
out:
    kin_playout_free(p);
}

TEST(a_complete_frame_takes_the_place_of_a_partial_one)
{
    const struct kin_playout_frame *f;
    struct kin_playout *p = NULL;
    CHECK_INT(new_playout(&p, 2, 100, 0), KIN_OK);
    push(p, 0, 0);
    push_partial(p, 0, 1);
    size_t bytes = kin_playout_bytes(p);
    push_partial(p, 0, 1);
    CHECK_INT(kin_playout_bytes(p), bytes);
    push(p, 0, 1);
    CHECK_INT(kin_playout_bytes(p), bytes + 50);
    push_partial(p, 0, 1); // not the other way round
    CHECK_INT(kin_playout_bytes(p), bytes + 50);
    CHECK_INT(number_of(kin_playout_next(p, 0)), 0);
    f = kin_playout_next(p, at_frame(1));
    CHECK(number_of(f) == 1 && f->gaps.count == 0);
    CHECK_INT(kin_playout_stats(p)->late, 0);
out:
    kin_playout_free(p);
}
