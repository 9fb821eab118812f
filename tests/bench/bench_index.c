// What an index costs: the time to make it against the time of one sequential read of the same file, in reads of 1 MiB,
// with the file in memory and, where the system lets go of it, from the disk. The best of a few rounds counts. Give it
// files, or it makes a reel of its own.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "media/reel.h"

#define ROUNDS 3
#define READ_BYTES (1u << 20)
#define OWN_BYTES (UINT64_C(1) << 30)
#define OWN_SOURCE "video/bunny.mjpeg"

static double seconds_since(kin_us start)
{
    return (double)(kin_clock_mono_us() - start) / 1e6;
}

static double read_once(int fd, uint8_t *room)
{
    kin_us start = kin_clock_mono_us();
    off_t at = 0;
    for (ssize_t n; (n = pread(fd, room, READ_BYTES, at)) > 0; at += n)
        continue;
    return seconds_since(start);
}

static double index_once(const char *path, uint32_t *ret_frames)
{
    struct kin_source *source = NULL;
    struct kin_reel *reel = NULL;
    char why[KIN_MEDIA_WHY_MAX] = "";
    kin_us start = kin_clock_mono_us();
    int err = kin_source_from_path(path, &source);
    if (err == KIN_OK)
        err = kin_reel_open(source, NULL, &reel, why);
    double took = seconds_since(start);
    *ret_frames = err == KIN_OK ? reel->frame_count : 0;
    if (err != KIN_OK)
        fprintf(stderr, "%s: %s\n", path, why[0] != '\0' ? why : kin_err_str(err));
    kin_reel_unref(reel);
    kin_source_unref(source);
    return took;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

static void measure(const char *path, int fd, bool cold, uint8_t *room)
{
    double read_s = 1e9, index_s = 1e9;
    uint32_t frames = 0;
    if (!cold)
        read_once(fd, room);
    for (int i = 0; i < ROUNDS; i++) {
        if (cold)
            posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        read_s = least(read_s, read_once(fd, room));
        if (cold)
            posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        index_s = least(index_s, index_once(path, &frames));
    }
    double megabytes = (double)lseek(fd, 0, SEEK_END) / 1e6;
    printf("%-5s %8.0f MB %9u frames   read %6.0f MB/s   index %6.0f MB/s   index/read %.2f   %s\n",
           cold ? "disk" : "warm", megabytes, frames, megabytes / read_s, megabytes / index_s, index_s / read_s, path);
}

static int measure_file(const char *path, uint8_t *room)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        perror(path);
        return 1;
    }
    fdatasync(fd);
    measure(path, fd, true, room);
    measure(path, fd, false, room);
    close(fd);
    return 0;
}

// A reel of 1 GiB: a sample reel again and again. False with a message.
static bool make_reel(char *path, uint8_t *room)
{
    int in = open(OWN_SOURCE, O_RDONLY | O_CLOEXEC);
    int out = in >= 0 ? mkstemp(path) : -1;
    bool good = out >= 0;
    uint64_t done = 0;
    for (off_t at = 0; good && done < OWN_BYTES;) {
        ssize_t n = pread(in, room, READ_BYTES, at);
        at = n > 0 ? at + n : 0;
        good = n >= 0 && write(out, room, (size_t)n) == n;
        done += (uint64_t)n;
    }
    if (!good)
        perror(in < 0 ? OWN_SOURCE : path);
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return good;
}

int main(int argc, char **argv)
{
    char own[] = "/var/tmp/kinora-bench-XXXXXX";
    uint8_t *room = malloc(READ_BYTES);
    int failed = room == NULL;
    for (int i = 1; i < argc && !failed; i++)
        failed = measure_file(argv[i], room);
    if (argc == 1 && !failed) {
        failed = !make_reel(own, room) || measure_file(own, room);
        unlink(own);
    }
    free(room);
    return failed;
}
