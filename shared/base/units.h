// Figures with units as people read them: three digits, no exponent.
#ifndef KIN_BASE_UNITS_H
#define KIN_BASE_UNITS_H

#define KIN_UNITS_MAX 32

// Each writes NUL-terminated text into dst and returns dst.
char *kin_units_bits(double per_s,
                     char dst[KIN_UNITS_MAX]); // "9.62 Mbit/s", "1.72 kbit/s"; "<1 bit/s", "0 bit/s" for none
char *kin_units_bytes(double bytes, char dst[KIN_UNITS_MAX]); // "12.5 MB", decimal units
char *kin_units_decimal(double v, char dst[KIN_UNITS_MAX]);   // "1000", "23.976", "12.5": three decimals at most

#endif
