// Every sentence that kinora shows to a person, by who says it. Formats are literals, so that the compiler checks them
// against their arguments. Elsewhere: sentences.c (codes of the engines), keys.def and options.def (help of keys and
// options), view_stats.c (labels of figures).
//
// A sentence begins with a small letter and has no stop where it follows the name of the program; the status line adds
// the capital and the stop.
#ifndef TUI_MESSAGES_H
#define TUI_MESSAGES_H

// A sentence as a line on standard error.
#define MSG_LINE(sentence) "kinora: " sentence "\n"

// --- any command

#define MSG_OUT_OF_MEMORY "out of memory"
#define MSG_INTERRUPTED "interrupted"
#define MSG_ENDED_EARLY "the server ended the stream before the end of the reel"

// --- the command line (main.c, settings.c)

#define MSG_COMMAND_SIMILAR "unknown command \"%s\" (did you mean %s?)"
#define MSG_COMMAND_UNKNOWN "unknown command \"%s\" (play, ls, probe, save and terminal are known)"
#define MSG_OPERAND_MISSING "%s is missing (try kinora --help)" // "URL", "FILE"
#define MSG_OPERAND_EXTRA "unexpected argument \"%s\""
#define MSG_URL_SCHEME_MISSING "\"rtsp://\" is missing (did you mean %s?)"
#define MSG_URL_INVALID "\"%s\" is not a URL of the form rtsp://HOST[:PORT]/PATH"
// What was typed; "directory" or "file"; the directory to serve; the URL that it would have.
#define MSG_URL_IS_LOCAL                                                                                               \
    "\"%s\" is a %s on this machine, but kinora plays what a server sends: serve it with kinorad --media %s and open " \
    "%s (kinora-prep info describes files)"
#define MSG_DIALECT_LAB "--dialect lab is not supported yet"
#define MSG_PLAY_USAGE                                                                                                 \
    "[play] [options] URL\n"                                                                                           \
    "       kinora ls [--json] URL\n"                                                                                  \
    "       kinora probe [options] URL\n"                                                                              \
    "       kinora save [options] URL FILE\n"                                                                          \
    "       kinora terminal [--json]"
#define MSG_LS_USAGE "[--json] URL"
#define MSG_PROBE_USAGE "[options] URL"
#define MSG_SAVE_USAGE "[options] URL FILE"
#define MSG_PLAY_SUMMARY                                                                                               \
    "Plays Motion-JPEG reels from an RTSP server in the terminal; a directory URL opens the library."
#define MSG_LS_SUMMARY "Lists the reels in a directory of the server."
#define MSG_PROBE_SUMMARY "Plays a reel without a screen, measures the network, and reports what it did."
#define MSG_SAVE_SUMMARY "Stores what is received as a reel of JPEG images."

// --- the file of settings (settings_file.c)

#define MSG_CONFIG_HELP "Read these settings instead of those in ~/.config/kinora/kinora.conf."
#define MSG_NO_CONFIG_HELP "Read no file of settings."
#define MSG_PRINT_CONFIG_HELP "Print the settings in effect, in the syntax of the file."
#define MSG_DEFAULT_CONFIG_HELP "Print a sample file with comments."
#define MSG_CONFIG_TITLE                                                                                               \
    "Settings of kinora, to be put in ~/.config/kinora/kinora.conf. Options of the command line override them.\n"      \
    "\n"                                                                                                               \
    "The options of the command line come first. Under [keys], each action has its keys, separated by blanks; under\n" \
    "[colors], each part of the screen a foreground, a background and attributes, such as: title = #ffffff blue bold"
#define MSG_CONFIG_UNREADABLE "%.300s: cannot be read: %s"                    // path, error
#define MSG_CONFIG_KEYS_HELP "%s."                                            // what the action does
#define MSG_CONFIG_COLORS_HELP "Foreground, background and attributes of %s." // a role
// The file and, where it is known, the line; two actions and the key of both.
#define MSG_CONFIG_CLASH "%.300s: [keys] %s: the key %s is also that of %s (on a page a key has one action)"
#define MSG_CONFIG_LINE "%s:%d"
// Behind the value.
#define MSG_CONFIG_NO_KEY                                                                                              \
    "is not up to %d keys (a character, a range such as 0-9, ^A to ^Z without ^C, ^Z and other keys, space, "          \
    "semicolon, "                                                                                                      \
    "Enter, Esc, Tab, Backspace, Delete, Insert, up, down, left, right, Home, End, PgUp, PgDn)"
