// What the player knows and is doing: the directory, the session, the newest frame, the page on the screen. No
// terminal: the views draw it, the shell (player.c) brings keys and takes frames, tests do both with a screen as text.
#ifndef TUI_MODEL_H
#define TUI_MODEL_H

#include "client/listing.h"
#include "client/place.h"
#include "client/session.h"
#include "model/keys.h"
#include "model/prompt.h"
#include "model/settings.h"
#include "model/wire_log.h"
#include "picture/canvas.h"
#include "terminal/input.h"

#define MODEL_MESSAGE_MAX 256
#define MODEL_CACHE_BYTES_MAX ((size_t)256 << 20)
#define MODEL_REFRESH_US (250 * KIN_US_PER_MS) // of the figures
#define MODEL_NOTICE_US (5 * KIN_US_PER_S)     // a sentence that is no error stays so long
#define MODEL_PAGES_MAX 4
#define MODEL_OPENING_US (2 * KIN_US_PER_S) // a server that takes longer to describe a reel is worth a sentence
#define LIBRARY_AGAIN_US (KIN_US_PER_S)     // between two looks at indexes that are being made

enum page { PAGE_LIBRARY, PAGE_PLAYER, PAGE_STATS, PAGE_PROTOCOL, PAGE_HELP, PAGE_COUNT };

// Why the newest frame waits; what is replaced meanwhile is counted there.
enum model_hold { HOLD_NOTHING, HOLD_DECODER, HOLD_TERMINAL, HOLD_LIMIT };

struct model_library {
    char url[PLACE_URL_MAX]; // of the directory, "" = none yet
    struct listing *listing; // NULL = none
    size_t selected, top;    // top: the line shown first
    struct listing_request *request;
    char wanted[PLACE_URL_MAX]; // what the request is for
    int sibling;                // -1, 1: the request is made to go to the reel before or after
    bool given;                 // the request is for a URL that the user gave
    bool quiet;                 // nobody asked: the request shows how far the server is with its indexes
    kin_us again_at;            // when to ask for that
};

struct model_frame { // the newest one handed out by the session
    struct kin_buf *jpeg;
    uint64_t number;
    kin_us media_us;
    uint16_t width, height;
    bool fresh; // not yet taken by the decoder
};

struct model_drops {
    uint64_t terminal, decoder, limit, broken;
};

struct model_terminal { // facts that the shell keeps up to date, for the statistics page
    int cols, rows;
    bool utf8, answers, sync;
    enum color_depth depth;
    const char *charset_advice, *color_advice; // what to set for more; NULL or "" = nothing
    enum canvas_kind kind;                     // what pictures are made of now
    int picture_cols, picture_rows;
    kin_us decode_us, render_us, rtt_us;
    double bytes_per_s, shown_fps;
    size_t frame_bytes;
    uint64_t frames, bytes;
    unsigned threshold;
};

struct picture;

struct model {
    struct kin_loop *loop;
    const struct settings *settings;
    char start_url[PLACE_URL_MAX]; // where the program was started, or the directory that was typed since
    char url[PLACE_URL_MAX];       // of the session
    struct model_library library;
    struct session *session;
    bool play_when_ready, loop_on, quit;
    kin_us opened_at;  // when the session was begun
    bool heard;        // the server has answered something
    bool opening_told; // that it takes long
    bool opened;       // a directory was listed or a reel set up, once at least
    double rate;       // how fast, negative for backward; a new reel starts at 1
    bool from_library; // the session was opened out of the library: leaving it goes back there
    struct session_stats stats;
    kin_us refreshed, figures_due; // when stats were read, and when again
    kin_us position;               // of the frame shown or the place sought
    struct model_frame frame;
    struct picture *picture; // what is shown, owned; NULL = none
    bool picture_awaited;    // one is being made of a frame of this session
    enum model_hold hold;
    struct model_drops drops, drops_base; // counted in all, and at the last reset
    struct model_terminal terminal;
    enum settings_render render;
    enum page pages[MODEL_PAGES_MAX];
    size_t page_count;
    size_t scroll;                  // first line of the page on top
    size_t scroll_max;              // of the page as it was last drawn
    bool scroll_at_end;             // keep to the end as lines come (protocol log)
    bool prompting, prompt_is_goal; // a line is being typed; a place in the reel, not a URL
    struct prompt prompt;
    char prompt_url[PLACE_URL_MAX];  // that the prompt began with: it has the password that is not shown
    char message[MODEL_MESSAGE_MAX]; // a whole sentence, with a capital and a stop
    bool message_is_error, message_of_session;
    kin_us message_until;
    struct wire_log log;
    bool scrubbing; // the mouse button went down on the progress bar: dragging it seeks
    bool dirty;     // the screen must be drawn
    bool redraw;    // from scratch
};

