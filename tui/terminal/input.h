// Bytes from the terminal into keys, mouse presses, pasted text and answers to queries. Pure: time is an argument.
// Whatever is not understood is swallowed whole, so that a late answer never acts as a key.
#ifndef TUI_INPUT_H
#define TUI_INPUT_H

#include "base/span.h"
#include "base/time.h"

// Keys that are no character, above all code points.
enum input_key {
    INPUT_ENTER = 0x110000,
    INPUT_ESC,
    INPUT_TAB,
    INPUT_BACKSPACE,
    INPUT_DELETE,
    INPUT_INSERT,
    INPUT_UP,
    INPUT_DOWN,
    INPUT_LEFT,
    INPUT_RIGHT,
    INPUT_HOME,
    INPUT_END,
    INPUT_PAGE_UP,
    INPUT_PAGE_DOWN,
    INPUT_KEY_NONE,
};

enum input_type {
    INPUT_KEY,
    INPUT_PRESS, // of the left button
    INPUT_DRAG,  // with the left button held
    INPUT_WHEEL, // key: -1 up, 1 down
    INPUT_PASTE, // a piece of pasted text
    INPUT_REPORT_CURSOR,
    INPUT_REPORT_DA1,
    INPUT_REPORT_SYNC,      // key: 1 when DEC mode 2026 can be set
    INPUT_REPORT_TRUECOLOR, // key: 1 when a direct colour came back as it was set
};

struct input_event {
    enum input_type type;
    uint32_t key;         // a code point or enum input_key
    int x, y;             // 0-based cell
    struct kin_span text; // of INPUT_PASTE, until the next call
};

#define INPUT_BYTES_MAX 4096
#define INPUT_SEQUENCES_MAX 48
#define INPUT_SEQUENCE_LEN 15

struct input {
    uint8_t bytes[INPUT_BYTES_MAX];
    size_t len, used;   // used: taken by events already handed out
    bool pasting;       // between the brackets
    bool string;        // inside DCS, OSC, APC, PM or SOS
    uint8_t answer[48]; // what a DCS said so far
    size_t answer_len;
    kin_us since; // the incomplete sequence stands there since
    struct {
        char bytes[INPUT_SEQUENCE_LEN + 1];
        uint32_t key;
    } sequences[INPUT_SEQUENCES_MAX];
    size_t sequence_count;
};

void input_init(struct input *in);

// A key sequence of this terminal (from terminfo). Ignored when empty, too long, or one too many.
void input_add_sequence(struct input *in, const char *bytes, uint32_t key);

// Takes bytes; those beyond the buffer are dropped after the events before them are asked for. Returns bytes taken.
size_t input_feed(struct input *in, kin_us now, struct kin_span bytes);

// The next event, if there is one. An escape sequence that stays incomplete is given up after `patience` microseconds:
// a lone ESC becomes the Esc key, all else is dropped.
bool input_next(struct input *in, kin_us now, kin_us patience, struct input_event *ret);

// When input_next() should be asked again without new bytes; KIN_US_NEVER when nothing waits.
kin_us input_deadline(const struct input *in, kin_us patience);

#endif
