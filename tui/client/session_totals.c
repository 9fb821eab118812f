// The statistics of a session as counters of a history.
#include "client/session.h"

struct kin_receive_totals session_stats_totals(const struct session_stats *s, uint64_t terminal_dropped)
{
    return (struct kin_receive_totals){
        .counts = {[KIN_RECEIVE_P_RECEIVED] = s->packets.received,
                   [KIN_RECEIVE_P_LOST] = s->packets.lost,
                   [KIN_RECEIVE_P_RECOVERED] = s->packets.recovered,
                   [KIN_RECEIVE_P_LATE] = s->packets.late,
                   [KIN_RECEIVE_F_COMPLETE] = s->frames.complete,
                   [KIN_RECEIVE_F_PARTIAL] = s->frames.partial,
                   [KIN_RECEIVE_F_LOST] = s->frames.lost,
                   [KIN_RECEIVE_F_LEFT_OUT] = s->frames.left_out,
                   [KIN_RECEIVE_F_COARSER] = s->frames.coarser,
                   [KIN_RECEIVE_F_TERMINAL] = terminal_dropped,
                   [KIN_RECEIVE_WIRE_BYTES] = s->wire_bytes,
                   [KIN_RECEIVE_RETRANSMITTED_BYTES] = s->packets.retransmitted_bytes},
        .state = {.jitter_ms = s->jitter_ms, .rtt_ms = s->rtt_ms, .cache = s->cache.frames}};
}
