// Text for the clipboard of the terminal: OSC 52. Whether a terminal takes it cannot be known; over SSH it is the only
// way to the clipboard of the person who sits there.
#ifndef TUI_CLIPBOARD_H
#define TUI_CLIPBOARD_H

#include "base/wr.h"

#define CLIPBOARD_TEXT_MAX ((size_t)32 * 1024) // terminals take no more, or less
#define CLIPBOARD_ONCE_MAX ((CLIPBOARD_TEXT_MAX + 2) / 3 * 4 + 32)
#define CLIPBOARD_BYTES_MAX (2 * CLIPBOARD_ONCE_MAX)

// Appends the sequence. What is beyond CLIPBOARD_TEXT_MAX is left out. in_tmux: twice, once for tmux itself (which
// takes it with "set-clipboard on") and once wrapped for the terminal around it ("allow-passthrough on").
void clipboard_write(struct kin_wr *out, struct kin_span text, bool in_tmux);

#endif
