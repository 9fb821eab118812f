// jpeg/header: files rebuilt from RTP parameters have the headers that the walk expects.
#include "base/err.h"
#include "jpeg/header.h"
#include "jpeg/markers.h"
#include "jpeg/tables.h"
#include "unit.h"

static uint8_t tables[640];

// The walk over the header that `params` make, with a byte of scan and EOI behind it.
static int rebuilt(const struct kin_jpeg_params *params, struct kin_jpeg_info *ret)
{
    static uint8_t file[2048];
    struct kin_wr w = kin_wr_init(file, sizeof file - 3);
    int err = kin_jpeg_header_write(&w, params);
    if (err != KIN_OK)
        return err;
    memcpy(file + w.len, "\x12\xff\xd9", 3);
    return kin_jpeg_walk(unit_guarded(file, w.len + 3), ret, NULL);
}

TEST(plain_parameters_make_a_plain_header)
{
    struct kin_jpeg_info info;
    kin_jpeg_quant_tables(50, tables);
    struct kin_jpeg_params p = {.type = 1, .width = 1920, .height = 1080, .tables = {tables, 128}};
    CHECK_INT(rebuilt(&p, &info), KIN_OK);
    CHECK_INT(info.width, 1920);
    CHECK_INT(info.height, 1080);
    CHECK_INT(info.components[0].h, 2);
    CHECK_INT(info.components[0].v, 2);
    CHECK_INT(info.components[1].tq, 1);
    CHECK_INT(info.components[2].tq, 1);
    CHECK(info.standard_huffman && info.has_dht);
    CHECK_INT(info.restart_interval, 0);
    CHECK_INT(info.scan.n, 1);
    CHECK(kin_span_eq(info.dqt[0].data, kin_span_make(tables, 64)));
    CHECK(kin_span_eq(info.dqt[1].data, kin_span_make(tables + 64, 64)));
out:;
}

TEST(type_0_and_restart)
{
    struct kin_jpeg_info info;
    struct kin_jpeg_params p = {.width = 8, .height = 8, .restart_interval = 513, .tables = {tables, 128}};
    CHECK_INT(rebuilt(&p, &info), KIN_OK);
    CHECK_INT(info.components[0].h, 2);
    CHECK_INT(info.components[0].v, 1);
    CHECK_INT(info.restart_interval, 513);
out:;
}

TEST(tables_of_every_shape)
{
    static const struct {
        size_t n;
        uint8_t precision;
        int err;
        uint8_t tq[3];
    } cases[] = {
        {64, 0, KIN_OK, {0, 0, 0}},
        {128, 0, KIN_OK, {0, 1, 1}},
        {192, 0, KIN_OK, {0, 1, 2}},
        {128, 1, KIN_OK, {0, 0, 0}},
        {192, 1, KIN_OK, {0, 1, 1}},
        {192, 2, KIN_OK, {0, 1, 1}},
        {256, 3, KIN_OK, {0, 1, 1}},
        {384, 7, KIN_OK, {0, 1, 2}},
        {0, 0, KIN_EBAD, {0}},
        {63, 0, KIN_EBAD, {0}},
        {65, 0, KIN_EBAD, {0}},
        {64, 1, KIN_EBAD, {0}},
        // four, of which types 0 and 1 use two
        {256, 0, KIN_OK, {0, 1, 1}},
        {512, 15, KIN_OK, {0, 1, 1}},
        {384, 5, KIN_OK, {0, 1, 1}},
        {320, 0, KIN_EBAD, {0}},
        {640, 15, KIN_EBAD, {0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct kin_jpeg_info info = {.sof = 0};
        struct kin_jpeg_params p = {.width = 8, .height = 8, .precision = cases[i].precision};
        p.tables = unit_guarded(tables, cases[i].n);
        CHECK_INT(rebuilt(&p, &info), cases[i].err);
        for (unsigned k = 0; k < 3 && cases[i].err == KIN_OK; k++) {
            CHECK_INT(info.components[k].tq, cases[i].tq[k]);
            CHECK(info.dqt[cases[i].tq[k]].present);
            CHECK_INT(info.dqt[cases[i].tq[k]].precision, cases[i].precision >> cases[i].tq[k] & 1);
        }
    }
out:;
}

TEST(sizes_must_be_there)
{
    struct kin_jpeg_info info;
    struct kin_jpeg_params p = {.width = 0, .height = 8, .tables = {tables, 64}};
    CHECK_INT(rebuilt(&p, &info), KIN_EBAD);
    p.width = 8, p.height = 0;
    CHECK_INT(rebuilt(&p, &info), KIN_EBAD);
    p.height = 8, p.type = 2;
    CHECK_INT(rebuilt(&p, &info), KIN_EBAD);
out:;
}

TEST(an_extension_overrules)
{
    struct kin_jpeg_info info;
    // one component of 4096x2304, as the ONVIF extension brings it
    static const uint8_t sof[] = {0xff, 0xc0, 0, 11, 8, 0x09, 0x00, 0x10, 0x00, 1, 7, 0x11, 2};
    uint8_t dqt[69] = {0xff, 0xdb, 0, 67, 2};
    struct kin_jpeg_params p = {.sof = {sof, sizeof sof}, .segments = {dqt, sizeof dqt}};
    CHECK_INT(rebuilt(&p, &info), KIN_OK);
    CHECK_INT(info.width, 4096);
    CHECK_INT(info.height, 2304);
    CHECK_INT(info.component_count, 1);
    CHECK_INT(info.components[0].id, 7);
    CHECK(info.dqt[2].present && !info.dqt[0].present);
    CHECK(info.standard_huffman);
    for (size_t n = 1; n < sizeof sof; n++) { // cut short
        p.sof = unit_guarded(sof, n);
        CHECK_INT(rebuilt(&p, &info), KIN_EBAD);
    }
out:;
}

TEST(the_largest_header_fits_its_limit)
{
    uint8_t room[KIN_JPEG_HEADER_MAX];
    struct kin_jpeg_params p = {
        .width = 8, .height = 8, .restart_interval = 1, .precision = 15, .tables = {tables, 512}};
    struct kin_wr w = kin_wr_init(room, sizeof room);
    CHECK_INT(kin_jpeg_header_write(&w, &p), KIN_OK);
    for (size_t n = 0; n < w.len; n++) {
        struct kin_wr small = kin_wr_init(room, n);
        CHECK_INT(kin_jpeg_header_write(&small, &p), KIN_ELIMIT);
    }
out:;
}
