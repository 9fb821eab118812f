// jpeg/mcu: counting MCUs of pictures that an independent encoder wrote, and of scans made by hand.
#include "base/err.h"
#include "jpeg/markers.h"
#include "jpeg/mcu.h"
#include "sample.h"
#include "unit.h"

TEST(mcus_of_pictures)
{
    static const struct {
        const char *name;
        uint8_t type;
        uint32_t mcus, first_interval;
    } want[] = {{"420.jpg", 1, 12, 12}, {"422.jpg", 0, 12, 12}, {"dri.jpg", 1, 12, 3}, {"nodht.jpg", 1, 12, 12}};
    struct kin_buf *file = NULL;
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct kin_jpeg_info info;
        uint32_t mcus = 0;
        file = sample_load(want[i].name);
        CHECK(file != NULL);
        CHECK_INT(kin_jpeg_walk(kin_buf_span(file), &info, NULL), KIN_OK);
        struct kin_span scan = unit_guarded(info.scan.p, info.scan.n);
        CHECK_INT(kin_jpeg_mcu_count(scan, want[i].type, false, &mcus), KIN_OK);
        CHECK_INT(mcus, want[i].mcus);
        CHECK_INT(mcus, kin_jpeg_mcu_expected(want[i].type, info.width, info.height));
        CHECK_INT(kin_jpeg_mcu_count(scan, want[i].type, true, &mcus), KIN_OK);
        CHECK_INT(mcus, want[i].first_interval);
        kin_buf_unref(file);
        file = NULL;
    }
out:
    kin_buf_unref(file);
}

TEST(every_cut_is_noticed_or_counted)
{
    struct kin_jpeg_info info;
    struct kin_buf *file = sample_load("420.jpg");
    uint32_t mcus = 0;
    unsigned whole = 0;
    CHECK(file != NULL);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(file), &info, NULL), KIN_OK);
    for (size_t n = 0; n < info.scan.n; n++) {
        int err = kin_jpeg_mcu_count(unit_guarded(info.scan.p, n), 1, false, &mcus);
        CHECK(err == KIN_EBAD || (err == KIN_OK && mcus < 12));
        whole += err == KIN_OK;
    }
    CHECK(whole < 30); // a cut between two MCUs cannot be seen
out:
    kin_buf_unref(file);
}

TEST(mcus_of_bits)
{
    uint32_t mcus = 99;
    // one gray MCU of 4:2:0: four times DC 00 and end of block 1010, twice 00 and 00
    CHECK_INT(kin_jpeg_mcu_count(UNIT_BYTES(0x28, 0xa2, 0x8a, 0x00), 1, false, &mcus), KIN_OK);
    CHECK_INT(mcus, 1);
    CHECK_INT(
        kin_jpeg_mcu_count(UNIT_BYTES(0x28, 0xa2, 0x8a, 0x00, 0xff, 0xd0, 0x28, 0xa2, 0x8a, 0x00), 1, false, &mcus),
        KIN_OK);
    CHECK_INT(mcus, 2);
    // 4:2:2: 001010 001010 0000 0000 and padding of ones
    CHECK_INT(kin_jpeg_mcu_count(UNIT_BYTES(0x28, 0xa0, 0x0f), 0, false, &mcus), KIN_OK);
    CHECK_INT(mcus, 1);
    CHECK_INT(kin_jpeg_mcu_count(kin_span_make(NULL, 0), 1, false, &mcus), KIN_OK);
    CHECK_INT(mcus, 0);
    // a code of sixteen ones does not exist; FF 00 is one byte of ones
    CHECK_INT(kin_jpeg_mcu_count(UNIT_BYTES(0x3f, 0xff, 0x00, 0xff, 0x00, 0xff, 0x00), 1, false, &mcus), KIN_EBAD);
    CHECK_INT(kin_jpeg_mcu_count(UNIT_BYTES(0x28), 1, false, &mcus), KIN_EBAD);
    CHECK_INT(kin_jpeg_mcu_count(UNIT_BYTES(0x28), 2, false, &mcus), KIN_EBAD);
out:;
}
