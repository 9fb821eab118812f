// Every sentence that kinorad writes for people. What a message says is changed here and nowhere else; the texts of
// options are in options.def, and those about values of options in shared/options.
//
// All are literals, so that the compiler checks each format against its arguments. key=value pairs of log lines are
// read by programs: docs/operating.md and users' scripts rely on their names and order.
#ifndef DAEMON_MESSAGES_H
#define DAEMON_MESSAGES_H

// --- command line

#define MSG_USAGE                                                                                                      \
    "[-c FILE] [-o section.key=value]... [--media DIR] [--listen ADDR:PORT]... [-t|--check-config] [--print-config] "  \
    "[--default-config]"
#define MSG_SUMMARY "Serves a directory of Motion-JPEG reels over RTSP and RTP."
#define MSG_HELP_CONFIG(default_file) "Read this file instead of " default_file "."
#define MSG_HELP_OPTION "Set one key; may be repeated."
#define MSG_HELP_CHECK_CONFIG "Check the configuration: no output and exit status 0 when it is good."
#define MSG_HELP_PRINT_CONFIG "Print the settings in effect, in the syntax of the file."
#define MSG_HELP_DEFAULT_CONFIG "Print a sample file with comments."
#define MSG_SAMPLE_TITLE "kinorad.conf: settings of kinorad(8)"
#define MSG_UNEXPECTED_OPERAND "kinorad: unexpected operand %s (see kinorad --help)\n"
#define MSG_OUT_OF_MEMORY "kinorad: out of memory\n"
#define MSG_ERROR "kinorad: %s\n"
#define MSG_WARNING "kinorad: warning: %s\n"

// --- settings: PLACE: [section] key: what is wrong

#define MSG_SETTING "%s: [%s] %s: %.280s"
#define MSG_PLACE_LINE "%.160s:%d" // file, line
#define MSG_PLACE_COMMAND_LINE "command line"
#define MSG_PLACE_DEFAULT "default"
#define MSG_FILE_UNREADABLE "%s: cannot be read: %s"
#define MSG_ROOT_UNREADABLE "%.160s: %s (allowed: a readable directory)"
#define MSG_DIRECTORY_UNUSABLE "%.160s: %s; nothing will be stored there"
#define MSG_LISTEN_EMPTY "is empty (allowed: one or more addresses, each with a port)"
#define MSG_LISTEN_INVALID "is not an address and port"
#define MSG_LISTEN_SYNTAX MSG_LISTEN_INVALID " (allowed: 127.0.0.1:8554, [::1]:8554, :8554, port 0 = any)"
#define MSG_LISTEN_COLLIDE "%.64s and %.64s would accept the same connections"
#define MSG_RTP_PORT_ODD "is odd (allowed: an even port, or 0 = any)"

// --- start, reload, stop

#define MSG_CANNOT_START "cannot start: %s"
#define MSG_CANNOT_OPEN_ROOT "cannot open [media] root %s: %s"
#define MSG_CANNOT_LISTEN "cannot listen on %s: %s"
#define MSG_CANNOT_OPEN_UDP "cannot open the UDP ports %u and %u: %s"
#define MSG_NOTHING_TO_LISTEN_ON "nothing to listen on: [server] listen is empty"
#define MSG_LISTENING "listening on rtsp://%s/"
#define MSG_INHERITED_UDP_UNUSED                                                                                       \
    "ignoring the inherited UDP socket of port %u (only an even port for RTP and an odd one for RTCP are used)"
#define MSG_OPENAT2_REFUSED                                                                                            \
    "openat2 is refused (%s): paths are opened part by part instead, which is as safe and a little slower; a kernel "  \
    "before 5.6 or a system call filter is the cause"
#define MSG_FEW_DESCRIPTORS                                                                                            \
    "%zu descriptors (LimitNOFILE=, ulimit -n) allow %zu connection%s and %zu session%s, fewer than [server] "         \
    "max_connections or max_sessions"
#define MSG_RELOADED "reloaded"
#define MSG_RELOAD_REFUSED "reload refused, nothing changed: %s"
#define MSG_RELOAD_REFUSED_ROOT "reload refused, nothing changed: [media] root %s: %s"
#define MSG_NEEDS_RESTART "[%s] %s has changed: it takes effect after a restart"
#define MSG_STOPPING "stopping"
#define MSG_HANDLES_OPEN "worker %u left handles open"

// --- status line of the service manager, after "STATUS="

#define MSG_STATUS_NO_VIEWERS "no viewers"
#define MSG_STATUS_STOPPING "stopping"
// Counts, each with its plural ending, around the bit rate.
#define MSG_STATUS "%u viewer%s, %.1f Mbit/s, %zu session%s, %zu connection%s"

// --- the log about itself

#define MSG_LINES_LOST "%llu line%s missing here: nobody read stderr"
#define MSG_LINES_SUPPRESSED "%llu more line%s of this kind left out"
#define MSG_REPEATED " (and %llu time%s before that)" // ends another message

// --- shortages and errors of the system

#define MSG_NO_DESCRIPTORS "out of descriptors: kinorad may have %zu (LimitNOFILE=, ulimit -n)"
#define MSG_NO_DESCRIPTORS_IN_SYSTEM "out of descriptors: the whole system has no more (fs.file-max)"
#define MSG_NO_MEMORY "out of memory"
#define MSG_SHORTAGE "%s: connections or requests are refused for now%s" // one of the three above, MSG_REPEATED or ""
#define MSG_CANNOT_ACCEPT "cannot accept connections for now: %s%s"      // the error, MSG_REPEATED or ""
#define MSG_WORKER_STUCK "a worker's event loop is stuck: the watchdog is not notified"
#define MSG_INDEXES_NOT_STORED "cannot store indexes on disk: %s: %s"
#define MSG_REPAIRS_NOT_STORED                                                                                         \
    "repaired frames are no longer stored on disk: %s: %s; each is repaired again when it is needed"

