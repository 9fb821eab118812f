// What the player knows and is doing: the directory, the session, the newest frame, the page on the screen. No
// terminal: the views draw it, the shell (player.c) brings keys and takes frames, tests do both with a screen as text.
#ifndef TUI_MODEL_H
#define TUI_MODEL_H

#include "client/listing.h"
#include "client/session.h"
#include "client/url_path.h"
#include "model/keys.h"
#include "model/prompt.h"
#include "model/settings.h"
#include "model/wire_log.h"
#include "picture/canvas.h"
#include "terminal/input.h"

#define MODEL_MESSAGE_MAX 256
#define MODEL_PAGES_MAX 4

enum page { PAGE_LIBRARY, PAGE_PLAYER, PAGE_STATS, PAGE_PROTOCOL, PAGE_HELP, PAGE_COUNT };

// Why the newest frame waits; what is replaced meanwhile is counted there.
enum model_hold { HOLD_NOTHING, HOLD_DECODER, HOLD_TERMINAL, HOLD_LIMIT };

struct model_library {
    char start[URL_PATH_MAX]; // where the program was started, or the directory that was typed since
    char url[URL_PATH_MAX];   // of the directory, "" = none yet
    struct listing *listing;  // NULL = none
    size_t selected, top;     // top: the line shown first
    struct listing_request *request;
    char wanted[URL_PATH_MAX]; // what the request is for
    int sibling;               // -1, 1: the request is made to go to the reel before or after
    bool given;                // the request is for a URL that the user gave
    bool quiet;                // nobody asked: the request shows how far the server is with its indexes
    bool opened;               // a directory was listed, once at least
    kin_us again_at;           // when to ask for that
};

struct model_reel { // what is played
    char url[URL_PATH_MAX];
    struct session *session; // NULL = none
    bool play_when_ready, loop_on;
    bool from_library; // the session was opened out of the library: leaving it goes back there
    kin_us opened_at;  // when the session was begun
    bool heard;        // the server has answered something
    bool opening_told; // that it takes long
    bool opened;       // a reel was set up, once at least
    double rate;       // how fast, negative for backward; a new reel starts at 1
    struct session_stats stats;
    kin_us figures_due; // when stats are read again
    kin_us position;    // of the frame shown or the place sought
};

struct model_frame { // the newest one handed out by the session
    struct kin_buf *jpeg;
    uint64_t number;
    bool fresh; // not yet taken by the decoder
};

struct model_drops {
    uint64_t terminal, decoder, limit, broken;
};

struct model_frames {
    struct model_frame newest;
    struct picture *picture; // what is shown, owned; NULL = none
    bool awaited;            // one is being made of a frame of this session
    enum model_hold hold;
    struct model_drops drops, drops_base; // counted in all, and at the last reset
    enum settings_render render;
};

struct model_pages { // those on top of each other
    enum page stack[MODEL_PAGES_MAX];
    size_t count;
    size_t scroll, scroll_max; // first line of the page on top, and the last that this may be, as it was last drawn
    bool at_end;               // keep to the end as lines come (protocol log)
    bool quit;                 // out of the last one
};

struct model_prompt {
    bool open;        // a line is being typed
    bool is_position; // a place in the reel, not a URL
    struct prompt line;
    char original[URL_PATH_MAX]; // the URL that the line began with: it has the password that is not shown
};

struct model_message {            // on the status line
    char text[MODEL_MESSAGE_MAX]; // a whole sentence, with a capital and a stop
    bool is_error, of_session;
    kin_us until;
};

struct model_terminal { // for the statistics page
    int cols, rows;
    bool utf8, answers, sync;
    enum color_depth depth;
    const char *charset_advice, *color_advice; // what to set for more; NULL or "" = nothing
    enum canvas_kind kind;                     // what pictures are made of now
    int picture_cols, picture_rows;
    kin_us decode_us, render_us, rtt_us;
    double bytes_per_s, shown_fps;
    size_t frame_bytes;
    uint64_t bytes;
    unsigned threshold;
};

struct picture;

// Everybody may read all of it. A member is written by the file beside it and by no other, once model_init() is done.
struct model {
    struct kin_loop *loop;
    const struct settings *settings;
    struct model_library library;   // model_library.c
    struct model_reel reel;         // model_reel.c
    struct wire_log log;            // model_reel.c
    struct model_frames frames;     // model_frames.c
    struct model_pages pages;       // model_pages.c
    struct model_prompt prompt;     // model_prompt.c
    struct model_message message;   // model_message.c
    struct model_terminal terminal; // model.c: copied from the compositor
    bool scrubbing;                 // model.c: the mouse holds the progress bar, dragging it seeks
    bool dirty;                     // model.c: the screen must be drawn
    bool redraw;                    // model.c: from scratch
};

// --- model.c
void model_init(struct model *m, struct kin_loop *loop, const struct settings *settings);
void model_deinit(struct model *m); // closes the session; its handles go with the loop

// Does what a key, a button or a press on a bar asks for (keys.def). Nothing for ACTION_NONE.
void model_act(struct model *m, enum action action, int arg);
// The same for a press of the mouse. One on the progress bar holds on to it until the next press.
void model_press(struct model *m, enum action action, int arg);
// The mouse moves with its button down: seeks when it holds the progress bar, to `along` of ACTION_ALONG_MAX.
void model_drag(struct model *m, int along);

// Reads the figures again when they are due. Returns when the model wants to be called again.
kin_us model_tick(struct model *m, kin_us now);

void model_touch(struct model *m); // the screen must be drawn
void model_set_terminal(struct model *m, const struct model_terminal *t);
// The screen was drawn as the model is now. The page on top has so many lines, and so many are visible (0, 0: it does
// not scroll).
void model_drawn(struct model *m, size_t lines, size_t height);

// --- model_library.c
// Goes to a URL: lists it, and plays it when it is a reel.
void model_open(struct model *m, const char *url);

// --- model_reel.c
enum kin_player_state model_state(const struct model *m); // KIN_PLAYER_INIT without a session
kin_us model_duration(const struct model *m);             // -1 unknown

// --- model_frames.c
struct model_drops model_drops(const struct model *m); // since the last reset
enum canvas_kind model_kind(const struct model *m, enum canvas_kind for_auto);
// Why a frame that comes now has to wait.
void model_set_hold(struct model *m, enum model_hold hold);
// Takes the newest frame for the decoder, if it is fresh; others wait for that from now on. The reference goes to the
// caller.
bool model_take_frame(struct model *m, struct model_frame *ret);
// Gives the finished picture of the frame taken last to the screen; the model owns it. NULL is one that failed for want
// of memory. It is dropped when its session has been closed meanwhile.
void model_show(struct model *m, struct picture *picture);
// The last frame must be drawn again (other size, colours or symbols).
void model_render_again(struct model *m);

// --- model_pages.c
enum page model_page(const struct model *m); // the one on top
// The first line that the page on top shows, of `lines` in a window of `height` lines: the selection of the library is
// always visible, the other pages show nothing past their end.
size_t model_first_line(const struct model *m, size_t lines, size_t height);

// --- model_prompt.c
void model_type(struct model *m, uint32_t key); // a key while the prompt is open; Enter does what was asked for
// Puts text into the prompt; a URL that is pasted anywhere else opens it.
void model_paste(struct model *m, struct kin_span text);

// --- model_message.c
// Puts a sentence on the status line. One that is no error goes by itself.
void model_say(struct model *m, bool is_error, const char *format, ...) __attribute__((format(printf, 3, 4)));
// The message as it follows the name of a program: "kinora: the server ...".
void model_message_behind_name(const struct model *m, char *dst, size_t size);

#endif
