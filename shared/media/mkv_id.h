// The elements of Matroska (RFC 9559, section 5) that the reader enters or takes a value from.
#ifndef KIN_MEDIA_MKV_ID_H
#define KIN_MEDIA_MKV_ID_H

enum {
    KIN_MKV_SEGMENT = 0x18538067,
    KIN_MKV_INFO = 0x1549a966,
    KIN_MKV_TIMESTAMP_SCALE = 0x2ad7b1,
    KIN_MKV_TRACKS = 0x1654ae6b,
    KIN_MKV_TRACK_ENTRY = 0xae,
    KIN_MKV_TRACK_NUMBER = 0xd7,
    KIN_MKV_TRACK_TYPE = 0x83,
    KIN_MKV_CODEC = 0x86,
    KIN_MKV_CODEC_PRIVATE = 0x63a2,
    KIN_MKV_DEFAULT_DURATION = 0x23e383,
    KIN_MKV_ENCODINGS = 0x6d80,
    KIN_MKV_CLUSTER = 0x1f43b675,
    KIN_MKV_TIMESTAMP = 0xe7,
    KIN_MKV_SIMPLE_BLOCK = 0xa3,
    KIN_MKV_BLOCK_GROUP = 0xa0,
    KIN_MKV_BLOCK = 0xa1,
};

#endif
