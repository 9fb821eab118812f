// Writes one frame to a file of its own, byte for byte as it was received, on the thread pool.
#ifndef TUI_FRAME_FILE_H
#define TUI_FRAME_FILE_H

#include "base/buf.h"
#include "io/loop.h"

#define FRAME_FILE_PATH_MAX 4096
#define FRAME_FILE_TRIES 99 // names that are tried

// The name of a reel as the beginning of a file's name: without the suffix of the reel, nothing that leads into another
// directory, and never hidden. NUL-terminated, cut between characters.
#define FRAME_FILE_STEM_MAX 160
void frame_file_stem(const char *reel, char dst[FRAME_FILE_STEM_MAX]);

struct frame_file;
// Called once, from the loop. error NULL: it is all in `path`. Else a reason without a full stop, and there is no such
// file, or another one.
typedef void frame_file_fn(void *ctx, const char *path, const char *error);

// Writes STEM-NUMBER.jpg into the current directory, or STEM-NUMBER-2.jpg and so on when there are files of that name:
// none is ever replaced. Takes a reference to the frame. KIN_OK (*ret may be canceled until done is called),
// KIN_ENOMEM.
int frame_file_start(struct kin_loop *loop, struct kin_buf *jpeg, const char *stem, uint64_t number,
                     frame_file_fn *done, void *ctx, struct frame_file **ret);
// No callback after; the file is still written. Accepts NULL.
void frame_file_cancel(struct frame_file *f);

#endif
