// Asks a server what a directory holds: DESCRIBE with Accept: application/json.
#ifndef TUI_LISTING_H
#define TUI_LISTING_H

#include "client/listing_json.h"
#include "io/loop.h"

// Calls done once from the loop: listing != NULL (owned by the callee, listing_free) or an error sentence. When the URL
// names a reel instead of a directory, listing is NULL and is_reel true. After that the request is gone by itself.
typedef void listing_fn(void *ctx, struct listing *listing, bool is_reel, const char *error);
struct listing_request;
// KIN_OK (*ret may be cancelled until done is called), KIN_EBAD (no rtsp URL), KIN_ENOMEM.
int listing_start(struct kin_loop *loop, const char *url, listing_fn *done, void *ctx, struct listing_request **ret);
void listing_cancel(struct listing_request *r); // no callback after; accepts NULL

#endif
