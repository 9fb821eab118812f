// engine/play/left_out: what a client says of frames that the server leaves out.
#include "engine/play/left_out.h"
#include "unit.h"

// The server sends `keep` of `of` frames, evenly.
static struct kin_left_out_share after(unsigned keep, unsigned of, unsigned frames)
{
    struct kin_left_out l = {.frames = 0};
    uint64_t left_out = 0;
    for (unsigned i = 0; i < frames; i++) {
        if ((i * keep + of - 1) / of == ((i + 1) * keep + of - 1) / of) {
            left_out++;
            continue;
        }
        kin_left_out_frame(&l, left_out);
        left_out = 0;
    }
    return kin_left_out_share(&l);
}

static void expect(unsigned keep, unsigned of, unsigned every, unsigned one_of)
{
    for (unsigned frames = 120; frames < 168; frames++) {
        struct kin_left_out_share s = after(keep, of, frames);
        CHECK_INT(s.every, every);
        CHECK_INT(s.one_of, one_of);
        CHECK((s.percent > 0) == (keep < of));
    }
out:;
}

TEST(the_share_is_said_in_words)
{
    expect(1, 1, 0, 0);
    expect(7, 8, 8, 0);
    expect(5, 6, 6, 0);
    expect(3, 4, 4, 0);
    expect(2, 3, 3, 0);
    expect(3, 5, 0, 0); // 40 %
    expect(1, 2, 2, 0);
    expect(2, 5, 0, 0);
    expect(1, 3, 0, 3);
    expect(1, 4, 0, 4);
    expect(1, 6, 0, 6);
    expect(1, 8, 0, 8);
}

TEST(a_broken_frame_is_nothing)
{
    struct kin_left_out l = {.frames = 0};
    for (unsigned i = 0; i < 100; i++)
        kin_left_out_frame(&l, i == 90);
    CHECK_INT(kin_left_out_share(&l).percent, 0);
    kin_left_out_frame(&l, UINT64_MAX);
    CHECK(kin_left_out_share(&l).percent > 0);
out:;
}

TEST(it_is_forgotten_when_all_are_sent_again)
{
    struct kin_left_out l = {.frames = 0};
    for (unsigned i = 0; i < 100; i++)
        kin_left_out_frame(&l, 2);
    CHECK_INT(kin_left_out_share(&l).one_of, 3);
    for (unsigned i = 0; i < 100; i++)
        kin_left_out_frame(&l, 0);
    CHECK_INT(kin_left_out_share(&l).percent, 0);
out:;
}
