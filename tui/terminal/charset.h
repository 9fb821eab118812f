// Which characters the terminal gets: those of the locale, or UTF-8 where the environment names a UTF-8 locale that
// this machine does not have, as an SSH connection from another system often does.
#ifndef TUI_CHARSET_H
#define TUI_CHARSET_H

#include <stdbool.h>

struct charset {
    bool utf8;
    bool lacking;     // the terminal may know UTF-8, but nothing says so
    char advice[128]; // what is not as it could be, and what to set; "" when nothing
};

// Sets LC_CTYPE of the process. Once, before threads start; later calls return the same.
const struct charset *charset_choose(void);

#endif
