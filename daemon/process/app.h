// The running daemon: what all workers share, the workers, and what the main loop does besides (signals, reload,
// watchdog, status).
#ifndef DAEMON_APP_H
#define DAEMON_APP_H

#include "process/cli.h"

struct app;

// Steps of main(), in order; each returns KIN_OK, or an error that has been logged. app_free() may be called after any
// of them.
int app_new(const struct cli *cli, struct settings *settings, struct app **ret); // takes ownership of the settings
int app_open(struct app *app);                                                   // media root, sockets, workers
int app_run(struct app *app);                                                    // until SIGTERM or SIGINT
void app_free(struct app *app);                                                  // accepts NULL and half-opened ones

#endif
