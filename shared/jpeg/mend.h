// Makes an orderly JPEG of one that decoders play although its header is not what T.81 says: bytes before SOI or
// between segments, a second SOI, tables that an earlier picture of the stream has said.
#ifndef KIN_JPEG_MEND_H
#define KIN_JPEG_MEND_H

#include "base/buf.h"
#include "jpeg/table_set.h"

// Looks at the header alone. in_force: the tables of the pictures before it, or of its container; NULL: there are none.
// With them SOI may be missing: the container has it (ISO/IEC 23008-12 annex H).
// KIN_OK: *ret is a new buffer with one reference that begins with SOI, whose segments adjoin up to the scan, and that
// defines all tables that are known, or NULL where `jpeg` is like that already. What no decoder could play stays as it
// is. KIN_EBAD: there is no SOI where one may be (KIN_JPEG_LEAD_MAX). KIN_ENOMEM.
int kin_jpeg_mend(struct kin_span jpeg, const struct kin_jpeg_table_set *in_force, struct kin_buf **ret);

#endif
