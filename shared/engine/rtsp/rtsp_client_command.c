// Commands of the shell to an RTSP client: queued, checked against the state, sent one at a time.
#include "base/err.h"
#include "engine/rtsp/rtsp_client_internal.h"

static void pop(struct kin_rtsp_client *c)
{
    c->command_count--;
    memmove(c->commands, c->commands + 1, c->command_count * sizeof c->commands[0]);
}

void rtsp_client_push_front(struct kin_rtsp_client *c, struct command command)
{
    if (c->command_count == COMMANDS_ROOM)
        return;
    memmove(c->commands + 1, c->commands, c->command_count * sizeof c->commands[0]);
    c->commands[0] = command;
    c->command_count++;
}

static int push(struct kin_rtsp_client *c, kin_us now, struct command command)
{
    if (c->failed)
        return KIN_ESTATE;
    if (c->command_count >= KIN_RTSP_CLIENT_COMMANDS_MAX)
        return KIN_ELIMIT;
    c->commands[c->command_count++] = command;
    rtsp_client_pump(c, now);
    return KIN_OK;
}

int kin_rtsp_client_setup(struct kin_rtsp_client *c, kin_us now, uint16_t client_port)
{
    c->client_port = client_port;
    memset(c->tried, 0, sizeof c->tried);
    return push(c, now, (struct command){.method = KIN_RTSP_SETUP});
}

int kin_rtsp_client_play(struct kin_rtsp_client *c, kin_us now, const struct kin_rtsp_range *range)
{
    struct command command = {.method = KIN_RTSP_PLAY, .has_range = range != NULL};
    if (range != NULL)
        command.range = *range;
    struct command *last = c->command_count > 0 ? &c->commands[c->command_count - 1] : NULL;
    if (range != NULL && last != NULL && last->method == KIN_RTSP_PLAY) {
        *last = command;
        return c->failed ? KIN_ESTATE : KIN_OK;
    }
    return push(c, now, command);
}

void kin_rtsp_client_set_scale(struct kin_rtsp_client *c, int32_t milli)
{
    c->scale_milli = milli;
}

void kin_rtsp_client_set_speed(struct kin_rtsp_client *c, int32_t milli, bool over_udp)
{
    c->speed_milli = milli;
    c->speed_over_udp = over_udp;
}

int kin_rtsp_client_pace(struct kin_rtsp_client *c, kin_us now, int32_t milli)
{
    struct command command = {.method = KIN_RTSP_PLAY, .purpose = FOR_PACE, .speed_milli = milli};
    struct command *last = c->command_count > 0 ? &c->commands[c->command_count - 1] : NULL;
    if (c->failed || last == NULL || last->purpose != FOR_PACE)
        return push(c, now, command);
    *last = command;
    return KIN_OK;
}

int kin_rtsp_client_pause(struct kin_rtsp_client *c, kin_us now)
{
    return push(c, now, (struct command){.method = KIN_RTSP_PAUSE});
}

int kin_rtsp_client_teardown(struct kin_rtsp_client *c, kin_us now)
{
    return push(c, now, (struct command){.method = KIN_RTSP_TEARDOWN});
}

void kin_rtsp_client_leave(struct kin_rtsp_client *c, kin_us now)
{
    c->command_count = 0;
    if (!c->failed && c->connected && c->state != KIN_RTSP_CLIENT_INIT)
        rtsp_client_send(c, now, KIN_RTSP_TEARDOWN, FOR_COMMAND, NULL);
}

// What to do with a command in the machine's state.
enum action { DO_SEND, DO_NOTHING, DO_REFUSE, DO_PAUSE_FIRST };

static enum action choose_action(const struct kin_rtsp_client *c, const struct command *command)
{
    bool set_up = c->state != KIN_RTSP_CLIENT_INIT;
    switch (command->method) {
    case KIN_RTSP_SETUP:
        return set_up ? DO_REFUSE : DO_SEND;
    case KIN_RTSP_PLAY:
        if (command->purpose == FOR_PACE)
            return c->state == KIN_RTSP_CLIENT_PLAYING ? DO_SEND : DO_NOTHING;
        if (c->state == KIN_RTSP_CLIENT_PLAYING)
            return command->has_range ? DO_PAUSE_FIRST : DO_NOTHING;
        return set_up ? DO_SEND : DO_REFUSE;
    case KIN_RTSP_PAUSE:
        return c->state == KIN_RTSP_CLIENT_PLAYING ? DO_SEND : set_up ? DO_NOTHING : DO_REFUSE;
    default:
        return set_up ? DO_SEND : DO_NOTHING;
    }
}

static void refuse_command(struct kin_rtsp_client *c, enum kin_rtsp_method method)
{
    struct kin_rtsp_client_event *e = rtsp_client_emit(c, KIN_RTSP_CLIENT_REFUSED);
    e->trouble = KIN_RTSP_TROUBLE_STATE;
    e->method = method;
}

static void run_command(struct kin_rtsp_client *c, kin_us now)
{
    struct command command = c->commands[0];
    enum action action = choose_action(c, &command);
    if (action == DO_PAUSE_FIRST) {
        rtsp_client_send(c, now, KIN_RTSP_PAUSE, FOR_SEEK, NULL);
        return; // the PLAY stays at the head of the queue
    }
    pop(c);
    if (command.purpose == FOR_PACE)
        c->speed_milli = command.speed_milli;
    if (action == DO_SEND)
        rtsp_client_send(c, now, command.method, command.purpose, command.has_range ? &command.range : NULL);
    else if (action == DO_REFUSE)
        refuse_command(c, command.method);
    else if (command.method == KIN_RTSP_TEARDOWN && command.purpose == FOR_COMMAND)
        rtsp_client_emit(c, KIN_RTSP_CLIENT_CLOSED);
}

// Connects to the server of a redirect, and starts over there, whether or not the old connection is still open.
static void follow_redirect(struct kin_rtsp_client *c)
{
    bool due = c->command_count > 0 && c->commands[0].purpose == FOR_REDIRECT;
    if (!due || c->failed || c->connecting || c->request.active)
        return;
    pop(c);
    rtsp_client_session_gone(c);
    c->greeted = c->described = false;
    rtsp_client_request_connect(c);
}

void rtsp_client_pump(struct kin_rtsp_client *c, kin_us now)
{
    follow_redirect(c);
    while (!c->failed && c->connected && !c->request.active) {
        if (!c->greeted)
            rtsp_client_send(c, now, KIN_RTSP_OPTIONS, FOR_DESCRIPTION, NULL);
        else if (!c->described)
            rtsp_client_send(c, now, KIN_RTSP_DESCRIBE, FOR_DESCRIPTION, NULL);
        else if (c->command_count > 0)
            run_command(c, now);
        else
            return;
    }
    if (!c->failed && !c->connected && !c->connecting && c->command_count > 0)
        rtsp_client_request_connect(c);
}
