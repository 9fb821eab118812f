// Writes a reel of JPEGs of one shape: make_reel SHAPE WIDTH HEIGHT FRAMES >FILE. The picture moves from frame to
// frame.
#include <string.h>

#include "jpeg_make.h"

static const struct {
    const char *name;
    struct make make;
} shapes[] = {
    {"420", {.restart = 0}},
    {"422", {.factors = {2, 1, 1, 1, 1, 1}}},
    {"422_2x2_1x2", {.factors = {2, 2, 1, 2, 1, 2}}},
    {"optimized", {.optimize = true}},
    {"nodht", {.drop_dht = true}},
    {"progressive", {.progressive = true}},
    {"multiscan", {.separate_scans = true}},
    {"dri", {.restart = 4}},
    {"bands", {.restart = 41}}, // a line of a picture 641 pixels wide
    {"onedqt", {.one_table = true}},
    {"gray", {.space = JCS_GRAYSCALE}},
    {"444", {.factors = {1, 1, 1, 1, 1, 1}}},
    {"440", {.factors = {1, 2, 1, 1, 1, 1}}},
    {"411", {.factors = {4, 1, 1, 1, 1, 1}}},
    {"16bit", {.step_add = 250}},
    {"third_table", {.third_table = true}},
    {"rgb", {.space = JCS_RGB, .quality = 95}},
    {"cmyk", {.space = JCS_CMYK, .quality = 95}},
};
#define SHAPES (sizeof shapes / sizeof shapes[0])

static int write_frames(struct make make, int frames)
{
    for (int i = 0; i < frames; i++) {
        make.phase = (unsigned)i;
        struct kin_buf *jpeg = make_jpeg(&make);
        bool written = jpeg != NULL && fwrite(jpeg->data, 1, jpeg->len, stdout) == jpeg->len;
        kin_buf_unref(jpeg);
        if (!written)
            return 1;
    }
    return fflush(stdout) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    size_t i = 0;
    while (argc == 5 && i < SHAPES && strcmp(shapes[i].name, argv[1]) != 0)
        i++;
    if (argc != 5 || i == SHAPES) {
        fprintf(stderr, "usage: make_reel SHAPE WIDTH HEIGHT FRAMES\n");
        return 2;
    }
    struct make make = shapes[i].make;
    make.width = (uint16_t)strtol(argv[2], NULL, 10);
    make.height = (uint16_t)strtol(argv[3], NULL, 10);
    return write_frames(make, (int)strtol(argv[4], NULL, 10));
}
