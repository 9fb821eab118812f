// Finds a path whatever the case of its letters, for clients of the university lab: the names of their files change
// case on the way from one machine to another.
#ifndef DAEMON_BENEATH_CASE_H
#define DAEMON_BENEATH_CASE_H

#define BENEATH_CASE_NAMES_MAX 10000 // names of one directory that are compared

// The path beneath directory `root` that differs from `path` by nothing but the case of ASCII letters. Each part is the
// exact name where there is one, else the only such name in its directory. 0 and *ret (the caller frees it), or a
// negative errno: -ENOENT (none, several, or a directory of more than BENEATH_CASE_NAMES_MAX names), -ENOMEM, others as
// beneath_open(). Reads directories: never on a loop.
int beneath_find_case(int root, const char *path, char **ret);

#endif
