// Frames with holes on lossy networks: shown in their time as far as they came, and counted as if they were not.
#include "fixture.h"
#include "jpeg_make.h"

#define FRAMES (unit_plain() ? 120u * 24 : 10u * 24)

struct viewing {
    struct link_conditions link;
    enum kin_rtp_repair repair;
    bool keeps_partial, no_fill;
    kin_us seek_at; // 0: never
};

// Every frame of the reel has eight bands.
static int use_bands(struct fixture *w)
{
    const struct make make = {.width = 160, .height = 128, .restart = 10};
    struct kin_jpeg_info info;
    struct kin_jpeg_rtp rtp;
    struct kin_buf *jpeg = make_jpeg(&make);
    kin_rtp_plan_free(w->plan);
    w->plan = NULL;
    int err = jpeg == NULL ? KIN_ENOMEM : kin_jpeg_walk(kin_buf_span(jpeg), &info, NULL);
    if (err == KIN_OK && kin_jpeg_compat(&info, &rtp) != KIN_JPEG_COMPAT_OK)
        err = KIN_EUNSUPPORTED;
    if (err == KIN_OK)
        err = kin_rtp_plan_jpeg(jpeg, &rtp, KIN_RTP_PLAN_PACKET_MIN, &w->plan);
    kin_buf_unref(jpeg);
    return err;
}

// The viewer watches the whole reel.
static int view(struct fixture **ret, const struct viewing *v)
{
    int err = fixture_new(ret, FRAMES, KIN_RTSP_CLIENT_UDP, true);
    struct fixture *w = *ret;
    if (err == KIN_OK)
        err = use_bands(w);
    if (err != KIN_OK)
        return err;
    struct kin_player_options po = {.media = {.cache = {.target = 30}, .keeps_partial = v->keeps_partial},
                                    .fill = !v->no_fill,
                                    .auto_play = true,
                                    .ssrc = 7};
    kin_player_deinit(&w->player);
    err = kin_player_init(&w->player, &po);
    if (err != KIN_OK)
        return err;
    kin_player_attach(&w->player, w->now, w->client);
    w->repair = v->repair;
    w->link_conditions = v->link;
    server_new_sender(w);
    if (v->seek_at > 0) {
        fixture_run(w, v->seek_at);
        kin_player_seek(&w->player, w->now, v->seek_at / 4);
        fixture_run(w, v->seek_at);
    }
    fixture_run(w, (kin_us)FRAMES * SEC / 24 + 5 * SEC);
    return KIN_OK;
}

TEST(a_frame_with_a_hole_is_shown)
{
    const struct viewing v = {.link = {.delay = 20 * MS, .loss = 30}, .keeps_partial = true};
    struct fixture *w = NULL;
    CHECK_INT(view(&w, &v), KIN_OK);
    CHECK(partial(w) > FRAMES / 10 && w->shown_partial > partial(w) * 8 / 10);
    CHECK_INT(shown(w), complete(w) + w->shown_partial);
    CHECK_INT(complete(w) + partial(w) + frames_lost(w), FRAMES);
    CHECK_INT(kin_playout_stats(w->player.media.playout)->late, 0);
    CHECK_INT(w->out_of_order, 0);
out:
    fixture_free(w);
}

// The same network twice: the figures do not depend on what is shown of partial frames.
TEST(the_figures_stay_as_they_are)
{
    struct viewing v = {
        .link = {.delay = 20 * MS, .burst = 2, .burst_every = 61}, .keeps_partial = true, .no_fill = true};
    struct fixture *with = NULL, *without = NULL;
    CHECK_INT(view(&with, &v), KIN_OK);
    v.keeps_partial = false;
    CHECK_INT(view(&without, &v), KIN_OK);
    CHECK_INT(without->shown_partial, 0);
    CHECK_INT(complete(with) + partial(with) + frames_lost(with), FRAMES);
    CHECK_INT(complete(without) + partial(without) + frames_lost(without), FRAMES);
    CHECK_INT(complete(with), complete(without));
    CHECK_INT(partial(with), partial(without));
    CHECK_INT(packets(with).lost, packets(without).lost);
out:
    fixture_free(with);
    fixture_free(without);
}

TEST(what_is_repaired_is_whole)
{
    const struct viewing v = {
        .link = {.delay = 20 * MS, .loss = 10}, .repair = KIN_RTP_REPAIR_RTX, .keeps_partial = true};
    struct fixture *w = NULL;
    CHECK_INT(view(&w, &v), KIN_OK);
    CHECK_INT(complete(w), FRAMES);
    CHECK_INT(w->shown_partial, 0);
out:
    fixture_free(w);
}

// More is lost than can be repaired in time: what is given up comes before its time, too.
TEST(what_is_given_up_is_shown_in_time)
{
    const struct viewing v = {
        .link = {.delay = 150 * MS, .loss = 300}, .repair = KIN_RTP_REPAIR_RTX, .keeps_partial = true};
    struct fixture *w = NULL;
    CHECK_INT(view(&w, &v), KIN_OK);
    CHECK(partial(w) > 0 && w->shown_partial > partial(w) / 4);
    CHECK_INT(w->out_of_order, 0);
out:
    fixture_free(w);
}

TEST(a_jump_leaves_no_frames_behind)
{
    const struct viewing v = {
        .link = {.delay = 20 * MS, .loss = 100, .report_loss = 20}, .keeps_partial = true, .seek_at = 4 * SEC};
    struct fixture *w = NULL;
    CHECK_INT(view(&w, &v), KIN_OK);
    CHECK(w->shown_partial > 0);
    CHECK_INT(w->misplaced, 0);
out:
    fixture_free(w);
}

// What an outage took is played again, whether the frames at its edges were shown in part or not.
TEST(an_outage_is_made_up_for)
{
    const struct viewing v = {.link = {.delay = 20 * MS,
                                       .loss = 30,
                                       .outage_from = FIXTURE_START + 3 * SEC,
                                       .outage_to = FIXTURE_START + 4 * SEC},
                              .repair = KIN_RTP_REPAIR_RTX,
                              .keeps_partial = true};
    struct fixture *w = NULL;
    CHECK_INT(view(&w, &v), KIN_OK);
    CHECK_INT(complete(w) + partial(w) + frames_lost(w), FRAMES);
    CHECK(complete(w) > FRAMES - 5);
    CHECK_INT(w->misplaced, 0);
out:
    fixture_free(w);
}
