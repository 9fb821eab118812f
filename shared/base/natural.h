// The order of names in which people count: "clip2" before "clip10".
#ifndef KIN_BASE_NATURAL_H
#define KIN_BASE_NATURAL_H

// Less than, equal to or greater than 0. Runs of digits compare by value; the case of ASCII letters counts only when
// nothing else differs. 0 for equal strings alone.
int kin_natural_compare(const char *a, const char *b);

#endif