// --- connections and sessions

#define MSG_REFUSED_MEMORY "%s refused peer=%s limit=memory" // "connection" or "session"
#define MSG_REFUSED "%s refused peer=%s limit=max_%ss%s"     // likewise, twice; "_per_address" or ""
#define MSG_CONNECTION_DROPPED "connection dropped peer=%s limit=send_memory queued=%zu"
#define MSG_SESSION_START "session start peer=%s reel=%s transport=%s %s=%u carrier=%s"
// Of so many frames so many are sent, at that step below the file's quality, with restart markers or not, and copies of
// each packet; what the last receiver report says.
#define MSG_SESSION_ADAPTS                                                                                             \
    "session adapts peer=%s reel=%s keep=%u of=%u spread=%s quality_step=%u restarts=%s copies=%u loss=%.3g "          \
    "rtt_ms=%.2f"
#define MSG_SESSION_END                                                                                                \
    "session end peer=%s reel=%s transport=%s carrier=%s duration_s=%.1f frames=%llu dropped=%llu skipped=%llu "       \
    "packets=%llu bytes=%llu%s%s%s%s%s%s%s reason=%s"
#define MSG_SESSION_LEFT_OUT " left_out=%llu"                            // frames, since the network did not carry all
#define MSG_SESSION_COARSER " coarser=%llu"                              // frames at a lower quality, likewise
#define MSG_SESSION_AGAIN " retransmitted=%llu retransmitted_bytes=%llu" // on request, not among the packets before
#define MSG_SESSION_COPIES " copies=%llu copied_bytes=%llu"              // before they were asked for, likewise
#define MSG_SESSION_PARITY " parity=%llu parity_bytes=%llu"              // likewise
#define MSG_SESSION_REPORT " lost=%d loss=%.3g jitter_ms=%.2f"           // of the last receiver report
#define MSG_SESSION_RTT " rtt_ms=%.2f"

// --- reels

#define MSG_REEL_REFUSED "reel refused peer=%s reel=%s problem=\"%s\""
#define MSG_REEL_UNSENDABLE "reel cannot be sent path=%s problem=\"%s\""
#define MSG_REEL_REPAIRED "reel is repaired path=%s %s" // MSG_SURVEY
#define MSG_SURVEY "problem=\"%s\" action=\"%s\" loss=%s cost_ms=%.1f growth=%+d%%"
#define MSG_SURVEY_REFUSAL "frame 1: %s; %s" // what is in the way; why it cannot be repaired
#define MSG_INDEXING "indexing path=%s done=%u%%"
#define MSG_REEL_INDEXED "reel indexed path=%s frames=%u size=%ux%u format=%s"
#define MSG_REEL_DAMAGED                                                                                               \
    "reel has damage path=%s junk_bytes=%llu junk_runs=%u truncated=%s left_out=%u first_left_out=%u"
#define MSG_REEL_JOINED "reel has several JPEGs in a record path=%s records=%u frames=%u"
#define MSG_INDEX_DAMAGED "index on disk is damaged and will be made again file=%s"
#define MSG_FRAME_SKIPPED                                                                                              \
    "frame skipped reel=%s frame=%u problem=\"%s\" reason=\"%s\"; further skipped frames of this reel are not logged"

// Why a frame cannot be sent: completes "it cannot be sent: ...".
#define MSG_FRAME_NOT_JPEG "its bytes are not a JPEG"
#define MSG_FRAME_FILE_CHANGED "its file has changed"
#define MSG_FRAME_NOT_ONVIF "the ONVIF extension cannot express it"
#define MSG_FRAME_TOO_LARGE "converting it takes more memory than the server allows for that"
#define MSG_PROBLEM_NOT_JPEG "not a JPEG"
#define MSG_REASON_DAMAGED "damaged"

// --- problems of files, in listings

#define MSG_FILE_OUTSIDE "a link that leads out of the media directory"
#define MSG_FILE_LINK_LOOP "a link that leads back to itself"
#define MSG_FILE_LINK_DANGLING "a link to nothing"
#define MSG_FILE_FORBIDDEN "the server has no permission to read it"
#define MSG_FILE_NOT_REGULAR "not a regular file"
#define MSG_FILE_NOT_NOW "it cannot be read at the moment"
#define MSG_NO_REEL "not a reel"

// --- reason phrases of RTSP replies

#define MSG_REPLY_SEND_MEMORY "Send Memory Exhausted"
#define MSG_REPLY_LISTING_TYPE "Directory Listings Are application/json Only"
#define MSG_REPLY_REEL_TYPE "Reel Descriptions Are application/sdp Only"
#define MSG_REPLY_DIRECTORY "A Directory, Not A Reel"
#define MSG_REPLY_CLIENT_PORT "Client Port In Use"
#define MSG_REPLY_UNKNOWN_FORMAT "Unknown fmt (allowed: jpeg, xqt, onvif, half)"
#define MSG_REPLY_UNSUPPORTED "Unsupported Media Type: %s"
#define MSG_REPLY_INDEX_MEMORY "Index Memory Exhausted"
#define MSG_REPLY_NOT_REGULAR "Not A Regular File"
#define MSG_REPLY_ROOT_UNREADABLE "Media Directory Cannot Be Read Now"

#endif
