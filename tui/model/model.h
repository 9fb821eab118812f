// The state of the player: the directory, the session, the newest frame, the page on the screen. It knows no terminal:
// the views draw it, the shell (player.c) brings keys and takes frames; tests do both with a screen as text.
#ifndef TUI_MODEL_H
#define TUI_MODEL_H

#include "client/listing.h"
#include "client/session.h"
#include "client/url_path.h"
#include "model/keys.h"
#include "model/library_order.h"
#include "model/prompt.h"
#include "model/settings.h"
#include "model/terminal_history.h"
#include "model/wire_log.h"
#include "picture/canvas.h"
#include "picture/governor.h"
#include "terminal/facts.h"
#include "terminal/input.h"

#define MODEL_MESSAGE_MAX 256
#define MODEL_PAGES_MAX 4

#define MODEL_SEARCH_MAX 64

enum page { PAGE_LIBRARY, PAGE_PLAYER, PAGE_STATS, PAGE_PROTOCOL, PAGE_HELP, PAGE_COUNT };

// Why the newest frame has to wait; frames replaced meanwhile count as dropped for that reason.
enum model_hold { HOLD_NOTHING, HOLD_DECODER, HOLD_TERMINAL, HOLD_LIMIT };

struct model_library {
    char start[URL_PATH_MAX]; // the URL of the command line, or the directory last entered by the user
    char url[URL_PATH_MAX];   // of the directory, "" = none yet
    struct listing *listing;  // NULL = none
    enum library_sort sort;
    char search[MODEL_SEARCH_MAX]; // what the names of the lines contain, "" = anything
    uint16_t lines[LISTING_MAX];   // entries of the listing
    size_t count;                  // of lines
    size_t selected, top, height;  // a line; the one shown first; how many are shown
    struct listing_request *request;
    char requested[URL_PATH_MAX]; // what the request is for
    int sibling;                  // -1, 1: go to the previous or next reel once it is answered
    bool by_user;                 // the request is for a URL entered by the user
    bool background;              // refreshes unfinished indexes: do not switch pages or report errors
    bool opened;                  // a directory has been listed at least once
    kin_us refresh_at;            // when the next background request is due
};

// One frame of each reel that the library has shown: a cache, whose oldest go first.
#define THUMBNAILS_MAX 256
#define THUMBNAILS_BYTES_MAX ((size_t)32 << 20) // of their JPEGs; the newest one may go beyond

struct model_thumbnail {
    uint64_t key;                // the reel: a hash of its URL, its bytes and its frames; 0: this place is free
    uint64_t used;               // the tick in which its line was last on the screen
    struct kin_buf *jpeg;        // NULL: it is on its way, or could not be had
    struct picture *picture;     // made of that, owned; NULL: not yet, or it cannot be shown
    bool shown;                  // one has been made of it, or could not be
    int cols, rows;              // for which that was, or is about to be
    struct canvas_settings with; // likewise
};

struct model_thumbnails {
    struct model_thumbnail items[THUMBNAILS_MAX];
    size_t bytes; // of all JPEGs
    uint64_t ticks;
    int cols, rows;                 // the room for one on the screen; 0: none is shown
    struct session *session;        // the one that fetches; NULL = none
    struct model_thumbnail *wanted; // for that one
    kin_us until;                   // when it is given up
};

struct model_reel { // the one that is played
    char url[URL_PATH_MAX];
    struct session *session; // NULL = none
    bool play_when_ready, loop_on;
    bool from_library;      // it was opened from the library: leaving it goes back there
    kin_us opened_at;       // when opening began
    bool answered;          // the server has sent a reply
    bool slow_opening_over; // it is open, or the user has been told that this takes long
    bool opened;            // a reel has been set up at least once
    double rate;            // how fast, negative for backward; a new reel starts at 1
    struct session_stats stats;
    kin_us stats_due;                   // when stats are refreshed
    struct kin_receive_history history; // of this session, since the last reset, while it plays
    struct kin_receive_second seconds[KIN_RECEIVE_HISTORY_SECONDS + 1]; // its memory: one of them is running
    struct terminal_history terminal;                                   // beside it, what became of the pictures
    kin_us position;                                                    // of the frame shown or the target of a seek
};

