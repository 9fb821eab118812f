// Asks a server what a directory holds: DESCRIBE with Accept: application/json.
#ifndef TUI_LISTING_H
#define TUI_LISTING_H

#include "client/listing_json.h"
#include "io/loop.h"

// Called once, from the loop: listing != NULL (the callee owns it: listing_free()), or is_reel (the URL names a reel,
// not a directory), or an error sentence. The request is freed afterwards.
typedef void listing_fn(void *ctx, struct listing *listing, bool is_reel, const char *error);
struct listing_request;
// KIN_OK (*ret may be cancelled until done is called), KIN_EBAD (not an rtsp URL), KIN_ENOMEM.
int listing_start(struct kin_loop *loop, const char *url, listing_fn *done, void *ctx, struct listing_request **ret);
void listing_cancel(struct listing_request *r); // no callback after; accepts NULL

#endif
