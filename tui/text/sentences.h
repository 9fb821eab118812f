// Sentences for the events, notices and troubles that the engines report as codes.
#ifndef TUI_SENTENCES_H
#define TUI_SENTENCES_H

#include "engine/play/player.h"

#define SENTENCE_MAX 320
#define SENTENCE_HINT_MAX 64

// One plain sentence, filtered for a screen and without passwords; "" for events that need none.
void sentence_of_event(const struct kin_rtsp_client_event *e, char dst[SENTENCE_MAX]);

// The sentence of a notice of the player; true when it is an error. `words`: the sentence of the RTSP event behind it;
// `hint`: appended when that event ended the session.
bool sentence_of_notice(const struct kin_player_event *e, const char *words, const char *hint,
                        char dst[SENTENCE_MAX + SENTENCE_HINT_MAX]);

// Why a frame could not be used, without a full stop: "Q 100 is reserved (RFC 2435, section 4.2)".
void sentence_of_jpeg_trouble(enum kin_jpeg_trouble trouble, uint32_t detail, char dst[SENTENCE_MAX]);

// What a server leaves out at present, as "server leaves out every 3rd frame"; "" when it sends all.
void sentence_of_left_out(const struct kin_left_out_share *share, char dst[SENTENCE_MAX]);

// At which quality it sends at present, as "server lowers the quality, step 2 of 3"; "" at the reel's own.
void sentence_of_quality(unsigned quality, char dst[SENTENCE_MAX]);

#endif
