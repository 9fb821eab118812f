// Decodes films: packets in, frames out. Damage is left out and counted.
#include "film.h"

#include <stdio.h>

#include <libavutil/display.h>

#include "base/err.h"
#include "cadence.h"
#include "film_parts.h"
#include "interrupt.h"
#include "messages.h"

#define MAX_REFUSED 64u // errors in a row that a decoder may give for one packet

const struct film_facts *film_facts(const struct film *f)
{
    return &f->facts;
}

uint64_t film_damaged(const struct film *f)
{
    return f->damaged;
}

bool film_interlaced(const struct film *f)
{
    return f->interlaced;
}

bool film_hdr(const struct film *f)
{
    return f->hdr;
}

static void flush_decoder(struct film *f)
{
    film_drop_ahead(f);
    avcodec_flush_buffers(f->codec);
}

// False for pipes: libavformat would read one to its end before it gives up.
static bool can_seek(const struct film *f)
{
    const AVIOContext *io = f->format->pb;
    return io == NULL || (io->seekable & AVIO_SEEKABLE_NORMAL) != 0;
}

void film_seek(struct film *f, int64_t time)
{
    if (f->reel != NULL)
        f->next = kin_reel_find(f->reel, time > 0 ? (uint64_t)time : 0);
    else if (can_seek(f) && av_seek_frame(f->format, f->stream, time, AVSEEK_FLAG_BACKWARD) >= 0)
        flush_decoder(f);
}

void film_progress(const struct film *f, uint64_t *ret_done, uint64_t *ret_total)
{
    AVIOContext *io = f->format != NULL ? f->format->pb : NULL;
    int64_t done = 0, total = f->duration;
    if (total > 0) {
        done = f->timed ? f->time - f->facts.start : 0;
    } else if (io != NULL && io->seekable != 0) {
        done = avio_tell(io);
        total = avio_size(io);
    }
    *ret_done = done > 0 ? (uint64_t)done : 0;
    *ret_total = total > 0 ? (uint64_t)total : 0;
}

// --- packets: 1, 0 at the end, or an error

static int read_from_reel(struct film *f, char why[FILM_WHY_MAX])
{
    struct kin_buf *jpeg = NULL;
    int err = KIN_EBAD;
    for (; err == KIN_EBAD && f->next < f->reel->frame_count; f->next += err == KIN_EBAD) {
        err = kin_reel_read(f->reel, f->next, &jpeg);
        f->damaged += err == KIN_EBAD; // left out; the frame before it is shown longer
    }
    if (err == KIN_EBAD)
        return 0;
    if (err == KIN_OK && av_new_packet(f->packet, (int)jpeg->len) < 0)
        err = KIN_ENOMEM;
    if (err == KIN_OK) {
        memcpy(f->packet->data, jpeg->data, jpeg->len);
        f->packet->pts = f->packet->dts = (int64_t)f->reel->frames[f->next].ts;
        f->packet->flags |= AV_PKT_FLAG_KEY;
        f->next++;
    } else {
        snprintf(why, FILM_WHY_MAX, MSG_FRAME_ERROR, f->next + 1, kin_err_str(err));
    }
    kin_buf_unref(jpeg);
    return err == KIN_OK ? 1 : err;
}

int film_read_packet(struct film *f, AVPacket *packet)
{
    int err;
    do {
        av_packet_unref(packet);
        err = av_read_frame(f->format, packet);
    } while (err >= 0 && packet->stream_index != f->stream && !interrupt_pending());
    return err;
}

static int read_from_format(struct film *f, char why[FILM_WHY_MAX])
{
    if (f->ahead_next < f->ahead_count) {
        av_packet_move_ref(f->packet, f->ahead[f->ahead_next++]);
        return 1;
    }
    int err = film_read_packet(f, f->packet);
    if (interrupt_pending())
        return KIN_ECANCELED;
    if (err == AVERROR_EOF || err == AVERROR_INVALIDDATA) // a container that is cut off simply ends there
        return f->format->pb != NULL && f->format->pb->error < 0 && f->format->pb->error != AVERROR_EOF
                   ? film_error(f->format->pb->error, why)
                   : 0;
    return err < 0 ? film_error(err, why) : 1;
}

