// The natural order of names: "clip2" before "clip10".
#ifndef KIN_BASE_NATURAL_H
#define KIN_BASE_NATURAL_H

// Less than, equal to or greater than 0. Runs of digits compare by value; the case of ASCII letters counts only when
// nothing else differs. 0 only for equal strings.
int kin_natural_compare(const char *a, const char *b);

#endif
