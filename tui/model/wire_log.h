// The last requests and replies as sent and received, bounded in number and bytes, as lines to scroll through.
#ifndef TUI_WIRE_LOG_H
#define TUI_WIRE_LOG_H

#include "base/list.h"
#include "base/span.h"
#include "base/time.h"

#define WIRE_LOG_MESSAGES_MAX 200
#define WIRE_LOG_BYTES_MAX ((size_t)256 << 10)
#define WIRE_LOG_MESSAGE_MAX ((size_t)8 << 10) // of one message; the rest is cut

struct wire_log {
    struct kin_list messages; // struct wire_message, oldest first
    size_t count, bytes, lines;
};

struct wire_message {
    struct kin_list link;
    kin_us at;
    bool sent;
    size_t lines; // a heading and one for each line of the message
    size_t len;
    uint8_t bytes[];
};

struct wire_line {
    const struct wire_message *message;
    bool heading; // the time and direction; text is then the message's first line
    struct kin_span text;
};

void wire_log_init(struct wire_log *log);
void wire_log_deinit(struct wire_log *log);

// Keeps a copy and drops the oldest messages beyond the limits. Without memory the message is left out.
void wire_log_add(struct wire_log *log, kin_us at, bool sent, struct kin_span message);

// Line n of all lines, oldest first. False past the end.
bool wire_log_line(const struct wire_log *log, size_t n, struct wire_line *ret);

#endif
