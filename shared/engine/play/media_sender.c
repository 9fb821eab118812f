// Which frame leaves when: the play_schedule says in what order, the pacer at what pace.
#include "engine/play/media_sender_internal.h"

#include "base/err.h"

// BYE travels on another socket than the pictures, and GStreamer stops reading those once it has seen the BYE.
#define BYE_AFTER_US (200 * KIN_US_PER_MS)
#define BACKLOG_RETRY_US (20 * KIN_US_PER_MS) // until the next attempt, while the connection is behind

// Until the first report only the rate of the reel says how far apart its frames are.
static kin_us frame_us(const struct kin_reel *reel)
{
    return reel->frame_count > 0 ? kin_us_from_ts((int64_t)(reel->duration_ts / reel->frame_count)) : 0;
}

void kin_media_sender_init(struct kin_media_sender *s, kin_us now, const struct kin_media_sender_params *params)
{
    struct kin_play_range whole = kin_play_range_whole(params->reel, KIN_SCALE_NORMAL);
    *s = (struct kin_media_sender){.reel = params->reel,
                                   .loop = params->loop,
                                   .in_order = params->in_order,
                                   .rewritten = params->rewritten,
                                   .lab = params->lab,
                                   .history = params->history,
                                   .rtx = params->rtx,
                                   .adapts = params->adapt && !params->lab,
                                   .wake = KIN_US_NEVER,
                                   .report_at = KIN_US_NEVER,
                                   .bye_sent = true};
    s->stats.rtt_ms = -1;
    s->stats.last_activity = now;
    kin_play_schedule_init(&s->schedule, s->reel, &whole, s->loop);
    kin_pacer_init(&s->pacer, 0, params->pacing);
    kin_duplication_init(&s->duplication, params->copies);
    kin_fec_sender_init(&s->fec, params->parity, &params->fec);
    kin_adaptation_init(&s->adaptation, !params->rtp.feedback, params->vary, frame_us(s->reel));
    kin_variants_init(&s->variants, params->vary);
    if (s->lab)
        kin_rtp_sender_init_lab(&s->rtp, params->lab_numbering);
    else
        kin_rtp_sender_init(&s->rtp, &params->rtp);
}

// --- commands

void kin_media_sender_play(struct kin_media_sender *s, const struct kin_play_range *range)
{
    kin_play_schedule_init(&s->schedule, s->reel, range, s->loop);
    media_sender_thin(s);
    kin_adaptation_hold(&s->adaptation, s->rtp.seq);
    s->playing = true;
    s->running = s->pausing = s->ended = s->awaiting = s->late = s->bye_sent = false;
    s->ahead_due = KIN_MEDIA_AHEAD_ALL;
    if (s->plan == NULL)
        s->wake = 0;
}

static void stop(struct kin_media_sender *s)
{
    s->playing = s->pausing = s->awaiting = false;
    s->ahead_due = KIN_MEDIA_AHEAD_NONE;
    s->report_at = KIN_US_NEVER;
    if (s->plan == NULL)
        s->wake = KIN_US_NEVER;
}

// The receiver learns by a report whether the last packets have come, and can ask for them.
static void report_stop(struct kin_media_sender *s)
{
    s->report_due = s->report_due || s->history != NULL;
}

void kin_media_sender_pause(struct kin_media_sender *s)
{
    if (s->running && s->plan == NULL)
        report_stop(s);
    stop(s);
}

void kin_media_sender_pause_at(struct kin_media_sender *s, uint32_t frame)
{
    s->pausing = true;
    s->pause_at = frame;
}

void kin_media_sender_end(struct kin_media_sender *s, enum kin_media_end why)
{
    bool may_ask = why == KIN_MEDIA_END_OF_RANGE || why == KIN_MEDIA_END_PAUSED;
    if (s->history != NULL && !may_ask)
        kin_rtp_history_clear(s->history);
    s->plan = NULL;
    s->report_due = false;
    stop(s);
    s->ended = true;
    s->why = why;
}

// --- the order of frames

// When the RTP time ts of this pass is due.
static kin_us due(const struct kin_media_sender *s, uint64_t ts)
{
    return kin_pacer_due(&s->pacer, kin_play_schedule_due(&s->schedule, ts));
}

bool media_sender_is_fast(const struct kin_media_sender *s)
{
    return s->schedule.range.speed_milli > KIN_SCALE_NORMAL;
}

