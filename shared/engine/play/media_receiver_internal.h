// What the files of the media receiver share.
#ifndef KIN_ENGINE_MEDIA_RECEIVER_INTERNAL_H
#define KIN_ENGINE_MEDIA_RECEIVER_INTERNAL_H

#include "engine/play/media_receiver.h"

// Nothing is to be played again.
void media_receiver_forget_again(struct kin_media_receiver *m);
// A frame that came is dropped, and counts no longer, nor do those before it that came in part.
void media_receiver_drop(struct kin_media_receiver *m, const struct kin_jpeg_frame *jpeg);
// Frames held at a jump belong to the run that is left: they are not shown, but frames missing between them count.
void media_receiver_count_held(struct kin_media_receiver *m);
// The stream that had been taken for ended goes on.
void media_receiver_revive(struct kin_media_receiver *m, kin_us now);
// What the end of the stream is judged by.
struct kin_stream_place media_receiver_place_of_end(const struct kin_media_receiver *m, bool playing);

#endif
