// Finds the frame rate of a film. Most containers state it. Where one does not (recordings of browsers, for example),
// libavformat knows only the resolution of its clock, so the time between frames is measured on packets read ahead,
// which are then kept for the decoder.
#include <stdlib.h>

#include "base/err.h"
#include "film_parts.h"
#include "interrupt.h"
#include "media/rate.h"

#define TRUSTED_FPS 60          // libavformat's guess is believed up to this rate
#define MEAN_FACTOR 1.5         // a faster guess is believed only below this multiple of the mean rate
#define AHEAD_BYTES (32u << 20) // of packets
#define NEAR_PERCENT 4          // a measured rate this close to a usual one is taken for it

void film_drop_ahead(struct film *f)
{
    for (unsigned i = 0; i < f->ahead_count; i++)
        av_packet_free(&f->ahead[i]);
    f->ahead_next = f->ahead_count = 0;
}

static bool is_positive(AVRational q)
{
    return q.num > 0 && q.den > 0;
}

// --- measuring

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int read_ahead(struct film *f)
{
    size_t bytes = 0;
    while (f->ahead_count < FILM_AHEAD_PACKETS && bytes < AHEAD_BYTES) {
        AVPacket *packet = av_packet_alloc();
        if (packet == NULL)
            return KIN_ENOMEM;
        int err = film_read_packet(f, packet);
        if (err < 0 || interrupt_pending()) {
            av_packet_free(&packet);
            return interrupt_pending()      ? KIN_ECANCELED
                   : err == AVERROR(ENOMEM) ? KIN_ENOMEM
                                            : KIN_OK; // reported when the decoder asks
        }
        bytes += (size_t)packet->size;
        f->ahead[f->ahead_count++] = packet;
    }
    return KIN_OK;
}

// The median of the times between frames, in ticks; 0 when there are too few.
static int64_t usual_interval(const struct film *f)
{
    int64_t times[FILM_AHEAD_PACKETS];
    size_t count = 0;
    for (unsigned i = 0; i < f->ahead_count; i++) {
        int64_t time = f->ahead[i]->pts != AV_NOPTS_VALUE ? f->ahead[i]->pts : f->ahead[i]->dts;
        if (time > -FILM_MAX_TIME && time < FILM_MAX_TIME)
            times[count++] = time;
    }
    if (count < 2)
        return 0;
    qsort(times, count, sizeof times[0], ascending);
    for (size_t i = 0; i + 1 < count; i++)
        times[i] = times[i + 1] - times[i];
    qsort(times, count - 1, sizeof times[0], ascending);
    return times[(count - 1) / 2];
}

static AVRational round_rate(AVRational rate)
{
    static const int usual[] = {12, 15, 24, 25, 30, 48, 50, 60, 90, 100, 120};
    double fps = av_q2d(rate);
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        if (fps > usual[i] * (1 - NEAR_PERCENT / 100.0) && fps < usual[i] * (1 + NEAR_PERCENT / 100.0))
            return (AVRational){usual[i], 1};
    return fps > 1 && fps < KIN_RATE_MAX_FPS ? (AVRational){(int)(fps + 0.5), 1} : rate;
}

static int measure(struct film *f, AVRational *rate)
{
    AVRational tick = f->format->streams[f->stream]->time_base;
    int err = read_ahead(f);
    int64_t interval = err == KIN_OK ? usual_interval(f) : 0;
    if (interval <= 0 || interval > INT32_MAX)
        return err;
    f->measured = true;
    *rate = round_rate(av_div_q((AVRational){1, 1}, av_mul_q(tick, (AVRational){(int)interval, 1})));
    return KIN_OK;
}

// --- the rate

// Sets the rate, or the nearest one that a reel can have.
static void set_rate(struct film *f, AVRational rate)
{
    f->facts.rate_num = KIN_RATE_DEFAULT_NUM;
    f->facts.rate_den = KIN_RATE_DEFAULT_DEN;
    if (!is_positive(rate))
        return;
    bool valid = kin_rate_valid((uint32_t)rate.num, (uint32_t)rate.den), fast = rate.num > rate.den;
    f->facts.rate_num = valid ? (uint32_t)rate.num : fast ? KIN_RATE_MAX_FPS : 1;
    f->facts.rate_den = valid ? (uint32_t)rate.den : fast ? 1 : KIN_RATE_MAX_SECONDS;
}

static bool is_believable(AVRational guess, AVRational mean)
{
    if (!is_positive(guess) || av_q2d(guess) <= TRUSTED_FPS)
        return is_positive(guess);
    return is_positive(mean) && av_q2d(guess) < MEAN_FACTOR * av_q2d(mean);
}

int film_find_rate(struct film *f)
{
    AVStream *s = f->format->streams[f->stream];
    AVRational rate = av_guess_frame_rate(f->format, s, NULL);
    int err = is_believable(rate, s->avg_frame_rate) ? KIN_OK : measure(f, &rate);
    if (err == KIN_OK)
        set_rate(f, rate);
    return err;
}
