// The rows of --help: a column of options, a column of wrapped explanations.
#include "options/help.h"

#include "base/lex.h"

static void indent(int from, int to, FILE *out)
{
    fprintf(out, "%*s", to > from ? to - from : 0, "");
}

// Writes the words of the text from the help column on; returns the column reached.
static int put_words(struct kin_span text, int column, FILE *out)
{
    struct kin_span word;
    while (kin_lex_word(&text, &word)) {
        int n = (int)word.n;
        if (column > KIN_HELP_COLUMN && column + 1 + n > KIN_HELP_WIDTH) {
            fputc('\n', out);
            indent(0, KIN_HELP_COLUMN, out);
            column = KIN_HELP_COLUMN;
        }
        fprintf(out, "%s%.*s", column > KIN_HELP_COLUMN ? " " : "", KIN_SPAN_ARG(word));
        column += n + (column > KIN_HELP_COLUMN ? 1 : 0);
    }
    return column;
}

void kin_help_row(char letter, const char *name, const char *metavar, const char *help, const char *value, FILE *out)
{
    int n = letter != 0 ? fprintf(out, "  -%c, --%s", letter, name) : fprintf(out, "      --%s", name);
    if (metavar != NULL)
        n += fprintf(out, " %s", metavar);
    if (n + 2 > KIN_HELP_COLUMN) {
        fputc('\n', out);
        n = 0;
    }
    indent(n, KIN_HELP_COLUMN, out);
    struct kin_span rest = kin_span_str(help);
    struct kin_span line;
    int column = KIN_HELP_COLUMN;
    while (kin_span_split(&rest, '\n', &line))
        column = put_words(line, column, out);
    if (value != NULL && value[0] != '\0') {
        char text[128];
        snprintf(text, sizeof text, "(default: %s)", value);
        put_words(kin_span_str(text), column, out);
    }
    fputc('\n', out);
}
