// Range: normal play time and SMPTE time codes (RFC 2326 sections 3.5, 3.6 and 12.29) to and from microseconds.
#include <stdio.h>

#include "base/err.h"
#include "base/lex.h"
#include "proto/rtsp_hdr.h"

#define SUBFRAMES 100 // of a frame
#define HOURS_MAX 99  // of a SMPTE time code
#define DROPPED 2     // frame numbers omitted at the start of each minute, except every tenth
#define MINUTE_FRAMES (60 * 30 - DROPPED)
#define TEN_MINUTES_FRAMES (10 * MINUTE_FRAMES + DROPPED)

// A frame lasts num / den seconds, and the time code counts `base` frame numbers in a second.
static const struct unit {
    const char *name;
    unsigned base, num, den;
    bool drop;
} units[KIN_RTSP_RANGE_UNIT_COUNT] = {
    [KIN_RTSP_NPT] = {.name = "npt"},
    [KIN_RTSP_SMPTE] = {"smpte", 30, 1001, 30000, true},
    [KIN_RTSP_SMPTE_30_DROP] = {"smpte-30-drop", 30, 1001, 30000, true},
    [KIN_RTSP_SMPTE_25] = {"smpte-25", 25, 1, 25, false},
};

// --- reading

// Takes "h:mm:" off the front; seconds must follow it.
static bool take_minutes(struct kin_span *text, uint64_t hours_max, uint64_t *ret_minutes)
{
    uint64_t hours, minutes;
    if (!kin_lex_take_u64(text, hours_max, &hours) || !kin_span_starts(*text, ":"))
        return false;
    *text = kin_span_skip(*text, 1);
    if (!kin_lex_take_u64(text, 59, &minutes) || !kin_span_starts(*text, ":"))
        return false;
    *text = kin_span_skip(*text, 1);
    *ret_minutes = hours * 60 + minutes;
    return true;
}

// "90", "90.25" or "0:01:30.25".
static bool parse_npt(struct kin_span text, kin_us *ret)
{
    uint64_t micro, minutes = 0;
    bool clock = kin_span_find(text, ':') < text.n;
    if (clock && !take_minutes(&text, KIN_RTSP_RANGE_MAX_US / KIN_US_PER_S / 3600, &minutes))
        return false;
    bool good = clock ? kin_lex_micro(text, 60 * KIN_US_PER_S - 1, &micro)
                      : kin_lex_micro_to(text, KIN_RTSP_RANGE_MAX_US, &micro); // beyond every reel in any case
    if (!good)
        return false;
    *ret = kin_us_min((kin_us)(minutes * 60 * (uint64_t)KIN_US_PER_S + micro), KIN_RTSP_RANGE_MAX_US);
    return true;
}

// What may follow the seconds: ":ff" or ":ff.sub", one or two digits each.
static bool parse_frames(struct kin_span text, const struct unit *u, uint64_t *ret_frame, uint64_t *ret_sub)
{
    uint64_t micro;
    *ret_frame = *ret_sub = 0;
    if (text.n == 0)
        return true;
    if (!kin_span_starts(text, ":") || !kin_lex_micro(kin_span_skip(text, 1), u->base * 1000000u - 1, &micro))
        return false;
    struct kin_span point = kin_span_skip(text, kin_span_find(text, '.'));
    *ret_frame = micro / 1000000;
    *ret_sub = micro % 1000000 / 10000;
    if (point.n == 2) // ".5" is subframe 5
        *ret_sub /= 10;
    return point.n <= 3;
}

// The number of the frame since 0:00:00:00.
static uint64_t count_frames(const struct unit *u, uint64_t minutes, uint64_t seconds, uint64_t frame)
{
    if (u->drop && minutes % 10 != 0 && seconds == 0 && frame < DROPPED)
        frame = DROPPED;
    uint64_t n = (minutes * 60 + seconds) * u->base + frame;
    return u->drop ? n - DROPPED * (minutes - minutes / 10) : n;
}

