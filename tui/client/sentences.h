// What the engines say in codes, as sentences for people.
#ifndef TUI_SENTENCES_H
#define TUI_SENTENCES_H

#include "engine/jpeg_assembler.h"
#include "engine/rtsp_client.h"

#define SENTENCE_MAX 320

// One plain sentence, filtered for a screen and without passwords; "" for events that need none.
void sentence_of_event(const struct kin_rtsp_client_event *e, char dst[SENTENCE_MAX]);

// Why a frame could not be used, without a full stop: "Q 100 is reserved (RFC 2435, section 4.2)".
void sentence_of_jpeg_trouble(enum kin_jpeg_trouble trouble, uint32_t detail, char dst[SENTENCE_MAX]);

#endif