#define MSG_CONFIG_NO_COLOR                                                                                            \
    "has the unknown word \"%.*s\" (allowed: a foreground and a background, each #RRGGBB, 0 to 255, default, black, "  \
    "red, green, "                                                                                                     \
    "yellow, "                                                                                                         \
    "blue, magenta, cyan, white or bright- and one of these; then bold, underline, reverse or plain)"

// --- the terminal (term.c, charset.c, player.c)

#define MSG_TERMINAL_NONE "standard output is not a terminal; kinora probe needs none"
#define MSG_TERMINAL_OPEN "cannot open the terminal %s: %s" // path, error
#define MSG_TERM_UNSET "TERM is not set"
#define MSG_TERM_UNKNOWN "there is no terminfo entry for TERM=%.64s"
#define MSG_TERM_NO_CURSOR "the terminal (TERM=%.64s) cannot position its cursor"
#define MSG_PLAIN_BEGIN "%s: a line of figures a second in place of the picture, until ^C" // one of the three above
// State, position, frame, frames/s, bit/s, loss, frames in the cache and to be there.
#define MSG_PLAIN_LINE "%s  %s  %s  %s fps  %s  loss %s  cache %u/%u\n"
#define MSG_COLORS_FEW "TERM=%.40s: %d colours; set COLORTERM=truecolor for more"
#define MSG_LOCALE_REPLACED "locale %s is not installed: using %s" // another locale
// "" or MSG_LOCALE_NOT_INSTALLED; the variable to set and its value. The statistics page breaks it at the semicolon.
#define MSG_LOCALE_NO_UNICODE "locale %s%s: no Unicode; set %s=%s"
#define MSG_LOCALE_NOT_INSTALLED " is not installed"
#define MSG_LOOP_FAILED "cannot start: the system provides no event loop"

// --- what is known about the terminal (facts.c, the statistics page, kinora terminal)

#define MSG_TERMINAL_USAGE "[--json]"
#define MSG_TERMINAL_SUMMARY "Asks the terminal what it can do, and says what kinora makes of it."
#define MSG_TERMINAL_OUTPUT "cannot write the report: %s"
#define MSG_TERMINAL_NOT_ASKED "Nothing was asked (%s); this is what the environment says."
#define MSG_TERMINAL_ELSEWHERE "standard output is not a terminal"
#define MSG_FACT_NOT_ASKED "not asked" // how something came to be known
#define MSG_FACT_ASKED "asked"
#define MSG_FACT_ENVIRONMENT "environment"
#define MSG_FACT_TERMINFO "terminfo"
#define MSG_FACT_WINDOW "tty"
#define MSG_FACT_ASSUMED "by its name"
#define MSG_FACT_SILENT "no answer"
#define MSG_FACT_UNKNOWN "unknown"
#define MSG_FACT_SET "set"                              // a variable whose value is not shown
#define MSG_FACT_IN_TMUX "tmux %s, passthrough %s (%s)" // version, "yes" or "no", how that is known
#define MSG_FACT_IN_SCREEN "screen"
#define MSG_FACT_SSH "SSH"
#define MSG_FACT_MOSH "mosh"
#define MSG_FACT_DARK "dark"
#define MSG_FACT_LIGHT "light"
#define MSG_FACT_CELLS "%dx%d cells"
#define MSG_FACT_CELL_PIXELS "%dx%d pixels"
#define MSG_TERMINAL_HEADING "Terminal"
#define MSG_TERMINAL_ENVIRONMENT "Environment"
#define MSG_TERMINAL_MODES "Pictures, by --render"
#define MSG_TERMINAL_AUTO_ELSE "; where that takes too long or too much, " // the next ones follow
#define MSG_TERMINAL_AUTO_OR ", then "
#define MSG_TERMINAL_SYMBOLS "block characters, the most detail that cells can show"
#define MSG_TERMINAL_HALF "two pixels to a cell, drawn in a fraction of the time"
#define MSG_TERMINAL_ASCII "letters and signs only"
#define MSG_TERMINAL_QUADRANTS "four pixels of two colours to a cell"
#define MSG_TERMINAL_SEXTANTS "six pixels of two colours to a cell, where the font has them"
#define MSG_TERMINAL_PIXELS_EACH "every pixel"
#define MSG_TERMINAL_PIXELS "%s; %s (%s)" // the above, one of the next three, how that is known
#define MSG_TERMINAL_PIXELS_BEHIND "%s; the terminal shows such pictures, but not from within a multiplexer"
#define MSG_TERMINAL_PIXELS_YES "the terminal shows such pictures"
#define MSG_TERMINAL_PIXELS_UNKNOWN "nothing says whether the terminal shows such pictures"
#define MSG_TERMINAL_PIXELS_NO "the terminal does not show such pictures"
#define MSG_TERMINAL_NO_UNICODE "%s (in a locale with Unicode)" // one of the above

