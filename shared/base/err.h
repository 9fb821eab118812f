// Error codes shared by every room: zero is success, all errors are negative.
#ifndef KIN_BASE_ERR_H
#define KIN_BASE_ERR_H

// name, text. The text completes the sentence "cannot do this: ...".
#define KIN_ERR_LIST(X)                                                                                                \
    X(KIN_ENOMEM, -1, "out of memory")                                                                                 \
    X(KIN_EINVAL, -2, "invalid argument")                                                                              \
    X(KIN_EBAD, -3, "malformed input")                                                                                 \
    X(KIN_EMORE, -4, "more input is needed")                                                                           \
    X(KIN_ELIMIT, -5, "a limit was reached")                                                                           \
    X(KIN_EUNSUPPORTED, -6, "not supported")                                                                           \
    X(KIN_EIO, -7, "input/output error")                                                                               \
    X(KIN_ENOENT, -8, "no such file")                                                                                  \
    X(KIN_EACCESS, -9, "access refused")                                                                               \
    X(KIN_EAGAIN, -10, "not ready")                                                                                    \
    X(KIN_ESTATE, -11, "not possible in this state")                                                                   \
    X(KIN_ERANGE, -12, "out of range")                                                                                 \
    X(KIN_ECANCELED, -13, "canceled")                                                                                  \
    X(KIN_ECHANGED, -14, "the file changed")                                                                           \
    X(KIN_EFILES, -15, "too many open files")

enum kin_err {
    KIN_OK = 0,
#define X(name, value, text) name = (value),
    KIN_ERR_LIST(X)
#undef X
};

// The text of an error code; never NULL. A code that is not in the list is "unknown error".
const char *kin_err_str(int err);

#endif
