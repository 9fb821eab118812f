// Every sentence that kinora-prep says to a person, by who says it. What its options do stands in their tables
// (command_*.c); what is wrong with a file's bytes is said where shared/ finds it.
#ifndef PREP_MESSAGES_H
#define PREP_MESSAGES_H

#include <inttypes.h>

// --- any command

#define MSG_ERROR "kinora-prep: %s\n"
#define MSG_FILE_ERROR "kinora-prep: %s: %s\n" // file, reason
#define MSG_STDOUT_ERROR "kinora-prep: cannot write to standard output\n"
#define MSG_NO_COMMAND "kinora-prep: no command given (see kinora-prep --help)\n"
#define MSG_UNKNOWN_COMMAND "kinora-prep: unknown command \"%.64s\" (see kinora-prep --help)\n"
#define MSG_UNKNOWN_COMMAND_NEAR "kinora-prep: unknown command \"%.64s\" (did you mean %s?)\n"

// --- usage: "kinora-prep COMMAND: what is wrong (see ...)"

#define MSG_CONVERT_USAGE "kinora-prep convert: %s (see kinora-prep convert --help)\n"
#define MSG_PATTERN_USAGE "kinora-prep pattern: %s (see kinora-prep pattern --help)\n"
#define MSG_INFO_NO_FILE "kinora-prep info: FILE is missing (see kinora-prep info --help)\n"
#define MSG_NO_OPERANDS "INPUT and OUTPUT are missing"
#define MSG_NO_OUTPUT "OUTPUT is missing"
#define MSG_MANY_INPUTS "only one INPUT can be converted at a time"
#define MSG_MANY_OUTPUTS "only one OUTPUT can be written"

// These follow the option and its value.
#define MSG_NOT_A_FILM_SIZE "is not a size (allowed: WxH up to %ux%u; one side may be -)"
#define MSG_NOT_A_PATTERN_SIZE "is not a size (allowed: WxH from 1x1 to %ux%u)"

#define MSG_FORMAT_HELP                                                                                                \
    "raw: JPEGs back to back. lab: each JPEG after its length in five digits. avi: an AVI. auto: avi where OUTPUT "    \
    "ends in .avi, else raw."

// --- what is wrong with an input: follows its name

#define MSG_NOT_A_FILM "not a film or reel that can be read"
#define MSG_NOT_A_REGULAR_FILE "not a regular file"
#define MSG_NO_VIDEO "it contains no video"
#define MSG_NO_DECODER "no decoder for %s is available" // codec
#define MSG_DECODER_REFUSES "the %s decoder refuses it" // codec
#define MSG_FILM_TOO_LARGE "its pictures of %dx%d pixels are too large to decode"
#define MSG_REEL_TOO_LARGE "its picture would be too large for a reel: give a --size"
#define MSG_CANNOT_SCALE "its pixel format cannot be scaled"
#define MSG_NOTHING_DECODED "none of its frames can be decoded"
#define MSG_ENDS_BEFORE_START "it ends before --start"
#define MSG_FRAME_ERROR "frame %u: %s"
#define MSG_FRAME_TOO_LONG "a frame gets too long for a reel: lower --quality or --size"

// --- what is wrong with an output

#define MSG_TOO_MANY_FRAMES "a reel cannot have more than %u frames: convert a part with --start and --duration"
#define MSG_LAB_FRAME_TOO_LONG                                                                                         \
    "frame %" PRIu64 " has %zu bytes, but the lab format allows at most %u: "                                          \
    "lower --quality or --size, or choose --format raw"
#define MSG_LAB_FRAME_FITS_AT                                                                                          \
    "%s (at --quality %u this frame fits; --fit finds the best for each)" // the sentence above
#define MSG_AVI_NEEDS_FILE "an AVI can only be written to a regular file: choose --format raw for a pipe or a device"
#define MSG_AVI_TOO_LONG "an AVI cannot have more than %u parts of 1 GiB"
#define MSG_AVI_FRAME_LIMIT "a frame is too long, or there are too many frames"

// --- what a person should know after a conversion; the first %s is the input

#define MSG_NOTE_COPIED "kinora-prep: %s is Motion-JPEG: its frames were copied as they are\n"
#define MSG_NOTE_BROKEN_FRAMES /* count, " was" or "s were", number of the first */                                    \
    "kinora-prep: %s is damaged: %" PRIu32 " broken frame%s left out, the first is number %" PRIu32 "\n"
