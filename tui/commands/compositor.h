// Between the model and the terminal: takes the newest frame when the terminal is ready for one, has it decoded, draws
// the screen and sends what differs. One frame is in flight, the newest wins, what is skipped is counted.
#ifndef TUI_COMPOSITOR_H
#define TUI_COMPOSITOR_H

#include "model/model.h"
#include "pages/view.h"
#include "picture/governor.h"
#include "picture/picture.h"
#include "terminal/encoder.h"
#include "terminal/term.h"
#include "terminal/writer.h"

#define COMPOSITOR_SHOWN_MAX 256 // pictures a second that can be told apart

struct compositor {
    struct model *model;
    struct terminal *term;
    struct screen screen;
    struct encoder encoder;
    struct writer writer;
    struct governor governor;
    struct layout layout;        // of the screen last drawn
    struct model_terminal facts; // told to the model with each draw
    struct picture_maker *maker;
    double cell_aspect;
    bool sync;                // DEC mode 2026 is understood
    bool resized;             // the terminal's size must be asked
    bool new_picture;         // since the last draw
    bool exact;               // it is made otherwise than the one before: nothing of that may stay
    kin_us settle_due;        // when what the threshold left on the screen is drawn exactly
    kin_us next_picture;      // not before (fps limit)
    struct rect picture_area; // where pictures went last
    bool costing;             // the newest picture is on its way to the terminal, since sent_at
    kin_us sent_at, cost;     // and what the one before took
    kin_us hidden_due;        // before that the terminal would not take another: see is_hidden()
    kin_us shown[COMPOSITOR_SHOWN_MAX];
    size_t shown_at;
};

// KIN_OK or KIN_ENOMEM. Model and terminal are borrowed.
int compositor_init(struct compositor *s, struct model *m, struct terminal *t);
void compositor_deinit(struct compositor *s);

void compositor_resize(struct compositor *s); // takes effect with the next draw

// The terminal is the program's from now on: what goes to it first are the sequences of term.h that enter it, then the
// whole screen. KIN_OK or KIN_ENOMEM, and then nothing will be drawn.
int compositor_attach(struct compositor *s);
void compositor_detach(struct compositor *s); // it is somebody else's: nothing goes to it any more

// A report of the terminal. False when the event is none.
bool compositor_report(struct compositor *s, kin_us now, const struct input_event *event);

// Draws and starts what can be. Returns when to be called again at the latest; *ret_gone when the terminal is no more.
kin_us compositor_turn(struct compositor *s, kin_us now, bool *ret_gone);

#endif