static bool parse_smpte(struct kin_span text, const struct unit *u, kin_us *ret)
{
    uint64_t minutes, seconds, frame, sub;
    if (!take_minutes(&text, HOURS_MAX, &minutes) || !kin_lex_take_u64(&text, 59, &seconds) ||
        !parse_frames(text, u, &frame, &sub))
        return false;
    uint64_t subs = count_frames(u, minutes, seconds, frame) * SUBFRAMES + sub;
    uint64_t den = (uint64_t)u->den * SUBFRAMES;
    *ret = (kin_us)((subs * u->num * (uint64_t)KIN_US_PER_S + den / 2) / den);
    return true;
}

static bool parse_time(struct kin_span text, enum kin_rtsp_range_unit unit, kin_us *ret)
{
    return unit == KIN_RTSP_NPT ? parse_npt(text, ret) : parse_smpte(text, &units[unit], ret);
}

static bool parse_start(struct kin_span text, struct kin_rtsp_range *r)
{
    r->now = r->unit == KIN_RTSP_NPT && kin_span_case_is(text, "now");
    r->start_given = text.n > 0 && !r->now;
    return !r->start_given || parse_time(text, r->unit, &r->start);
}

static bool parse_end(struct kin_span text, struct kin_rtsp_range *r)
{
    bool now = r->unit == KIN_RTSP_NPT && kin_span_case_is(text, "now");
    r->end_given = text.n > 0 && !now;
    return !r->end_given || parse_time(text, r->unit, &r->end);
}

static bool find_unit(struct kin_span name, enum kin_rtsp_range_unit *ret)
{
    for (unsigned i = 0; i < KIN_RTSP_RANGE_UNIT_COUNT; i++) {
        if (!kin_span_case_is(name, units[i].name))
            continue;
        *ret = (enum kin_rtsp_range_unit)i;
        return true;
    }
    return false;
}

// "19961108T143720.25Z" (section 3.7); its date is not looked at.
static bool is_utc(struct kin_span s)
{
    if (kin_lex_digits(s) != 8 || s.n < 9 || s.p[8] != 'T')
        return false;
    s = kin_span_skip(s, 9);
    if (kin_lex_digits(s) != 6)
        return false;
    s = kin_span_skip(s, 6);
    if (kin_span_starts(s, "."))
        s = kin_span_skip(s, 1 + kin_lex_digits(kin_span_skip(s, 1)));
    return kin_span_is(s, "Z");
}

// KIN_ERANGE: a valid absolute time, which lies outside every reel. KIN_EUNSUPPORTED: another unit.
static int other_unit_error(struct kin_span unit, struct kin_span spec)
{
    if (!kin_span_case_is(unit, "clock"))
        return KIN_EUNSUPPORTED;
    size_t dash = kin_span_find(spec, '-');
    struct kin_span end = kin_span_trim(kin_span_skip(spec, dash + 1));
    bool good = is_utc(kin_span_trim(kin_span_first(spec, dash))) && (end.n == 0 || is_utc(end));
    return good ? KIN_ERANGE : KIN_EBAD;
}

// Takes "unit=" off the value, and ";time=..." from its end.
static int take_unit(struct kin_span value, enum kin_rtsp_range_unit *ret_unit, struct kin_span *ret_spec)
{
    struct kin_span spec = kin_span_first(value, kin_span_find(value, ';'));
    size_t eq = kin_span_find(spec, '=');
    if (eq == spec.n)
        return KIN_EBAD;
    struct kin_span unit = kin_span_trim(kin_span_first(spec, eq));
    *ret_spec = kin_span_trim(kin_span_skip(spec, eq + 1));
    if (!find_unit(unit, ret_unit))
        return other_unit_error(unit, *ret_spec);
    return KIN_OK;
}