// --- pictures (decode.c, picture/)

#define MSG_PICTURE_UNUSABLE "A picture cannot be shown: %s."
#define MSG_PICTURE_EXCESSIVE "A picture cannot be shown: it has %s." // too much of something: jpeg/work.h
#define MSG_PICTURE_DEPTH "its samples have more than 8 bits"
#define MSG_PICTURE_CODING "its coding is lossless or hierarchical"
#define MSG_PICTURE_NO_SIZE "it has no size"
#define MSG_PICTURE_TOO_LARGE "it has more than 67 million pixels"

// --- the session and listings (client/)

#define MSG_LISTING_UNREADABLE "the server's listing cannot be read: %s"
#define MSG_HINT_DIRECTORY ": if it is a directory, kinora ls lists it" // behind a refusal of the server
#define MSG_HINT_TRANSPORT ": --transport auto would switch to TCP"
#define MSG_UDP_PORTS "cannot open UDP ports: using TCP"
#define MSG_OTHER_SOURCE "the server sends from another host, %s: nothing will be sent there"

// --- kinora ls

#define MSG_LS_REEL "this is a reel, not a directory (kinora probe measures it)"
#define MSG_LS_FAILED "%s: %s" // URL, error
#define MSG_LS_OUTPUT "cannot write the listing: %s"
#define MSG_LS_EMPTY "no reels\n"
#define MSG_LS_SEGMENT "  (in a URL: %s)"
#define MSG_LS_UNSERVABLE "%llu file%s cannot be served:\n" // a list follows
#define MSG_LS_UNSERVABLE_MORE "  and %llu more\n"
#define MSG_INDEXING "indexing %.8s" // "42 %"; also in the library

// --- kinora probe: why a session failed, and the report

#define MSG_PROBE_EMPTY "the server ended the stream without a complete frame"
#define MSG_PROBE_SILENT "nothing has arrived for the last %.1f s"
#define MSG_PROBE_INCOMPLETE "packets arrived, but no complete frame"
#define MSG_PROBE_NO_MEDIA "the server sends no media"
#define MSG_PROBE_STALLED "the stream stopped before its end"
#define MSG_PROBE_NOT_STARTED "the session did not start"
#define MSG_PROBE_OUTPUT "cannot write the report: %s"

#define MSG_REPORT_SESSIONS "%zu at once (counts are sums, times medians)"
// Behind the counts of which they are a part: MSG_REPORT_COARSER, MSG_REPORT_LEFT_OUT or nothing.
#define MSG_REPORT_FRAMES "expected %llu, complete %llu%s, partial %llu, lost %llu%s, late %llu"
#define MSG_REPORT_COARSER " (%llu at a lower quality)"
#define MSG_REPORT_LEFT_OUT " (%llu left out by the server)"
#define MSG_REPORT_PACKETS "received %llu, lost %llu (%s, worst second %s), late %llu" // shares
#define MSG_REPORT_ORDER "reordered %llu, recovered %llu, duplicate %llu"
#define MSG_REPORT_UNUSABLE "%llu frame%s: %s" // why: sentences.c
#define MSG_REPORT_STRAY "%llu byte%s skipped between the packets"
#define MSG_REPORT_KERNEL "dropped %llu packet%s for want of buffer space: raise net.core.rmem_max"
#define MSG_REPORT_THROUGHPUT "%s, %s frames/s, %s of media in %.1f s" // bit/s, frames/s, bytes
#define MSG_REPORT_START "set up %s, first packet %s, first frame %s"
#define MSG_REPORT_INTERVALS "median %s, 99 %% within %s, longest %s"
#define MSG_REPORT_NETWORK "jitter %s of packets, %s of frames, round trip %s, at most %u packet%s within 1 ms"
#define MSG_REPORT_CACHE                                                                                               \
    "target %u frame%s (at most %u, full after %s), start %u, fewest while playing %u, underruns %llu, holes %llu"
