// Parity of the packets of a frame.
#include "engine/rtp/fec_sender.h"

#define TWO_LAYERS 3    // parities that are enough for rows and columns
#define THREE_LAYERS 12 // and for columns of two widths
#define LAYERS 3
#define LEVEL_FIRST 1

// What is done up to which loss, in packets per thousand.
static const struct {
    unsigned loss, percent, layers;
} levels[KIN_FEC_LEVELS] = {{1, 7, 1}, {20, 20, 2}, {50, 40, 3}, {1000, 50, 3}};

void kin_fec_sender_init(struct kin_fec_sender *f, unsigned percent, const struct kin_fec_stream *stream)
{
    *f = (struct kin_fec_sender){.percent = percent, .stream = *stream, .level = LEVEL_FIRST};
}

// --- the level

static unsigned level_for(unsigned loss)
{
    unsigned level = 0;
    while (level + 1 < KIN_FEC_LEVELS && loss > levels[level].loss)
        level++;
    return level;
}

// May the level fall? A network that has lost nothing yet need not be distrusted for as long as one that has.
static bool is_calm(const struct kin_fec_sender *f, kin_us now, uint32_t highest_seq)
{
    bool faultless = !f->loses && highest_seq - f->first_seq >= KIN_FEC_SAMPLE;
    return faultless || now - f->enough_at >= KIN_FEC_CALM_US;
}

static void judge(struct kin_fec_sender *f, kin_us now, uint32_t highest_seq, unsigned loss)
{
    unsigned enough = level_for(loss);
    if (enough > f->level && now < f->held_until)
        return;
    f->loses = f->loses || loss > 0;
    if (enough < f->level && !is_calm(f, now, highest_seq))
        return;
    f->level = enough < f->level ? f->level - 1 : enough;
    f->enough_at = now;
}

void kin_fec_sender_report(struct kin_fec_sender *f, kin_us now, uint32_t highest_seq, int32_t lost)
{
    uint32_t packets = highest_seq - f->last.highest_seq;
    int64_t missing = (int64_t)lost - f->last.lost;
    bool first = !f->last.known || packets > INT32_MAX; // or another source
    if (!first && packets < KIN_FEC_SAMPLE && (packets == 0 || now - f->last.at < KIN_FEC_SAMPLE_US))
        return;
    if (first) {
        f->loses = lost > 0;
        f->first_seq = highest_seq;
        f->enough_at = now;
    } else {
        unsigned loss = missing > 0 ? (unsigned)(((uint64_t)missing * 1000 + packets - 1) / packets) : 0;
        judge(f, now, highest_seq, loss);
    }
    f->last.known = true;
    f->last.highest_seq = highest_seq;
    f->last.lost = lost;
    f->last.at = now;
}

void kin_fec_sender_hold(struct kin_fec_sender *f, kin_us now)
{
    bool again = f->hold > 0 && now - f->held_until < KIN_FEC_TRIAL_US;
    if (now >= f->held_until)
        f->hold = again ? kin_us_min(2 * f->hold, KIN_FEC_HOLD_MAX_US) : KIN_FEC_HOLD_US;
    f->held_until = now + f->hold;
}

// --- which packets a parity protects

struct block { // of consecutive packets
    unsigned from, packets;
    unsigned row;                // packets in a row; 0: no rows
    unsigned widths[LAYERS - 1]; // of the grids whose columns are protected; 0: none
};

static unsigned divide_up(unsigned a, unsigned b)
{
    return (a + b - 1) / b;
}

static unsigned min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

// Parities with which two layers tell any two packets apart: 2 sqrt(n).
static unsigned two_layers_of(unsigned n)
{
    unsigned parities = 1;
    while (parities * parities < 4 * n)
        parities++;
    return parities;
}

static unsigned wanted(const struct kin_fec_sender *f, unsigned n)
{
    unsigned by_share = divide_up(n * levels[f->frame.level].percent, 100);
    unsigned by_layers = levels[f->frame.level].layers > 1 ? two_layers_of(n) : 0;
    return by_share > by_layers ? by_share : by_layers;
}

static void lay_out(struct block *b, unsigned parities, unsigned layers)
{
    if (layers > 2 && parities < THREE_LAYERS)
        layers = 2;
    if (layers == 1 || parities < TWO_LAYERS) {
        b->widths[0] = parities;
        return;
    }
    unsigned rows = parities / layers;
    b->row = divide_up(b->packets, rows);
    b->widths[0] = layers == 2 ? parities - rows : (parities - rows - 1) / 2;
    b->widths[1] = layers == 2 ? 0 : b->widths[0] + 1;
}

static unsigned block_count(unsigned packets)
{
    return divide_up(packets, KIN_FEC_BLOCK);
}

static struct block block_of(const struct kin_fec_sender *f, unsigned i)
{
    unsigned blocks = block_count(f->frame.packets), from = f->frame.packets * i / blocks,
             to = f->frame.packets * (i + 1) / blocks;
    struct block b = {.from = from, .packets = to - from};
    unsigned most = f->frame.most * b.packets / f->frame.packets;
    lay_out(&b, min(wanted(f, b.packets), most), levels[f->frame.level].layers);
    return b;
}