struct model_frame { // the newest one delivered by the session
    struct kin_buf *jpeg;
    uint64_t number;
    struct kin_jpeg_gaps gaps; // what is missing in a partial one
    bool fresh;                // not yet taken by the decoder
    bool again;                // it has been taken before: what replaces it drops nothing
};

struct model_drops {
    uint64_t terminal, decoder, limit, broken;
};

struct model_frames {
    struct model_frame newest;
    struct picture *picture;    // the one shown, owned; NULL = none
    bool picture_pending;       // one is being made from a frame of this session
    struct kin_buf *taken;      // that frame
    struct kin_buf *shown_jpeg; // the one of `picture`
    enum model_hold hold;
    struct model_drops drops, drops_base; // counted in all, and at the last reset
    uint64_t shown;                       // pictures put on the screen, in all, each frame once
    int render;                           // enum settings_render
};

struct model_pages { // a stack
    enum page stack[MODEL_PAGES_MAX];
    size_t count;
    size_t scroll, scroll_max; // first line shown of the page on top, and its maximum when last drawn
    bool at_end;               // follow the end as lines are added (protocol log)
    bool quit;                 // the last page was left: end the program
};

// What lies over the picture of the player's page, and whether anything stands beside it.
struct model_controls {
    bool alone;           // the picture has the whole window; the controls lie over it while `shown`
    bool shown;           // somebody has just pressed a key or used the mouse
    bool glance;          // the statistics lie over the picture
    kin_us hide_at;       // when `shown` ends
    int pointer;          // where the mouse holds the progress bar, of ACTION_ALONG_MAX; -1: nowhere
    kin_us pointer_until; // when that ends
};

#define MODEL_BOOKMARKS_MAX 10
struct model_marks {                           // places of the reel that is played
    kin_us bookmarks[MODEL_BOOKMARKS_MAX + 1]; // ascending; the last one stays free
    size_t count;
    kin_us loop_from, loop_to; // A and B; -1: not set
    kin_us seen;               // the position when last looked at: an end is passed from there
};

struct model_still {
    struct frame_file *writing; // NULL = none
};

enum model_prompt_kind { PROMPT_URL, PROMPT_POSITION, PROMPT_SEARCH };

struct model_prompt {
    bool open; // a line is being typed
    enum model_prompt_kind kind;
    struct prompt line;
    char why[MODEL_MESSAGE_MAX]; // what was entered cannot be used; "" once it is edited
    char original[URL_PATH_MAX]; // the URL that the line began with, with the password that is not shown
};

struct model_message {            // on the status line
    char text[MODEL_MESSAGE_MAX]; // a full sentence, with a capital and a full stop
    bool is_error, of_session;
    kin_us until;
};

struct model_terminal { // for the statistics page
    int cols, rows;
    bool utf8, answers, sync;
    const struct terminal_facts *found; // NULL = nothing
    enum color_depth depth;
    const char *charset_advice, *color_advice; // what to set for more; NULL or "" = none
    enum renderer kind;                        // what pictures are made of at present
    int picture_cols, picture_rows;
    kin_us decode_us, render_us, rtt_us;
    double bytes_per_s, shown_fps;
    size_t frame_bytes;
    uint64_t bytes;
    unsigned threshold;
    double takes_bytes_per_s;     // what the terminal takes, as measured; 0 = not yet
    size_t budget;                // bytes of a picture
    enum governor_reason because; // of `kind`
};

// Any file may read all of it. After model_init(), each member is written only by the file named beside it.
struct model {
    struct kin_loop *loop;
    const struct settings *settings;
    struct model_library library;       // model_library.c
    struct model_thumbnails thumbnails; // model_thumbnails.c
    struct model_reel reel;             // model_reel.c
    struct wire_log log;                // model_reel.c
    struct model_frames frames;         // model_frames.c
    struct model_pages pages;           // model_pages.c
    struct model_controls controls;     // model_controls.c
    struct model_prompt prompt;         // model_prompt.c
    struct model_still still;           // model_still.c
    struct model_marks marks;           // model_marks.c
    struct model_message message;       // model_message.c
    struct model_terminal terminal;     // model.c: copied from the compositor
    bool scrubbing;                     // model.c: the mouse holds the progress bar: dragging seeks
    bool dirty;                         // model.c: the screen must be drawn
    bool redraw;                        // model.c: the next drawing starts from scratch
    bool copying;                       // model.c: a report is to be sent to the terminal's clipboard (report.h)
};

