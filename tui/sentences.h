// What the engines say in codes, as sentences for people.
#ifndef TUI_SENTENCES_H
#define TUI_SENTENCES_H

#include "engine/jpeg_assembler.h"
#include "engine/rtsp_client.h"

#define SENTENCE_MAX 320

// One plain sentence, filtered for a screen and without passwords; "" for events that need none.
void sentence_of_event(const struct kin_rtsp_client_event *e, char dst[SENTENCE_MAX]);

#endif
