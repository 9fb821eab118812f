// Which frames a file still needs. A server that sends faster than the line or the disk can take drops whole frames;
// such a gap is requested again at a lower speed, and frames that never come are counted. Arithmetic only.
#ifndef TUI_SAVE_ORDER_H
#define TUI_SAVE_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#define SAVE_SPEED_NORMAL 1000
#define SAVE_SPEED_MAX 16000 // requested; the server answers with what it does

enum save_verdict {
    SAVE_APPEND,  // the frame belongs at the end of the file
    SAVE_SKIP,    // the file has it already, or a seek is leaving its place
    SAVE_REFETCH, // frames are missing before it: play again from `next` at `speed_milli`
};

struct save_order {
    uint64_t next;                 // the number of the frame that the file needs next
    bool refetching;               // it was requested again, and no frame of the answer has come yet
    bool gap;                      // the last answer began after a gap:
    uint64_t gap_next, gap_number; // it needed gap_next and got gap_number
    unsigned fruitless;            // consecutive requests that brought nothing
    int32_t speed_milli;
    uint64_t missing;  // frames given up
    uint64_t left_out; // those of them that the server did not send
};

// speed_milli: the current speed of delivery, in thousandths of normal speed.
struct save_order save_order_make(int32_t speed_milli);

// A frame arrived. leaving: it was sent before the server answered the newest request. left_out: frames right before it
// that the server did not send.
enum save_verdict save_order_feed(struct save_order *o, uint64_t number, bool leaving, uint64_t left_out);

// The stream of a reel of `frames` frames has ended. SAVE_REFETCH, or SAVE_SKIP: it is over, and `missing` is final.
enum save_verdict save_order_end(struct save_order *o, uint64_t frames);

#endif
