// Opens films: decides whether libavformat or a reader of reels reads it, and sets up the decoder.
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/avstring.h>

#include "base/err.h"
#include "film_parts.h"
#include "interrupt.h"
#include "messages.h"
#include "open_reel.h"
#include "progress.h"

int film_error(int averror, char why[FILM_WHY_MAX])
{
    char text[AV_ERROR_MAX_STRING_SIZE] = "";
    if (interrupt_pending() || averror == AVERROR_EXIT)
        return KIN_ECANCELED;
    if (averror == AVERROR(ENOMEM))
        return KIN_ENOMEM;
    if (averror == AVERROR_INVALIDDATA) {
        snprintf(why, FILM_WHY_MAX, MSG_NOT_A_FILM);
        return KIN_EBAD;
    }
    av_strerror(averror, text, sizeof text);
    snprintf(why, FILM_WHY_MAX, "%s", text);
    return averror == AVERROR(ENOENT) ? KIN_ENOENT : KIN_EIO;
}

static int on_interrupt(void *ctx)
{
    (void)ctx;
    return interrupt_pending();
}

// --- libavformat

// A file on standard input is opened by name, because some containers need to seek.
static char *name_of_stdin(void)
{
    struct stat st;
    bool is_file = fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode);
    return av_strdup(is_file ? "file:/dev/stdin" : "pipe:0");
}

// The name of an existing file is never taken for a URL, and such a file may refer only to other files.
static int open_format(struct film *f, const char *path)
{
    struct stat st;
    bool exists = stat(path, &st) == 0, is_url = strstr(path, "://") != NULL && !exists;
    char *name = strcmp(path, "-") == 0 ? name_of_stdin() : av_asprintf("%s%s", is_url ? "" : "file:", path);
    AVDictionary *options = NULL;
    f->format = avformat_alloc_context();
    int err = name != NULL && f->format != NULL ? 0 : AVERROR(ENOMEM);
    if (err == 0 && !is_url)
        err = av_dict_set(&options, "protocol_whitelist", "file,pipe,crypto,data", 0);
    if (err >= 0 && exists)
        err = av_dict_set(&options, "pattern_type", "none", 0); // "%d" in a picture's name stands for itself
    if (err >= 0) {
        f->format->interrupt_callback.callback = on_interrupt;
        err = avformat_open_input(&f->format, name, NULL, &options); // frees the context on failure
    }
    av_dict_free(&options);
    av_free(name);
    return err >= 0 ? avformat_find_stream_info(f->format, NULL) : err;
}

