// URLs as places to go: into a directory, up to its parent, beside a reel.
#ifndef TUI_URL_PATH_H
#define TUI_URL_PATH_H

#include "base/span.h"

#define URL_PATH_MAX 2048

struct listing_entry;

// Each writes a NUL-terminated URL of at most URL_PATH_MAX - 1 bytes and returns false when there is no such place or
// it does not fit; `ret` is then untouched. `ret` may be `url`.
bool url_path_complete(const char *text, char ret[URL_PATH_MAX]); // "box/x" is rtsp://box/x; only rtsp
bool url_path_parent(const char *url, char ret[URL_PATH_MAX]);    // none above the root
// Likewise of an entry of a listing; its segment is the last one of that URL, percent-encoded and without a slash.
bool url_path_entry(const char *url, const struct listing_entry *e, char ret[URL_PATH_MAX]);
bool url_path_segment(const struct listing_entry *e, char ret[URL_PATH_MAX]);
bool url_path_child(const char *url, const char *name, bool directory, char ret[URL_PATH_MAX]); // encodes the name

// True when the URL has a path below the root.
bool url_path_is_below_root(const char *url);

// The last step of the path, decoded and fit for a screen; the host when there is none.
void url_path_name(const char *url, char *dst, size_t size);

// A URL for people: without its password and without controls. Text that is no URL, as it was typed, too.
#define URL_PATH_SHOWN_MAX (URL_PATH_MAX + 8)
void url_path_shown(const char *url, char dst[URL_PATH_SHOWN_MAX]);

// What an edited url_path_shown(original) means: the mask stands for the password of the original. False when it stands
// beside another user or host, which must not get that password, or it does not fit. `typed` is a whole URL.
bool url_path_unmask(const char *typed, const char *original, char ret[URL_PATH_MAX]);

#endif
