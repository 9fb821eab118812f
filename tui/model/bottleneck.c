// What holds the film back: the rules in one table.
#include "model/bottleneck.h"

#include <stddef.h>

#define SILENT_US KIN_US_PER_S // without a packet: the film stands or soon will
#define QUEUE_FACTOR 2         // the round trip grows by so much, and by so many milliseconds, while a queue stands
#define QUEUE_MS 20
#define LIMITED_SHARE 0.05 // what a server that holds back costs at least: coarser frames are not counted as missing
// Shares of the frames from which on a cause is worth naming.
#define NETWORK_SHARE 0.01
#define SERVER_SHARE 0.03 // more than a rate that is rounded
#define CACHE_SHARE 0.01
#define OWN_SHARE 0.02 // decoder, terminal: a picture in fifty is not seen

static double share(double n, const struct bottleneck_figures *f)
{
    double all = f->due > 0 ? f->due : f->arrived + f->incomplete + f->left_out;
    if (all <= 0 || n <= 0)
        return 0;
    return n < all ? n / all : 1;
}

static bool queue_stands(const struct bottleneck_figures *f)
{
    return f->least_rtt_ms >= 0 && f->rtt_ms > QUEUE_FACTOR * f->least_rtt_ms + QUEUE_MS;
}

// Frames that neither came nor are known to be lost: they come more slowly than they are played.
static double shortfall(const struct bottleneck_figures *f)
{
    return f->draining && f->due > 0 ? share(f->due - f->arrived - f->incomplete - f->left_out, f) : 0;
}

static double of_network(const struct bottleneck_figures *f)
{
    if (f->silent_us >= SILENT_US)
        return 1;
    double sum = share(f->incomplete, f) + (queue_stands(f) ? shortfall(f) : 0);
    if (f->limited)
        sum += share(f->left_out, f);
    return f->limited && sum < LIMITED_SHARE ? LIMITED_SHARE : sum;
}

static double of_server(const struct bottleneck_figures *f)
{
    return (f->limited ? 0 : share(f->left_out, f)) + (queue_stands(f) ? 0 : shortfall(f));
}

static double of_cache(const struct bottleneck_figures *f)
{
    return share(f->late, f);
}

static double of_decoder(const struct bottleneck_figures *f)
{
    return share(f->decoder, f);
}

static double of_terminal(const struct bottleneck_figures *f)
{
    return share(f->terminal, f);
}

static const struct rule {
    enum bottleneck cause;
    double (*cost)(const struct bottleneck_figures *f);
    double from; // this share on
} rules[] = {
    {BOTTLENECK_NETWORK, of_network, NETWORK_SHARE}, {BOTTLENECK_SERVER, of_server, SERVER_SHARE},
    {BOTTLENECK_CACHE, of_cache, CACHE_SHARE},       {BOTTLENECK_DECODER, of_decoder, OWN_SHARE},
    {BOTTLENECK_TERMINAL, of_terminal, OWN_SHARE},
};

enum bottleneck bottleneck_find(const struct bottleneck_figures *f, double *ret_share)
{
    enum bottleneck found = BOTTLENECK_NONE;
    *ret_share = 0;
    for (size_t i = 0; f->playing && i < sizeof rules / sizeof *rules; i++) {
        double cost = rules[i].cost(f);
        if (cost < rules[i].from || cost <= *ret_share)
            continue;
        found = rules[i].cause;
        *ret_share = cost;
    }
    return found;
}