// Sends the decoder one packet, or the end of the stream.
static int feed(struct film *f, char why[FILM_WHY_MAX])
{
    int got = f->reel != NULL ? read_from_reel(f, why) : read_from_format(f, why);
    if (got < 0)
        return got;
    f->ended = got == 0;
    int err = avcodec_send_packet(f->codec, f->ended ? NULL : f->packet);
    av_packet_unref(f->packet);
    if (err == AVERROR(ENOMEM))
        return KIN_ENOMEM;
    f->damaged += err < 0 && err != AVERROR(EAGAIN) && !f->ended;
    return KIN_OK;
}

// --- frames

static int64_t period(const struct film *f)
{
    struct cadence c = cadence_init(f->facts.tick_num, f->facts.tick_den, f->facts.rate_num, f->facts.rate_den);
    return cadence_period(&c);
}

static bool is_time(int64_t t)
{
    return t > -FILM_MAX_TIME && t < FILM_MAX_TIME; // AV_NOPTS_VALUE lies outside
}

static int64_t length_of(const AVFrame *frame)
{
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
    return frame->duration;
#else
    return frame->pkt_duration;
#endif
}

static int64_t time_of(struct film *f)
{
    int64_t time = f->frame->best_effort_timestamp;
    if (!is_time(time))
        time = f->timed ? f->time + period(f) : f->facts.start;
    return is_time(time) ? time : 0;
}

static struct turn read_turn(const uint8_t *bytes, size_t size)
{
    int32_t matrix[9];
    if (bytes == NULL || size < sizeof matrix)
        return (struct turn){0};
    memcpy(matrix, bytes, sizeof matrix);
    return turn_from_matrix(matrix);
}

struct turn film_stream_turn(const AVStream *s)
{
    size_t size = 0;
    const uint8_t *bytes = av_stream_get_side_data(s, AV_PKT_DATA_DISPLAYMATRIX, &size);
    return read_turn(bytes, size);
}

static struct turn turn_of(const struct film *f)
{
    const AVFrameSideData *own = av_frame_get_side_data(f->frame, AV_FRAME_DATA_DISPLAYMATRIX);
    if (own != NULL)
        return read_turn(own->data, own->size);
    return f->format != NULL ? film_stream_turn(f->format->streams[f->stream]) : (struct turn){0};
}

// False when the decoder concealed errors: such a frame is shown, but counts as damaged.
static bool is_intact(const AVFrame *frame)
{
    return frame->decode_error_flags == 0 && (frame->flags & AV_FRAME_FLAG_CORRUPT) == 0;
}

static void describe(struct film *f, struct film_frame *ret)
{
    AVRational aspect = f->format != NULL
                            ? av_guess_sample_aspect_ratio(f->format, f->format->streams[f->stream], f->frame)
                            : f->frame->sample_aspect_ratio;
    bool known = aspect.num > 0 && aspect.den > 0;
    int64_t length = f->measured ? 0 : length_of(f->frame);
    f->time = time_of(f);
    f->timed = true;
    f->damaged += !is_intact(f->frame);
    f->interlaced = f->interlaced || f->frame->interlaced_frame != 0;
    f->hdr = f->hdr || f->frame->color_trc == AVCOL_TRC_SMPTE2084 || f->frame->color_trc == AVCOL_TRC_ARIB_STD_B67;
    *ret = (struct film_frame){.picture = f->frame,
                               .time = f->time,
                               .length = length > 0 && is_time(length) ? length : period(f),
                               .width = (uint32_t)f->frame->width,
                               .height = (uint32_t)f->frame->height,
                               .aspect_num = known ? (uint32_t)aspect.num : 0,
                               .aspect_den = known ? (uint32_t)aspect.den : 0,
                               .turn = turn_of(f)};
}

int film_next(struct film *f, struct film_frame *ret, char why[FILM_WHY_MAX])
{
    unsigned refused = 0; // errors in a row since the last packet
    while (!interrupt_pending()) {
        int got = avcodec_receive_frame(f->codec, f->frame);
        if (got >= 0) {
            describe(f, ret);
            return 1;
        }
        if (got == AVERROR_EOF)
            return 0;
        if (got == AVERROR(ENOMEM))
            return KIN_ENOMEM;
        f->damaged += got != AVERROR(EAGAIN);
        if (got != AVERROR(EAGAIN) && refused++ < MAX_REFUSED)
            continue;
        if (f->ended)
            return 0;
        refused = 0;
        int err = feed(f, why);
        if (err != KIN_OK)
            return err;
    }
    return KIN_ECANCELED;
}