static unsigned rows_in(const struct block *b)
{
    return b->row > 0 ? divide_up(b->packets, b->row) : 0;
}

static unsigned parities_in(const struct block *b)
{
    return rows_in(b) + b->widths[0] + b->widths[1];
}

// The i-th column of the layers of columns. Of a single packet it is a row, since D = 1 means one.
static struct kin_rtp_flexfec column_of(const struct block *b, unsigned i)
{
    unsigned width = i < b->widths[0] ? b->widths[0] : b->widths[1];
    unsigned at = i < b->widths[0] ? i : i - b->widths[0];
    unsigned rows = divide_up(b->packets - at, width);
    return (struct kin_rtp_flexfec){
        .base = (uint16_t)(b->from + at), .columns = (uint8_t)(rows > 1 ? width : 1), .rows = (uint8_t)rows};
}

// The i-th parity of the block; its base is counted from the frame's first packet.
static struct kin_rtp_flexfec mask_of(const struct block *b, unsigned i)
{
    unsigned rows = rows_in(b);
    if (i >= rows)
        return column_of(b, i - rows);
    unsigned at = i * b->row;
    return (struct kin_rtp_flexfec){
        .base = (uint16_t)(b->from + at), .columns = (uint8_t)min(b->row, b->packets - at), .rows = 1};
}

// --- parity packets

unsigned kin_fec_sender_begin(struct kin_fec_sender *f, kin_us now, const struct kin_rtp_plan *plan)
{
    size_t bytes = 0, longest = 0;
    unsigned parities = 0;
    if (f->stream.payload_type == 0 || now < f->held_until)
        return 0;
    f->frame.packets = kin_rtp_plan_count(plan);
    f->frame.level = f->level;
    for (unsigned i = 0; i < f->frame.packets; i++) {
        struct kin_rtp_plan_packet p = kin_rtp_plan_packet(plan, i);
        size_t n = KIN_RTP_HEADER_BYTES + kin_rtp_plan_packet_bytes(&p);
        bytes += n;
        longest = n > longest ? n : longest;
    }
    if (longest + KIN_FEC_LONGER > KIN_FEC_PACKET_MAX)
        return 0;
    f->frame.most = (unsigned)(bytes * f->percent / 100 / (longest + KIN_FEC_LONGER));
    for (unsigned i = 0; i < block_count(f->frame.packets); i++) {
        struct block b = block_of(f, i);
        parities += parities_in(&b);
    }
    return parities;
}

// The block that parity packet *i of the frame belongs to; *i becomes its number there.
static struct block find_block(const struct kin_fec_sender *f, unsigned *i)
{
    unsigned number = 0;
    struct block b = block_of(f, number);
    while (*i >= parities_in(&b)) {
        *i -= parities_in(&b);
        b = block_of(f, ++number);
    }
    return b;
}

unsigned kin_fec_sender_follows(const struct kin_fec_sender *f, unsigned i)
{
    struct block b = find_block(f, &i);
    return b.from + b.packets;
}

static void add_packet(struct kin_rtp_parity *sum, const struct kin_fec_source *source, unsigned i)
{
    struct kin_rtp_plan_packet p = kin_rtp_plan_packet(source->plan, i);
    struct kin_span parts[] = {p.head, p.body, p.tail};
    struct kin_rtp_header h = {.marker = p.marker,
                               .payload_type = source->payload_type,
                               .seq = (uint16_t)(source->seq + i),
                               .ts = source->ts,
                               .ssrc = source->ssrc};
    uint8_t header[KIN_RTP_HEADER_BYTES];
    kin_rtp_write(header, &h);
    if (p.extension > 0)
        kin_rtp_write_extended(header);
    (void)kin_rtp_parity_add(sum, header, parts, 3); // there is room, or there would be no parity
}

size_t kin_fec_sender_packet(const struct kin_fec_sender *f, const struct kin_fec_source *source, unsigned i,
                             uint32_t ts, uint8_t dst[KIN_FEC_PACKET_MAX])
{
    struct block b = find_block(f, &i);
    struct kin_rtp_flexfec mask = mask_of(&b, i); // its base is counted from the frame's first packet
    struct kin_rtp_header h = {
        .payload_type = f->stream.payload_type, .seq = f->stream.seq, .ts = ts, .ssrc = f->stream.ssrc};
    struct kin_rtp_parity sum;
    kin_rtp_parity_init(&sum, dst + KIN_RTP_FLEXFEC_HEADERS, KIN_FEC_PACKET_MAX - KIN_RTP_FLEXFEC_HEADERS);
    for (unsigned k = 0; k < kin_rtp_flexfec_count(&mask); k++)
        add_packet(&sum, source, mask.base + kin_rtp_flexfec_offset(&mask, k));
    mask.base = (uint16_t)(source->seq + mask.base);
    mask.ssrc = source->ssrc;
    kin_rtp_flexfec_write(dst, &h, &mask, &sum);
    return KIN_RTP_FLEXFEC_HEADERS + sum.len;
}

void kin_fec_sender_sent(struct kin_fec_sender *f)
{
    f->stream.seq++;
}