#define MSG_REPORT_CLOCK "the sender's is %d ppm %s" // one of the next two
#define MSG_CLOCK_FASTER "faster"
#define MSG_CLOCK_SLOWER "slower"
#define MSG_REPORT_REPAIR "requested %llu, spurious %llu, retransmitted %llu (%s)" // bytes
#define MSG_REPORT_PARITY "%llu packets (%s), rebuilt %llu"                        // bytes
#define MSG_REPORT_STANDSTILL "%.1f s for want of frames"
#define MSG_REPORT_GRAPH "%.*s  %s, %u s a column"                                      // a row of bars, its scale
#define MSG_PROBE_PROGRESS "%4.0f s  %llu frame%s  %s  %llu packet%s lost  cache %u/%u" // the third: bit/s
#define MSG_PROBE_PROGRESS_SESSIONS "  %zu sessions"

// --- kinora save

#define MSG_SAVE_LEFTOVER "replacing %s, left over from an earlier run" // FILE.part
#define MSG_SAVE_STALLED "no frame has arrived for %d s"
#define MSG_SAVE_EMPTY "the stream delivered no frame"
#define MSG_SAVE_TO_TERMINAL "standard output is a terminal: name a file, or pipe it to a program"
#define MSG_SAVE_KEPT "; %s%s has the first %llu frame%s" // FILE, "" or ".part"; behind the reason
#define MSG_SAVE_DONE "%s: %llu frame%s, %.1f MB"         // FILE or MSG_SAVE_STDOUT
#define MSG_SAVE_STDOUT "standard output"
#define MSG_SAVE_LEFT_OUT "the server left out %llu frame%s" // in brackets behind MSG_SAVE_DONE, one or both
#define MSG_SAVE_LOST "%llu frame%s did not arrive whole"
#define MSG_SAVE_PROGRESS "%llu%s frame%s, %s/s" // MSG_SAVE_TOTAL or "", bytes
#define MSG_SAVE_TOTAL " of %llu"
#define MSG_SAVE_PROGRESS_LINE "%s, ETA %s" // MSG_SAVE_PROGRESS

// --- the player: the status line (model/)

#define MSG_CANNOT_OPEN "Cannot open %.160s: %s." // URL, error
#define MSG_NOT_A_URL "This is not an rtsp:// URL: %.160s"
#define MSG_PASSWORD_OF_OTHER "*** hides the password of another user or host: type the password itself."
#define MSG_REQUESTING "Requesting " // the URL follows
#define MSG_NO_LISTING "The server sent no listing."
#define MSG_ENTRY_TOO_LONG "The name of this entry is too long."
#define MSG_TOP_DIRECTORY "This is the top directory of the server."
#define MSG_FIRST_REEL "This is the first reel in the directory."
#define MSG_LAST_REEL "This is the last reel in the directory."
#define MSG_NO_SIBLINGS "The server does not list the other reels in this directory."
#define MSG_NO_DIRECTORY "This stream is not in a directory."
#define MSG_OPENING_SLOWLY "The server is still opening this reel; large ones are read through first."
#define MSG_OPENING_INDEXING "The server is still indexing this reel (%s): it plays when that is done." // "42 %"
#define MSG_NO_SEEK "The length of this stream is unknown, so seeking is not possible."
#define MSG_NOT_A_POSITION "Try 1:23.4, 50%% or #120: this is no position in the reel"
#define MSG_LOOP_ON "Loop on: the reel starts over at its end."
#define MSG_LOOP_OFF "Loop off."
#define MSG_COUNTERS_RESET "The counters start again from zero."
#define MSG_SPEED "Speed: %g."
#define MSG_SPEED_BACKWARD "Speed: %g, backward."
#define MSG_RENDER "Picture: %s." // one of these
#define MSG_RENDER_AUTO "chosen by what the terminal and the processor take"
#define MSG_RENDER_PROCESSOR ", since better takes the processor too long"
#define MSG_RENDER_TERMINAL ", since better is too much for the terminal"
#define MSG_TERMINAL_TAKES "%s/s, %s a picture"
#define MSG_RENDER_SYMBOLS "symbols"
#define MSG_RENDER_HALF "half blocks"
#define MSG_RENDER_QUADRANTS "quadrants"
#define MSG_RENDER_SEXTANTS "sextants"
#define MSG_RENDER_ASCII "ASCII characters"
#define MSG_RENDER_SIXEL "sixel images"
#define MSG_RENDER_KITTY "kitty images"
#define MSG_RENDER_ITERM "iTerm2 images"

