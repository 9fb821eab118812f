// Navigation between URLs: to an entry of a directory, to the parent.
#ifndef TUI_URL_PATH_H
#define TUI_URL_PATH_H

#include "base/span.h"

#define URL_PATH_MAX 2048

struct listing_entry;

// Each writes a NUL-terminated URL of at most URL_PATH_MAX - 1 bytes. False, with `ret` untouched, when there is no
// such URL or it does not fit. `ret` may be `url`.
bool url_path_complete(const char *text, char ret[URL_PATH_MAX]); // "box/x y" is rtsp://box/x%20y; only rtsp
bool url_path_parent(const char *url, char ret[URL_PATH_MAX]);    // none above the root
// The URL of an entry of a listing, and its last segment: percent-encoded, without a slash.
bool url_path_entry(const char *url, const struct listing_entry *e, char ret[URL_PATH_MAX]);
bool url_path_segment(const struct listing_entry *e, char ret[URL_PATH_MAX]);
bool url_path_child(const char *url, const char *name, bool directory, char ret[URL_PATH_MAX]); // encodes the name

// True when the URL has a path below the root.
bool url_path_is_below_root(const char *url);

// The last segment of the path, decoded and filtered for a screen; the host when the path is empty.
void url_path_name(const char *url, char *dst, size_t size);

// A URL for display: without its password and without controls. Also for typed text that is not a URL.
#define URL_PATH_SHOWN_MAX (URL_PATH_MAX + 8)
void url_path_shown(const char *url, char dst[URL_PATH_SHOWN_MAX]);

// The URL meant by an edited url_path_shown(original): the mask stands for the password of the original. False when the
// user or host has changed, so that the password must not be sent there, or it does not fit. `typed` is a full URL.
bool url_path_unmask(const char *typed, const char *original, char ret[URL_PATH_MAX]);

#endif
