// Any bytes from a terminal, cut and timed in any way, through the parser and the probe: keys are keys, reports have
// what they need, what is given up is given up in time, and a key behind it all is still one.
//
// Records: 't' time passes; 'e' the environment ("TERM=xterm TMUX=x"); 'q' queries are sent; 'k' a key sequence of the
// terminal's own; anything else arrives as it is, its first byte included.
#include "must.h"
#include "script.h"
#include "terminal/probe.h"

#define PATIENCE (100 * KIN_US_PER_MS)
#define STEPS_MAX 4096

struct fuzz {
    struct input input;
    struct probe probe;
    kin_us now;
    char text[512]; // the environment
};

static void check_text(const char *text, size_t size)
{
    MUST(memchr(text, '\0', size) != NULL);
    for (; *text != '\0'; text++)
        MUST(*text >= ' ' && *text <= '~');
}

static void check_event(const struct fuzz *f, const struct input_event *e)
{
    struct kin_span answer = kin_span_make(f->input.answer, sizeof f->input.answer);
    MUST(e->param_count <= INPUT_PARAMS_MAX);
    switch (e->type) {
    case INPUT_KEY:
        MUST(e->key < INPUT_KEY_NONE);
        break;
    case INPUT_PASTE:
        MUST(e->text.n > 0 && fuzz_inside(kin_span_make(f->input.bytes, sizeof f->input.bytes), e->text));
        break;
    case INPUT_REPORT_VERSION:
    case INPUT_REPORT_GRAPHICS:
        MUST(fuzz_inside(answer, e->text));
        break;
    case INPUT_REPORT_MODE:
        MUST(e->param_count == 2);
        break;
    case INPUT_REPORT_WINDOW:
        MUST(e->param_count == 3);
        break;
    case INPUT_REPORT_BACKGROUND:
        MUST(e->key <= 0xffffff);
        break;
    default:
        break;
    }
}

static void check_probe(const struct fuzz *f)
{
    const struct terminal_facts *t = &f->probe.facts;
    check_text(t->name, sizeof t->name);
    check_text(t->version, sizeof t->version);
    check_text(t->multiplexer_version, sizeof t->multiplexer_version);
    MUST(t->cell_width >= 0 && t->cell_width <= 1000 && t->cell_height >= 0 && t->cell_height <= 1000);
    MUST((t->cell_width > 0) == (t->cell_height > 0));
    MUST(probe_is_done(&f->probe, f->now) || f->probe.pending || probe_deadline(&f->probe) > f->now);
}

static void drain(struct fuzz *f)
{
    struct input_event e;
    for (int i = 0; input_next(&f->input, f->now, PATIENCE, &e); i++) {
        MUST(i <= 2 * INPUT_BYTES_MAX);
        check_event(f, &e);
        probe_report(&f->probe, f->now, &e);
        check_probe(f);
    }
    MUST(input_deadline(&f->input, PATIENCE) > f->now);
}

static void feed(struct fuzz *f, struct kin_span bytes)
{
    while (bytes.n > 0) {
        size_t n = input_feed(&f->input, f->now, bytes);
        MUST(n > 0);
        bytes = kin_span_skip(bytes, n);
        drain(f);
    }
}

static void set_environment(struct fuzz *f, struct kin_span text)
{
    struct facts_environment env;
    for (size_t i = 0; i < VARIABLE_COUNT; i++)
        env.values[i] = "";
    kin_span_copy(text, f->text, sizeof f->text);
    for (char *word = f->text, *next; word != NULL; word = next) {
        next = strchr(word, ' ');
        if (next != NULL)
            *next++ = '\0';
        char *value = strchr(word, '=');
        for (size_t i = 0; value != NULL && i < VARIABLE_COUNT; i++)
            if (kin_span_is(kin_span_make(word, (size_t)(value - word)), facts_variables[i]))
                env.values[i] = value + 1;
    }
    probe_init(&f->probe, &env, false);
}

static void send_queries(struct fuzz *f)
{
    char bytes[PROBE_BATCH_MAX];
    struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
    probe_ask(&f->probe, f->now, &w);
    MUST(!w.bad && !f->probe.pending);
    MUST(w.len == 0 || kin_span_ends(kin_wr_span(&w), "\033[c"));
    bool strings = f->probe.manner == PROBE_ALL || f->probe.manner == PROBE_TMUX;
    MUST(strings || (kin_span_find_str(kin_wr_span(&w), "\033P") == w.len &&
                     kin_span_find_str(kin_wr_span(&w), "\033_") == w.len));
}

static void add_key(struct fuzz *f, struct kin_span bytes)
{
    char text[32];
    kin_span_copy(bytes, text, sizeof text);
    input_add_sequence(&f->input, text, INPUT_UP);
}

static void step(struct fuzz *f, struct script_record *r)
{
    switch (r->op) {
    case 't':
        f->now += script_us(kin_rd_u8(&r->numbers));
        break;
    case 'e':
        set_environment(f, r->text);
        break;
    case 'q':
        send_queries(f);
        break;
    case 'k':
        add_key(f, r->text);
        break;
    default:
        feed(f, kin_span_make(r->text.p - 1, r->text.n + 1)); // with the first byte
    }
    drain(f);
}

// When all has been quiet for long enough, a key is a key, if nothing is pasted.
static void check_that_a_key_works(struct fuzz *f)
{
    struct input_event e;
    kin_us due = input_deadline(&f->input, PATIENCE);
    MUST(due == KIN_US_NEVER || due <= f->now + INPUT_ANSWER_US);
    f->now += INPUT_ANSWER_US;
    drain(f);
    MUST(input_deadline(&f->input, PATIENCE) == KIN_US_NEVER);
    if (f->input.pasting)
        return;
    input_feed(&f->input, f->now, kin_span_str("k"));
    MUST(input_next(&f->input, f->now, PATIENCE, &e) && e.type == INPUT_KEY && e.key == 'k');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fuzz f;
    struct kin_span rest = kin_span_make(data, size);
    struct script_record r;
    f = (struct fuzz){.now = 0};
    input_init(&f.input);
    set_environment(&f, kin_span_str("TERM=xterm"));
    for (int i = 0; i < STEPS_MAX && script_next(&rest, &r); i++)
        if (r.op != 0)
            step(&f, &r);
    check_that_a_key_works(&f);
    return 0;
}