int kin_rtsp_range_parse(struct kin_span value, struct kin_rtsp_range *ret)
{
    struct kin_span spec;
    struct kin_rtsp_range r = {.unit = KIN_RTSP_NPT};
    int err = take_unit(value, &r.unit, &spec);
    if (err != KIN_OK)
        return err;
    size_t dash = kin_span_find(spec, '-');
    if (dash == spec.n || !parse_start(kin_span_trim(kin_span_first(spec, dash)), &r) ||
        !parse_end(kin_span_trim(kin_span_skip(spec, dash + 1)), &r))
        return KIN_EBAD;
    if (!r.start_given && !r.now && !r.end_given)
        return KIN_EBAD;
    *ret = r;
    return KIN_OK;
}

int kin_rtsp_pause_parse(struct kin_span value, struct kin_rtsp_range *ret)
{
    struct kin_span spec;
    struct kin_rtsp_range r = {.unit = KIN_RTSP_NPT};
    int err = take_unit(value, &r.unit, &spec);
    if (err != KIN_OK)
        return err;
    if (kin_span_ends(spec, "-"))
        spec.n--;
    if (!parse_start(kin_span_trim(spec), &r) || (!r.start_given && !r.now))
        return KIN_EBAD;
    *ret = r;
    return KIN_OK;
}

// --- writing

static void put_npt(struct kin_wr *w, kin_us us)
{
    char text[32];
    long long s = (long long)(us / KIN_US_PER_S);
    long rest = (long)(us % KIN_US_PER_S);
    int n = rest % 1000 == 0 ? snprintf(text, sizeof text, "%lld.%03ld", s, rest / 1000)
                             : snprintf(text, sizeof text, "%lld.%06ld", s, rest);
    kin_wr_bytes(w, text, n > 0 ? (size_t)n : 0);
}

// The frame number that the time code shows: omitted numbers count.
static uint64_t number_frame(const struct unit *u, uint64_t frames)
{
    if (!u->drop)
        return frames;
    uint64_t tens = frames / TEN_MINUTES_FRAMES, rest = frames % TEN_MINUTES_FRAMES;
    uint64_t minutes = rest < DROPPED ? 0 : (rest - DROPPED) / MINUTE_FRAMES; // of these ten; the first omits none
    return frames + DROPPED * (9 * tens + minutes);
}

static void put_smpte(struct kin_wr *w, const struct unit *u, kin_us us)
{
    uint64_t per_s = (uint64_t)u->num * (uint64_t)KIN_US_PER_S; // microseconds of `den` frames
    uint64_t whole = (uint64_t)us / per_s, rest = (uint64_t)us % per_s;
    uint64_t subs = whole * u->den * SUBFRAMES + (rest * u->den * SUBFRAMES + per_s / 2) / per_s;
    uint64_t n = number_frame(u, subs / SUBFRAMES);
    uint64_t s = n / u->base;
    kin_wr_fmt(w, "%02u:%02u:%02u:%02u", (unsigned)(s / 3600), (unsigned)(s / 60 % 60), (unsigned)(s % 60),
               (unsigned)(n % u->base));
    if (subs % SUBFRAMES != 0)
        kin_wr_fmt(w, ".%02u", (unsigned)(subs % SUBFRAMES));
}

static void put_time(struct kin_wr *w, enum kin_rtsp_range_unit unit, kin_us t)
{
    kin_us us = kin_us_max(t, 0);
    if (unit == KIN_RTSP_NPT)
        put_npt(w, us);
    else
        put_smpte(w, &units[unit], us);
}

void kin_rtsp_range_write(struct kin_wr *w, const struct kin_rtsp_range *range)
{
    kin_wr_str(w, units[range->unit].name);
    kin_wr_str(w, range->now ? "=now" : "=");
    if (!range->now && (range->start_given || !range->end_given))
        put_time(w, range->unit, range->start);
    kin_wr_u8(w, '-');
    if (range->end_given)
        put_time(w, range->unit, range->end);
}

void kin_rtsp_write_range(struct kin_wr *w, const struct kin_rtsp_range *range)
{
    kin_wr_str(w, "Range: ");
    kin_rtsp_range_write(w, range);
    kin_wr_str(w, "\r\n");
}
