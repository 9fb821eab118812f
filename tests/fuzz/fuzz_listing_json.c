// Any bytes as the JSON listing of a directory: the result is clean text, and numbers that can be shown.
#include "client/listing_json.h"

#include <math.h>

#include "base/err.h"
#include "must.h"

static void check_text(const char *text, size_t size)
{
    MUST(memchr(text, '\0', size) != NULL);
    for (const char *p = text; *p != '\0'; p++)
        MUST((uint8_t)*p >= 0x20 && (uint8_t)*p != 0x7f);
}

// Text passed on unchanged contains nothing that controls a terminal.
static void check_json(const char *json)
{
    for (const char *p = json; *p != '\0'; p++)
        MUST(((uint8_t)*p >= 0x20 && (uint8_t)*p != 0x7f) || *p == '\n' || *p == '\r' || *p == '\t');
}

static void check_entry(const struct listing_entry *e)
{
    check_text(e->name, sizeof e->name);
    check_text(e->problem, sizeof e->problem);
    MUST(isfinite(e->fps) && e->fps >= 0 && isfinite(e->duration) && e->duration >= 0);
    MUST(e->indexed >= 0 && e->indexed <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct listing *l = NULL;
    int err = listing_parse(kin_span_make(data, size), &l);
    MUST((err == KIN_OK) == (l != NULL));
    MUST(err == KIN_OK || err == KIN_EBAD || err == KIN_ELIMIT || err == KIN_ENOMEM);
    if (l == NULL)
        return 0;
    check_text(l->path, sizeof l->path);
    MUST(l->count <= LISTING_MAX && l->count <= size);
    check_json(l->json);
    for (size_t i = 0; i < l->count; i++)
        check_entry(&l->entries[i]);
    listing_free(l);
    return 0;
}
