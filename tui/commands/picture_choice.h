// What the next picture is made of, by what the terminal can draw, what its line takes and what the processor has time
// for; and what an encoder of images has to know of the terminal.
#ifndef TUI_PICTURE_CHOICE_H
#define TUI_PICTURE_CHOICE_H

#include "picture/governor.h"
#include "picture/picture.h"
#include "terminal/drain.h"

struct picture_choice {
    struct governor governor;
    enum renderer kind; // of the last picture
    bool near;          // the terminal has answered faster than over any network
};

// Chooses, and remembers it. A still picture is the best that the line takes, whatever the governor says of films.
// fixed: what the user has chosen, or RENDERER_COUNT. Where pictures are of another sort from now on, the line's rate
// is forgotten: what it takes of the one says little about the other.
enum renderer picture_choice_make(struct picture_choice *c, kin_us now, const struct terminal_facts *f, bool utf8,
                                  bool still, enum renderer fixed, struct drain *line);

// A picture has been made, of a reel whose frames last `interval` (0: unknown).
void picture_choice_judge(struct picture_choice *c, kin_us now, const struct picture *p, kin_us interval,
                          const struct drain *line);

// True when kitty runs on this machine: the pixels of its pictures do not go over the line.
bool picture_choice_kitty_is_near(const struct terminal_facts *f);

struct imager_settings picture_choice_imager(const struct terminal_facts *f, enum renderer kind);

// Sets the cells that the picture of the request may fill: those of the area, as far as such pictures go.
void picture_choice_limit(const struct terminal_facts *f, struct rect area, int screen_rows, struct picture_request *q);

#endif