static int find_stream(struct film *f, char why[FILM_WHY_MAX])
{
    f->stream = av_find_best_stream(f->format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    if (f->stream < 0 || (f->format->streams[f->stream]->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) {
        snprintf(why, FILM_WHY_MAX, MSG_NO_VIDEO);
        return KIN_EUNSUPPORTED;
    }
    for (unsigned i = 0; i < f->format->nb_streams; i++)
        if ((int)i != f->stream)
            f->format->streams[i]->discard = AVDISCARD_ALL;
    return KIN_OK;
}

static int open_with_libavformat(struct film *f, const char *path, char why[FILM_WHY_MAX])
{
    int err = open_format(f, path);
    return err < 0 ? film_error(err, why) : find_stream(f, why);
}

// True for Motion-JPEG whose frames can be copied: square pixels, not turned.
static bool is_motion_jpeg(const struct film *f)
{
    const AVStream *s = f->format->streams[f->stream];
    AVRational aspect = s->sample_aspect_ratio;
    bool square = aspect.num <= 0 || aspect.den <= 0 || aspect.num == aspect.den;
    struct turn turn = film_stream_turn(s);
    return s->codecpar->codec_id == AV_CODEC_ID_MJPEG && square && !turn.swap && !turn.mirror_x && !turn.mirror_y;
}

// --- the decoder

static int open_decoder(struct film *f, enum AVCodecID id, const AVCodecParameters *parameters, AVRational tick,
                        char why[FILM_WHY_MAX])
{
    const AVCodec *codec = avcodec_find_decoder(id);
    if (codec == NULL) {
        snprintf(why, FILM_WHY_MAX, MSG_NO_DECODER, avcodec_get_name(id));
        return KIN_EUNSUPPORTED;
    }
    f->codec = avcodec_alloc_context3(codec);
    f->packet = av_packet_alloc();
    f->frame = av_frame_alloc();
    if (f->codec == NULL || f->packet == NULL || f->frame == NULL)
        return KIN_ENOMEM;
    int err = parameters != NULL ? avcodec_parameters_to_context(f->codec, parameters) : 0;
    f->codec->pkt_timebase = tick;
    f->codec->max_pixels = FILM_MAX_PIXELS;
    f->codec->thread_count = 0; // as many as there are processors
    if (err >= 0)
        err = avcodec_open2(f->codec, codec, NULL);
    if (err >= 0)
        return KIN_OK;
    snprintf(why, FILM_WHY_MAX, MSG_DECODER_REFUSES, avcodec_get_name(id));
    return err == AVERROR(ENOMEM) ? KIN_ENOMEM : KIN_EUNSUPPORTED;
}

// --- facts

static bool is_too_large(const AVCodecParameters *p)
{
    return p->width > 0 && p->height > FILM_MAX_PIXELS / p->width;
}

static bool is_estimate(enum AVDurationEstimationMethod method)
{
    return method == AVFMT_DURATION_FROM_BITRATE;
}

static int set_up_format(struct film *f, char why[FILM_WHY_MAX])
{
    AVStream *s = f->format->streams[f->stream];
    if (s->time_base.num <= 0 || s->time_base.den <= 0)
        return film_error(AVERROR_INVALIDDATA, why);
    f->facts.length = INT64_MAX;
    f->facts.tick_num = s->time_base.num;
    f->facts.tick_den = s->time_base.den;
    f->facts.jumps = (f->format->iformat->flags & AVFMT_TS_DISCONT) != 0;
    if (s->start_time > -FILM_MAX_TIME && s->start_time < FILM_MAX_TIME)
        f->facts.start = s->start_time;
    if (f->format->duration > 0)
        f->duration = av_rescale_q(f->format->duration, AV_TIME_BASE_Q, s->time_base);
    if (f->duration > 0 && f->duration < FILM_MAX_TIME && !is_estimate(f->format->duration_estimation_method))
        f->facts.length = f->duration;
    if (is_too_large(s->codecpar)) {
        snprintf(why, FILM_WHY_MAX, MSG_FILM_TOO_LARGE, s->codecpar->width, s->codecpar->height);
        return KIN_EUNSUPPORTED;
    }
    int err = film_find_rate(f);
    return err != KIN_OK ? err : open_decoder(f, s->codecpar->codec_id, s->codecpar, s->time_base, why);
}

static int set_up_reel(struct film *f, char why[FILM_WHY_MAX])
{
    avformat_close_input(&f->format);
    f->facts = (struct film_facts){.reel = f->reel,
                                   .tick_num = 1,
                                   .tick_den = KIN_RTP_CLOCK_HZ,
                                   .length = INT64_MAX,
                                   .rate_num = f->reel->rate_num,
                                   .rate_den = f->reel->rate_den};
    f->duration = (int64_t)f->reel->duration_ts;
    return open_decoder(f, AV_CODEC_ID_MJPEG, NULL, (AVRational){1, KIN_RTP_CLOCK_HZ}, why);
}

static bool on_progress(void *ctx, uint64_t done, uint64_t total)
{
    struct progress *bar = ctx;
    progress_update_of(bar, done, total > 0 ? total : 1);
    return !interrupt_pending();
}

static int open_as_reel(struct film *f, const char *path, uint32_t rate_num, uint32_t rate_den,
                        char why[KIN_MEDIA_WHY_MAX])
{
    struct progress bar;
    struct kin_reel_options options = {
        .rate_num = rate_num, .rate_den = rate_den, .progress = on_progress, .ctx = &bar};
    progress_begin(&bar, path, 1);
    int err = open_reel(path, &options, &f->reel, why);
    progress_end(&bar);
    return err;
}

// libavformat first, which rejects quickly. What it finds to be Motion-JPEG, or does not know, is tried as a reel.
static int open_either(struct film *f, const char *path, uint32_t rate_num, uint32_t rate_den, char why[FILM_WHY_MAX])
{
    char reason[KIN_MEDIA_WHY_MAX];
    struct stat st;
    int err = KIN_EUNSUPPORTED;
    bool is_directory = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    if (!is_directory)
        err = open_with_libavformat(f, path, why);
    if (err == KIN_ECANCELED || err == KIN_ENOMEM || err == KIN_ENOENT || (err == KIN_OK && !is_motion_jpeg(f)))
        return err == KIN_OK ? set_up_format(f, why) : err;
    int reel = open_as_reel(f, path, rate_num, rate_den, reason);
    if (reel == KIN_OK)
        return set_up_reel(f, why);
    if (is_directory)
        snprintf(why, FILM_WHY_MAX, "%s", reason[0] != '\0' ? reason : kin_err_str(reel));
    if (is_directory || reel == KIN_ECANCELED || reel == KIN_ENOMEM)
        return reel;
    return err == KIN_OK ? set_up_format(f, why) : err;
}

int film_open(const char *path, uint32_t rate_num, uint32_t rate_den, struct film **ret, char why[FILM_WHY_MAX])
{
    struct film *f = calloc(1, sizeof *f);
    if (f == NULL)
        return KIN_ENOMEM;
    av_log_set_level(AV_LOG_QUIET); // errors are reported by us, one sentence each
    int err = open_either(f, path, rate_num, rate_den, why);
    if (err != KIN_OK) {
        film_close(f);
        return err;
    }
    *ret = f;
    return KIN_OK;
}

void film_close(struct film *f)
{
    if (f == NULL)
        return;
    av_frame_free(&f->frame);
    av_packet_free(&f->packet);
    film_drop_ahead(f);
    avcodec_free_context(&f->codec);
    avformat_close_input(&f->format);
    kin_reel_unref(f->reel);
    free(f);
}
