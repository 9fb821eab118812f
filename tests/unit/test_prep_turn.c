// Turning and mirroring planes, and the edges that are filled up.
#include "turn.h"
#include "unit.h"

// 1 2 3
// 4 5 6
static const char source[] = "123456";

static void check(struct turn turn, uint32_t width, uint32_t height, const char *want)
{
    struct kin_span guarded = unit_guarded(source, 6);
    uint8_t out[32] = {0};
    struct plane src = {(uint8_t *)(uintptr_t)guarded.p, 3, 3, 2}, dst = {out, width, width, height};
    turn_copy(turn, &src, &dst);
    CHECK_SPAN(kin_span_make(out, (size_t)width * height), want);
    CHECK_INT(out[(size_t)width * height], 0);
out:;
}

TEST(every_way_up)
{
    check((struct turn){false, false, false}, 3, 2, "123456");
    check((struct turn){false, true, false}, 3, 2, "321654");
    check((struct turn){false, false, true}, 3, 2, "456123");
    check((struct turn){false, true, true}, 3, 2, "654321");
    check((struct turn){true, false, false}, 2, 3, "142536");
    check((struct turn){true, true, false}, 2, 3, "415263"); // a quarter turn to the right
    check((struct turn){true, false, true}, 2, 3, "362514"); // and to the left
    check((struct turn){true, true, true}, 2, 3, "635241");
}

TEST(what_is_left_repeats_the_edge)
{
    check((struct turn){false, false, false}, 5, 4, "12333456664566645666");
    check((struct turn){true, true, false}, 4, 4, "4111522263336333");
}

static void check_matrix(int32_t a, int32_t b, int32_t c, int32_t d, struct turn want)
{
    int32_t matrix[9] = {a, b, 0, c, d, 0, 0, 0, 1 << 30};
    struct turn got = turn_from_matrix(matrix);
    CHECK_INT(got.swap, want.swap);
    CHECK_INT(got.mirror_x, want.mirror_x);
    CHECK_INT(got.mirror_y, want.mirror_y);
out:;
}

TEST(display_matrices)
{
    enum { ONE = 1 << 16 };
    check_matrix(ONE, 0, 0, ONE, (struct turn){false, false, false});
    check_matrix(-ONE, 0, 0, -ONE, (struct turn){false, true, true});
    check_matrix(0, ONE, -ONE, 0, (struct turn){true, true, false}); // a quarter turn to the right
    check_matrix(0, -ONE, ONE, 0, (struct turn){true, false, true});
    check_matrix(-ONE, 0, 0, ONE, (struct turn){false, true, false});
    check_matrix(0, ONE, ONE, 0, (struct turn){true, false, false});
    check_matrix(ONE, 3000, -3000, ONE, (struct turn){false, false, false}); // a little askew
    check_matrix(0, 0, 0, 0, (struct turn){false, false, false});
    check_matrix(INT32_MIN, INT32_MAX, INT32_MIN, INT32_MIN, (struct turn){false, true, true});
}
