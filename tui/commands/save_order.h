// Which frames a file still needs of a stream that may leave some out: a server that sends faster than the line or the
// disk takes drops whole frames. A gap is asked for again, more slowly; what never comes is counted. Arithmetic only.
#ifndef TUI_SAVE_ORDER_H
#define TUI_SAVE_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#define SAVE_SPEED_NORMAL 1000
#define SAVE_SPEED_MAX 16000 // asked for; the server says what it does

enum save_verdict {
    SAVE_TAKE,  // the frame belongs at the end of the file
    SAVE_SKIP,  // it is there already, or of a place that is being left
    SAVE_AGAIN, // frames are missing before it: play again from `next`, at `speed_milli`
};

struct save_order {
    uint64_t next;                 // the number of the frame that the file needs next
    bool asked;                    // it was asked for again, and nothing of the answer has come yet
    bool gap;                      // the last answer began behind a gap:
    uint64_t gap_next, gap_number; // ... these two
    unsigned in_vain;              // requests in a row that brought nothing
    int32_t speed_milli;
    uint64_t missing;  // frames that were given up
    uint64_t left_out; // of these, those that the server did not send
};

// speed_milli: how fast the stream is now, in thousandths.
struct save_order save_order_make(int32_t speed_milli);

// A frame came. leaving: the request for another place has not been answered yet. left_out: frames right before it that
// the server did not send.
enum save_verdict save_order_feed(struct save_order *o, uint64_t number, bool leaving, uint64_t left_out);

// The stream has ended, and the reel has so many frames. SAVE_AGAIN, or SAVE_SKIP: it is over, and `missing` is right.
enum save_verdict save_order_end(struct save_order *o, uint64_t frames);

#endif