#define MSG_STILL_SAVED "The frame is in %.200s."                     // a path
#define MSG_STILL_FAILED "The frame could not be saved: %s (%.160s)." // a reason, a path
#define MSG_STILL_NO_MEMORY "out of memory"
#define MSG_STILL_NONE "There is no picture to save yet."
#define MSG_STILL_BUSY "The frame before is still being written."

#define MSG_BOOKMARK "Bookmark at %s; %s and %s go from one to the next." // a time, keys
#define MSG_BOOKMARK_GONE "The bookmark here is removed."
#define MSG_BOOKMARKS_FULL "There are %d bookmarks, and no more can be set."
#define MSG_BOOKMARK_NONE_BEHIND "There is no bookmark behind this place: %s sets one." // a key
#define MSG_BOOKMARK_NONE_BEFORE "There is no bookmark before this place: %s sets one." // a key
#define MSG_AB_FROM "A is at %s: press %s again at B."                                  // a time, a key
#define MSG_AB_ON "Loop from %s to %s."                                                 // times
#define MSG_AB_OFF "No loop from A to B any more."
#define MSG_AB_TOO_SHORT "B is too near to A: there is no A any more."
#define MSG_COPIED "A report has been sent to the terminal's clipboard."

// --- the player: its pages

#define MSG_WINDOW_TOO_SMALL "window too small"
#define MSG_WINDOW_NEEDED "%dx%d needed"         // columns, rows
#define MSG_TITLE_WAITING ", nothing for %.1f s" // behind the state
#define MSG_TITLE_RETRY ", again in %.0f s"      // likewise
#define MSG_TITLE_PREBUFFERING ", prebuffering"
#define MSG_TITLE_REBUFFERING ", rebuffering"
#define MSG_TITLE_FRAMES " %u/%u (%s)" // frames: there, to start with; one of the next five
#define MSG_TITLE_START "start"
#define MSG_TITLE_JUMP "jump"
#define MSG_TITLE_RAN_DRY "ran dry"
#define MSG_TITLE_LOSS "ran dry after loss"
#define MSG_TITLE_HOLE "hole in the stream"
#define MSG_TITLE_PAUSED ", paused"
#define MSG_CACHE_METER "%u/%u start %u" // frames: there, target, start mark
#define MSG_CACHE_BUFFERING ", buffering"
#define MSG_CACHE_FILLING ", filling at %gx"
#define MSG_PROMPT_URL "Open: "
#define MSG_PROMPT_POSITION "Go to: "
#define MSG_HINT_PLAY "play" // behind the key
#define MSG_HINT_PAUSE "pause"
#define MSG_HINT_AGAIN "again"
#define MSG_PANEL_FRAME_OF "frame %llu/%llu"
#define MSG_PANEL_FRAME "frame %llu"
#define MSG_PANEL_LOSS_RECENT "Loss 5 s" // of packets
#define MSG_PANEL_LOSS_ALL "Loss all"
#define MSG_PLAYER_CONNECTING "Connecting ..."
#define MSG_PLAYER_OPENING "The server is opening the reel ..."
#define MSG_PLAYER_NOT_SET_UP "Not set up. Press %s for SETUP, %s to play." // keys
#define MSG_PLAYER_WAITING "Waiting for the server ..."
#define MSG_PLAYER_BUFFERING "Buffering %u / %u"                // frames
#define MSG_PLAYER_PARTIAL "partial"                            // the frame shown: parts of it never came
#define MSG_LEFT_OUT_EVERY "server leaves out every %u%s frame" // 3, "rd"
#define MSG_LEFT_OUT_ALL_BUT "server sends only every %u%s frame"
#define MSG_LEFT_OUT_SHARE "server leaves out %u %% of the frames"
#define MSG_QUALITY "server lowers the quality, step %u of %u"
#define MSG_PLAYER_FAILED "The key %s tries again, %s opens another URL." // keys
#define MSG_LIBRARY_NONE "Nothing is listed. Press %s to open a URL."     // a key
#define MSG_LIBRARY_EMPTY "This directory has no reels."
#define MSG_LIBRARY_SUMMARY "%zu reel%s, %zu director%s, %s" // the last: bytes
#define MSG_LIBRARY_UNSERVABLE "; %llu file%s cannot be served"
#define MSG_LIBRARY_PROBLEM "Other players cannot play it: %s"
#define MSG_LIBRARY_NO_MATCH "No name has \"%s\" in it; %s shows all." // what was typed, a key
#define MSG_LIBRARY_SEARCHED "%s, \"%s\""                              // one of the next four, what the names contain
#define MSG_LIBRARY_BY_NAME "by name"
#define MSG_LIBRARY_BY_DURATION "by duration"
#define MSG_LIBRARY_BY_SIZE "by size"
#define MSG_LIBRARY_BY_PICTURE "by picture"
#define MSG_PROMPT_SEARCH "Search: "
#define MSG_PREVIEW_COMES "..."
#define MSG_PREVIEW_NONE "no picture"
#define MSG_PREVIEW_DIRECTORY "directory"
#define MSG_PREVIEW_PICTURE "%ux%u, %s"        // pixels, frames a second
#define MSG_PREVIEW_LENGTH "%s, %llu frame%s"  // a time
#define MSG_PREVIEW_BYTES "%s, %s, %s a frame" // bytes, bit/s, bytes
#define MSG_PREVIEW_AS_IT_IS "other players get it as it is"
#define MSG_PREVIEW_LOSSLESS "other players get it rewritten, without loss"
#define MSG_PREVIEW_CONVERTED "other players get it converted, with a loss"
#define MSG_PREVIEW_REFUSED "other players cannot play it"
#define MSG_HISTORY_TITLE "Last %d minutes" // of the statistics page
#define MSG_HISTORY_STEP "%u s a column"    // behind it
#define MSG_GLANCE_AXIS "%d s"              // under the left end of the graphs over the picture
#define MSG_GLANCE_NOW "now"                // under their right end
#define MSG_BOTTLENECK_NOT_PLAYING "Nothing is measured while nothing plays."
#define MSG_BOTTLENECK_NONE "Nothing holds the film back."
#define MSG_BOTTLENECK_SILENT "The network: nothing has arrived for %.1f s."
#define MSG_BOTTLENECK_LIMITED "The network carries less than the reel: the server sends less of it."
#define MSG_BOTTLENECK_NETWORK "The network: %s of the frames did not come whole in time, %s of the packets are lost."
#define MSG_BOTTLENECK_SERVER "The server, or the line to it: %s of the frames are not sent in time."
#define MSG_BOTTLENECK_CACHE "The cache: %s of the frames come too late; a larger --cache holds more."
#define MSG_BOTTLENECK_DECODER                                                                                         \
    "This machine: %s of the frames are not drawn in time; %s makes simpler pictures." // a key
#define MSG_BOTTLENECK_TERMINAL "The terminal: it takes %s/s, and %s of the frames not at all."
#define MSG_PROTOCOL_EMPTY "Nothing has been sent yet."
#define MSG_KEY_NONE "(no key)"
#define MSG_HELP_PLAYER "Player"
#define MSG_HELP_LIBRARY "Library"
#define MSG_HELP_PAGES "Statistics, protocol and help"
#define MSG_HELP_EVERYWHERE "Everywhere"
#define MSG_HELP_MOUSE "The mouse presses buttons, hints, lines, bar and picture; its wheel seeks."
#define MSG_HELP_PASTE "A URL can be pasted anywhere."
#define MSG_HELP_LOST "frames that did not come whole, for loss in the network"
#define MSG_HELP_LATE "frames that came too late to be shown"
#define MSG_HELP_NOT_SHOWN "frames that came in time and were not drawn"
#define MSG_HELP_TERMINAL "of these, those that this terminal was too slow for"
#define MSG_HELP_DECODER "of these, those that this machine was too slow for"
#define MSG_HELP_CACHE                                                                                                 \
    "frames waiting to be shown; the picture starts at the mark, it fills from below the low mark up to the high one"

#endif
