// Lookup tables that skip several AC coefficients at once.
#include "base/err.h"
#include "jpeg/dc_internal.h"

#define LOOKUP_BITS KIN_JPEG_DC_LOOKUP_BITS
#define LOOKUP_SIZE (1u << LOOKUP_BITS)
#define CODE_BITS_MAX 16u
#define DC_SIZE_MAX 15u
#define COEFFICIENTS 64u
#define ENDS (1u << 31)

uint8_t kin_jpeg_dc_value(const struct kin_jpeg_dc_code *code, unsigned bits, unsigned *ret_length)
{
    unsigned first = 0, index = 0; // codes of the same length are consecutive numbers (T.81 Annex C.2)
    for (unsigned length = 1; length <= CODE_BITS_MAX; length++) {
        unsigned count = code->counts[length - 1], at = (bits >> (CODE_BITS_MAX - length)) - first;
        if (at < count) {
            *ret_length = length;
            return code->values[index + at];
        }
        index += count;
        first = (first + count) << 1;
    }
    *ret_length = CODE_BITS_MAX + 1;
    return 0;
}

// A prefix code, in which the code of ones alone is free (T.81 Annex C).
static bool is_prefix_code(const struct kin_jpeg_dc_code *code)
{
    unsigned taken = 0, total = 0;
    for (unsigned i = 0; i < CODE_BITS_MAX; i++) {
        taken += (unsigned)code->counts[i] << (CODE_BITS_MAX - 1 - i);
        total += code->counts[i];
    }
    return taken < 1u << CODE_BITS_MAX && total <= 256;
}

static bool has_sizes(const struct kin_jpeg_dc_code *code)
{
    unsigned total = 0;
    for (unsigned i = 0; i < CODE_BITS_MAX; i++)
        total += code->counts[i];
    for (unsigned i = 0; i < total; i++)
        if (code->values[i] > DC_SIZE_MAX)
            return false;
    return true;
}

// Entries of n known bits, which are the number i, and of all that are fewer: at 2^n + i. 0: not a whole code.
typedef uint32_t pyramid[2 * LOOKUP_SIZE];

// Writes the entries of `count` numbers that begin with the same code, which takes `used` of n bits with its value.
// What is behind it belongs to an entry, too, if that stays within its limits.
static void join(uint32_t *ret, unsigned count, uint32_t entry, unsigned n, const pyramid behind)
{
    unsigned used = KIN_JPEG_DC_BITS(entry), size = used < n ? 1u << (n - used) : 1;
    for (unsigned i = 0; i < count; i++) {
        uint32_t more = behind[size + (i & (size - 1))];
        bool fits = KIN_JPEG_DC_COEFFICIENTS(entry) + KIN_JPEG_DC_COEFFICIENTS(more) < COEFFICIENTS &&
                    used + KIN_JPEG_DC_BITS(more) <= KIN_JPEG_DC_ENTRY_BITS_MAX;
        ret[i] = fits ? entry + more : entry;
    }
}

// Codes of the same length are consecutive numbers, in the order of the values (T.81 Annex C.2).
static void fill_level(const struct kin_jpeg_dc_code *code, unsigned n, pyramid ret)
{
    const uint8_t *value = code->values;
    uint32_t *to = ret + (1u << n), *end = to + (1u << n);
    for (unsigned length = 1; length <= n; length++) {
        unsigned count = 1u << (n - length);
        for (unsigned codes = code->counts[length - 1]; codes > 0; codes--, value++, to += count) {
            unsigned size = *value & 15u, run = *value >> 4;
            bool ends = size == 0 && run != 15;
            uint32_t entry = ends ? ENDS | length : (run + 1) << 8 | (length + size);
            join(to, count, entry, ends ? 0 : n, ret);
        }
    }
    memset(to, 0, (size_t)(end - to) * sizeof *to);
}

static void fill_first(const struct kin_jpeg_dc_code *code, const pyramid ac, uint32_t ret[LOOKUP_SIZE])
{
    const uint8_t *value = code->values;
    uint32_t *to = ret;
    for (unsigned length = 1; length <= LOOKUP_BITS; length++) {
        for (unsigned codes = code->counts[length - 1]; codes > 0; codes--, value++) {
            unsigned used = length + *value, numbers = used <= LOOKUP_BITS ? 1u << *value : 0;
            unsigned count = LOOKUP_SIZE >> used;
            for (unsigned bits = 0; bits < numbers; bits++, to += count) {
                uint32_t difference = (uint32_t)kin_jpeg_dc_extend(bits, *value) & 0x7fff;
                join(to, count, difference << 16 | 1u << 8 | used, LOOKUP_BITS, ac);
            }
            for (unsigned i = numbers > 0 ? 0 : LOOKUP_SIZE >> length; i > 0; i--)
                *to++ = KIN_JPEG_DC_SLOWLY;
        }
    }
    while (to < ret + LOOKUP_SIZE)
        *to++ = KIN_JPEG_DC_SLOWLY;
}

int kin_jpeg_dc_tables_make(struct kin_jpeg_dc_tables *t, unsigned pair)
{
    pyramid ac = {0};
    const struct kin_jpeg_dc_code *codes = &t->codes[2 * pair];
    uint32_t *rest = t->lookups[2 * pair + 1];
    if (!is_prefix_code(&codes[0]) || !is_prefix_code(&codes[1]) || !has_sizes(&codes[0]))
        return KIN_EBAD;
    for (unsigned n = 1; n <= LOOKUP_BITS; n++)
        fill_level(&codes[1], n, ac);
    for (unsigned i = 0; i < LOOKUP_SIZE; i++)
        rest[i] = ac[LOOKUP_SIZE + i] != 0 ? ac[LOOKUP_SIZE + i] : KIN_JPEG_DC_SLOWLY;
    fill_first(&codes[0], ac, t->lookups[2 * pair]);
    return KIN_OK;
}
