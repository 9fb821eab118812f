// Between the model and the terminal: takes the newest frame when the terminal is ready for one, has it decoded, draws
// the screen and sends what differs. One frame is in flight, the newest wins, what is skipped is counted.
#ifndef TUI_COMPOSITOR_H
#define TUI_COMPOSITOR_H

#include "commands/picture_choice.h"
#include "model/model.h"
#include "pages/view.h"
#include "picture/picture.h"
#include "terminal/encoder.h"
#include "terminal/probe.h"
#include "terminal/term.h"
#include "terminal/writer.h"

#define COMPOSITOR_SHOWN_MAX 256 // pictures a second that can be told apart

struct compositor {
    struct model *model;
    struct terminal *term;
    struct probe *probe;
    struct screen screen;
    struct encoder encoder;
    struct writer writer;
    struct picture_choice choice;
    struct theme theme;
    struct layout layout;        // of the screen last drawn
    struct model_terminal facts; // copied to the model with each draw
    struct picture_maker *maker;
    double cell_aspect;
    bool resized;             // the terminal's size must be read again
    bool new_picture;         // one has arrived since the last draw
    bool exact;               // the new picture has another kind or depth: no cell of the old one may stay
    kin_us settle_due;        // when cells that differ from the picture are redrawn exactly
    kin_us rests_since;       // the picture on the screen stays, and is not yet the best there can be; 0 = neither
    bool want_still;          // the next picture is to be the best
    kin_us next_picture;      // not before (fps limit)
    struct rect picture_area; // where the last picture was drawn
    bool draining;            // the newest picture is on its way to the terminal since sent_at
    kin_us sent_at, drain_us; // drain_us: how long the previous one took
    kin_us hidden_due;        // when the terminal could take the next picture if it were visible: is_hidden()
    kin_us shown_times[COMPOSITOR_SHOWN_MAX];
    size_t shown_count;
    uint64_t shown_before; // frames, by the model's count
};

// KIN_OK or KIN_ENOMEM. Model, terminal and probe are borrowed.
int compositor_init(struct compositor *s, struct model *m, struct terminal *t, struct probe *p);
void compositor_deinit(struct compositor *s);

void compositor_resize(struct compositor *s); // takes effect with the next draw

// Takes over the terminal: writes the sequences that enter it (term.h) and queries, then the whole screen. KIN_OK, or
// KIN_ENOMEM: then nothing will be drawn.
int compositor_attach(struct compositor *s, struct kin_span queries);
void compositor_detach(struct compositor *s); // gives it up: nothing more is written to it

// What removes the images that are drawn from now on, where they stay until that is sent: dst is left alone if not.
void compositor_image_removal(const struct compositor *s, char *dst, size_t size);

// Handles a report of the terminal. False when the event is something else.
bool compositor_report(struct compositor *s, kin_us now, const struct input_event *event);

// Sends queries between two frames; they leave colours and cursor as they are. False when that is not possible now.
bool compositor_send(struct compositor *s, kin_us now, struct kin_span bytes);

// Draws if necessary, and starts the next picture if possible. Returns when to call again at the latest; *ret_gone: the
// terminal is gone.
kin_us compositor_turn(struct compositor *s, kin_us now, bool *ret_gone);

#endif