void kin_media_sender_pace(struct kin_media_sender *s, kin_us now, int32_t speed_milli)
{
    uint64_t next = kin_play_schedule_ts(&s->schedule);
    kin_us at = kin_us_max(due(s, next), now);
    s->schedule.range.speed_milli = kin_speed_clamp(speed_milli);
    if (!s->running)
        return;
    kin_us start = at - kin_us_from_ts((int64_t)kin_play_schedule_due(&s->schedule, next));
    kin_pacer_move(&s->pacer, start);
    kin_rtp_sender_pace(&s->rtp, start, s->schedule.range.speed_milli);
    if (s->playing && s->plan == NULL && !s->awaiting)
        s->wake = 0;
}

static void begin_pass(struct kin_media_sender *s, kin_us start)
{
    kin_pacer_move(&s->pacer, start);
    kin_rtp_sender_run(&s->rtp, start, s->schedule.range.speed_milli);
}

// The reel starts over: its first frame is due when the last one's time is over.
static void begin_next_pass(struct kin_media_sender *s)
{
    uint64_t end = kin_play_schedule_ts(&s->schedule);
    kin_us start = due(s, end);
    kin_rtp_sender_reach(&s->rtp, end);
    kin_play_schedule_next_pass(&s->schedule);
    begin_pass(s, start);
}

// A sender far behind goes on with the newest frame that is due. A frame that it waited for is sent however late: were
// it skipped for another that must be read first, and that one again, nothing would ever be sent.
static void skip_overdue(struct kin_media_sender *s, kin_us now)
{
    uint64_t next_ts = kin_play_schedule_due(&s->schedule, kin_play_schedule_next_ts(&s->schedule));
    s->late = now >= kin_pacer_due(&s->pacer, next_ts);
    if (s->awaiting || !kin_pacer_behind(&s->pacer, next_ts, now))
        return;
    if (media_sender_is_fast(s)) {
        kin_media_sender_pace(s, now, s->schedule.range.speed_milli);
        return;
    }
    s->ahead = MEDIA_SENDER_LATE_AHEAD;
    struct kin_play_schedule next = s->schedule;
    uint64_t left_out = kin_play_schedule_advance(&next);
    while (!kin_play_schedule_over(&next) && due(s, kin_play_schedule_ts(&next)) <= now) {
        s->schedule = next;
        kin_fec_sender_hold(&s->fec, now); // the socket is full, as a rule
        s->stats.frames_dropped++;
        s->stats.frames_left_out += left_out;
        left_out = kin_play_schedule_advance(&next);
    }
}

// The range is over: its last frame gets its full time, and over UDP the BYE waits a little longer.
static void wait_for_end(struct kin_media_sender *s, kin_us now)
{
    kin_us over = s->running ? due(s, kin_play_schedule_ts(&s->schedule)) : 0;
    if (s->running && !s->in_order && !s->lab)
        over = kin_us_add(over, BYE_AFTER_US);
    if (now < over)
        s->wake = over;
    else
        kin_media_sender_end(s, KIN_MEDIA_END_OF_RANGE);
}

static bool is_pause_point(const struct kin_media_sender *s)
{
    uint32_t next = kin_play_schedule_frame(&s->schedule);
    return s->pausing && (s->schedule.range.scale_milli < 0 ? next <= s->pause_at : next >= s->pause_at);
}

// True when the next frame is to be read now; else it ends, or waits until `wake`.
static bool wants_frame(struct kin_media_sender *s, kin_us now)
{
    if (kin_play_schedule_over(&s->schedule) && s->schedule.loop && s->running)
        begin_next_pass(s);
    if (kin_play_schedule_over(&s->schedule)) {
        wait_for_end(s, now);
        return false;
    }
    if (s->running)
        skip_overdue(s, now);
    kin_us at = s->running ? due(s, kin_play_schedule_leaves(&s->schedule)) : now;
    if (now < at) {
        s->wake = at;
        return false;
    }
    if (is_pause_point(s)) {
        kin_media_sender_end(s, KIN_MEDIA_END_PAUSED);
        return false;
    }
    return true;
}

// --- steps

kin_us kin_media_sender_deadline(const struct kin_media_sender *s)
{
    bool between = s->plan == NULL &&
                   (s->ended || s->adapted || s->ahead_due != KIN_MEDIA_AHEAD_NONE); // not in the middle of a frame
    if (between || s->report_due)
        return 0;
    kin_us again = s->history != NULL ? kin_rtp_history_deadline(s->history) : KIN_US_NEVER;
    return kin_us_min(again, kin_us_min(s->wake, s->report_at));
}

