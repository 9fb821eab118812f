// What the files of the model share: the actions of keys.def, and functions that one file provides for another.
#ifndef TUI_MODEL_INTERNAL_H
#define TUI_MODEL_INTERNAL_H

#include "model/model.h"

// --- model_library.c
void library_list(struct model *m, const char *url, int sibling);
void library_cancel(struct model *m);
void library_forget(struct model *m);
kin_us library_tick(struct model *m, kin_us now); // returns when it wants to be called again
size_t library_first_line(const struct model *m, size_t height);
void library_drawn(struct model *m, size_t height);
void library_sibling(struct model *m, int direction); // plays the previous (-1) or next (1) reel
void library_move(struct model *m, long by);          // moves the selection by `by` lines
// These do nothing on another page: the press may precede the change of page.
void library_press(struct model *m, int index); // selects that line, or opens it if it is selected
void library_enter(struct model *m);
void library_sort_next(struct model *m);
void library_search(struct model *m, const char *text); // shows only lines with that in their names; "": all
void library_parent(struct model *m);
void library_reload(struct model *m);

// --- model_thumbnails.c
kin_us thumbnails_tick(struct model *m, kin_us now); // fetches what the lines on the screen lack, one at a time
void thumbnails_stop(struct model *m);               // leaves the line to something else for now
void thumbnails_retry(struct model *m);              // what could not be had may be asked for again
void thumbnails_forget(struct model *m);

// --- model_reel.c
void reel_open(struct model *m, const char *url, bool from_library); // plays a URL that is known to be a reel
void reel_close(struct model *m);
void reel_leave(struct model *m); // closes the session and shows the library
kin_us reel_tick(struct model *m, kin_us now);
void reel_say_indexing(struct model *m,
                       double share); // says why opening takes long: the server has read only this share
// Seeks to a position as typed (position_input.h). False: what is wrong with it has been said.
bool reel_go_to(struct model *m, const char *text);
bool reel_is_seekable(struct model *m);               // else says that it is not, unless none is open
void reel_seek_to(struct model *m, kin_us position);  // clamped; says so where seeking is not possible
void reel_seek_by(struct model *m, int seconds);      // from the current position
void reel_seek_share(struct model *m, int n, int of); // to n/of of the reel
void reel_step(struct model *m, int frames);
void reel_play(struct model *m);
void reel_pause(struct model *m);
void reel_toggle(struct model *m);
void reel_setup(struct model *m);
void reel_teardown(struct model *m);
void reel_toggle_loop(struct model *m);
void reel_reset_counters(struct model *m);
void reel_rate_slower(struct model *m);
void reel_rate_faster(struct model *m);
void reel_rate_scale(struct model *m, double factor); // clamped to the range of a session
void reel_rate_set(struct model *m, double rate);
void reel_rate_turn(struct model *m); // backward, and forward again

// --- model_frames.c
void frames_put(struct model *m, const struct session_frame *f);
void frames_drop(struct model *m); // drops frame and picture of a closed session
void frames_reset_drops(struct model *m);
void frames_change_render(struct model *m);

// --- model_pages.c
void pages_show_only(struct model *m, enum page page);
void pages_toggle(struct model *m, enum page page); // puts it on top, or removes it from there
void pages_leave(struct model *m);
void pages_quit(struct model *m);
void pages_scroll(struct model *m, long by); // moves the selection of the library, scrolls other pages
void pages_scroll_line(struct model *m, int by);
void pages_drawn(struct model *m, size_t lines, size_t height);

// --- model_controls.c
void controls_init(struct model *m);
void controls_toggle_alone(struct model *m);
void controls_next_stats(struct model *m);       // over the picture, then their page, then neither
void controls_point(struct model *m, int along); // the mouse holds the progress bar there
kin_us controls_tick(struct model *m, kin_us now);

// --- model_marks.c
void marks_clear(struct model *m);             // another reel
void marks_jumped(struct model *m);            // the position has been changed, not by playing
void marks_toggle(struct model *m);            // a bookmark at the position, or none there any more
void marks_go(struct model *m, int direction); // seeks to the next (1) or previous (-1) bookmark
void marks_loop(struct model *m);              // sets A, then B, then neither
void marks_tick(struct model *m);              // goes back to A when B is passed

// --- model_still.c
void still_save(struct model *m); // the frame that is shown, to a file in the current directory
void still_forget(struct model *m);

// --- model_prompt.c
void prompt_for_url(struct model *m);      // starts with the URL of the page on top
void prompt_for_position(struct model *m); // a position in the reel, if one is open
void prompt_for_search(struct model *m);   // what names in the library contain, as it is typed
void prompt_end_search(struct model *m);   // another page has come

// --- model_message.c
void message_of_session(struct model *m, bool is_error, const char *sentence); // until it is withdrawn
void message_withdraw(struct model *m);
void message_cannot_open(struct model *m, const char *url, int err);
void message_clear(struct model *m);
void message_clear_error(struct model *m);  // because it no longer holds
void message_clear_notice(struct model *m); // because of a new action
kin_us message_tick(struct model *m, kin_us now);

#endif
