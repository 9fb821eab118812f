// Bytes from the terminal into keys, mouse presses, pasted text and answers to queries. Pure: time is an argument.
// Unknown sequences are consumed as a whole, so that a late answer never acts as a key.
#ifndef TUI_INPUT_H
#define TUI_INPUT_H

#include "base/span.h"
#include "base/time.h"

// Keys that are not characters; above all code points.
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
    INPUT_REPORT_STATUS,  // of DSR 5
    INPUT_REPORT_DA1,     // params: its class, then what it can do (4: sixel)
    INPUT_REPORT_DA2,     // params: its model and version
    INPUT_REPORT_VERSION, // text: name and version (XTVERSION)
    INPUT_REPORT_MODE,    // params: a DEC private mode and its state (DECRPM: 0 unknown, 1 set, 2 reset, 3 and 4 fixed)
    INPUT_REPORT_WINDOW,  // params: 4 (window in pixels), 6 (cell in pixels) or 8 (window in cells), height, width
    INPUT_REPORT_SIXEL,   // params: 1 (colours) or 2 (pixels), 0 when it could be read, the number, or width and height
    INPUT_REPORT_BACKGROUND, // key: its colour, 0xRRGGBB
    INPUT_REPORT_GRAPHICS,   // text: the answer to a kitty graphics command, from behind its G
    INPUT_REPORT_TRUECOLOR,  // key: 1 when the terminal kept a direct colour
};

#define INPUT_PARAMS_MAX 16 // of a report; more are dropped

struct input_event {
    enum input_type type;
    uint32_t key;         // a code point or enum input_key
    int x, y;             // 0-based cell
    struct kin_span text; // of INPUT_PASTE and reports, until the next call
    unsigned params[INPUT_PARAMS_MAX];
    size_t param_count;
};

#define INPUT_BYTES_MAX 4096
#define INPUT_SEQUENCES_MAX 48
#define INPUT_SEQUENCE_LEN 15
#define INPUT_ANSWER_MAX 128               // bytes of a string that are kept
#define INPUT_ANSWER_US (3 * KIN_US_PER_S) // how long the rest of an answer that was cut is waited for

struct input {
    uint8_t bytes[INPUT_BYTES_MAX];
    size_t len, used; // used: consumed by events already returned
    bool pasting;     // between the brackets
    uint8_t string;   // inside DCS, OSC, APC, PM or SOS: the byte behind ESC; else 0
    kin_us string_began;
    uint8_t answer[INPUT_ANSWER_MAX]; // the start of the string
    size_t answer_len;
    kin_us since; // when bytes came last: an incomplete sequence waits since then
    struct {
        char bytes[INPUT_SEQUENCE_LEN + 1];
        uint32_t key;
    } sequences[INPUT_SEQUENCES_MAX];
    size_t sequence_count;
};

void input_init(struct input *in);

// Adds a key sequence of this terminal (from terminfo). Ignored when empty, too long, or beyond INPUT_SEQUENCES_MAX.
void input_add_sequence(struct input *in, const char *bytes, uint32_t key);

// Appends bytes to the buffer and returns how many fitted: call input_next() until it returns false, then feed the
// rest.
size_t input_feed(struct input *in, kin_us now, struct kin_span bytes);

// The next event, if there is one. An escape sequence that is still incomplete after `patience` microseconds is given
// up: a lone ESC becomes the Esc key, anything else is dropped. What can only be the beginning of an answer waits for
// INPUT_ANSWER_US, so that the rest of it is not taken for keys.
bool input_next(struct input *in, kin_us now, kin_us patience, struct input_event *ret);

// When to call input_next() again without new bytes; KIN_US_NEVER when nothing waits.
kin_us input_deadline(const struct input *in, kin_us patience);

#endif