// How many packets of the frame may leave now.
static unsigned may_send(struct kin_media_sender *s, kin_us now)
{
    if (now < s->wake)
        return 0;
    if (s->in_order)
        return kin_rtp_plan_count(s->plan) - s->packet;
    unsigned n = kin_pacer_allowed(&s->pacer, now);
    if (n == 0)
        s->wake = kin_pacer_deadline(&s->pacer);
    return n;
}

// The frame that was begun: its packets, each block of them followed by its parity.
static enum kin_media_step goes_on(struct kin_media_sender *s, kin_us now, struct kin_media_step_detail *ret)
{
    bool all = s->parity == s->parities;
    unsigned before = all ? kin_rtp_plan_count(s->plan) : kin_fec_sender_follows(&s->fec, s->parity);
    unsigned n = may_send(s, now), left = before - s->packet;
    ret->packets = n < left ? n : left;
    if (n == 0)
        return KIN_MEDIA_WAIT;
    return left > 0 ? KIN_MEDIA_SEND : KIN_MEDIA_PARITY;
}

enum kin_media_step kin_media_sender_next(struct kin_media_sender *s, kin_us now, struct kin_media_step_detail *ret)
{
    if (s->report_due || now >= s->report_at)
        return KIN_MEDIA_REPORT;
    if (s->history != NULL && kin_rtp_history_next(s->history, now, &ret->again))
        return KIN_MEDIA_AGAIN;
    if (s->plan != NULL)
        return goes_on(s, now, ret);
    if (media_sender_reads_ahead(s, ret))
        return KIN_MEDIA_AHEAD;
    if (s->playing && now >= s->wake && wants_frame(s, now)) {
        ret->frames[0] = kin_play_schedule_frame(&s->schedule);
        ret->variant = kin_variants_ask(&s->variants, now, s->awaiting);
        return KIN_MEDIA_READ;
    }
    if (s->adapted) {
        s->adapted = false;
        ret->level = kin_adaptation_level(&s->adaptation);
        ret->variant = s->variants.now;
        ret->copies = s->duplication.copies;
        return KIN_MEDIA_ADAPTED;
    }
    if (!s->ended)
        return KIN_MEDIA_WAIT;
    s->ended = false;
    ret->why = s->why;
    return KIN_MEDIA_ENDED;
}

static void remember_frame(struct kin_media_sender *s, kin_us now)
{
    if (s->history == NULL)
        return;
    struct kin_rtp_history_frame sent = {.frame = kin_play_schedule_frame(&s->schedule),
                                         .variant = s->variants.asked,
                                         .ts = s->rtp.frame_ts,
                                         .seq = s->rtp.seq,
                                         .count = (uint16_t)kin_rtp_plan_count(s->plan),
                                         .at = now};
    kin_rtp_history_frame(s->history, &sent);
}

static void note_length(struct kin_media_sender *s)
{
    uint8_t quality = s->variants.asked.quality;
    s->stats.frames_coarser += quality > 0;
    kin_adaptation_frame(&s->adaptation, quality, kin_rtp_plan_bytes(s->plan),
                         s->reel->frames[kin_play_schedule_frame(&s->schedule)].length);
}

static void begin_frame(struct kin_media_sender *s, kin_us now, int64_t unix_us, const struct kin_rtp_plan *plan)
{
    uint64_t ts = kin_play_schedule_ts(&s->schedule), next = kin_play_schedule_next_ts(&s->schedule);
    uint64_t from = kin_play_schedule_due(&s->schedule, kin_play_schedule_leaves(&s->schedule));
    uint64_t to = kin_play_schedule_due(&s->schedule, kin_play_schedule_next_leaves(&s->schedule));
    struct kin_rtp_sender_lab lab = {.unix_us = unix_us, .frame = kin_play_schedule_frame(&s->schedule) + 1};
    kin_rtp_sender_frame(&s->rtp, ts, next - ts, &lab);
    s->plan = plan;
    s->packet = s->parity = 0;
    s->parities = media_sender_parities(s, now);
    kin_pacer_begin(&s->pacer, from, to > from ? to - from : 0, kin_rtp_plan_count(plan) + s->parities);
    s->bye_sent = false;
    remember_frame(s, now);
    note_length(s);
}

// The next frame is being sent, or will not be: on to the one after it.
static void advance(struct kin_media_sender *s)
{
    s->awaiting = false;
    s->ahead_due = s->plan == NULL ? KIN_MEDIA_AHEAD_ON : KIN_MEDIA_AHEAD_NONE;
    s->stats.frames_left_out += kin_play_schedule_advance(&s->schedule);
}

