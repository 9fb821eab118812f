// Replaces libFuzzer in ordinary builds: runs the target once on every file of the given directories.
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return -1;
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    rewind(f);
    uint8_t *data = size >= 0 ? malloc((size_t)size + 1) : NULL;
    uint8_t *exact = size >= 0 ? malloc((size_t)size) : NULL; // so that a sanitizer sees one byte too far
    int ok = data != NULL && fread(data, 1, (size_t)size, f) == (size_t)size;
    fclose(f);
    if (ok && (exact != NULL || size == 0)) {
        for (long i = 0; i < size; i++)
            exact[i] = data[i];
        LLVMFuzzerTestOneInput(exact, (size_t)size);
    }
    free(data);
    free(exact);
    return ok ? 0 : -1;
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    for (int i = 1; i < argc; i++) {
        DIR *d = opendir(argv[i]);
        if (d == NULL) {
            fprintf(stderr, "%s: no such corpus\n", argv[i]);
            return 1;
        }
        for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
            char path[4096];
            if (e->d_name[0] == '.')
                continue;
            snprintf(path, sizeof path, "%s/%s", argv[i], e->d_name);
            if (replay_file(path) != 0) {
                fprintf(stderr, "%s: cannot read\n", path);
                return 1;
            }
            count++;
        }
        closedir(d);
    }
    printf("%u inputs replayed\n", count);
    return count > 0 ? 0 : 1;
}
