// engine/play/play_gate: what is held, what comes out, and who owns it.
#include "engine/play/play_gate.h"

#include "unit.h"

static bool hold(struct kin_play_gate *g, uint64_t ts, struct kin_buf *jpeg)
{
    struct kin_jpeg_frame frame = {.jpeg = jpeg, .ts = ts};
    return kin_play_gate_hold(g, &frame);
}

// The RTP time of the next frame, whose reference is given back; -1 when there is none.
static int64_t next_ts(struct kin_play_gate *g)
{
    struct kin_jpeg_frame frame;
    if (!kin_play_gate_next(g, &frame))
        return -1;
    kin_buf_unref(frame.jpeg);
    return (int64_t)frame.ts;
}

TEST(frames_wait_for_the_reply_and_keep_their_order)
{
    struct kin_play_gate g;
    kin_play_gate_init(&g);
    CHECK(!hold(&g, 1, NULL)); // no PLAY is waited for
    kin_play_gate_shut(&g, true);
    CHECK(hold(&g, 2, NULL) && hold(&g, 3, NULL));
    kin_play_gate_open(&g, true);
    CHECK_INT(next_ts(&g), 2);
    CHECK(!hold(&g, 4, NULL)); // while those that were held are taken out
    CHECK_INT(next_ts(&g), 3);
    CHECK_INT(next_ts(&g), -1);
    CHECK_INT(next_ts(&g), -1);
out:;
}

TEST(a_gate_that_is_shut_again_while_it_empties)
{
    struct kin_play_gate g;
    kin_play_gate_init(&g);
    kin_play_gate_shut(&g, false);
    CHECK(hold(&g, 1, NULL) && hold(&g, 2, NULL));
    kin_play_gate_open(&g, true);
    CHECK_INT(next_ts(&g), 1);
    kin_play_gate_shut(&g, false); // whoever was given the frame asks for a PLAY
    CHECK(hold(&g, 3, NULL));
    CHECK_INT(next_ts(&g), 2);
    CHECK_INT(next_ts(&g), 3);
    CHECK_INT(next_ts(&g), -1);
    CHECK(hold(&g, 4, NULL));
    CHECK_INT(next_ts(&g), 4);
out:;
}

TEST(a_jump_is_known_when_it_is_answered)
{
    struct kin_play_gate g;
    kin_play_gate_init(&g);
    kin_play_gate_shut(&g, true);
    kin_play_gate_shut(&g, false); // once more, by the machine itself: still a jump
    CHECK(g.leaving && !g.jumped);
    kin_play_gate_open(&g, false); // refused: what plays is of the place before
    CHECK(!g.shut && !g.jumped);
    kin_play_gate_open(&g, true);
    CHECK(g.jumped && g.leaving); // a newer PLAY may wait
    kin_play_gate_arrived(&g);
    CHECK(g.jumped && !g.leaving);
    kin_play_gate_shut(&g, false);
    CHECK(g.jumped); // the run before goes on until the reply
    kin_play_gate_open(&g, true);
    CHECK(!g.jumped);
out:;
}

TEST(each_frame_held_has_one_reference)
{
    struct kin_play_gate g;
    struct kin_jpeg_frame frame = {.jpeg = NULL};
    struct kin_buf *jpeg = kin_buf_new(1);
    kin_play_gate_init(&g);
    CHECK(jpeg != NULL);
    kin_play_gate_shut(&g, true);
    for (unsigned i = 0; i < KIN_PLAY_GATE_FRAMES_MAX + 3; i++)
        CHECK(hold(&g, i, jpeg)); // those beyond the limit are dropped
    kin_buf_unref(jpeg);          // the gate keeps it
    jpeg = NULL;
    CHECK(kin_play_gate_next(&g, &frame));
    CHECK_INT(frame.jpeg->len, 1);
    unsigned left = 0;
    while (next_ts(&g) >= 0)
        left++;
    CHECK_INT(left, KIN_PLAY_GATE_FRAMES_MAX - 1);
    CHECK(hold(&g, 0, frame.jpeg));
    kin_play_gate_reset(&g); // leaves nothing behind: the leak checker would say so
    CHECK(!g.shut && !g.leaving && next_ts(&g) == -1);
out:
    kin_buf_unref(frame.jpeg);
    kin_buf_unref(jpeg);
    kin_play_gate_reset(&g);
}
