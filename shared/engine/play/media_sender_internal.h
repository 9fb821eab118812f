// What the files of the media sender share.
#ifndef KIN_ENGINE_MEDIA_SENDER_INTERNAL_H
#define KIN_ENGINE_MEDIA_SENDER_INTERNAL_H

#include "engine/play/media_sender.h"

#define MEDIA_SENDER_LATE_AHEAD 2 // frames, while they come too late: most of those read ahead would be skipped

// Delivered faster than it is played: a frame that leaves later than that is in time all the same, and never skipped.
bool media_sender_is_fast(const struct kin_media_sender *s);
// Are there frames to be read ahead now? If so, *ret names them.
bool media_sender_reads_ahead(struct kin_media_sender *s, struct kin_media_step_detail *ret);
// So many packets of the frame at hand, media or parity, were sent. It is over with the last of them.
void media_sender_spent(struct kin_media_sender *s, unsigned count, kin_us now);
// Sends as much as the network carries, from the next frame on.
void media_sender_thin(struct kin_media_sender *s);
// The frame that was read last is sent, or not: where its variant cannot be had, less is sent in other ways.
void media_sender_took(struct kin_media_sender *s, kin_us now);
// Parity would take the room of others while the network does not carry all.
void media_sender_hold_parity(struct kin_media_sender *s, kin_us now);
// How many packets of parity follow those of the frame at hand.
unsigned media_sender_parities(struct kin_media_sender *s, kin_us now);

#endif
