// The wheel: the zone and angle of every pixel are computed once. A frame only computes the shades and looks them up.
#include "drawing/drum.h"

#include <stdlib.h>

#include "base/err.h"
#include "drawing/trig.h"

#define LEAVES 24u
#define HAND_HALF_WIDTH 22u

// Zones from the outside in. A value of the map is zone * KIN_TRIG_TURN + angle.
enum zone { OUTSIDE, RIM, LEAF, RING, HUB, ZONE_COUNT };

#define SHADES (ZONE_COUNT * KIN_TRIG_TURN)

// Where zones begin, in 1/1024 of the radius.
static const uint32_t zone_below[ZONE_COUNT] = {UINT32_MAX, 1020, 980, 330, 250};

static enum zone zone_at(uint32_t r1024)
{
    enum zone zone = OUTSIDE;
    while (zone + 1 < ZONE_COUNT && r1024 < zone_below[zone + 1])
        zone++;
    return zone;
}

static void make_map(struct kin_drum *d)
{
    int32_t side = (int32_t)d->side;
    for (int32_t y = 0; y < side; y++) {
        for (int32_t x = 0; x < side; x++) {
            int32_t dx = 2 * x + 1 - side, dy = 2 * y + 1 - side; // in half pixels from the centre
            uint32_t r = kin_trig_sqrt((uint32_t)(dx * dx + dy * dy));
            uint32_t zone = zone_at(r * 1024 / d->side);
            d->map[y * side + x] = (uint16_t)(zone * KIN_TRIG_TURN + kin_trig_angle(dx, dy));
        }
    }
}

int kin_drum_init(struct kin_drum *d, uint32_t side)
{
    *d = (struct kin_drum){.side = side & ~UINT32_C(1)};
    d->map = malloc((size_t)d->side * d->side * sizeof *d->map);
    d->shade = malloc(3 * (size_t)SHADES);
    if (d->map == NULL || d->shade == NULL) {
        kin_drum_deinit(d);
        return KIN_ENOMEM;
    }
    make_map(d);
    return KIN_OK;
}

void kin_drum_deinit(struct kin_drum *d)
{
    free(d->map);
    free(d->shade);
    *d = (struct kin_drum){0};
}

// A leaf is bright at one edge and fades into the shadow of the next; the hues go once around the wheel.
static struct kin_colour leaf_colour(uint32_t angle)
{
    uint32_t leaf = angle * LEAVES / KIN_TRIG_TURN;
    uint32_t within = angle * LEAVES % KIN_TRIG_TURN; // 0 .. TURN-1 across the leaf
    uint32_t hue = leaf * KIN_TRIG_TURN / LEAVES;
    return (struct kin_colour){
        .y = (uint8_t)(90 + within * 130 / KIN_TRIG_TURN),
        .cb = (uint8_t)(128 + 52 * kin_trig_sin(hue) / 1024),
        .cr = (uint8_t)(128 + 52 * kin_trig_sin(hue + KIN_TRIG_TURN / 4) / 1024),
    };
}

static struct kin_colour zone_colour(enum zone zone, uint32_t angle)
{
    switch (zone) {
    case RIM:
        return (struct kin_colour){36, 124, 134};
    case LEAF:
        return leaf_colour(angle);
    case RING:
        return (struct kin_colour){52, 120, 138};
    default:
        return (struct kin_colour){176, 84, 148}; // brass
    }
}

static bool under_hand(enum zone zone, uint32_t angle, uint32_t hand)
{
    uint32_t off = (angle - hand + HAND_HALF_WIDTH) % KIN_TRIG_TURN;
    return (zone == LEAF || zone == RING) && off <= 2 * HAND_HALF_WIDTH;
}

static void make_shades(struct kin_drum *d, uint32_t wheel, uint32_t hand)
{
    for (uint32_t i = 0; i < SHADES; i++) {
        enum zone zone = (enum zone)(i / KIN_TRIG_TURN);
        uint32_t angle = i % KIN_TRIG_TURN;
        struct kin_colour c = zone_colour(zone, (angle - wheel) % KIN_TRIG_TURN);
        if (under_hand(zone, angle, hand))
            c = (struct kin_colour){20, 128, 128};
        d->shade[i] = c.y;
        d->shade[SHADES + i] = c.cb;
        d->shade[2 * SHADES + i] = c.cr;
    }
}

// Copies shades where the wheel is; `step` is 2 for the chroma planes, which have half the map's resolution.
static void draw_plane(const struct kin_drum *d, const uint8_t *shade, uint32_t step, uint8_t *plane, uint32_t stride)
{
    for (uint32_t y = 0; y < d->side / step; y++) {
        const uint16_t *map = d->map + (size_t)y * step * d->side;
        uint8_t *row = plane + (size_t)y * stride;
        for (uint32_t x = 0; x < d->side / step; x++) {
            uint16_t at = map[x * step];
            if (at >= KIN_TRIG_TURN) // not OUTSIDE
                row[x] = shade[at];
        }
    }
}

void kin_drum_draw(struct kin_drum *d, struct kin_picture *p, uint32_t x, uint32_t y, uint32_t wheel, uint32_t hand)
{
    if (x + d->side > p->width || y + d->side > p->height)
        return;
    make_shades(d, wheel, hand);
    size_t chroma = (size_t)(y / 2) * (p->width / 2) + x / 2;
    draw_plane(d, d->shade, 1, p->y + (size_t)y * p->width + x, p->width);
    draw_plane(d, d->shade + SHADES, 2, p->cb + chroma, p->width / 2);
    draw_plane(d, d->shade + 2 * (size_t)SHADES, 2, p->cr + chroma, p->width / 2);
}
