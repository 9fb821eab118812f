// The character set of the terminal: that of the locale, or UTF-8 when the environment names a UTF-8 locale that is not
// installed here, as is common over SSH from another system.
#ifndef TUI_CHARSET_H
#define TUI_CHARSET_H

#include <stdbool.h>

struct charset {
    bool utf8;
    bool lacking;     // no UTF-8, although the terminal may support it
    char advice[128]; // what is wrong, and what to set; "" when nothing is
};

// Sets LC_CTYPE of the process. Once, before threads start; later calls return the same.
const struct charset *charset_choose(void);

#endif