// --- model.c
void model_init(struct model *m, struct kin_loop *loop, const struct settings *settings);
void model_deinit(struct model *m); // closes the session; its handles go with the loop

// Does what a key, a button or a press on a bar asks for (keys.def). Nothing for ACTION_NONE.
void model_act(struct model *m, enum action action, int arg);
// The same for a press of the mouse. A press on the progress bar holds it until the next press.
void model_press(struct model *m, enum action action, int arg);
// The mouse moves with its button down: seeks when it holds the progress bar, to `along` of ACTION_ALONG_MAX.
void model_drag(struct model *m, int along);

// Refreshes what is due. Returns when to call again.
kin_us model_tick(struct model *m, kin_us now);

void model_copied(struct model *m); // what `copying` asks for is done
void model_touch(struct model *m);  // the screen must be drawn
void model_set_terminal(struct model *m, const struct model_terminal *t);
// The screen shows the current model. The page on top has `lines` lines, of which `height` are visible (0, 0: it does
// not scroll).
void model_drawn(struct model *m, size_t lines, size_t height);

// --- model_library.c
// Goes to a URL as typed or edited: lists it, or plays it when it is a reel. False: what is wrong with it has been
// said.
bool model_open(struct model *m, const char *url);
const struct listing_entry *model_line(const struct model *m, size_t line); // of the library; NULL beyond its end

// --- model_thumbnails.c
// The screen has room for a thumbnail of so many cells beside the list of the library; 0x0: none. False: as before.
bool model_set_thumbnail_room(struct model *m, int cols, int rows);

struct model_thumbnail_task { // a picture to be made
    uint64_t key;
    struct kin_buf *jpeg; // the caller owns the reference
    int cols, rows;       // the most that it may fill
};
// Takes the next one that is on the screen and has not been made in its size and with these settings, if there is one.
bool model_take_thumbnail(struct model *m, const struct canvas_settings *with, struct model_thumbnail_task *ret);
// The picture of a task; the model owns it. NULL: there was no memory for it.
void model_show_thumbnail(struct model *m, uint64_t key, struct picture *picture);

enum thumbnail_state { THUMBNAIL_COMES, THUMBNAIL_THERE, THUMBNAIL_FAILED };
// That of a line of the library. *ret_picture: NULL unless it is there.
enum thumbnail_state model_thumbnail(const struct model *m, size_t line, const struct picture **ret_picture);

// --- model_reel.c
enum kin_player_state model_state(const struct model *m); // KIN_PLAYER_INIT without a session
kin_us model_duration(const struct model *m);             // -1 unknown

// --- model_frames.c
struct model_drops model_drops(const struct model *m);                       // since the last reset
enum renderer model_renderer(const struct model *m, enum renderer for_auto); // what to draw with
// Why a frame that arrives now has to wait.
void model_set_hold(struct model *m, enum model_hold hold);
// Takes the newest frame for the decoder if it is fresh; the hold becomes HOLD_DECODER. The caller owns the reference.
bool model_take_frame(struct model *m, struct model_frame *ret);
// Shows the picture of the frame taken last; the model owns it. NULL: there was no memory for it. Dropped when its
// session has been closed meanwhile.
void model_show(struct model *m, struct picture *picture);
// Renders the last frame again (other size, colours or symbols).
void model_render_again(struct model *m);

// --- model_pages.c
enum page model_page(const struct model *m); // the one on top
// The first of `lines` lines that the page on top shows in a window of `height` lines. The selection of the library is
// always visible; the other pages show nothing past their end.
size_t model_first_line(const struct model *m, size_t lines, size_t height);

// --- model_controls.c
// Somebody is there: shows the controls for a while where the picture is alone.
void model_wake(struct model *m);

// --- model_prompt.c
void model_type(struct model *m, uint32_t key); // a key while the prompt is open; Enter opens or seeks
// Inserts text into the prompt. Without one, a pasted URL opens the prompt.
void model_paste(struct model *m, struct kin_span text);

// --- model_message.c
// Puts a sentence on the status line. A notice disappears by itself, an error stays.
void model_say(struct model *m, bool is_error, const char *format, ...) __attribute__((format(printf, 3, 4)));
// The message in the form that follows the name of a program: "kinora: the server ...".
void model_message_behind_name(const struct model *m, char *dst, size_t size);

#endif
