// One frame of a reel: reading and converting it.
#include "frames/frame.h"

#include <stdlib.h>

#include "base/err.h"
#include "ground/messages.h"
#include "ground/shortage.h"
#include "jpeg/compat.h"
#include "jpeg/half.h"
#include "jpeg/markers.h"
#include "jpeg/rewrite.h"

// Takes a reference to the bytes. Malformed bytes can leave as a whole file only.
static void set_jpeg(struct frame *f, struct kin_buf *jpeg)
{
    f->jpeg = kin_buf_ref(jpeg);
    f->walk_error = kin_jpeg_walk(kin_buf_span(jpeg), &f->info, &f->why);
}

static struct frame *new_frame(enum frame_content content)
{
    struct frame *f = calloc(1, sizeof *f);
    if (f == NULL)
        return NULL;
    f->content = content;
    f->compat = KIN_JPEG_COMPAT_OK;
    kin_ref_init(&f->refs);
    return f;
}

// --- reading

static void read_original(struct frame *f, const struct frame_want *want)
{
    struct kin_jpeg_rtp rtp;
    struct kin_buf *jpeg = NULL;
    f->was_read = true;
    f->error = kin_reel_read(want->reel, want->index, &jpeg);
    if (f->error == KIN_OK)
        set_jpeg(f, jpeg);
    else if (f->error == KIN_EBAD)
        f->why = MSG_FRAME_NOT_JPEG;
    if (f->error == KIN_OK && f->walk_error == KIN_OK)
        f->compat = kin_jpeg_compat(&f->info, &rtp);
    if (f->error == KIN_ECHANGED && want->reel->separate_files) { // one still of many
        f->error = KIN_EBAD;
        f->why = MSG_FRAME_FILE_CHANGED;
    }
    shortage_note_err(f->error);
    kin_buf_unref(jpeg);
}

static struct converted_key key_of(const struct frame_want *want)
{
    return (struct converted_key){.reel = want->reel->id, .frame = want->index, .half = want->content == FRAME_REDUCED};
}

static bool is_compatible(const struct frame *f)
{
    struct kin_jpeg_rtp rtp;
    return f->walk_error == KIN_OK && kin_jpeg_compat(&f->info, &rtp) == KIN_JPEG_COMPAT_OK;
}

static void read_converted(struct frame *f, const struct frame_want *want, struct converted_store *store)
{
    struct converted_key key = key_of(want);
    struct kin_buf *jpeg = converted_store_get(store, &key, &f->compat);
    f->error = KIN_EAGAIN;
    if (jpeg == NULL)
        return;
    set_jpeg(f, jpeg);
    kin_buf_unref(jpeg);
    if (is_compatible(f))
        f->error = KIN_OK;
}

struct frame *frame_read(const struct frame_want *want, const struct frame_tools *tools)
{
    struct frame *f = new_frame(want->content);
    if (f != NULL && want->content == FRAME_ORIGINAL)
        read_original(f, want);
    else if (f != NULL)
        read_converted(f, want, tools->store);
    return f;
}

// --- converting

static bool is_usable(const struct frame *f)
{
    return f->error == KIN_OK && f->walk_error == KIN_OK;
}

struct conversion {
    int (*run)(struct kin_span jpeg, const struct kin_jpeg_info *info, const atomic_bool *canceled,
               struct kin_buf **ret, const char **ret_why);
    size_t (*memory)(const struct kin_jpeg_info *info);
};

static const struct conversion rewriting = {kin_jpeg_rewrite, kin_jpeg_rewrite_memory};
static const struct conversion halving = {kin_jpeg_half, kin_jpeg_half_memory};

// Converts `from` into f, within the memory budget of conversions.
static void convert(struct frame *f, const struct frame *from, const struct conversion *conversion,
                    const struct frame_tools *tools)
{
    size_t memory = conversion->memory(&from->info);
    struct kin_buf *jpeg = NULL;
    f->error = conversion_memory_acquire(tools->memory, memory, tools->canceled);
    if (f->error != KIN_OK) {
        f->why = MSG_FRAME_TOO_LARGE;
    } else {
        f->error = conversion->run(kin_buf_span(from->jpeg), &from->info, tools->canceled, &jpeg, &f->why);
        conversion_memory_release(tools->memory, memory);
    }
    if (f->error == KIN_ELIMIT)
        f->error = KIN_EUNSUPPORTED;
    if (f->error == KIN_OK)
        set_jpeg(f, jpeg);
    f->was_converted = f->error == KIN_OK;
    kin_buf_unref(jpeg);
}

// RFC 2435 must be able to express the result of a conversion.
static void check(struct frame *f)
{
    struct kin_jpeg_rtp rtp;
    if (f->error != KIN_OK || is_compatible(f))
        return;
    f->error = KIN_EUNSUPPORTED;
    f->was_converted = false;
    if (f->walk_error == KIN_OK)
        f->why = kin_jpeg_compat_str(kin_jpeg_compat(&f->info, &rtp));
}

