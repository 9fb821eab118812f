// Texts of the error codes.
#include "base/err.h"

const char *kin_err_str(int err)
{
    switch (err) {
    case KIN_OK:
        return "success";
#define X(name, value, text)                                                                                           \
    case name:                                                                                                         \
        return text;
        KIN_ERR_LIST(X)
#undef X
    default:
        return "unknown error";
    }
}
