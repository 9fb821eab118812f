// Repairs the header of a JPEG that decoders accept although T.81 does not: bytes before SOI or between segments, a
// second SOI, tables that only an earlier picture of the stream defines.
#ifndef KIN_JPEG_MEND_H
#define KIN_JPEG_MEND_H

#include "base/buf.h"
#include "jpeg/table_set.h"

// Reads only the header. in_force: the tables of earlier pictures or of the container, or NULL. With them SOI may be
// missing, since the container has it (ISO/IEC 23008-12 annex H).
// KIN_OK: *ret is a new buffer with one reference, which begins with SOI, whose segments adjoin up to the scan, and
// which defines every table it needs that is known; or NULL if `jpeg` needs no repair. What no decoder could play is
// left alone. KIN_EBAD: no SOI within the first KIN_JPEG_LEAD_MAX bytes. KIN_ENOMEM.
int kin_jpeg_mend(struct kin_span jpeg, const struct kin_jpeg_table_set *in_force, struct kin_buf **ret);

#endif