static struct frame *reduce(const struct frame *original, const struct frame_tools *tools)
{
    struct frame *half = new_frame(FRAME_REDUCED);
    if (half == NULL)
        return NULL;
    convert(half, original, &halving, tools);
    if (half->error != KIN_OK || is_compatible(half) || half->walk_error != KIN_OK)
        return half;
    struct frame *f = new_frame(FRAME_REDUCED);
    if (f != NULL)
        convert(f, half, &rewriting, tools);
    frame_unref(half);
    return f;
}

static struct frame *rewrite(const struct frame *original, const struct frame_tools *tools)
{
    struct frame *f = new_frame(FRAME_COMPATIBLE);
    if (f != NULL)
        convert(f, original, &rewriting, tools);
    return f;
}

bool frame_can_be_converted(const struct frame *original, enum frame_content content)
{
    return is_usable(original) && (content == FRAME_REDUCED || original->compat != KIN_JPEG_COMPAT_OK);
}

struct frame *frame_convert(const struct frame_want *want, const struct frame_tools *tools, struct frame *original)
{
    struct frame *from = original != NULL ? frame_ref(original) : new_frame(FRAME_ORIGINAL);
    if (from != NULL && original == NULL)
        read_original(from, want);
    if (from == NULL || !frame_can_be_converted(from, want->content))
        return from;
    struct frame *f = want->content == FRAME_REDUCED ? reduce(from, tools) : rewrite(from, tools);
    if (f != NULL) {
        f->compat = from->compat;
        f->was_read = original == NULL;
        check(f);
        shortage_note_err(f->error);
    }
    frame_unref(from);
    return f;
}

// --- variants

// What is wanted, as it is.
static struct frame *get_plain(const struct frame_want *want, const struct frame_tools *tools)
{
    struct frame_want plain = *want;
    plain.variant = (struct kin_jpeg_variant){.quality = 0};
    struct frame *f = frame_read(&plain, tools);
    if (f == NULL || f->error != KIN_EAGAIN)
        return f;
    frame_unref(f);
    f = frame_convert(&plain, tools, NULL);
    frame_keep(f, &plain, tools->store);
    return f;
}

static void vary(struct frame *f, const struct frame *from, struct kin_jpeg_variant variant,
                 const struct frame_tools *tools)
{
    size_t memory = kin_jpeg_vary_memory(&from->info);
    struct kin_buf *jpeg = NULL;
    f->error = KIN_ENOMEM;
    if (!conversion_memory_try(tools->memory, memory))
        return;
    f->error = kin_jpeg_vary(kin_buf_span(from->jpeg), &from->info, variant, tools->canceled, &jpeg, &f->why);
    conversion_memory_release(tools->memory, memory);
    if (f->error == KIN_ELIMIT)
        f->error = KIN_EUNSUPPORTED;
    if (f->error == KIN_OK)
        set_jpeg(f, jpeg);
    f->was_converted = f->error == KIN_OK;
    kin_buf_unref(jpeg);
}

// A frame of its own in any case: one that were in the cache twice would never leave it.
static struct frame *new_variant(const struct frame *from, struct kin_jpeg_variant variant,
                                 const struct frame_tools *tools)
{
    struct frame *f = new_frame(from->content);
    if (f == NULL)
        return NULL;
    f->compat = from->compat;
    f->why = from->why;
    if (!is_usable(from))
        f->error = from->error != KIN_OK ? from->error : from->walk_error;
    else if (variant.quality == 0 && from->info.restart_interval > 0)
        set_jpeg(f, from->jpeg);
    else
        vary(f, from, variant, tools);
    return f;
}

struct frame *frame_vary(const struct frame_want *want, const struct frame_tools *tools, struct frame *plain)
{
    struct frame *from = plain != NULL ? frame_ref(plain) : get_plain(want, tools);
    struct frame *f = from != NULL ? new_variant(from, want->variant, tools) : NULL;
    if (f != NULL)
        f->was_read = plain == NULL;
    frame_unref(from);
    return f;
}

void frame_keep(const struct frame *f, const struct frame_want *want, struct converted_store *store)
{
    if (f == NULL || !f->was_converted || !kin_jpeg_variant_is_plain(want->variant))
        return;
    struct converted_key key = key_of(want);
    converted_store_put(store, &key, f->compat, kin_buf_span(f->jpeg));
}

// --- life

struct frame *frame_ref(struct frame *f)
{
    kin_ref_add(&f->refs);
    return f;
}

void frame_unref(struct frame *f)
{
    if (f == NULL || !kin_ref_drop(&f->refs))
        return;
    while (f->plans != NULL) {
        struct frame_plan *plan = f->plans;
        f->plans = plan->next;
        kin_rtp_plan_free(plan->packets);
        free(plan);
    }
    kin_buf_unref(f->jpeg);
    free(f);
}

size_t frame_memory(const struct frame *f)
{
    size_t bytes = sizeof *f + (f->jpeg != NULL ? f->jpeg->len : 0);
    for (const struct frame_plan *plan = f->plans; plan != NULL; plan = plan->next)
        bytes += sizeof *plan + (plan->packets != NULL ? kin_rtp_plan_memory(plan->packets) : 0);
    return bytes;
}