void kin_media_sender_frame(struct kin_media_sender *s, kin_us now, int64_t unix_us, int error,
                            const struct kin_rtp_plan *plan)
{
    if (!s->running) {
        s->running = s->report_wanted = true;
        begin_pass(s, now);
    }
    if (error == KIN_OK) {
        begin_frame(s, now, unix_us, plan);
    } else if (error == KIN_EUNSUPPORTED || error == KIN_EBAD) {
        s->stats.frames_skipped++;
    } else if (error == KIN_ENOMEM || error == KIN_EFILES) {
        s->stats.frames_dropped++;
    } else {
        kin_media_sender_end(s, KIN_MEDIA_END_READ);
        return;
    }
    advance(s);
    media_sender_took(s, now);
}

void kin_media_sender_plain(struct kin_media_sender *s)
{
    kin_variants_missed(&s->variants);
}

void kin_media_sender_not_yet(struct kin_media_sender *s)
{
    s->awaiting = true;
    s->wake = kin_variants_until(&s->variants);
    s->ahead_due = s->late ? KIN_MEDIA_AHEAD_LATE : KIN_MEDIA_AHEAD_NONE;
}

void kin_media_sender_frame_ready(struct kin_media_sender *s)
{
    if (s->playing && s->plan == NULL && s->awaiting)
        s->wake = 0;
}

void kin_media_sender_no_room(struct kin_media_sender *s, kin_us now)
{
    s->awaiting = false;
    if (!s->running || media_sender_is_fast(s)) {
        s->wake = now + BACKLOG_RETRY_US;
        return;
    }
    s->stats.frames_dropped++;
    s->stats.frames_left_out += kin_play_schedule_advance(&s->schedule);
}

void kin_media_sender_retry_at(struct kin_media_sender *s, kin_us at)
{
    s->awaiting = false;
    s->wake = at;
}

void kin_media_sender_packet(struct kin_media_sender *s, unsigned i, struct kin_media_packet *ret)
{
    struct kin_rtp_plan_packet p = kin_rtp_plan_packet(s->plan, s->packet + i);
    ret->head = p.head;
    ret->body = p.body;
    ret->tail = p.tail;
    ret->payload = kin_rtp_plan_payload_bytes(&p);
    ret->bytes = KIN_RTP_HEADER_BYTES + kin_rtp_plan_packet_bytes(&p);
    kin_rtp_sender_packet(&s->rtp, p.marker, ret->payload, ret->header);
    if (p.extension > 0)
        kin_rtp_write_extended(ret->header);
}

void kin_media_sender_undo(struct kin_media_sender *s, unsigned count, size_t payload)
{
    kin_rtp_sender_undo(&s->rtp, count, payload);
}

void media_sender_spent(struct kin_media_sender *s, unsigned count, kin_us now)
{
    if (!s->in_order)
        kin_pacer_sent(&s->pacer, count, now);
    s->report_due = s->report_wanted && !s->lab;
    s->report_wanted = false;
    if (s->packet < kin_rtp_plan_count(s->plan) || s->parity < s->parities)
        return;
    s->plan = NULL;
    s->stats.frames_sent++;
    if (!s->playing)
        report_stop(s);
    if (s->ahead_due == KIN_MEDIA_AHEAD_NONE && s->playing) // else a PLAY came in its middle, and all is to be read
        s->ahead_due = KIN_MEDIA_AHEAD_ON;
    s->wake = s->playing ? 0 : KIN_US_NEVER;
}

void kin_media_sender_sent(struct kin_media_sender *s, unsigned count, size_t on_wire, kin_us now)
{
    s->packet += count;
    s->stats.packets += on_wire > 0 ? count : 0;
    s->stats.bytes += on_wire;
    if (s->history != NULL)
        kin_rtp_history_sent(s->history, now, s->rtp.seq, on_wire);
    media_sender_spent(s, count, now);
}

// --- facts

bool kin_media_sender_sends(const struct kin_media_sender *s)
{
    return s->plan != NULL;
}

uint32_t kin_media_sender_position(const struct kin_media_sender *s)
{
    return kin_play_schedule_frame(&s->schedule);
}

uint32_t kin_media_sender_next_rtptime(const struct kin_media_sender *s)
{
    return s->running ? s->rtp.run_ts + (uint32_t)kin_play_schedule_ts(&s->schedule) : kin_rtp_sender_next_ts(&s->rtp);
}

uint16_t kin_media_sender_next_seq(const struct kin_media_sender *s)
{
    unsigned on_their_way = s->plan != NULL ? kin_rtp_plan_count(s->plan) - s->packet : 0;
    return (uint16_t)(s->rtp.seq + on_their_way);
}
