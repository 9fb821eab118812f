// Compares names in natural order.
#include "base/natural.h"

#include <string.h>

#include "base/lex.h"

static size_t digits(const char *s)
{
    size_t n = 0;
    while (kin_lex_is_digit((uint8_t)s[n]))
        n++;
    return n;
}

static int fold(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

// Two runs of digits by value: without leading zeros the longer one is greater.
static int compare_numbers(const char **a, const char **b)
{
    while (**a == '0')
        ++*a;
    while (**b == '0')
        ++*b;
    size_t na = digits(*a), nb = digits(*b);
    int order = na != nb ? (na < nb ? -1 : 1) : memcmp(*a, *b, na);
    *a += na;
    *b += nb;
    return order;
}

int kin_natural_compare(const char *a, const char *b)
{
    const char *x = a, *y = b;
    while (*x != '\0' && *y != '\0') {
        int order = 0;
        if (kin_lex_is_digit((uint8_t)*x) && kin_lex_is_digit((uint8_t)*y))
            order = compare_numbers(&x, &y);
        else
            order = fold(*x++) - fold(*y++);
        if (order != 0)
            return order;
    }
    if (*x != *y)
        return *x == '\0' ? -1 : 1;
    return strcmp(a, b);
}