#define MSG_NOTE_RECORDS "kinora-prep: %s holds %" PRIu32 " JPEGs in %" PRIu32 " record%s: each JPEG became a frame\n"
#define MSG_NOTE_JUNK /* count, plural s, "was" or "were" */                                                           \
    "kinora-prep: %s is damaged: %" PRIu64 " byte%s between its frames %s left out\n"
#define MSG_NOTE_CUT_OFF "kinora-prep: %s is cut off: its last frame is incomplete and was left out\n"
#define MSG_NOTE_INTERLACED                                                                                            \
    "kinora-prep: %s is interlaced: it was not deinterlaced, so each frame still interleaves two fields\n"
#define MSG_NOTE_HDR "kinora-prep: %s is HDR: its brightness was not tone-mapped, so the reel looks pale\n"
#define MSG_NOTE_LOWERED /* count, " was" or "s were", lowest quality */                                               \
    "kinora-prep: %" PRIu64 " frame%s lowered in quality to fit the lab format, down to %u\n"
#define MSG_NOTE_DAMAGED "kinora-prep: %s is damaged: %" PRIu64 " frame%s could not be decoded, or only in part\n"

// --- the report of kinora-prep info: a label and a fact on each line

#define MSG_INFO_CONTAINER "  container  %s (%s)\n"
#define MSG_INFO_CONTAINERS(X)                                                                                         \
    X("lab", "five digits of length before each JPEG")                                                                 \
    X("raw", "JPEGs back to back")                                                                                     \
    X("avi", "RIFF, chunks of Motion-JPEG")                                                                            \
    X("mov", "QuickTime or MP4, samples of Motion-JPEG")                                                               \
    X("mkv", "Matroska, blocks of Motion-JPEG")                                                                        \
    X("multipart", "a capture of multipart/x-mixed-replace")                                                           \
    X("stills", "a directory of JPEGs in natural order")
#define MSG_INFO_PICTURE "  picture    %ux%u"
#define MSG_INFO_RESIZED " (%" PRIu32 " frame%s of another size)"
#define MSG_INFO_FRAMES "\n  frames     %" PRIu32 ", %.3f s at %s frames/s"
#define MSG_INFO_RATE_ASSUMED " (assumed: the file does not say)"
#define MSG_INFO_RECORDS "  records    %" PRIu32 ", some of which hold several JPEGs: each JPEG is a frame\n"
#define MSG_INFO_BYTES "  bytes      %s, %s; largest frame %s, average %s\n" // of the file, bit rate
#define MSG_INFO_CODING "  coding     %s, %s, "                              // process, sampling
#define MSG_INFO_HUFFMAN "%s Huffman tables"
#define MSG_INFO_NO_HUFFMAN "no Huffman tables (the standard ones are implied)"
#define MSG_INFO_RESTART ", restart interval %u"
#define MSG_INFO_JUNK "  junk       %s byte%s in %" PRIu32 " place%s between frames, skipped\n"
#define MSG_INFO_CUT_OFF "  cut off    the last frame is not complete and is left out\n"
#define MSG_INFO_LEFT_OUT                                                                                              \
    "  left out   %" PRIu32 " broken frame%s, the first is number %" PRIu32 "; the others keep their times\n"
#define MSG_INFO_BROKEN                                                                                                \
    "  broken     %" PRIu32 " frame%s of the index, the first is number %" PRIu32 "; left out when played\n"
#define MSG_INFO_STREAMABLE "  streaming  yes: %s\n"
#define MSG_INFO_NOT_STREAMABLE /* what is in the way, frames with it, all frames, plural s, the first */              \
    "  streaming  not as it is: %s in %" PRIu32 " of %" PRIu32 " frame%s, from frame %" PRIu32 " on\n"
#define MSG_INFO_ACTION "  to do      %s"
#define MSG_INFO_SIZE "  size       %s: %s\n" // reason, action
#define MSG_INFO_COST                                                                                                  \
    "  cost       %.1f ms and %+.0f %% bytes per frame, measured on %" PRIu32 " of them; %.0f %% of a core\n"
#define MSG_INFO_REFUSED "  refused    frame %" PRIu32 ": %s\n"

#define MSG_NOT_CONVERTIBLE "not convertible"
#define MSG_SIZE_REASON "larger than 2040 pixels, which the RTP header cannot express"
#define MSG_SIZE_ACTION "each player gets a payload format that it can take (?fmt= chooses another)"

#endif
