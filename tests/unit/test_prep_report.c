// The report of a reel in its two forms: what the one says, the other says too.
#include "report_print.h"
#include "unit.h"

static struct kin_reel reel; // all that is printed of one with damage

static struct report damaged(void)
{
    reel = (struct kin_reel){.format = "mov",
                             .frame_count = 20,
                             .rate_num = 24,
                             .rate_den = 1,
                             .duration_ts = 90000,
                             .width = 320,
                             .height = 240,
                             .left_out = 2,
                             .first_left_out = 3,
                             .rate_stated = true};
    return (struct report){.path = "x.mov",
                           .reel = &reel,
                           .broken = 1,
                           .first_broken = 8,
                           .incompatible = 4,
                           .first_incompatible = 5,
                           .measured = 2,
                           .bytes_before = 1000,
                           .bytes_after = 1100,
                           .sampling = "4:2:0"};
}

static struct kin_span printed(void (*print)(const struct report *r, FILE *out), const struct report *r)
{
    static char text[4096];
    FILE *out = fmemopen(text, sizeof text, "w");
    text[0] = '\0';
    if (out == NULL)
        return kin_span_str("");
    print(r, out);
    fclose(out);
    return kin_span_str(text);
}

static void check_says(struct kin_span text, const char *const *facts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (kin_span_find_str(text, facts[i]) == text.n)
            CHECK_SPAN(text, facts[i]);
out:;
}

// Regression: the table added up what the JSON keeps apart, and named first frames that the JSON did not.
TEST(both_forms_say_what_is_damaged)
{
    static const char *const lines[] = {
        "\n  left out   2 broken frames, the first is number 3; the others keep their times\n",
        "\n  broken     1 frame of the index, the first is number 9; left out when played\n",
        "in 4 of 20 frames, from frame 6 on\n",
        "measured on 2 of them",
    };
    static const char *const members[] = {
        "\"left_out_frames\":2,\"first_left_out\":3,\"broken_frames\":1,\"first_broken_frame\":9,",
        "\"unfit_frames\":4,\"first_unfit_frame\":6,",
        "\"repair_measured_frames\":2",
    };
    struct report r = damaged();
    check_says(printed(report_print_table, &r), lines, sizeof lines / sizeof *lines);
    check_says(printed(report_print_json, &r), members, sizeof members / sizeof *members);
}

TEST(neither_form_names_a_first_frame_where_none_is_damaged)
{
    struct report r = damaged();
    r.broken = r.incompatible = r.measured = reel.left_out = 0;
    struct kin_span table = printed(report_print_table, &r);
    CHECK(table.n > 0 && kin_span_find_str(table, "the first is") == table.n);
    struct kin_span json = printed(report_print_json, &r);
    CHECK(json.n > 0 && kin_span_find_str(json, "\"first_") == json.n);
out:;
}