void model_init(struct model *m, struct kin_loop *loop, const struct settings *settings);
void model_deinit(struct model *m); // closes the session; its handles go with the loop

// Goes to a URL: lists it, and plays it when it is a reel.
void model_open(struct model *m, const char *url);
// Plays what is known to be a reel.
void model_play(struct model *m, const char *url, bool from_library);
void model_leave_reel(struct model *m); // closes the session and shows the library

// Does what a key, a button or a press on a bar asks for.
void model_act(struct model *m, enum action action, int arg);
// The same for a press of the mouse. One on the progress bar holds on to it until the next press.
void model_press(struct model *m, enum action action, int arg);
// The mouse moves with its button down: seeks when it holds the progress bar, at `along` of ACTION_ALONG_MAX.
void model_drag(struct model *m, int along);

// --- model_prompt.c: while m->prompting a line is typed
void model_prompt_url(struct model *m);         // asks for a URL, beginning with that of the page on top
void model_prompt_goal(struct model *m);        // asks for a place in the reel, if one is open
void model_type(struct model *m, uint32_t key); // a key of the line; Enter does what was asked for, Esc does not
// Puts text into the line; a URL pasted when no line is open opens the prompt.
void model_paste(struct model *m, struct kin_span text);

// Goes to a place in the reel as typed (goal.h), or says what is wrong with it.
void model_go_to(struct model *m, const char *text);

// The first line that the page on top shows, of `lines` in a window of `height` lines: the selection of the library is
// always visible, the other pages show nothing past their end.
size_t model_first_line(const struct model *m, size_t lines, size_t height);
// The screen was drawn as the model is now. The page on top has so many lines, and so many are visible (0, 0: it does
// not scroll).
void model_drawn(struct model *m, size_t lines, size_t height);

// Puts a sentence on the status line.
void model_say_cannot_open(struct model *m, const char *url, int err);
// The message as it follows the name of a program: "kinora: the server ...".
void model_message_behind_name(const struct model *m, char *dst, size_t size);
void model_say(struct model *m, bool is_error, const char *format, ...) __attribute__((format(printf, 3, 4)));

// Takes an error off the status line, because it holds no more.
void model_clear_error(struct model *m);

// Takes a sentence that is no error off the status line, because something newer happens.
void model_clear_notice(struct model *m);
// A connection begins: from now on is counted how long the server takes to open the reel.
void model_note_opening(struct model *m);

// Reads the figures again when they are due. Returns when the model wants to be called again.
kin_us model_tick(struct model *m, kin_us now);

enum page model_page(const struct model *m);
void model_push_page(struct model *m, enum page page);
bool model_pop_page(struct model *m); // false when it was the last one

enum kin_player_state model_state(const struct model *m); // KIN_PLAYER_INIT without a session
kin_us model_duration(const struct model *m);             // -1 unknown
struct model_drops model_drops(const struct model *m);    // since the last reset
enum canvas_kind model_kind(const struct model *m, enum canvas_kind for_auto);

// For the player: takes the newest frame, if it is fresh. The reference goes to the caller.
bool model_take_frame(struct model *m, struct model_frame *ret);
// Gives the finished picture of the frame taken last to the screen; the model owns it. NULL is one that failed for want
// of memory. It is dropped when its session has been closed meanwhile.
void model_show(struct model *m, struct picture *picture);
// The last frame must be drawn again (other size, colours or symbols).
void model_render_again(struct model *m);

// --- model_rate.c: actions
void rate_slower(struct model *m);
void rate_faster(struct model *m);
void rate_scale(struct model *m, double factor); // within what a session does
void rate_set(struct model *m, double rate);
void rate_turn(struct model *m); // backward, and forward again

// --- model_library.c
void library_list(struct model *m, const char *url, int sibling);
void library_cancel(struct model *m);
void library_forget(struct model *m);
kin_us library_tick(struct model *m, kin_us now); // returns when it wants to be called again
void library_move(struct model *m, long by);      // the selection, by so many lines
// These do nothing on another page: a press may be older than the page.
void library_press(struct model *m, int index); // selects that line, or opens it when it is selected
void library_enter(struct model *m);
void library_parent(struct model *m);
void library_reload(struct model *m);
void library_sibling(struct model *m, int direction);
size_t library_first_line(const struct model_library *l, size_t height);

#endif
